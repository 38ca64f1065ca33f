// What can be done with a text editor, by numbers, and what must hold whatever is done: for a test by chance and
// for a fuzz target.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <cli/screen/cluster.hpp>
#include <cli/screen/text_editor.hpp>

namespace parlance::cli::screen {

struct editor_step {
  unsigned which;         ///< below `editor_steps`
  unsigned number;        ///< where to, and in which direction
  std::string_view text;  ///< what is typed
  int columns;
};
inline constexpr unsigned editor_steps = 23;

inline void take(text_editor& line, const editor_step& step) {
  const completer offers = [](std::string_view text, std::size_t cursor) {
    return completion{
        .begin = cluster_before(text, cursor), .end = cursor, .candidates = {"\u200d", "xy", "\u0301"}};
  };
  switch (step.which) {
    case 0:
      return line.left();
    case 1:
      return line.right();
    case 2:
      return line.word_left();
    case 3:
      return line.word_right();
    case 4:
      line.up(step.columns);
      return;
    case 5:
      line.down(step.columns);
      return;
    case 6:
      return line.erase_left();
    case 7:
      return line.erase_right();
    case 8:
      return line.kill_word_left();
    case 9:
      return line.kill_word_right();
    case 10:
      return line.kill_to_space();
    case 11:
      return step.number % 2 == 0 ? line.kill_to_line_end() : line.kill_to_line_begin();
    case 12:
      return line.yank();
    case 13:
      return line.yank_older();
    case 14:
      return line.transpose();
    case 15:
      line.undo();
      return;
    case 16:
      line.redo();
      return;
    case 17:
      step.number % 2 == 0 ? line.older() : line.newer();
      return;
    case 18:
      return line.remember(line.text());
    case 19:
      line.complete(offers, step.number % 2 == 0);
      return;
    case 20:
      return line.set_cursor(step.number);
    case 21:
      return line.set_cursor(
          {.x = static_cast<int>(step.number % 14), .y = static_cast<int>(step.number % 9)}, step.columns);
    default:
      line.insert(step.text);
  }
}

/// What is wrong with it; empty: nothing.
inline std::string wrong_with(const text_editor& line, int columns, std::size_t longest) {
  const std::string& text = line.text();
  if (text.size() > longest) return "it is too long";
  std::size_t at = 0;
  while (at < line.cursor()) at = cluster_behind(text, at);
  if (at != line.cursor()) return "the cursor is within a cluster";
  const layout shown = line.lay_out(columns);
  if (shown.cursor.x >= columns || shown.cursor.y >= static_cast<int>(shown.rows.size()))
    return "the cursor is beyond the rows";
  std::string together;
  for (const layout::row& row : shown.rows) {
    const std::string part = text.substr(row.begin, row.end - row.begin);
    if (width(part) > columns) return "a row is too wide";
    together += part;
  }
  std::string dense = text;
  std::erase(dense, '\n');
  return together == dense ? "" : "the rows are not the text";
}

}  // namespace parlance::cli::screen
