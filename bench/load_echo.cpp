// Closed-loop load on an echo server: each connection has one message in flight and sends the next when that
// one is back. Prints one line of KEY=VALUE:
//
//   $ load_echo 7000 100 64 2 $(pidof echo_server)
//   connections=100 size=64 seconds=2.000 messages=246912 rate=123456 p50_us=702 p99_us=1044 user_us=0.51
//   system_us=2.99
//
// rate is messages per second, p50_us and p99_us are round trips in microseconds. With the server's PID,
// user_us and system_us are the CPU time it used per message, from the kernel's ticks of 10 ms: load it for
// two seconds or more. With --tls, the handshakes are over before the first message leaves; with --websocket they are
// those of RFC 6455, and each message is one of text.
#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "histogram.hpp"
#include "loopback.hpp"
#include "process.hpp"
#include "tls.hpp"
#include "websocket.hpp"

namespace {

using bench::fail;
using steady = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

constexpr std::string_view usage = "load_echo [--tls|--websocket] PORT CONNECTIONS SIZE SECONDS [PID]";
constexpr std::size_t largest_message = 65'536;

struct options {
  std::uint16_t port = 0;
  std::size_t connections = 0;
  std::size_t size = 0;
  seconds duration{};
  int pid = 0;
  bool tls = false, websocket = false;
};

options parse(int argc, char** argv) {
  options o;
  if (argc > 1 && std::string_view(argv[1]) == "--tls") o.tls = true, --argc, ++argv;
  if (argc > 1 && std::string_view(argv[1]) == "--websocket") o.websocket = true, --argc, ++argv;
  if (argc < 5 || argc > 6) {
    fmt::print(stderr, "usage: {}\n", usage);
    std::exit(2);
  }
  o.port = bench::number<std::uint16_t>(argv[1], 1, 65'535, usage);
  o.connections = bench::number<std::size_t>(argv[2], 1, 100'000, usage);
  o.size = bench::number<std::size_t>(argv[3], 1, largest_message, usage);
  o.duration = seconds(bench::number<double>(argv[4], 0.01, 3600, usage));
  if (argc == 6) o.pid = bench::number<int>(argv[5], 1, 1 << 30, usage);
  return o;
}

class load {
 public:
  explicit load(const options& o) : message_(o.size, 'x'), expected_(o.size) {
    if (o.websocket) {
      expected_ = bench::frame_of(message_, false).size();
      message_ = bench::frame_of(message_, true);
    }
    if (poll_ < 0) fail("epoll_create1");
    if (o.tls) context_ = bench::make_context(::TLS_client_method());
    for (std::size_t i = 0; i < o.connections; ++i) {
      connections_.push_back({.socket = bench::connect_to(o.port)});
      bench::set_no_delay(connections_[i].socket);
      if (o.tls) shake_hands(connections_[i]);
      if (o.websocket) bench::open_websocket(connections_[i].socket);
      epoll_event readable{.events = EPOLLIN, .data = {.u64 = i}};
      if (::epoll_ctl(poll_, EPOLL_CTL_ADD, connections_[i].socket, &readable) != 0) fail("epoll_ctl");
    }
  }

  /// Sends everybody's first message.
  void start() {
    for (connection& c : connections_) send(c, steady::now());
  }

  /// Takes what has come back, for 100 ms at most, and sends the next message where one is whole.
  void turn() {
    std::array<epoll_event, 512> events;
    const int ready = ::epoll_wait(poll_, events.data(), events.size(), 100);
    if (ready < 0) fail("epoll_wait");
    const steady::time_point now = steady::now();
    for (int i = 0; i < ready; ++i) receive(connections_[events[i].data.u64], now);
  }

  const bench::histogram& round_trips() const { return round_trips_; }

 private:
  struct connection {
    int socket = -1;
    std::size_t received = 0;
    steady::time_point sent{};
    bench::tls_session tls = nullptr;
  };

  void shake_hands(connection& c) {
    c.tls = bench::session_on(context_.get(), c.socket);
    if (::SSL_connect(c.tls.get()) != 1) bench::fail_tls("the handshake");
    if (::fcntl(c.socket, F_SETFL, O_NONBLOCK) != 0) fail("fcntl");
  }

  void send(connection& c, steady::time_point now) {
    c.sent = now;
    c.received = 0;
    const ssize_t sent = c.tls ? ::SSL_write(c.tls.get(), message_.data(), static_cast<int>(message_.size()))
                               : ::send(c.socket, message_.data(), message_.size(), MSG_NOSIGNAL);
    if (sent < 0) fail("send");
  }

  void receive(connection& c, steady::time_point now) {
    const ssize_t received = c.tls ? ::SSL_read(c.tls.get(), buffer_.data(), static_cast<int>(buffer_.size()))
                                   : ::recv(c.socket, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    // A session ticket, or a part of a record.
    if (c.tls && received < 0 && bench::must_wait(c.tls.get(), static_cast<int>(received))) return;
    if (received < 0 && errno == EAGAIN) return;
    if (received < 0) fail("recv");
    if (received == 0) fail("recv: the server closed the connection", ECONNABORTED);
    c.received += static_cast<std::size_t>(received);
    if (c.received < expected_) return;
    if (c.received > expected_) fail("recv: more came back than was sent", EPROTO);
    round_trips_.add(now - c.sent);
    send(c, now);
  }

  int poll_ = ::epoll_create1(EPOLL_CLOEXEC);
  bench::tls_context context_;
  std::vector<connection> connections_;
  std::string message_;
  std::size_t expected_;  // bytes that come back for one
  std::vector<char> buffer_ = std::vector<char>(largest_message + 16);
  bench::histogram round_trips_;
};

}  // namespace

int main(int argc, char** argv) {
  const options o = parse(argc, argv);
  bench::raise_open_file_limit();
  load load(o);

  const bench::cpu_time before = o.pid ? bench::cpu_time_of(o.pid) : bench::cpu_time{};
  const steady::time_point begin = steady::now();
  load.start();
  while (steady::now() - begin < o.duration) load.turn();
  const seconds elapsed = steady::now() - begin;
  const bench::cpu_time after = o.pid ? bench::cpu_time_of(o.pid) : bench::cpu_time{};

  const bench::histogram& round_trips = load.round_trips();
  if (round_trips.count() == 0) fail("no message came back", ETIMEDOUT);
  const double messages = static_cast<double>(round_trips.count());
  fmt::print("connections={} size={} seconds={:.3f} messages={} rate={:.0f} p50_us={} p99_us={}",
             o.connections, o.size, elapsed.count(), round_trips.count(), messages / elapsed.count(),
             round_trips.percentile(50), round_trips.percentile(99));
  if (o.pid)
    fmt::print(" user_us={:.3f} system_us={:.3f}", (after.user - before.user) / messages,
               (after.system - before.system) / messages);
  fmt::print("\n");
}
