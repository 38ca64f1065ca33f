// Whom a connection is for (RFC 9110 4.3.1), and the way to it.
//
//   const http::route way{.to = http::origin::of(target)};
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include <parlance/http/url/url.hpp>

namespace parlance::http {

struct origin {
  /// https.
  bool secure = false;
  /// As a resolver takes it: an IPv6 address without brackets.
  std::string host;
  std::uint16_t port = 80;

  static origin of(const url& target) {
    return {.secure = target.secure(), .host = std::string(target.host_name()), .port = target.port()};
  }
  friend auto operator<=>(const origin&, const origin&) = default;
};

/// Connections of equal routes may stand in for each other, and no others.
struct route {
  origin to;
  /// Of a Unix socket, which is dialled instead of the host. Empty: the host is.
  std::string unix_path = {};
  /// The URL of a proxy that the connection goes through, its name and password included: what one of them may
  /// see is not another's. Empty: it goes directly.
  std::string proxy = {};
  /// The proxy is asked for whole URLs, and fetches them itself: `to` is the proxy.
  bool is_forwarded = false;

  friend auto operator<=>(const route&, const route&) = default;
};

}  // namespace parlance::http
