#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

#include <parlance/http/client/proxy_rules.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/error.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/option_kinds.hpp>
#include <cli/base/proxy_login.hpp>
#include <cli/base/verb.hpp>
#include <cli/talk/reach.hpp>
#include <cli/talk/service_names.hpp>

namespace parlance::cli {
namespace {

constexpr io::duration first_pause = std::chrono::milliseconds(100), longest_pause = std::chrono::seconds(2);

/// It may yet come up: a server that has not begun, a machine that boots, a name that is not there yet.
bool may_come_up(const std::error_code& code) {
  return code == std::errc::connection_refused || code == std::errc::network_unreachable ||
         code == std::errc::host_unreachable || code == std::errc::no_such_file_or_directory ||
         code == std::errc::timed_out || code == net::errc::no_address;
}

}  // namespace

void add_reach_options(CLI::App& verb, reach_options& into) {
  verb.add_option("-x,--proxy", into.proxy,
                  "Go by this proxy, which looks the name up: socks5://, http:// or https:// (CONNECT, the\n"
                  "last with TLS to the proxy), with USER:PASSWORD@ if it wants that")
      ->type_name("URL")
      ->excludes("--udp");
  verb.add_option("--proxy-user", into.proxy_user,
                  "Who asks, for the proxy; asks for a password that is missing")
      ->type_name("USER[:PASSWORD]")
      ->needs("--proxy");
  CLI::Option* ca = verb.add_option("--proxy-cacert", into.proxy_tls.ca_file,
                                    "Authorities to trust of an https:// proxy (PEM)")
                        ->type_name("FILE")
                        ->needs("--proxy");
  verb.add_flag("--proxy-insecure", into.proxy_tls.insecure_accept_any_certificate,
                "Take any certificate of an https:// proxy")
      ->needs("--proxy")
      ->excludes(ca);
  verb.add_option("-s,--source", into.source, "Call from this address of this machine's, and this port")
      ->type_name("ADDRESS[:PORT]|:PORT")
      ->excludes("--udp");
  CLI::Option* v4 = verb.add_flag_callback(
                            "-4,--ipv4", [&into] { into.family = AF_INET; }, "Call IPv4 addresses only")
                        ->excludes("--udp");
  verb.add_flag_callback(
          "-6,--ipv6", [&into] { into.family = AF_INET6; }, "Call IPv6 addresses only")
      ->excludes(v4)
      ->excludes("--udp");
  add_seconds(verb, "--retry", into.retry,
              "Try again while nobody answers, for so long ('inf': until somebody does)")
      ->excludes("--udp");
}

net::connect_options apply(const reach_options& said) {
  net::connect_options how{.family = said.family};
  if (!said.proxy.empty()) {
    try {
      const net::proxy by = http::parsed_proxy::parse(said.proxy).at;
      const char* const scheme = by.speaks == net::proxy::protocol::socks5 ? "socks5"
                                 : by.tls                                  ? "https"
                                                                           : "http";
      const std::size_t colon = said.proxy.find("://");
      how.proxy = with_login(
          scheme + ("://" + (colon == said.proxy.npos ? said.proxy : said.proxy.substr(colon + 3))),
          said.proxy_user);
      if (by.tls) how.proxy_context = make_context([&] { return net::tls_context::client(said.proxy_tls); });
    } catch (const io::error& e) {
      throw complaint(usage, e.what());
    }
  }
  const std::string_view from = said.source;
  // An IPv6 address alone, as people write it.
  const bool bare = !from.starts_with('[') && from.contains(':') && net::endpoint::parse_ip(from, 0);
  how.local = bare ? fmt::format("[{}]", from) : with_port_number(said.source, "tcp");
  return how;
}

io::task<net::stream> reach(const std::string& address, const net::connect_options& how, io::duration retry,
                            const std::function<void(std::string_view)>& waits) {
  const io::time_point until = io::after(io::loop::current().now(), retry);
  bool told = false;
  for (io::duration pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
    try {
      co_return co_await net::connect(address, how);
    } catch (const io::error& e) {
      const io::time_point next = io::after(io::loop::current().now(), pause);
      if (io::context::current().cancelled() || !may_come_up(e.code()) || next >= until) throw;
      if (!std::exchange(told, true)) waits(e.what());
    }
    co_await io::sleep(pause);
  }
}

}  // namespace parlance::cli
