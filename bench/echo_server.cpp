// Echoes on the public API: what bench/echo.sh holds against the floors and the peers.
//   echo_server [--backend io_uring|epoll] PORT
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <parlance/net.hpp>

using namespace parlance;
using namespace std::chrono_literals;

namespace {

io::task<> echo(net::stream caller) {
  caller.set_recv_timeout(5min);
  for (std::string_view text; !(text = co_await caller.recv()).empty();) co_await caller.send(text);
  co_await caller.close();
}

io::task<> serve(std::string port) {
  net::listener listener = co_await net::listen("127.0.0.1:" + port);
  io::scope callers{io::log_errors};
  for (;;) callers.spawn(echo(co_await listener.accept()));
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view backend;
  int at = 1;
  if (argc > 2 && std::string_view(argv[1]) == "--backend") backend = argv[2], at = 3;
  if (at + 1 != argc) return std::fputs("usage: echo_server [--backend io_uring|epoll] PORT\n", stderr), 2;
  try {
    io::loop loop{{.backend = backend}};
    io::wait(serve(argv[at]));
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "echo_server: %s\n", e.what()), 1;
  }
}
