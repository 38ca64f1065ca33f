// What Parlance's own servers here have in common: their arguments, and an accept loop on the public API.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <parlance/net.hpp>

namespace bench {

/// What is done with each caller, after the handshake where there is one.
using talk = parlance::io::task<> (*)(parlance::net::stream);
using server_context = std::shared_ptr<parlance::net::tls_context>;

inline parlance::io::task<> talk_to(parlance::net::stream caller, server_context tls, talk with) {
  if (tls) co_await caller.start_tls(std::move(tls));
  co_await with(std::move(caller));
}

inline parlance::io::task<> serve(std::string port, server_context tls, talk with) {
  parlance::net::listener listener = co_await parlance::net::listen("127.0.0.1:" + port);
  parlance::io::scope callers{parlance::io::log_errors};
  for (;;) callers.spawn(talk_to(co_await listener.accept(), tls, with));
}

/// The whole program: [--backend io_uring|epoll] [--tls CERTIFICATE] PORT
inline int run_server(int argc, char** argv, talk with) {
  std::string_view backend, certificate;
  int at = 1;
  for (; at + 2 < argc; at += 2)
    (std::string_view(argv[at]) == "--tls" ? certificate : backend) = argv[at + 1];
  if (at + 1 != argc) {
    std::fprintf(stderr, "usage: %s [--backend io_uring|epoll] [--tls CERTIFICATE] PORT\n", argv[0]);
    return 2;
  }
  try {
    parlance::io::loop loop{{.backend = backend}};
    server_context tls;
    if (!certificate.empty())
      tls = parlance::net::tls_context::server({.certificates = {{.cert_file = std::string(certificate)}}});
    parlance::io::wait(serve(argv[at], std::move(tls), with));
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "%s: %s\n", argv[0], e.what()), 1;
  }
  return 0;
}

}  // namespace bench
