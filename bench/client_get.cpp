// Parlance's client on its public API: so many GETs of one URL at a time, on connections that are kept. What
// bench/client.sh holds against libcurl and cpp-httplib.
//   client_get [--backend io_uring|epoll] [--http2] URL AT_ONCE SECONDS
#include <cstdio>
#include <string>
#include <string_view>

#include <parlance/http.hpp>

#include "get_load.hpp"

using namespace parlance;

namespace {

constexpr std::string_view usage = "client_get [--backend io_uring|epoll] [--http2] URL AT_ONCE SECONDS";

io::task<> ask(http::client& by, const http::url& target, bench::get_count& count) {
  while (!count.is_over()) {
    const bench::steady::time_point asked = bench::steady::now();
    const http::response got = co_await by.send({.target = target});
    if (!got.ok()) bench::fail("a status that is none of 2xx", EPROTO);
    count.add(asked);
  }
}

io::task<> ask_all(const bench::get_load& load, bool by_http2) {
  http::client_options options;
  options.versions = by_http2 ? http::http_versions::http_2 : http::http_versions::http_1;
  options.tls.insecure_accept_any_certificate = true;
  options.connections.per_route = load.at_once;
  http::client by(options);
  const http::url target = http::url::parse(load.url).value();
  bench::get_count count(load);
  io::scope all;
  for (std::size_t i = 0; i < load.at_once; ++i) all.spawn(ask(by, target, count));
  co_await all.join();
  count.print();
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view backend;
  bool by_http2 = false;
  int at = 1;
  for (; at < argc && std::string_view(argv[at]).starts_with("--"); ++at) {
    if (std::string_view(argv[at]) == "--http2")
      by_http2 = true;
    else if (at + 1 < argc)
      backend = argv[++at];
  }
  const bench::get_load load = bench::get_load::parse(argc, argv, at, usage);
  try {
    const io::loop loop{{.backend = backend}};
    io::wait(ask_all(load, by_http2));
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "%s: %s\n", argv[0], e.what()), 1;
  }
}
