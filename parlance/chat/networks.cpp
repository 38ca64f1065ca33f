#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#include <parlance/chat/networks.hpp>

namespace parlance::chat {
namespace {

constexpr address_bytes mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t mapped_bits = 96;

bool same_bits(const address_bytes& a, const address_bytes& b, std::size_t bits) noexcept {
  const std::size_t whole = bits / 8, rest = bits % 8;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

}  // namespace

std::optional<address_bytes> bytes_of(const io::endpoint& at) noexcept {
  address_bytes bytes = mapped;
  if (at.family() == AF_INET) {
    const auto* const v4 = reinterpret_cast<const sockaddr_in*>(at.data());
    std::memcpy(bytes.data() + mapped_bits / 8, &v4->sin_addr, sizeof v4->sin_addr);
  } else if (at.family() == AF_INET6) {
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(at.data())->sin6_addr, bytes.size());
  } else {
    return {};
  }
  return bytes;
}

address_bytes household_of(const address_bytes& address) noexcept {
  address_bytes household = address;
  if (!same_bits(address, mapped, mapped_bits)) std::fill(household.begin() + 8, household.end(), 0);
  return household;
}

networks::networks(const std::vector<std::string>& all) {
  for (const std::string_view text : all) {
    const std::size_t slash = text.find('/');
    const auto address = io::endpoint::parse_ip(text.substr(0, slash), 0);
    if (!address) continue;
    const std::size_t most = address->family() == AF_INET ? 32 : 128;
    std::size_t bits = most;
    if (slash != text.npos) {
      const char* const end = text.data() + text.size();
      const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
      if (error != std::errc() || stop != end || bits > most) continue;
    }
    all_.push_back({*bytes_of(*address), bits + (most == 32 ? mapped_bits : 0)});
  }
}

bool networks::contains(const io::endpoint& at) const noexcept {
  const auto bytes = bytes_of(at);
  return !bytes || std::any_of(all_.begin(), all_.end(),
                               [&](const network& n) { return same_bits(*bytes, n.prefix, n.bits); });
}

}  // namespace parlance::chat
