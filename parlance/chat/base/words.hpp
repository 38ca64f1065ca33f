// Taking a text apart, from its front.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

namespace parlance::chat {

/// What is before the next `separator`, which is taken with it; the whole text when there is none.
constexpr std::string_view take_item(std::string_view& rest, char separator) noexcept {
  const std::string_view item = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(item.size() + 1, rest.size()));
  return item;
}

constexpr void skip_spaces(std::string_view& rest) noexcept {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
}

/// What is before the next space, which is taken with those that follow it; the whole text when there is none.
constexpr std::string_view take_word(std::string_view& rest) noexcept {
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  skip_spaces(rest);
  return word;
}

/// All between separators that is not empty.
inline std::vector<std::string_view> items_of(std::string_view text, char separator) {
  std::vector<std::string_view> items;
  while (!text.empty())
    if (const std::string_view item = take_item(text, separator); !item.empty()) items.push_back(item);
  return items;
}

}  // namespace parlance::chat
