// An IP address, or a network of such: "192.0.2.7", "192.0.2.0/24", "2001:db8::/32".
//
//   auto net = chat::network::parse("192.0.2.0/24");
//   net->holds(*chat::network::parse("192.0.2.7"));
//
// An IPv4 address and the same one mapped into IPv6 are one.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::chat {

class network {
 public:
  /// Nothing when it is none. Bits below the network's are taken for zero.
  static std::optional<network> parse(std::string_view text);

  bool holds(const network& smaller) const noexcept;
  bool is_address() const noexcept { return bits_ == 128; }
  bool is_ipv4() const noexcept;
  bool is_loopback() const noexcept;
  /// The network of so many bits that it is in, counted as in "/64", or "/24" for IPv4.
  network within(unsigned bits) const noexcept;
  /// As it would be written.
  std::string text() const;

  friend bool operator==(const network&, const network&) = default;

 private:
  void cut() noexcept;

  std::array<unsigned char, 16> bytes_{};  // IPv4 is mapped: ::ffff:192.0.2.7
  unsigned bits_ = 128;
};

}  // namespace parlance::chat
