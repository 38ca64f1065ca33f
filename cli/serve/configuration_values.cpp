#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <iterator>
#include <limits>

#include <cli/serve/configuration_values.hpp>

namespace parlance::cli {
namespace {

struct time_unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr time_unit time_units[] = {{"w", 7 * 86'400'000}, {"d", 86'400'000}, {"h", 3'600'000},
                                    {"m", 60'000},         {"s", 1000},       {"ms", 1}};

struct size_unit {
  std::string_view name;
  int shift;
};
constexpr size_unit size_units[] = {{"GiB", 30}, {"MiB", 20}, {"KiB", 10}};

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes the digits at the front.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  if (text.empty() || !is_digit(text.front())) return {};
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc()) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) {
  const auto number = take_number(text);
  return text.empty() ? number : std::nullopt;
}

std::optional<io::duration> parse_duration(std::string_view text) {
  if (text == "0") return io::duration::zero();
  constexpr auto most =
      static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(io::duration::max()).count());
  std::uint64_t total = 0;
  const time_unit* next = std::begin(time_units);
  if (text.empty()) return {};
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return {};
    const std::string_view name = text.substr(0, text.find_first_of("0123456789"));
    while (next != std::end(time_units) && next->name != name) ++next;
    if (next == std::end(time_units)) return {};
    const auto unit = static_cast<std::uint64_t>(next->milliseconds);
    if (*number > (most - total) / unit) return {};
    total += *number * unit;
    text.remove_prefix(name.size());
    ++next;
  }
  return std::chrono::milliseconds(total);
}

std::string format_duration(io::duration length) {
  std::int64_t left = std::chrono::duration_cast<std::chrono::milliseconds>(length).count();
  std::string text;
  for (const time_unit& unit : time_units) {
    // "30d" says more than "4w2d".
    if (left < unit.milliseconds || (unit.name == "w" && left % unit.milliseconds != 0)) continue;
    fmt::format_to(std::back_inserter(text), "{}{}", left / unit.milliseconds, unit.name);
    left %= unit.milliseconds;
  }
  return text.empty() ? "0" : text;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto number = take_number(text);
  if (!number || text.empty()) return number;
  for (const size_unit& unit : size_units)
    if (text == unit.name && *number <= std::numeric_limits<std::uint64_t>::max() >> unit.shift)
      return *number << unit.shift;
  return {};
}

std::string format_size(std::uint64_t size) {
  for (const size_unit& unit : size_units)
    if (size != 0 && size % (std::uint64_t{1} << unit.shift) == 0)
      return fmt::format("{}{}", size >> unit.shift, unit.name);
  return fmt::format("{}", size);
}

std::string toml_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (quoted += '\\') += c;
    else if (c == '\n')
      quoted += "\\n";
    else if (c == '\t')
      quoted += "\\t";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      fmt::format_to(std::back_inserter(quoted), "\\u{:04x}", static_cast<unsigned char>(c));
    else
      quoted += c;
  }
  return quoted + '"';
}

}  // namespace parlance::cli
