// A range of IP addresses, as people write it: "10.0.0.0/8", "2001:db8::/32", "127.0.0.1"; for whom to trust.
//
//   net::network::parse("10.0.0.0/8").contains(caller.remote())
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include <parlance/io/endpoint.hpp>

namespace parlance::net {

/// The address as 16 bytes, IPv4 as IPv6 maps it (RFC 4291, section 2.5.5.2), so that one that is written in
/// both ways is one. Empty for other families.
std::optional<std::array<std::uint8_t, 16>> ip_bytes(const io::endpoint& of) noexcept;
/// Whether those are an IPv4 address.
bool is_ipv4(const std::array<std::uint8_t, 16>& bytes) noexcept;

class network {
 public:
  /// "ADDRESS/BITS" (RFC 4632), an address alone, or "unix": every caller at a Unix socket. Throws io::error
  /// (EINVAL) that quotes the text, also when bits are set that the range leaves open.
  static network parse(std::string_view text);

  /// Ports do not matter.
  bool contains(const io::endpoint& address) const noexcept;

 private:
  std::array<std::uint8_t, 16> first_{};
  unsigned bits_ = 0;
  bool unix_ = false;
};

}  // namespace parlance::net
