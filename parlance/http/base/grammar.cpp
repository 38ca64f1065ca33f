#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

#include <parlance/http/base/grammar.hpp>

namespace parlance::http {
namespace {

using byte_set = std::array<bool, 256>;

constexpr byte_set token_bytes = [] {
  byte_set set{};
  for (int c = '0'; c <= '9'; ++c) set[c] = true;
  for (int c = 'A'; c <= 'Z'; ++c) set[c] = set[c - 'A' + 'a'] = true;
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) set[static_cast<unsigned char>(c)] = true;
  return set;
}();

constexpr byte_set value_bytes = [] {
  byte_set set{};
  for (int c = 0x20; c <= 0xff; ++c) set[c] = c != 0x7f;
  set['\t'] = true;
  return set;
}();

bool all_in(const byte_set& set, std::string_view text) noexcept {
  return std::ranges::all_of(text, [&](unsigned char c) { return set[c]; });
}

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

bool is_token(std::string_view text) noexcept { return !text.empty() && all_in(token_bytes, text); }

bool is_field_value(std::string_view text) noexcept { return all_in(value_bytes, text); }

bool has_control(std::string_view text) noexcept {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) { return lower(c); });
  return result;
}

std::string_view trim(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

namespace {

/// How much of a text comes before the first `separator` outside quoted strings, or its end.
struct stretch {
  stretch(std::string_view text, std::optional<char> separator) noexcept {
    for (; end < text.size() && (is_quoted || text[end] != separator); ++end) {
      if (text[end] == '"') is_quoted = !is_quoted;
      if (is_quoted && text[end] == '\\' && end + 1 < text.size()) ++end;
    }
  }
  std::size_t end = 0;
  bool is_quoted = false;  // where it ends
};

}  // namespace

std::optional<std::string_view> next_element(std::string_view& rest, char separator) noexcept {
  while (!rest.empty()) {
    const std::size_t end = stretch(rest, separator).end;
    const auto element = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!element.empty()) return element;
  }
  return std::nullopt;
}

std::string take_quoted(std::string_view& rest) {
  std::string value;
  std::size_t i = 1;
  for (; i < rest.size() && rest[i] != '"'; ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
    value += rest[i];
  }
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return value;
}

bool ends_within_quotes(std::string_view text) noexcept { return stretch(text, std::nullopt).is_quoted; }

std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (most - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t most = 60;
  std::string result = "\"";
  for (const unsigned char c : text.substr(0, most)) {
    if (c >= 0x20 && c < 0x7f) {
      result += static_cast<char>(c);
    } else {
      fmt::format_to(std::back_inserter(result), "\\x{:02x}", c);
    }
  }
  return result += text.size() > most ? "...\"" : "\"";
}

}  // namespace parlance::http
