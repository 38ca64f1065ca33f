// Text of several looks, broken into rows at words.
//
//   const styled_text said = {{"alice ", {.bold = true}}, {"look: "}, {"https://…", {.underline = true}, url}};
//   int y = 0;
//   for (const styled_text& row : wrap(said, room.columns(), 6)) put(room, 0, y++, row);
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cli/screen/style.hpp>
#include <cli/screen/surface.hpp>

namespace parlance::cli::screen {

struct span {
  std::string text;
  style look;
  std::string link;  // where it leads to; empty: nowhere
  bool operator==(const span&) const = default;
};
using styled_text = std::vector<span>;

/// In columns; of a text without '\n'.
int width(const styled_text& text);

/// Rows of at most `columns` (at least 2) columns. Rows break where there is a blank, which goes, or a '\n';
/// behind a hyphen or a wide character; and within a word only where it is longer than a row. All but the first
/// are indented by `indent` columns. A word of more spans, like a link with a comma behind, stays together.
/// Never empty.
std::vector<styled_text> wrap(const styled_text& text, int columns, int indent = 0);

/// Puts a row; returns the column behind it.
int put(const region& into, int x, int y, const styled_text& row);

}  // namespace parlance::cli::screen
