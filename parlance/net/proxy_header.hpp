// The PROXY protocol: how a load balancer tells whom it speaks for (HAProxy's proxy-protocol.txt, versions 1
// and 2).
//
//   net::stream s = co_await listener.accept();              // from the balancer
//   const net::proxy_header told = co_await net::accept_proxied(s);
//   fmt::print("from {}\n", told.source.to_string());        // and s goes on with what came after
//
//   std::string first = net::write_proxy_header({.source = s.remote(), .destination = s.local()});
//   auto behind = co_await net::connect("10.0.0.7:443", {.tls = true, .preface = first});
//
// Anybody can claim anything in it: only for callers that are known to be such balancers, see `network` and
// serve_options::proxies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/io/endpoint.hpp>
#include <parlance/io/task.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::net {

struct proxy_header {
  /// The balancer speaks for itself, to see whether somebody is here: the connection's own ends are the true
  /// ones.
  bool local = false;
  /// They speak UDP, or a Unix socket's datagrams, with the balancer.
  bool datagram = false;
  /// Who called, and whom, at the balancer. Both of no family when it does not say (UNKNOWN, AF_UNSPEC).
  io::endpoint source = {}, destination = {};
  /// What else it says, as TLVs (section 2.2 there), each well-formed; version 2 only.
  std::string extras = {};

  /// The value of the first TLV of a type, as PP2_TYPE_AUTHORITY (2): the name that was asked for by SNI. It
  /// lies in `extras`. A checksum (PP2_TYPE_CRC32C) is not checked.
  std::optional<std::string_view> extra(std::uint8_t type) const noexcept;
};

/// Of a version 2 header, all of it; those of version 1 have at most 107 bytes.
inline constexpr std::size_t longest_proxy_header = 4096;

struct parsed_proxy_header {
  proxy_header header;
  /// How many bytes it had.
  std::size_t size;
};

/// The header at the beginning of `arrived`; empty while it is not whole. Throws io::error (errc::proxy) when
/// it can be none, or is longer than `limit`: with the first part that is wrong, but for TLVs, which are
/// looked at when all have come.
std::optional<parsed_proxy_header> parse_proxy_header(std::string_view arrived,
                                                      std::size_t limit = longest_proxy_header);

enum class proxy_version : unsigned char { v1, v2 };

/// The bytes to be sent first. Two ends of different families: IPv4 as IPv6 maps it; what a version cannot
/// say is UNKNOWN. Throws io::error: EINVAL for extras in version 1, EMSGSIZE when there are too many.
std::string write_proxy_header(const proxy_header& header, proxy_version version = proxy_version::v2);

/// Receives the header; what came behind it is for the next recv. One that is cancelled or fails leaves all
/// of it there. Throws io::error naming the peer: errc::proxy when there is none.
io::task<proxy_header> accept_proxied(stream& from, std::size_t limit = longest_proxy_header);

}  // namespace parlance::net
