#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <functional>

#include <parlance/chat/base/network.hpp>

namespace parlance::chat {
namespace {

constexpr unsigned ipv4_offset = 96;  // bits before the IPv4 address that is mapped into an IPv6 one
constexpr std::array<unsigned char, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::optional<network> network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  network made;
  unsigned most = 128;
  if (::inet_pton(AF_INET, address.c_str(), made.bytes_.data() + mapped.size()) == 1) {
    std::ranges::copy(mapped, made.bytes_.begin());
    most = 32;
  } else if (::inet_pton(AF_INET6, address.c_str(), made.bytes_.data()) != 1) {
    return {};
  }
  if (slash != std::string_view::npos) {
    const std::string_view length = text.substr(slash + 1);
    unsigned bits = 0;
    const auto [end, wrong] = std::from_chars(length.data(), length.data() + length.size(), bits);
    if (wrong != std::errc() || end != length.data() + length.size() || bits > most) return {};
    made.bits_ = most == 32 ? ipv4_offset + bits : bits;
    made.cut();
  }
  return made;
}

std::optional<network> network::of(const io::endpoint& caller) noexcept {
  network made;
  if (caller.family() == AF_INET) {
    const auto* const v4 = reinterpret_cast<const sockaddr_in*>(caller.data());
    std::ranges::copy(mapped, made.bytes_.begin());
    std::memcpy(made.bytes_.data() + mapped.size(), &v4->sin_addr, sizeof v4->sin_addr);
  } else if (caller.family() == AF_INET6) {
    const auto* const v6 = reinterpret_cast<const sockaddr_in6*>(caller.data());
    std::memcpy(made.bytes_.data(), &v6->sin6_addr, made.bytes_.size());
  } else {
    return {};
  }
  return made;
}

std::size_t network::hash() const noexcept {
  return std::hash<std::string_view>()({reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}) ^ bits_;
}

void network::cut() noexcept {
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    const unsigned before = static_cast<unsigned>(i) * 8;
    const unsigned kept = bits_ <= before ? 0 : std::min(bits_ - before, 8U);
    bytes_[i] &= static_cast<unsigned char>(0xff00U >> kept);
  }
}

bool network::holds(const network& smaller) const noexcept {
  if (smaller.bits_ < bits_) return false;
  network same = smaller;
  same.bits_ = bits_;
  same.cut();
  return same == *this;
}

bool network::is_ipv4() const noexcept {
  return bits_ >= ipv4_offset && std::equal(mapped.begin(), mapped.end(), bytes_.begin());
}

bool network::is_loopback() const noexcept {
  static const network four = *parse("127.0.0.0/8"), six = *parse("::1");
  return four.holds(*this) || six.holds(*this);
}

bool network::is_private() const noexcept {
  static const std::array all = {*parse("10.0.0.0/8"),     *parse("172.16.0.0/12"), *parse("192.168.0.0/16"),
                                 *parse("169.254.0.0/16"), *parse("100.64.0.0/10"), *parse("fc00::/7"),
                                 *parse("fe80::/10")};
  return std::ranges::any_of(all, [this](const network& one) { return one.holds(*this); });
}

network network::within(unsigned bits) const noexcept {
  network larger = *this;
  larger.bits_ = std::min(bits_, is_ipv4() ? ipv4_offset + bits : bits);
  larger.cut();
  return larger;
}

networks::networks(const std::vector<std::string>& all, unix_sockets of_unix)
    : has_unix_(of_unix == unix_sockets::always) {
  for (const std::string& text : all) {
    if (text == unix_name) has_unix_ = true;
    if (const std::optional<network> one = network::parse(text)) all_.push_back(*one);
  }
}

bool networks::contain(const std::optional<network>& caller) const noexcept {
  if (!caller) return has_unix_;
  return std::ranges::any_of(all_, [&](const network& n) { return n.holds(*caller); });
}

std::string network::text() const {
  std::array<char, INET6_ADDRSTRLEN> written{};
  const bool four = is_ipv4();
  ::inet_ntop(four ? AF_INET : AF_INET6, bytes_.data() + (four ? mapped.size() : 0), written.data(),
              written.size());
  if (is_address()) return written.data();
  return fmt::format("{}/{}", written.data(), four ? bits_ - ipv4_offset : bits_);
}

}  // namespace parlance::chat
