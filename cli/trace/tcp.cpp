#include <fmt/core.h>

#include <array>

#include <cli/trace/tcp.hpp>

namespace parlance::cli {

using state = tcp_states::state;

std::string_view name_of(tcp_states::state one) noexcept {
  constexpr std::array<std::string_view, 11> names{"CLOSED",      "LISTEN",     "SYN_SENT",   "SYN_RECEIVED",
                                                   "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT",
                                                   "CLOSING",     "LAST_ACK",   "TIME_WAIT"};
  return names.at(static_cast<std::size_t>(one));
}

tcp_states::tcp_states(bool calls) noexcept { ends_[calls ? 1 : 0].is = state::listen; }

bool tcp_states::acknowledges_fin(const tcp_segment& one, const end& of) noexcept {
  if (!one.ack || !of.fin_sent) return false;
  return !one.seen || !of.after_fin || static_cast<std::int32_t>(one.seen->acknowledged - *of.after_fin) >= 0;
}

void tcp_states::pass(const tcp_segment& one) noexcept {
  end& from = ends_[one.outgoing ? 0 : 1];
  end& to = ends_[one.outgoing ? 1 : 0];
  // What is seen first of an end need not be its SYN: the capture may have begun later.
  if (one.seen && !from.first) from.first = one.seen->sequence - (one.syn || one.rst ? 0 : 1);
  if (one.seen && one.ack && !to.first && !one.rst) to.first = one.seen->acknowledged - 1;
  if (one.rst) {
    from.is = to.is = state::closed;
    return;
  }
  if (one.syn && !one.ack) {
    from.is = state::syn_sent;
    to.is = state::syn_received;
    return;
  }
  if (one.syn) {
    to.is = state::established;
    return;
  }
  if (one.ack && to.is == state::syn_received) to.is = state::established;
  if (acknowledges_fin(one, to)) {
    if (to.is == state::fin_wait_1) to.is = state::fin_wait_2;
    if (to.is == state::closing) to.is = state::time_wait;
    if (to.is == state::last_ack) to.is = state::closed;
  }
  if (!one.fin || from.fin_sent) return;
  from.fin_sent = true;
  if (one.seen) from.after_fin = one.seen->sequence + static_cast<std::uint32_t>(one.size) + 1;
  from.is = from.is == state::close_wait ? state::last_ack : state::fin_wait_1;
  if (to.is == state::established) to.is = state::close_wait;
  if (to.is == state::fin_wait_1) to.is = state::closing;
  if (to.is == state::fin_wait_2) to.is = state::time_wait;
}

bool tcp_states::over() const noexcept {
  const auto done = [](state one) { return one == state::closed || one == state::time_wait; };
  return done(here()) && done(there());
}

std::string tcp_states::describe(const tcp_segment& one) const {
  std::string text;
  const auto flag = [&text](bool set, const char* name) {
    if (set) text += (text.empty() ? "" : " ") + std::string(name);
  };
  flag(one.syn, "SYN");
  flag(one.fin, "FIN");
  flag(one.rst, "RST");
  flag(one.psh, "PSH");
  flag(one.ack, "ACK");
  if (one.seen) {
    const end& from = ends_[one.outgoing ? 0 : 1];
    const end& to = ends_[one.outgoing ? 1 : 0];
    text += fmt::format(" seq {}", one.seen->sequence - from.first.value_or(one.seen->sequence));
    if (one.ack) text += fmt::format(" ack {}", one.seen->acknowledged - to.first.value_or(0));
    if (!one.rst) text += fmt::format(" win {}", one.seen->window);
  }
  if (one.size != 0) text += fmt::format(" len {}", one.size);
  return text;
}

}  // namespace parlance::cli
