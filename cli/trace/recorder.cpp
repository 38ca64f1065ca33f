#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include <parlance/io/loop.hpp>
#include <parlance/net/network.hpp>
#include <parlance/text/sanitizer.hpp>

#include <cli/base/verb.hpp>
#include <cli/trace/recorder.hpp>
#include <cli/trace/svg.hpp>

namespace parlance::cli {
namespace {

constexpr std::size_t most_plain = 300, most_unclaimed = 1024, most_connections = 1000, most_rows = 5000;
constexpr io::duration look_again = std::chrono::milliseconds(30);
constexpr std::chrono::milliseconds last_packets{400};

/// The same address and port, IPv4 written as IPv6 or not.
bool same(const io::endpoint& a, const io::endpoint& b) {
  const auto first = net::ip_bytes(a), second = net::ip_bytes(b);
  return first && second && *first == *second && a.port() == b.port();
}

trace_style style_of_stderr() {
  trace_style style;
  if (::isatty(STDERR_FILENO) != 1) return style;
  winsize window{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col != 0) style.width = window.ws_col;
  const char* const term = std::getenv("TERM");
  const char* const none = std::getenv("NO_COLOR");
  style.colours = !(none && *none) && term && std::string_view(term) != "dumb";
  return style;
}

}  // namespace

trace::recorder::recorder(const std::string& into, const std::string& command)
    : command_(text::sanitize(std::string_view(command).substr(0, 200))), style_(style_of_stderr()) {
  if (into != "-") {
    path_ = into;
    into_ = file(::open(into.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666));
    if (!into_.is_open()) fail("open " + into, errno, "take another file for --trace");
  }
  std::string why;
  capture_ = packet_capture::open(why);
  how_ = capture_ ? "flags and numbers from the packets, relative" : "flags inferred: " + why;
  since_ = now();
}

std::chrono::nanoseconds trace::recorder::now() const {
  return std::chrono::system_clock::now().time_since_epoch();
}

void trace::recorder::begin() {
  if (std::exchange(begun_, true)) return;
  since_ = now();
  note(fmt::format("parlance {}; {}", command_, how_));
}

// --- what connecting does

void trace::recorder::trying(const io::endpoint& to) {
  begin();
  if (to.family() == AF_UNIX) return;
  if (capture_) {
    capture_->watch(to);
    if (tried_.size() < most_connections) tried_.push_back(to);
    arm(io::after(io::loop::current().now(), look_again));
    return;
  }
  infer(made(true, {}, to), {.outgoing = true, .syn = true});
}

void trace::recorder::failed(const io::endpoint& to, std::string_view why) {
  drain();
  connection attempt;
  if (capture_) {
    const auto its =
        std::ranges::find_if(unclaimed_, [&](const captured_packet& one) { return same(one.to, to); });
    if (its != unclaimed_.end()) claim(attempt = made(true, its->from, to));
  } else {
    const auto its = std::ranges::find_if(connections_, [&](const connection& one) {
      return one->local == io::endpoint() && same(one->remote, to);
    });
    if (its != connections_.end()) attempt = *its;
    if (attempt && why == "connection refused") infer(attempt, {.ack = true, .rst = true});
  }
  note(fmt::format("{}: {}", to.to_string(), why), true);
}

trace::recorder::connection trace::recorder::connected(const net::stream& s) {
  if (capture_) {
    drain();
    const connection on = made(true, s.local(), s.remote());
    claim(on);
    return on;
  }
  const auto its = std::ranges::find_if(connections_, [&](const connection& one) {
    return one->local == io::endpoint() && same(one->remote, s.remote());
  });
  const connection on = its != connections_.end() ? *its : made(true, {}, s.remote());
  on->local = s.local();
  infer(on, {.syn = true, .ack = true});
  infer(on, {.outgoing = true, .ack = true});
  return on;
}

void trace::recorder::listening(const io::endpoint& at) {
  begin();
  note("listening on " + at.to_string());
  if (!capture_) return;
  capture_->watch_port(at.port());
  arm(io::after(io::loop::current().now(), look_again));
}

trace::recorder::connection trace::recorder::accepted(const net::stream& s) {
  const connection on = made(false, s.local(), s.remote());
  if (capture_) {
    drain();
    claim(on);
    return on;
  }
  infer(on, {.syn = true});
  infer(on, {.outgoing = true, .syn = true, .ack = true});
  infer(on, {.ack = true});
  return on;
}

trace::recorder::connection trace::recorder::made(bool calls, const io::endpoint& local,
                                                  const io::endpoint& remote) {
  if (connections_.size() == most_connections) connections_.erase(connections_.begin());
  connections_.push_back(std::make_shared<traced_connection>(++made_, calls, remote));
  connections_.back()->local = local;
  return connections_.back();
}

// --- what the program does

void trace::recorder::infer(const connection& on, tcp_segment segment, std::string_view bytes) {
  if (!capture_) return draw(on, segment, bytes, now());
  drain();
}

void trace::recorder::diagnose(const connection& on, const net::stream& s) {
  drain();
  const auto info = s.info();
  if (!info) return;
  tell_left_out(on);
  note(fmt::format(
      "TCP_INFO of connection {}: rtt {:.3f} ms, {} sent again, congestion window {} segments of {} bytes",
      on->number, info->tcpi_rtt / 1000.0, info->tcpi_total_retrans, info->tcpi_snd_cwnd,
      info->tcpi_snd_mss));
}

void trace::recorder::note(std::string_view what, bool broken) {
  begin();
  drain();
  add(nullptr, {.at = std::chrono::duration_cast<io::duration>(now() - since_),
                .label = text::sanitize(what.substr(0, 500)),
                .broken = broken});
}

void trace::recorder::message(const place& over, bool outgoing, std::string_view bytes) {
  if (!over.hidden || bytes.empty()) return;
  drain();
  const auto its = std::ranges::find_if(connections_, [&](const connection& one) {
    return same(one->local, over.local) && same(one->remote, over.remote);
  });
  if (its == connections_.end()) return;
  payload_namer plain;
  const std::string name = plain.name(bytes, bytes.size());
  const std::string size = fmt::format("{} bytes", bytes.size());
  if (++(*its)->plain_segments > most_plain) {
    ++(*its)->left_out;
    return;
  }
  add(*its, {.what = outgoing ? trace_row::kind::outgoing : trace_row::kind::incoming,
             .of = trace_row::layer::inside,
             .at = std::chrono::duration_cast<io::duration>(now() - since_),
             .label = "inside: " + name + (name == size ? "" : ", " + size)});
}

// --- packets

void trace::recorder::expire() noexcept {
  drain();
  arm(io::after(io::loop::current().now(), look_again));
}

void trace::recorder::drain() {
  if (capture_) capture_->drain([this](captured_packet one) { take(std::move(one)); });
}

bool trace::recorder::belongs(const traced_connection& on, captured_packet& one) const {
  // What this machine sends to itself is only seen as it arrives. What comes from elsewhere and leaves again is
  // forwarded, and was seen before.
  if (same(one.from, on.local) && same(one.to, on.remote)) return one.segment.outgoing = true;
  return !one.leaves && same(one.from, on.remote) && same(one.to, on.local);
}

void trace::recorder::take(captured_packet one) {
  for (auto its = connections_.rbegin(); its != connections_.rend(); ++its)
    if (belongs(**its, one)) return draw(*its, one.segment, one.payload, one.at);
  if (unclaimed_.size() == most_unclaimed) unclaimed_.pop_front();
  unclaimed_.push_back(std::move(one));
}

void trace::recorder::claim(const connection& on) {
  std::erase_if(unclaimed_, [&](captured_packet& one) {
    if (!belongs(*on, one)) return false;
    draw(on, one.segment, one.payload, one.at);
    return true;
  });
}

void trace::recorder::claim_attempts() {
  const auto is_attempt = [&](const captured_packet& one) {
    return one.segment.syn && !one.segment.ack &&
           std::ranges::any_of(tried_, [&](const io::endpoint& to) { return same(one.to, to); });
  };
  for (;;) {
    const auto its = std::ranges::find_if(unclaimed_, is_attempt);
    if (its == unclaimed_.end()) return;
    const captured_packet& one = *its;
    claim(made(true, one.from, one.to));
  }
}

// --- drawing

void trace::recorder::draw(const connection& on, const tcp_segment& one, std::string_view bytes,
                           std::chrono::nanoseconds at) {
  const tcp_states before = on->states;
  on->states.pass(one);
  std::string label = on->states.describe(one);
  const std::string what = (one.outgoing ? on->out : on->in).name(bytes, one.size);
  if (!what.empty()) label += ": " + what;
  const bool plain = !one.syn && !one.fin && !one.rst && before.here() == on->states.here() &&
                     before.there() == on->states.there();
  if (plain && ++on->plain_segments > most_plain) {
    ++on->left_out;
    on->bytes_left_out += one.size;
    return;
  }
  tell_left_out(on);
  const auto changed = [&](tcp_states::state was, tcp_states::state is) {
    return was != is || one.syn ? std::string(name_of(is)) : std::string();
  };
  add(on, {.what = one.outgoing ? trace_row::kind::outgoing : trace_row::kind::incoming,
           .of = one.size != 0 ? trace_row::layer::data : trace_row::layer::tcp,
           .at = std::chrono::duration_cast<io::duration>(at - since_),
           .label = std::move(label),
           .here = changed(before.here(), on->states.here()),
           .there = changed(before.there(), on->states.there()),
           .broken = one.rst});
}

void trace::recorder::tell_left_out(const connection& on) {
  if (on->left_out == 0) return;
  const std::string text =
      fmt::format("... and {} segments more, with {} bytes", on->left_out, on->bytes_left_out);
  on->left_out = 0;
  on->bytes_left_out = 0;
  add(on, {.at = std::chrono::duration_cast<io::duration>(now() - since_), .label = text});
}

void trace::recorder::add(const connection& on, trace_row row) {
  if (finished_) return;
  const auto show = [this](trace_row one) {
    if (into_.is_open()) {
      if (rows_.size() < most_rows) rows_.push_back(std::move(one));
      return;
    }
    if (before_telling) before_telling();
    write_to_stderr(trace_text(one, style_), std::chrono::milliseconds(50));
  };
  if (on && std::exchange(shown_, on->number) != on->number)
    show({.what = trace_row::kind::head,
          .at = row.at,
          .label = fmt::format("connection {}", on->number),
          .here = on->local == io::endpoint() ? "this end" : "here " + on->local.to_string(),
          .there = on->remote.to_string()});
  show(std::move(row));
}

void trace::recorder::finish() {
  if (finished_) return;
  const auto until = std::chrono::steady_clock::now() + last_packets;
  const auto open = [this] {
    return std::ranges::any_of(connections_, [](const connection& one) { return !one->states.over(); });
  };
  while (capture_ && open()) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    pollfd more{.fd = capture_->descriptor(), .events = POLLIN, .revents = 0};
    ::poll(&more, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 20)));
    drain();
  }
  claim_attempts();
  for (const connection& one : connections_) tell_left_out(one);
  if (capture_ && capture_->lost() != 0)
    note(fmt::format("{} packets were too many to be captured", capture_->lost()));
  disarm();
  finished_ = true;
  if (!into_.is_open()) return;
  if (const int number = into_.write(trace_svg(rows_, "parlance " + command_ + "; " + how_)); number != 0)
    fail("write " + path_, number, "take another file for --trace, or make room");
}

}  // namespace parlance::cli
