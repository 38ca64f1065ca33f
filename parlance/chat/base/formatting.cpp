#include <cstddef>

#include <parlance/chat/base/formatting.hpp>
#include <parlance/chat/base/names.hpp>

namespace parlance::chat {

std::string without_formatting(std::string_view text) {
  constexpr std::string_view toggles = "\x02\x0f\x11\x16\x1d\x1e\x1f";
  constexpr char color = '\x03', hex_color = '\x04';
  std::string clean;
  const auto skip_digits = [&](std::size_t at, std::size_t most, bool (*is_digit)(char)) {
    std::size_t n = 0;
    while (n < most && at + n < text.size() && is_digit(text[at + n])) ++n;
    return n;
  };
  const auto decimal = [](char c) { return c >= '0' && c <= '9'; };
  const auto hexadecimal = [](char c) {
    return (c >= '0' && c <= '9') || (fold(c) >= 'a' && fold(c) <= 'f');
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == color || text[i] == hex_color) {
      const bool is_hex = text[i] == hex_color;
      const std::size_t most = is_hex ? 6 : 2;
      const std::size_t first = skip_digits(i + 1, most, is_hex ? +hexadecimal : +decimal);
      i += first;
      if (first != 0 && i + 1 < text.size() && text[i + 1] == ',')
        if (const std::size_t second = skip_digits(i + 2, most, is_hex ? +hexadecimal : +decimal))
          i += 1 + second;
    } else if (toggles.find(text[i]) == std::string_view::npos) {
      clean += text[i];
    }
  }
  return clean;
}

std::optional<std::string_view> action_in(std::string_view text) {
  if (!text.starts_with("\x01"
                        "ACTION "))
    return {};
  text.remove_prefix(8);
  if (text.ends_with('\x01')) text.remove_suffix(1);
  return text;
}

}  // namespace parlance::chat
