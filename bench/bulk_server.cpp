// Sends or receives in bulk on the public API: what bench/bulk.sh holds against the floors and the peers.
//   bulk_server [--backend io_uring|epoll] [--tls CERTIFICATE] PORT
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include <parlance/net.hpp>

#include "bulk.hpp"

using namespace parlance;

namespace {

using tls_context = std::shared_ptr<net::tls_context>;

io::task<> carry(net::stream caller, tls_context tls) {
  if (tls) co_await caller.start_tls(std::move(tls));
  std::string_view bytes = co_await caller.recv();
  if (bytes.starts_with(bench::pull))
    for (;;) co_await caller.send(bench::bulk_piece());
  while (!bytes.empty()) bytes = co_await caller.recv();
}

io::task<> serve(std::string port, tls_context tls) {
  net::listener listener = co_await net::listen("127.0.0.1:" + port);
  // A caller who has enough hangs up.
  io::scope callers{[](std::exception_ptr) {}};
  for (;;) callers.spawn(carry(co_await listener.accept(), tls));
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view backend, certificate;
  int at = 1;
  for (; at + 2 < argc; at += 2)
    (std::string_view(argv[at]) == "--tls" ? certificate : backend) = argv[at + 1];
  if (at + 1 != argc)
    return std::fputs("usage: bulk_server [--backend io_uring|epoll] [--tls CERTIFICATE] PORT\n", stderr), 2;
  try {
    io::loop loop{{.backend = backend}};
    tls_context tls;
    if (!certificate.empty())
      tls = net::tls_context::server({.certificates = {{.cert_file = std::string(certificate)}}});
    io::wait(serve(argv[at], std::move(tls)));
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "bulk_server: %s\n", e.what()), 1;
  }
}
