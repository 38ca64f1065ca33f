#include <array>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/percent.hpp>

namespace parlance::http {
namespace {

/// For each byte, the sets that encode it, as bits.
using set_table = std::array<std::uint8_t, 256>;

constexpr std::uint8_t bit(encode_set set) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(set));
}

constexpr set_table encoded_in = [] {
  using enum encode_set;
  constexpr std::uint8_t from_component = bit(component);
  constexpr std::uint8_t from_userinfo = from_component | bit(userinfo);
  constexpr std::uint8_t from_path = from_userinfo | bit(path);
  constexpr std::uint8_t all = from_path | bit(query) | bit(fragment);
  set_table table{};
  const auto add = [&](std::string_view characters, std::uint8_t sets) {
    for (unsigned char c : characters) table[c] = static_cast<std::uint8_t>(table[c] | sets);
  };
  for (int c = 0; c < 0x20; ++c) table[c] = all;
  for (int c = 0x7f; c < 0x100; ++c) table[c] = all;
  add(" \"<>", all);
  add("`", static_cast<std::uint8_t>(from_path | bit(fragment)));
  add("#", static_cast<std::uint8_t>(from_path | bit(query)));
  add("'", bit(query));  // the query set of the special schemes
  add("?^{}", from_path);
  add("/:;=@[\\]|", from_userinfo);
  add("$&+,%", from_component);
  return table;
}();

}  // namespace

void percent_encode(std::string_view text, encode_set set, std::string& out) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((encoded_in[byte] & bit(set)) == 0) {
      out += c;
    } else {
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
}

std::string percent_encode(std::string_view text, encode_set set) {
  std::string result;
  percent_encode(text, set, result);
  return result;
}

std::string percent_decode(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
    if (!escape) {
      result += text[i];
      continue;
    }
    result += static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
    i += 2;
  }
  return result;
}

}  // namespace parlance::http
