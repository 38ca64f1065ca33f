#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <optional>
#include <vector>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/percent.hpp>
#include <parlance/http/url/host.hpp>
#include <parlance/net/domain.hpp>

namespace parlance::http {
namespace {

using host_result = std::expected<std::string, std::string>;

std::unexpected<std::string> refuse(std::string_view host, std::string_view why) {
  return std::unexpected(fmt::format("host {} {}", in_quotes(host), why));
}

bool all_digits(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// One part of an IPv4 address: decimal, octal after a 0, hexadecimal after 0x. What is above 2^32 stays at
/// 2^32.
std::optional<std::uint64_t> parse_ipv4_part(std::string_view part) noexcept {
  constexpr std::uint64_t too_large = 1ULL << 32;
  if (part.empty()) return std::nullopt;
  unsigned base = 10;
  if (part.size() >= 2 && (part.starts_with("0x") || part.starts_with("0X"))) {
    base = 16;
    part.remove_prefix(2);
  } else if (part.size() >= 2 && part.front() == '0') {
    base = 8;
    part.remove_prefix(1);
  }
  std::uint64_t value = 0;
  for (const char c : part) {
    const int digit = hex_value(c);
    if (digit < 0 || digit >= static_cast<int>(base)) return std::nullopt;
    value = std::min(value * base + static_cast<unsigned>(digit), too_large);
  }
  return value;
}

std::vector<std::string_view> split_at_dots(std::string_view host) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto dot = host.find('.');
    parts.push_back(host.substr(0, dot));
    if (dot == host.npos) return parts;
    host.remove_prefix(dot + 1);
  }
}

/// Whether the last label is a number, so that this can only be meant as an IPv4 address.
bool ends_in_a_number(std::string_view host) noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);
  const auto last = host.substr(host.rfind('.') + 1);
  return all_digits(last) || parse_ipv4_part(last).has_value();
}

host_result parse_ipv4(std::string_view host) {
  auto parts = split_at_dots(host);
  if (parts.size() > 1 && parts.back().empty()) parts.pop_back();
  if (parts.size() > 4)
    return refuse(host, "ends in a number but is not an IPv4 address: more than four parts");
  std::uint64_t address = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto value = parse_ipv4_part(parts[i]);
    if (!value) return refuse(host, "ends in a number but is not an IPv4 address: a part is no number");
    // The last part fills all the bytes that are left, so 127.1 is 127.0.0.1.
    const auto bytes = i + 1 == parts.size() ? 4 - i : 1;
    if (*value >> (8 * bytes) != 0) return refuse(host, "is not an IPv4 address: a part is too large");
    address |= *value << (8 * (i + 1 == parts.size() ? 0 : 3 - i));
  }
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

using ipv6_pieces = std::array<std::uint16_t, 8>;

/// The four decimal parts that an IPv6 address may end in; strict, unlike the address on its own.
bool parse_embedded_ipv4(std::string_view text, std::uint16_t* two_pieces) {
  const auto parts = split_at_dots(text);
  if (parts.size() != 4) return false;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto value = parse_decimal(parts[i]);
    if (!value || *value > 255 || (parts[i].size() > 1 && parts[i].front() == '0')) return false;
    two_pieces[i / 2] = static_cast<std::uint16_t>(two_pieces[i / 2] << 8 | *value);
  }
  return true;
}

/// Pieces separated by single colons, appended from `count` on. Says whether it was well formed and fitted.
bool parse_ipv6_run(std::string_view text, ipv6_pieces& pieces, std::size_t& count) {
  while (!text.empty()) {
    const auto colon = text.find(':');
    const auto piece = text.substr(0, colon);
    if (piece.find('.') != piece.npos) {
      if (colon != text.npos || count > pieces.size() - 2 || !parse_embedded_ipv4(piece, &pieces[count]))
        return false;
      count += 2;
      return true;
    }
    if (piece.empty() || piece.size() > 4 || count == pieces.size()) return false;
    for (const char c : piece) {
      if (hex_value(c) < 0) return false;
      pieces[count] = static_cast<std::uint16_t>(pieces[count] << 4 | hex_value(c));
    }
    ++count;
    if (colon == text.npos) return true;
    text.remove_prefix(colon + 1);
    if (text.empty()) return false;
  }
  return true;
}

std::optional<ipv6_pieces> parse_ipv6(std::string_view text) {
  ipv6_pieces pieces{};
  std::size_t count = 0;
  const auto gap = text.find("::");
  if (!parse_ipv6_run(text.substr(0, gap), pieces, count)) return std::nullopt;
  if (gap == text.npos) return count == pieces.size() ? std::optional(pieces) : std::nullopt;
  const auto before = count;
  if (!parse_ipv6_run(text.substr(gap + 2), pieces, count) || count == pieces.size()) return std::nullopt;
  std::ranges::rotate(pieces.begin() + before, pieces.begin() + count, pieces.end());
  return pieces;
}

/// The first of the longest runs of two or more zeros, as begin and size.
std::pair<std::size_t, std::size_t> longest_zeros(const ipv6_pieces& pieces) noexcept {
  std::pair<std::size_t, std::size_t> longest{pieces.size(), 1};
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::size_t size = 0;
    while (i + size < pieces.size() && pieces[i + size] == 0) ++size;
    if (size > longest.second) longest = {i, size};
    i += size;
  }
  return longest;
}

std::string serialise(const ipv6_pieces& pieces) {
  const auto [zeros, size] = longest_zeros(pieces);
  std::string result = "[";
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (i == zeros) {
      result += i == 0 ? "::" : ":";
      i += size - 1;
      continue;
    }
    fmt::format_to(std::back_inserter(result), "{:x}", pieces[i]);
    if (i + 1 < pieces.size()) result += ':';
  }
  return result += ']';
}

bool is_forbidden(unsigned char c) noexcept {
  return c <= 0x20 || c == 0x7f ||
         std::string_view("#/:<>?@[\\]^|%").find(static_cast<char>(c)) != std::string_view::npos;
}

}  // namespace

std::expected<std::string, std::string> parse_host(std::string_view text) {
  if (text.starts_with('[')) {
    if (!text.ends_with(']')) return refuse(text, "lacks the bracket that ends an IPv6 address");
    const auto pieces = parse_ipv6(text.substr(1, text.size() - 2));
    if (!pieces) return refuse(text, "is not an IPv6 address");
    return serialise(*pieces);
  }
  const std::string name = percent_decode(text);
  auto host = net::domain_to_ascii(name);
  if (!host) return refuse(name, host.error());
  if (host->empty()) return refuse(text, "is empty");
  if (std::ranges::any_of(*host, is_forbidden)) return refuse(text, "has a character that no host has");
  if (ends_in_a_number(*host)) return parse_ipv4(*host);
  return host;
}

bool is_ip_address(std::string_view host) {
  const std::string text(host);
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

}  // namespace parlance::http
