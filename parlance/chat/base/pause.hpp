// What it means that a caller says nothing for a moment, behind what it has said.
#pragma once

#include <string_view>

#include <parlance/chat/base/limits.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

/// What it means when nothing follows for a moment.
enum class pause_means : unsigned char {
  plain,       ///< a message of the plain dialect, from who sends no newlines
  maybe_more,  ///< it may be the beginning of a word that opens IRC or HTTP, or of a login, and the rest is
               ///< late: a longer silence means plain, until something follows that shows that it was none
  more         ///< a line of IRC or HTTP, or one with a password, whose end must be waited for
};

/// How long a pause must be to mean that, behind a text.
io::duration patience_behind(std::string_view text, pause_means what, const limits& bounds);

}  // namespace parlance::chat
