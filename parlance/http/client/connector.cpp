#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include <parlance/http/base/percent.hpp>
#include <parlance/http/client/connector.hpp>
#include <parlance/http/client/policy.hpp>
#include <parlance/http/message/head_parser.hpp>
#include <parlance/io/blocking.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/tls.hpp>

namespace parlance::http {
namespace {

/// The reason alone says too little where the time was not up in connecting.
[[noreturn]] void tell(const io::error& e, const net::address& to, const net::connect_times& done) {
  if (e.code() == io::errc::timed_out && done.resolved < io::duration::zero())
    throw failure(e.code(), fmt::format("timed out looking up {}", to.host));
  if (e.code() == io::errc::timed_out && done.connected >= io::duration::zero())
    throw failure(e.code(), fmt::format("timed out in the TLS handshake with {}", to.to_string()));
  throw failure(e.code(), e.what());  // it names each address and how far it got
}

/// Of a refusal.
field_list fields_in(std::string_view head) {
  const std::string whole = std::string(head) + "\r\n";
  std::string_view rest = whole;
  response_parser parser;
  if (!parser.feed(rest) || !parser.done()) return {};
  return parser.take().fields;
}

/// As connect_options take it.
std::string url_of(const net::proxy& at) {
  std::string text = at.to_string();
  if (at.as.user.empty()) return text;
  const std::size_t host = text.find("://") + 3;
  return text.substr(0, host) + percent_encode(at.as.user, encode_set::component) + ':' +
         percent_encode(at.as.password, encode_set::component) + '@' + text.substr(host);
}

}  // namespace

connector::connector(net::tls_client_options tls, std::shared_ptr<net::tls_context> context,
                     net::tls_client_options proxy_tls, dial_options how, proxy_rules proxies)
    : tls_(std::move(tls)),
      proxy_tls_(std::move(proxy_tls)),
      context_(std::move(context)),
      how_(std::move(how)),
      proxies_(std::move(proxies)) {
  if (tls_.alpn.empty()) tls_.alpn = {"http/1.1"};
}

io::task<void> connector::read(std::shared_ptr<net::tls_context>& into, const net::tls_client_options& from) {
  if (into) co_return;
  const io::mutex::guard alone = co_await one_reads_.lock();
  if (into) co_return;
  into = co_await io::blocking([from] {
    return net::is_default(from) ? net::tls_context::default_client() : net::tls_context::client(from);
  });
}

io::task<void> connector::prepare(const route& way) {
  try {
    if (way.to.secure && !way.is_forwarded) co_await read(context_, tls_);
    if (!way.proxy.empty() && parsed_proxy::parse(way.proxy).at.tls)
      co_await read(proxy_context_, proxy_tls_);
  } catch (const io::error& e) {
    throw failure(e.code(), e.what());
  }
}

/// By a proxy that wants addresses: each of the host's, in turn.
io::task<net::stream> connector::connect_from_here(const net::address& to, net::connect_options how) {
  std::vector<net::endpoint> found = how_.addresses_of(to);
  if (found.empty()) found = co_await net::resolve(to);
  if (how.tls_name.empty()) how.tls_name = to.host;
  for (std::size_t i = 0;; ++i) {
    try {
      co_return co_await net::connect({.host = found.at(i).address(), .port = to.port, .path = {}}, how);
    } catch (const io::error& e) {
      // Others may fare better where the proxy could not reach this one.
      if (e.code() != net::errc::proxy || i + 1 == found.size()) throw;
    }
  }
}

io::task<net::stream> connector::connect_by(const parsed_proxy& by, net::address to,
                                            net::connect_options how) {
  how.proxy = url_of(by.at);
  if (by.looks_up_here) co_return co_await io::timeout(how.timeout, connect_from_here(to, how));
  co_return co_await net::connect(std::move(to), std::move(how));
}

/// To a proxy of HTTP behind one of SOCKS, and by that to the target.
io::task<net::stream> connector::tunnel_behind(const parsed_proxy& by, net::address to,
                                               net::connect_options how) {
  const io::time_point start = io::loop::current().now();
  net::connect_options first = how;
  first.tls = false;
  first.context = nullptr;
  first.tls_name = {};
  net::stream connected = co_await connect_by(parsed_proxy::parse(proxies_.before), by.at.at, first);
  if (by.at.tls) co_await connected.start_tls(proxy_context_, by.at.at.host, how.timeout);
  co_await net::http_connect(connected, to, proxies_.logins ? net::proxy_credentials() : by.at.as,
                             how.proxy_request);
  how.times->connected = io::loop::current().now() - start;
  if (how.tls) {
    co_await connected.start_tls(how.context, how.tls_name, how.timeout);
    how.times->secured = io::loop::current().now() - start;
  }
  co_return connected;
}

io::task<net::stream> connector::connect_once(const route& way, net::address to, net::connect_options how) {
  const bool by_two = !proxies_.before.empty() && !way.proxy.empty();
  if (way.is_forwarded && by_two)
    co_return co_await connect_by(parsed_proxy::parse(proxies_.before), std::move(to), std::move(how));
  if (way.is_forwarded || way.proxy.empty()) {
    how.addresses = how_.addresses_of(to);
    co_return co_await net::connect(std::move(to), std::move(how));
  }
  parsed_proxy by = parsed_proxy::parse(way.proxy);
  how.proxy_context = proxy_context_;
  const bool is_http = by.at.speaks == net::proxy::protocol::http;
  if (is_http && proxies_.logins) by.at.as = {};
  if (is_http && by_two) co_return co_await io::timeout(how.timeout, tunnel_behind(by, std::move(to), how));
  co_return co_await connect_by(by, std::move(to), std::move(how));
}

/// Lines for a CONNECT.
std::string connector::fields_of_tunnel(const std::string& proxy, const net::address& to) {
  field_list fields = proxies_.fields;
  if (proxies_.logins)
    if (const auto proof = proxies_.logins->authorization(proxy, "CONNECT", to.to_string()))
      fields.set("Proxy-Authorization", *proof);
  return std::string(fields.wire());
}

/// A proxy that wants to know who asks, and how, is asked again (RFC 7616 3.8).
io::task<net::stream> connector::connect_asked(const route& way, net::address to, net::connect_options how) {
  if (way.proxy.empty() || way.is_forwarded ||
      parsed_proxy::parse(way.proxy).at.speaks != net::proxy::protocol::http)
    co_return co_await connect_once(way, std::move(to), std::move(how));
  for (unsigned challenges = 0;; ++challenges) {
    bool may_go_better = false;
    how.proxy_request = {.fields = fields_of_tunnel(way.proxy, to), .refused = [&](std::string_view head) {
                           may_go_better =
                               proxies_.logins &&
                               proxies_.logins->answer(way.proxy, fields_in(head), challenges != 0);
                         }};
    try {
      co_return co_await connect_once(way, to, how);
    } catch (const io::error& e) {
      if (e.code() != net::errc::proxy || !may_go_better || challenges == most_challenges) throw;
    }
  }
}

/// From one of the ports that are ours to call from.
io::task<net::stream> connector::connect(const route& way, net::address to, net::connect_options how) {
  if (how_.first_port == 0 || to.is_unix())
    co_return co_await connect_asked(way, std::move(to), std::move(how));
  const std::string local = how.local;
  for (unsigned port = how_.first_port;; ++port) {
    how.local = fmt::format("{}:{}", local, port);
    try {
      co_return co_await connect_asked(way, to, how);
    } catch (const io::error& e) {
      const bool is_taken =
          e.code() == std::errc::address_in_use || e.code() == std::errc::address_not_available;
      if (!is_taken || port >= how_.last_port) throw;
    }
  }
}

io::task<net::stream> connector::dial(route way, io::duration limit, net::connect_times& times) {
  const io::duration not_yet(-1);
  times = {not_yet, not_yet, not_yet};
  const net::address asked{.host = way.to.host, .port = way.to.port, .path = way.unix_path};
  const net::address to = way.is_forwarded ? asked : how_.called_for(asked);
  net::socket_options socket = how_.socket;
  if (!asked.is_unix()) socket.device = how_.device;
  net::connect_options how{.tls = way.to.secure,
                           .context = !way.to.secure     ? nullptr
                                      : way.is_forwarded ? proxy_context_
                                                         : context_,
                           .timeout = limit,
                           .attempt_delay = how_.attempt_delay,
                           .local = asked.is_unix() ? "" : how_.local,
                           .family = how_.family,
                           .tls_name = asked.host,
                           .socket = std::move(socket),
                           .times = &times,
                           .observer = how_.observer};
  try {
    net::stream connected = co_await connect(way, to, std::move(how));
    for (io::duration* each : {&times.resolved, &times.connected, &times.secured})
      *each = std::max(*each, io::duration::zero());
    co_return connected;
  } catch (const io::error& e) {
    if (way.is_forwarded) throw failure(e.code(), fmt::format("cannot reach the proxy: {}", e.what()));
    tell(e, to, times);
  }
}

}  // namespace parlance::http
