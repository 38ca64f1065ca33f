#include <algorithm>
#include <chrono>

#include <parlance/chat/door/message_rate.hpp>

namespace parlance::chat {
namespace {

/// Networks that are remembered. Whoever has more addresses than that is bounded by each connection's rate.
constexpr std::size_t most_remembered = 65'536;

io::duration time_of(double messages, double per_second) noexcept {
  return std::chrono::duration_cast<io::duration>(std::chrono::duration<double>(messages / per_second));
}

budget whole(const limits& bounds) noexcept {
  const auto connections = static_cast<double>(bounds.connections_per_address);
  return {.most = static_cast<double>(bounds.message_burst) * connections,
          .per_second = static_cast<double>(bounds.message_rate) * connections};
}

}  // namespace

io::time_point after_message(io::time_point free_from, double cost, const limits& bounds,
                             io::time_point now) noexcept {
  const auto rate = static_cast<double>(bounds.message_rate);
  return std::max(free_from, now - time_of(static_cast<double>(bounds.message_burst), rate)) +
         time_of(cost, rate);
}

io::time_point network_bursts::take(const network& household, const limits& bounds, io::time_point now) {
  make_room(left_, most_remembered, now);
  const budget fresh = whole(bounds);
  budget& its = left_.try_emplace(household, fresh).first->second;
  its.most = fresh.most, its.per_second = fresh.per_second;  // the settings may have changed
  if (its.has(1, now)) {
    const double burst = std::min(static_cast<double>(bounds.message_burst), its.left);
    its.owe(burst, now);
    return now - time_of(burst, static_cast<double>(bounds.message_rate));
  }
  // Its first line waits for its turn among all that came before, but not for long: so many connections are
  // not there at a time.
  its.owe(1, now);
  its.left = std::max(its.left, -its.per_second);
  return now + time_of(-its.left, its.per_second);
}

void network_bursts::give_back(const network& household, io::time_point free_from, const limits& bounds,
                               io::time_point now) noexcept {
  const auto its = left_.find(household);
  if (its == left_.end() || free_from >= now || bounds.message_rate == 0) return;
  const double unused =
      std::chrono::duration<double>(now - free_from).count() * static_cast<double>(bounds.message_rate);
  its->second.give_back(std::min(unused, static_cast<double>(bounds.message_burst)), now);
}

}  // namespace parlance::chat
