// Where a line ends, for the door and for who speaks plain behind it: CR, LF and CRLF end one (of CRLF, the LF
// ends an empty line). Were there two opinions, what one takes for the second line of a client, its password,
// would be the rest of the first for the other. IRC is stricter, and nothing of what it takes for no line is
// said.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace parlance::chat {

constexpr bool ends_line(char c) noexcept { return c == '\n' || c == '\r'; }

/// How many bytes of a line come before its end: all, when the end is not there. Two searches for one
/// character each are many times faster than a look at each byte, but not through all that follows: a sender
/// of nothing but short lines that end in CR would have that searched for LF with each of them.
constexpr std::size_t length_of_line(std::string_view bytes) noexcept {
  constexpr std::size_t step = 256;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    const std::string_view part = bytes.substr(at, step);
    const std::string_view before = part.substr(0, part.find('\n'));
    const std::size_t end = std::min(before.find('\r'), before.size());
    if (end != part.size()) return at + end;
  }
  return bytes.size();
}

}  // namespace parlance::chat
