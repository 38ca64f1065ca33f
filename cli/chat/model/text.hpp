// What a text of others means for who reads it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::cli {

/// Fit to show, without mIRC's colours and styles; lines stay apart.
std::string shown_text(std::string_view said);

/// Whether somebody of this name is meant.
bool mentions(std::string_view text, std::string_view nick);

/// In either case of ASCII letters.
bool contains_text(std::string_view text, std::string_view part);

/// 0 to 11: a name's colour, always the same, and the same as on the page.
unsigned colour_of(std::string_view name);
inline constexpr unsigned name_colours = 12;

/// A part of a text that leads somewhere.
struct text_link {
  std::size_t at, size;  ///< bytes
  bool is_room;          ///< "#room"; else "https://..."
};
/// Links to the web and rooms that are named, in their order.
std::vector<text_link> links_in(std::string_view text);

/// In pieces of at most `most` bytes, none of which ends within a character that one sees.
std::vector<std::string> split_text(std::string_view line, std::size_t most);

/// Whether it looks as if a log-in was meant, which everybody would read.
bool looks_like_login(std::string_view text);

}  // namespace parlance::cli
