// Dials: what is reached, apart from what is asked for there.
//
//   http::connector dialler({.ca_file = "ours.pem"});
//   net::connect_times times;
//   net::stream s = co_await dialler.dial({.to = http::origin::of(target)}, 30s, times);
//
// All of a connector's connections share one TLS context, so a session that is kept is resumed
// (tls_client_options). One loop at a time; the context may be shared with others.
#pragma once

#include <memory>

#include <parlance/http/base/error.hpp>
#include <parlance/http/client/dial_options.hpp>
#include <parlance/http/client/proxy_rules.hpp>
#include <parlance/http/url/origin.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/io/task.hpp>
#include <parlance/net/connect.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::http {

class connector {
 public:
  /// `context`: made from `tls` with the first secure route when it is null. ALPN is http/1.1 unless `tls`
  /// says otherwise. `proxy_tls`: for proxies that speak TLS themselves. Of `proxies`, how they are spoken to: which of
  /// them is the route's.
  explicit connector(net::tls_client_options tls, std::shared_ptr<net::tls_context> context = {},
                     net::tls_client_options proxy_tls = {}, dial_options how = {}, proxy_rules proxies = {});

  /// What a route needs before it is dialled: the authorities to trust, which take longer to read than a
  /// connection to make. Throws failure.
  io::task<void> prepare(const route& way);

  /// `limit` is for all of it. `times` says how far it got: less than nothing for what was not reached, zero
  /// for what is no part of it. Throws failure, which says to whom, and in which part the time was up.
  io::task<net::stream> dial(route way, io::duration limit, net::connect_times& times);

 private:
  io::task<net::stream> connect(const route& way, net::address to, net::connect_options how);
  io::task<net::stream> connect_once(const route& way, net::address to, net::connect_options how);
  io::task<net::stream> connect_by(const parsed_proxy& by, net::address to, net::connect_options how);
  io::task<net::stream> connect_from_here(const net::address& to, net::connect_options how);
  io::task<net::stream> tunnel_behind(const parsed_proxy& by, net::address to, net::connect_options how);
  io::task<net::stream> connect_asked(const route& way, net::address to, net::connect_options how);
  std::string fields_of_tunnel(const std::string& proxy, const net::address& to);
  io::task<void> read(std::shared_ptr<net::tls_context>& into, const net::tls_client_options& from);

  net::tls_client_options tls_, proxy_tls_;
  std::shared_ptr<net::tls_context> context_, proxy_context_;
  const dial_options how_;
  const proxy_rules proxies_;
  io::mutex one_reads_;  // the authorities
};

}  // namespace parlance::http
