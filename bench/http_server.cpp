// HTTP on the public API: what bench/http.sh holds against nginx. A small answer of JSON at /json, and the files of a
// folder elsewhere; by HTTP/1.1, or HTTP/2 for who speaks it.
//   http_server [--backend io_uring|epoll] [--tls CERTIFICATE] FOLDER PORT
#include <cstdio>
#include <string>
#include <string_view>

#include <parlance/http.hpp>
#include <parlance/net.hpp>

using namespace parlance;

int main(int argc, char** argv) {
  std::string_view backend, certificate;
  int at = 1;
  for (; at + 3 < argc; at += 2)
    (std::string_view(argv[at]) == "--tls" ? certificate : backend) = argv[at + 1];
  if (at + 2 != argc)
    return std::fprintf(stderr, "usage: %s [--backend io_uring|epoll] [--tls CERTIFICATE] FOLDER PORT\n",
                        argv[0]),
           2;
  try {
    const io::loop loop{{.backend = backend}};
    http::router site;
    site.get("/json", [](auto&, auto& answer) -> io::task<> {
      co_await answer.json(R"({"message":"Hello, World!"})");
    });
    site.get("/{path...}", http::files(argv[at]));
    http::server_options options;
    options.limits.requests = static_cast<std::size_t>(-1);
    if (!certificate.empty()) {
      auto context = net::tls_context::server(
          {.certificates = {{.cert_file = std::string(certificate)}}, .alpn = {"h2", "http/1.1"}});
      options.connections.tls = [context] { return context; };
    }
    io::wait(http::serve(io::wait(net::listen("127.0.0.1:" + std::string(argv[at + 1]))), site, options));
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "%s: %s\n", argv[0], e.what()), 1;
  }
}
