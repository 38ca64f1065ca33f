// Through a proxy: SOCKS5 (RFC 1928), SOCKS4 with names (SOCKS4a), and HTTP's CONNECT (RFC 9110, section 9.3.6),
// over any stream to it.
//
//   auto s = co_await net::connect("example.com:443", {.tls = true, .proxy = "socks5://127.0.0.1:1080"});
//
// does it all. By hand, as where the way to the proxy is not plain TCP:
//
//   net::stream s = co_await net::connect("127.0.0.1:1080");
//   co_await net::socks5_connect(s, net::address::parse("example.com:443"));
//   co_await s.start_tls(context, "example.com");
//
// The proxy looks names up. After either function what is sent and received is the target's, its first bytes
// included when they came together with the proxy's answer. Neither has a limit of time of its own. Throws
// io::error that names the target and the proxy: errc::proxy with what the proxy said, when it refused or
// does not speak so; EINVAL for what cannot be asked of it. The stream is good for nothing then.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <parlance/io/task.hpp>
#include <parlance/net/address.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::net {

/// None are told when the user is empty. They go to the proxy as they are: see to it that nobody reads along.
struct proxy_credentials {
  std::string user = {}, password = {};
};

/// With user and password of RFC 1929, at most 255 bytes each.
io::task<void> socks5_connect(stream& through, address to, proxy_credentials as = {});
/// To an IPv4 address, or to a name as SOCKS4a has it; IPv6 is EINVAL. It knows users and no passwords, so that of
/// `as` is not sent.
io::task<void> socks4_connect(stream& through, address to, proxy_credentials as = {});
/// With Basic credentials (RFC 7617), whose user has no ':'. The proxy's answer may have 16 KiB.
io::task<void> http_connect(stream& through, address to, proxy_credentials as = {});

/// What CONNECT says besides, and who hears a refusal.
struct connect_request {
  /// "Name: value\r\n" for each; with a Proxy-Authorization among them, the credentials are not sent.
  std::string fields = {};
  /// Is given the head of an answer that refuses, its status line first, before it is thrown. Must not throw.
  std::function<void(std::string_view head)> refused = {};
};
io::task<void> http_connect(stream& through, address to, proxy_credentials as, connect_request more);

/// A proxy as connect_options names it.
struct proxy {
  enum class protocol : unsigned char { socks5, socks4, http };
  protocol speaks = protocol::socks5;
  bool tls = false;  // to the proxy
  address at;
  proxy_credentials as;

  /// "socks5://[USER:PASSWORD@]HOST[:1080]", "socks4://...", "http://...[:80]" or "https://...[:443]". Throws
  /// io::error (EINVAL) that says what is wrong, without user and password.
  static proxy parse(std::string_view url);
  /// Without user and password.
  std::string to_string() const;
};

/// Asks `by`, to whom `through` leads, TLS included.
io::task<void> connect_through(stream& through, proxy by, address to, connect_request more = {});

}  // namespace parlance::net
