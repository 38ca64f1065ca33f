// Moves as much as goes over one connection, to a server (push) or from it (pull). Prints one line of KEY=VALUE:
//
//   $ load_bulk push 7000 2 $(pidof bulk_server)
//   seconds=2.000 mib=6100 mib_per_s=3050 user_ns_per_kib=12 system_ns_per_kib=130
//
// With the server's PID, the CPU time that it used for each KiB. --request TEXT is said instead of the byte
// that bench/bulk.sh's servers understand, for one that speaks HTTP; \r and \n stand for themselves.
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bulk.hpp"
#include "loopback.hpp"
#include "process.hpp"
#include "tls.hpp"

namespace {

using bench::fail;
using steady = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

constexpr std::string_view usage = "load_bulk [--tls] [--request TEXT] push|pull PORT SECONDS [PID]";

std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view pair = text.substr(i, 2);
    if (pair == "\\r" || pair == "\\n")
      plain += pair == "\\r" ? '\r' : '\n', ++i;
    else
      plain += text[i];
  }
  return plain;
}

class connection {
 public:
  connection(std::uint16_t port, bool tls) : socket_(bench::connect_to(port)) {
    if (!tls) return;
    context_ = bench::make_context(::TLS_client_method());
    session_ = bench::session_on(context_.get(), socket_);
    if (::SSL_connect(session_.get()) != 1) bench::fail_tls("handshake");
  }

  std::size_t send(std::string_view bytes) {
    const auto sent = session_ ? ::SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size()))
                               : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) fail("send");
    return static_cast<std::size_t>(sent);
  }
  std::size_t receive(std::vector<char>& room) {
    const auto got = session_ ? ::SSL_read(session_.get(), room.data(), static_cast<int>(room.size()))
                              : ::recv(socket_, room.data(), room.size(), 0);
    if (got <= 0) fail("the server ended", ECONNRESET);
    return static_cast<std::size_t>(got);
  }

 private:
  int socket_;
  bench::tls_context context_;
  bench::tls_session session_;
};

}  // namespace

int main(int argc, char** argv) {
  bool tls = false;
  std::string request;
  int at = 1;
  for (; at < argc && std::string_view(argv[at]).starts_with("--"); ++at) {
    if (std::string_view(argv[at]) == "--tls")
      tls = true;
    else if (std::string_view(argv[at]) == "--request" && at + 1 < argc)
      request = unescaped(argv[++at]);
  }
  const int left = argc - at;
  const std::string_view way = left > 0 ? argv[at] : "";
  if ((left != 3 && left != 4) || (way != "push" && way != "pull")) {
    fmt::print(stderr, "usage: {}\n", usage);
    return 2;
  }
  const bool push = way == "push";
  const auto port = bench::number<std::uint16_t>(argv[at + 1], 1, 65'535, usage);
  const seconds length(bench::number<double>(argv[at + 2], 0.01, 3600, usage));
  const int pid = left == 4 ? bench::number<int>(argv[at + 3], 1, 1 << 30, usage) : 0;
  if (request.empty()) request = push ? bench::push : bench::pull;

  connection server(port, tls);
  server.send(request);
  std::vector<char> room(std::size_t{256} * 1024);
  const auto move_some = [&] { return push ? server.send(bench::bulk_piece()) : server.receive(room); };
  // What is in the socket's buffers at the start and at the end is as good as the same.
  for (const auto warm = steady::now() + std::chrono::milliseconds(100); steady::now() < warm;) move_some();

  const bench::cpu_time before = pid ? bench::cpu_time_of(pid) : bench::cpu_time{};
  const auto start = steady::now();
  double bytes = 0;
  while (seconds(steady::now() - start) < length) bytes += static_cast<double>(move_some());
  const double took = seconds(steady::now() - start).count();
  const double mib = bytes / (1024 * 1024);
  fmt::print("seconds={:.3f} mib={:.0f} mib_per_s={:.0f}", took, mib, mib / took);
  if (pid) {
    const bench::cpu_time after = bench::cpu_time_of(pid);
    const double kib = bytes / 1024;
    fmt::print(" user_ns_per_kib={:.1f} system_ns_per_kib={:.1f}", (after.user - before.user) * 1000 / kib,
               (after.system - before.system) * 1000 / kib);
  }
  fmt::print("\n");
}
