#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>

#include <parlance/io/error.hpp>
#include <parlance/net/network.hpp>

namespace parlance::net {
namespace {

constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  std::string plain(text.substr(0, 100));
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  std::ranges::replace_if(plain, is_control, '?');
  throw io::error(io::from_errno(EINVAL), "understand the network '" + plain + "'", why);
}

/// Whether the two have the same first bits.
bool share(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b, unsigned bits) {
  const unsigned whole = bits / 8, rest = bits % 8;
  if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

}  // namespace

std::optional<std::array<std::uint8_t, 16>> ip_bytes(const io::endpoint& of) noexcept {
  std::array<std::uint8_t, 16> bytes;
  if (of.family() == AF_INET6) {
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(of.data())->sin6_addr, bytes.size());
    return bytes;
  }
  if (of.family() != AF_INET) return std::nullopt;
  std::ranges::copy(mapped, bytes.begin());
  std::memcpy(bytes.data() + mapped.size(), &reinterpret_cast<const sockaddr_in*>(of.data())->sin_addr, 4);
  return bytes;
}

bool is_ipv4(const std::array<std::uint8_t, 16>& bytes) noexcept {
  return std::memcmp(bytes.data(), mapped.data(), mapped.size()) == 0;
}

network network::parse(std::string_view text) {
  network made;
  if (text == "unix") {
    made.unix_ = true;
    return made;
  }
  const std::size_t slash = text.find('/');
  const auto address = io::endpoint::parse_ip(text.substr(0, slash), 0);
  if (!address || text.find('%') != std::string_view::npos) refuse(text, "before '/' comes an IP address");
  made.first_ = *ip_bytes(*address);
  const unsigned most = address->family() == AF_INET ? 32 : 128;
  made.bits_ = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), made.bits_);
    if (failed != std::errc{} || end != digits.data() + digits.size() || made.bits_ > most)
      refuse(text,
             most == 32 ? "after '/' comes a number from 0 to 32" : "after '/' comes a number from 0 to 128");
  }
  made.bits_ += 128 - most;
  std::array<std::uint8_t, 16> cut = made.first_;
  for (unsigned bit = made.bits_; bit < 128; ++bit)
    cut[bit / 8] = static_cast<std::uint8_t>(cut[bit / 8] & ~(0x80 >> bit % 8));
  if (cut != made.first_) refuse(text, "it has bits set after those that count");
  return made;
}

bool network::contains(const io::endpoint& address) const noexcept {
  if (unix_) return address.family() == AF_UNIX;
  const auto bytes = ip_bytes(address);
  return bytes && share(*bytes, first_, bits_);
}

}  // namespace parlance::net
