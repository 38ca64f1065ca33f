// Opens connections that say nothing and holds them: what a caller who only listens costs the server. They
// come from several addresses of 127.0.0.0/8, a thousand from each. Prints one line and holds until its input
// ends:
//
//   $ load_conns 8000 10000 $(pidof parlance) < /dev/null
//   connections=10000 before_kib=4120 after_kib=30540 bytes_per_connection=2705
//
// With the server's PID, its own memory (RssAnon) before the first connection and SETTLE seconds (3 unless
// told) after it accepted the last; what the kernel keeps for a socket is not in it. With --tls, each has
// shaken hands; with --get, each has asked for PATH by HTTP and has the answer. Fails when the server hangs up on any of
// them.
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "loopback.hpp"
#include "process.hpp"
#include "tls.hpp"

namespace {

using bench::fail;
using seconds = std::chrono::duration<double>;

constexpr std::string_view usage = "load_conns [--tls | --get PATH] PORT CONNECTIONS [PID [SETTLE]]";
constexpr std::uint32_t connections_per_address = 1000;

std::vector<pollfd> open_connections(std::uint16_t port, std::uint32_t count) {
  std::vector<pollfd> opened;
  opened.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i)
    opened.push_back(
        {.fd = bench::connect_to(port, 1 + i / connections_per_address), .events = POLLRDHUP, .revents = 0});
  return opened;
}

std::vector<bench::tls_session> shake_hands(SSL_CTX* context, const std::vector<pollfd>& connections) {
  std::vector<bench::tls_session> sessions;
  sessions.reserve(connections.size());
  for (const pollfd& one : connections) {
    sessions.push_back(bench::session_on(context, one.fd));
    if (::SSL_connect(sessions.back().get()) != 1) bench::fail_tls("handshake");
  }
  return sessions;
}

/// One answer, whole.
void receive_answer(int socket) {
  std::string all;
  std::size_t end = all.npos, length = 0;
  while (end == all.npos || all.size() < end + length) {
    char buffer[4096];
    const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
    if (got <= 0) fail("receive an answer", got == 0 ? ECONNRESET : errno);
    all.append(buffer, static_cast<std::size_t>(got));
    if (end != all.npos || (end = all.find("\r\n\r\n")) == all.npos) continue;
    end += 4;
    const std::size_t field = all.find("\r\nContent-Length: ");
    if (!all.starts_with("HTTP/1.1 200 ") || field > end) fail("no answer with a length", EPROTO);
    length = std::stoul(all.substr(field + 18));
  }
}

void ask_each(const std::vector<pollfd>& connections, std::string_view path) {
  const std::string asked = fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", path);
  for (const pollfd& one : connections) {
    if (::send(one.fd, asked.data(), asked.size(), 0) != static_cast<ssize_t>(asked.size())) fail("send");
    receive_answer(one.fd);
  }
}

/// A connection that waits in the kernel's queue costs the server nothing yet: its open files tell whether
/// any does.
void wait_until_accepted(int pid, std::size_t connections) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (bench::open_files_of(pid) < connections) {
    if (std::chrono::steady_clock::now() > deadline)
      fail("the server did not accept every connection", ETIMEDOUT);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

void check_all_open(std::vector<pollfd>& connections) {
  const int closed = ::poll(connections.data(), connections.size(), 0);
  if (closed < 0) fail("poll");
  if (closed > 0)
    fail(fmt::format("the server closed {} of {} connections", closed, connections.size()), ECONNRESET);
}

}  // namespace

int main(int argc, char** argv) {
  const bool tls = argc > 1 && std::string_view(argv[1]) == "--tls";
  if (tls) --argc, ++argv;
  const std::string_view path = argc > 2 && std::string_view(argv[1]) == "--get" ? argv[2] : "";
  if (!path.empty()) argc -= 2, argv += 2;
  if (argc < 3 || argc > 5) {
    fmt::print(stderr, "usage: {}\n", usage);
    return 2;
  }
  const auto port = bench::number<std::uint16_t>(argv[1], 1, 65'535, usage);
  const auto count = bench::number<std::uint32_t>(argv[2], 1, 1'000'000, usage);
  const int pid = argc > 3 ? bench::number<int>(argv[3], 1, 1 << 30, usage) : 0;
  const seconds settle(argc > 4 ? bench::number<double>(argv[4], 0, 3600, usage) : 3);
  bench::raise_open_file_limit();

  const long before = pid ? bench::anonymous_memory_of(pid) : 0;
  std::vector<pollfd> connections = open_connections(port, count);
  if (pid) wait_until_accepted(pid, count);
  const bench::tls_context context = tls ? bench::make_context(::TLS_client_method()) : nullptr;
  const std::vector<bench::tls_session> sessions =
      tls ? shake_hands(context.get(), connections) : std::vector<bench::tls_session>();
  if (!path.empty()) ask_each(connections, path);
  std::this_thread::sleep_for(settle);
  check_all_open(connections);

  fmt::print("connections={}", count);
  if (pid) {
    const long after = bench::anonymous_memory_of(pid);
    fmt::print(" before_kib={} after_kib={} bytes_per_connection={}", before, after,
               (after - before) * 1024 / long{count});
  }
  fmt::print("\n");
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
}
