// What a conversation's messages look like: each as some rows.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <cli/chat/model/network.hpp>
#include <cli/screen/wrap.hpp>

namespace parlance::cli {

/// How it is shown.
struct row_options {
  int columns = 80;
  /// On narrow screens names are not aligned.
  bool aligned = true;
};

/// A message, or all that has happened to people one after the other, which stands at the last of them:
/// nothing for the others. With the line of its day, and the one before what is new, above it.
std::vector<screen::styled_text> rows_of(const chat_network& in, const conversation& where, std::size_t entry,
                                         std::size_t last_shown, const row_options& how);

/// What is being said.
std::vector<screen::styled_text> rows_of(const chat_network& in, const conversation& where,
                                         const pending_message& what, const row_options& how);

/// The same in one line, for lists.
screen::styled_text summary_of(const chat_entry& entry);

/// "14:05", here.
std::string clock_of(wall_time time);
/// "Monday, 30 November 2026", or "Today".
std::string day_of(wall_time time);

}  // namespace parlance::cli
