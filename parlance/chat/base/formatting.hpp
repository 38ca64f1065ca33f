// What IRC clients put into a text that is no part of what was said.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parlance::chat {

/// Without the formatting codes of IRC clients (https://modern.ircdocs.horse/formatting).
std::string without_formatting(std::string_view text);

/// What an action does, as "/me waves" has it, or nothing when it is none (CTCP ACTION).
std::optional<std::string_view> action_in(std::string_view text);

}  // namespace parlance::chat
