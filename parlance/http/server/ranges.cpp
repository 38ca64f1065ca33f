#include <algorithm>
#include <optional>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/server/ranges.hpp>

namespace parlance::http {
namespace {

/// int-range or suffix-range. Nothing for one that is malformed; of length 0 when it is not there.
std::optional<byte_range> parse_range(std::string_view text, std::uint64_t size) noexcept {
  const std::size_t dash = text.find('-');
  if (dash == text.npos) return std::nullopt;
  const auto first = parse_decimal(text.substr(0, dash)), last = parse_decimal(text.substr(dash + 1));
  if (dash == 0) {
    if (!last) return std::nullopt;
    const std::uint64_t length = std::min(*last, size);
    return byte_range{size - length, length};
  }
  const bool is_open = dash + 1 == text.size();
  if (!first || (!last && !is_open) || (last && *last < *first)) return std::nullopt;
  if (*first >= size) return byte_range{0, 0};
  const std::uint64_t end = is_open ? size - 1 : std::min(*last, size - 1);
  return byte_range{*first, end - *first + 1};
}

}  // namespace

std::expected<std::vector<byte_range>, no_ranges> parse_ranges(std::string_view field, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  constexpr auto ignored = std::unexpected(no_ranges::ignored);
  if (field.size() < unit.size() || !equals_ignoring_case(field.substr(0, unit.size()), unit)) return ignored;
  std::vector<byte_range> all;
  std::size_t count = 0;
  std::uint64_t left = size;
  for (std::string_view rest = field.substr(unit.size()); const auto text = next_element(rest);) {
    const auto range = parse_range(*text, size);
    if (!range || ++count > most_ranges) return ignored;
    if (range->length == 0) continue;
    if (range->length > left) return ignored;
    left -= range->length;
    all.push_back(*range);
  }
  if (count == 0) return ignored;
  if (all.empty()) return std::unexpected(no_ranges::unsatisfiable);
  return all;
}

}  // namespace parlance::http
