// The parts of something that a client asks for (RFC 9110 14).
//
//   http::parse_ranges("bytes=0-99, -5", 1000)         // 0 to 99, 995 to 999
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>
#include <vector>

namespace parlance::http {

struct byte_range {
  std::uint64_t first;
  /// Never 0.
  std::uint64_t length;
  friend bool operator==(const byte_range&, const byte_range&) = default;
};

/// More than so many are not looked at, nor those that together are more than the whole: a client that wants
/// them gets the whole (RFC 9110 14.2, 17.15).
inline constexpr std::size_t most_ranges = 16;

enum class no_ranges : std::uint8_t {
  ignored,       ///< another unit, malformed, or too many: answer with the whole
  unsatisfiable  ///< none of them is there: answer 416
};

/// Those of something of `size` bytes that are there, in their order.
std::expected<std::vector<byte_range>, no_ranges> parse_ranges(std::string_view field, std::uint64_t size);

}  // namespace parlance::http
