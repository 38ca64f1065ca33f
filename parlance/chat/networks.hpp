// Sets of IP addresses: "127.0.0.0/8", "2001:db8::/32", "192.0.2.1".
//
//   const chat::networks exempt({"127.0.0.0/8", "::1"});
//   if (exempt.contains(peer)) ...
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <parlance/io/endpoint.hpp>

namespace parlance::chat {

/// An IPv6 address, or an IPv4 one in IPv6's clothes (RFC 4291, section 2.5.5.2).
using address_bytes = std::array<std::uint8_t, 16>;
/// Nothing for a Unix socket.
std::optional<address_bytes> bytes_of(const io::endpoint& at) noexcept;
/// What counts as one caller's address: one of IPv4, and a /64 of IPv6, which is what one household has.
address_bytes household_of(const address_bytes& address) noexcept;

class networks {
 public:
  networks() = default;
  /// What is no network is left out: whoever reads a configuration tells.
  explicit networks(const std::vector<std::string>& all);

  /// Whoever calls by a Unix socket is on this machine, and in each of them.
  bool contains(const io::endpoint& at) const noexcept;

 private:
  struct network {
    address_bytes prefix;
    std::size_t bits;
  };
  std::vector<network> all_;
};

}  // namespace parlance::chat
