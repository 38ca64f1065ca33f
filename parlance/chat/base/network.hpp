// An IP address, or a network of such: "192.0.2.7", "192.0.2.0/24", "2001:db8::/32".
//
//   auto net = chat::network::parse("192.0.2.0/24");
//   net->holds(*chat::network::parse("192.0.2.7"));
//
// An IPv4 address and the same one mapped into IPv6 are one.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/io/endpoint.hpp>

namespace parlance::chat {

class network {
 public:
  /// Nothing when it is none. Bits below the network's are taken for zero.
  static std::optional<network> parse(std::string_view text);
  /// The address of a caller. Nothing for a Unix socket.
  static std::optional<network> of(const io::endpoint& caller) noexcept;

  bool holds(const network& smaller) const noexcept;
  bool is_address() const noexcept { return bits_ == 128; }
  bool is_ipv4() const noexcept;
  bool is_loopback() const noexcept;
  /// Of no public network: RFC 1918, RFC 4193, RFC 6598, link-local; not loopback.
  bool is_private() const noexcept;
  /// The network of so many bits that it is in, counted as in "/64", or "/24" for IPv4.
  network within(unsigned bits) const noexcept;
  /// What counts as one caller's address: one of IPv4, and a /64 of IPv6, which is what one household has.
  network household() const noexcept { return within(is_ipv4() ? 32 : 64); }
  std::size_t hash() const noexcept;
  /// As it would be written.
  std::string text() const;

  friend bool operator==(const network&, const network&) = default;

 private:
  void cut() noexcept;

  std::array<unsigned char, 16> bytes_{};  // IPv4 is mapped: ::ffff:192.0.2.7
  unsigned bits_ = 128;
};

/// For maps by network.
struct network_hash {
  std::size_t operator()(const network& one) const noexcept { return one.hash(); }
};

/// A set of them.
class networks {
 public:
  networks() = default;
  /// Whoever calls by a Unix socket is on this machine, and in each of them; or only where "unix" is among
  /// the texts.
  enum class unix_sockets : unsigned char { always, if_named };
  static constexpr std::string_view unix_name = "unix";

  /// What is no network is left out: whoever reads a configuration tells.
  explicit networks(const std::vector<std::string>& all, unix_sockets of_unix = unix_sockets::always);

  /// `caller`: as network::of says.
  bool contain(const std::optional<network>& caller) const noexcept;

 private:
  std::vector<network> all_;
  bool has_unix_ = false;
};

}  // namespace parlance::chat
