// What every program here needs: its arguments, and sockets on 127.0.0.1. A benchmark cannot go on after a
// failure, so each of these ends the program with one plain line instead.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

namespace bench {

/// Ends the program: "what: why".
[[noreturn]] inline void fail(std::string_view what, int error = errno) {
  fmt::print(stderr, "{}: {}\n", what, std::generic_category().message(error));
  std::exit(1);
}

/// The number that `text` is, from `low` to `high`; ends the program with `usage` when it is none.
template <class Number>
Number number(std::string_view text, Number low, Number high, std::string_view usage) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size() && value >= low && value <= high) return value;
  fmt::print(stderr, "\"{}\" is not a number from {} to {}\nusage: {}\n", text, low, high, usage);
  std::exit(2);
}

/// The `host`-th address of 127.0.0.0/8: 1 is 127.0.0.1.
inline sockaddr_in loopback(std::uint16_t port, std::uint32_t host = 1) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl((127U << 24) + host);
  return address;
}

/// setsockopt with an int of 1.
inline void enable(int socket, int level, int option) {
  const int on = 1;
  if (::setsockopt(socket, level, option, &on, sizeof on) != 0) fail("setsockopt");
}

/// No waiting for more bytes before a small message leaves.
inline void set_no_delay(int socket) { enable(socket, IPPROTO_TCP, TCP_NODELAY); }

/// A socket that listens on 127.0.0.1. `flags` are SOCK_NONBLOCK or 0.
inline int listen_on(std::uint16_t port, int flags) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  if (socket < 0) fail("socket");
  enable(socket, SOL_SOCKET, SO_REUSEADDR);
  const sockaddr_in address = loopback(port);
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail(fmt::format("bind 127.0.0.1:{}", port));
  if (::listen(socket, 4096) != 0) fail("listen");
  return socket;
}

/// A connection to 127.0.0.1 from the `host`-th loopback address. `flags` are 0 or SOCK_NONBLOCK, whose
/// connection may still be under way: what is sent over it waits or fails.
inline int connect_to(std::uint16_t port, std::uint32_t host = 1, int flags = 0) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  if (socket < 0) fail("socket");
  // The port is chosen when the peer is known, so that each source address has all ephemeral ports.
  enable(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
  const sockaddr_in from = loopback(0, host);
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0)
    fail(fmt::format("bind 127.0.0.1 + {}", host - 1));
  const sockaddr_in to = loopback(port);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)
    fail(fmt::format("connect 127.0.0.1:{}", port));
  return socket;
}

/// How many connections wait to be accepted by who listens on `port` of IPv4; 0 when nobody does.
inline std::size_t connections_queued_at(std::uint16_t port) {
  // /proc/net/tcp begins with the sockets that listen (state 0A), whose receive queue is that of connections:
  //   0: 0100007F:1F40 00000000:0000 0A 00000000:00000003 ...
  const int file = ::open("/proc/net/tcp", O_RDONLY | O_CLOEXEC);
  if (file < 0) fail("open /proc/net/tcp");
  std::array<char, 16'384> buffer;
  const ssize_t length = ::read(file, buffer.data(), buffer.size());
  ::close(file);
  if (length < 0) fail("read /proc/net/tcp");
  const std::string_view table(buffer.data(), static_cast<std::size_t>(length));
  const std::string key = fmt::format(":{:04X} 00000000:0000 0A 00000000:", port);
  const std::size_t at = table.find(key);
  std::size_t queued = 0;
  if (at != table.npos)
    std::from_chars(table.data() + at + key.size(), table.data() + table.size(), queued, 16);
  return queued;
}

/// As many open files as the hard limit allows; Linux starts programs with 1,024.
inline void raise_open_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) fail("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) fail("setrlimit");
}

}  // namespace bench
