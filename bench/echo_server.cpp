// Echoes on the public API: what bench/echo.sh holds against the floors and the peers.
//   echo_server [--backend io_uring|epoll] [--tls CERTIFICATE] PORT
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <parlance/net.hpp>

using namespace parlance;
using namespace std::chrono_literals;

namespace {

using tls_context = std::shared_ptr<net::tls_context>;

io::task<> echo(net::stream caller, tls_context tls) {
  if (tls) co_await caller.start_tls(std::move(tls));
  caller.set_recv_timeout(5min);
  for (std::string_view text; !(text = co_await caller.recv()).empty();) co_await caller.send(text);
  co_await caller.close();
}

io::task<> serve(std::string port, tls_context tls) {
  net::listener listener = co_await net::listen("127.0.0.1:" + port);
  io::scope callers{io::log_errors};
  for (;;) callers.spawn(echo(co_await listener.accept(), tls));
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view backend, certificate;
  int at = 1;
  for (; at + 2 < argc; at += 2)
    (std::string_view(argv[at]) == "--tls" ? certificate : backend) = argv[at + 1];
  if (at + 1 != argc)
    return std::fputs("usage: echo_server [--backend io_uring|epoll] [--tls CERTIFICATE] PORT\n", stderr), 2;
  try {
    io::loop loop{{.backend = backend}};
    tls_context tls;
    if (!certificate.empty())
      tls = net::tls_context::server({.certificates = {{.cert_file = std::string(certificate)}}});
    io::wait(serve(argv[at], std::move(tls)));
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "echo_server: %s\n", e.what()), 1;
  }
}
