// By which proxy a request goes, if any.
//
//   http::client client({.proxies = http::proxy_rules::from_environment()});
//   http::client other({.proxies = http::proxy_rules::all("socks5h://127.0.0.1:1080")});
//
// A proxy is "[http://][USER:PASSWORD@]HOST[:80]", "https://...[:443]" (TLS to the proxy itself), "socks5://" or
// "socks5h://...[:1080]", "socks4://" or "socks4a://". HTTP proxies forward http URLs, and see them; for https they make a tunnel (CONNECT).
// The name is looked up by the proxy, with socks5:// and socks4:// here. What is special in a user or a password is
// percent-encoded.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/authentication/proxy_logins.hpp>
#include <parlance/http/message/message.hpp>
#include <parlance/http/url/origin.hpp>
#include <parlance/http/url/url.hpp>
#include <parlance/net/proxy.hpp>

namespace parlance::http {

struct proxy_rules {
  /// For http and for https URLs. Empty: none.
  std::string http = {}, https = {};
  /// Who is asked without one, separated by commas or spaces: a host with all below it ("example.com",
  /// ".example.com"), an address, a network ("10.0.0.0/8", "fe80::/10"), each of them with a port behind a colon
  /// when that matters, or "*": everybody.
  std::string except = {};
  /// HTTP proxies make a tunnel for http URLs, too.
  bool tunnels_all = false;
  /// HTTP proxies are told who asks by Digest, when they want that. Null: by Basic, at once.
  std::shared_ptr<proxy_logins> logins = {};
  /// For HTTP proxies alone: with a CONNECT, and with what they forward.
  field_list fields = {};
  /// Of SOCKS: the way to those of HTTP. Empty: directly.
  std::string before = {};

  static proxy_rules all(std::string proxy, std::string except = {});
  /// http_proxy (in small letters only: HTTP_PROXY is what a web server calls a field of a request), https_proxy,
  /// all_proxy for what has none of its own, and no_proxy; the last three in capitals, too.
  static proxy_rules from_environment();

  /// Empty: it is asked directly.
  const std::string& proxy_for(const url& target) const;
};

/// Whether a list like `except` has the host and port of a URL in it.
bool is_excepted(std::string_view list, const url& target);

/// A proxy of these rules.
struct parsed_proxy {
  net::proxy at;
  /// Names are looked up here, not by the proxy.
  bool looks_up_here = false;

  /// Throws io::error (EINVAL) that says what is wrong, without user and password.
  static parsed_proxy parse(std::string_view text);
};

/// The way to a target by these rules. Throws io::error for a proxy that makes no sense.
route route_to(const url& target, const proxy_rules& by);

}  // namespace parlance::http
