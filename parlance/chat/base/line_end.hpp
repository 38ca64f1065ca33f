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

/// How many bytes of a line come before its end: all, when the end is not there. Not two searches for one
/// character each: a sender of nothing but short lines that end in CR would have all that follows searched
/// for LF with each of them.
constexpr std::size_t length_of_line(std::string_view bytes) noexcept {
  return static_cast<std::size_t>(std::ranges::find_if(bytes, ends_line) - bytes.begin());
}

}  // namespace parlance::chat
