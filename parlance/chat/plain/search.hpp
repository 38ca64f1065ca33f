// /search: what is asked for, and what was found, as /history shows it.
//
//   /search deploy "last night" from:alice after:2026-11-01
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/searching.hpp>

namespace parlance::chat {

/// Words, "phrases", and from:, in:, after: and before:, whose days begin at the server's local midnight. Nothing: `why` says
/// what was wrong.
std::optional<search_question> plain_search(const hub& of, std::string_view typed, std::string& why);

/// Lines of what was found; none when there is nothing.
std::string plain_found(hub& of, const search_answer& answer);
/// Why there is nothing.
std::string plain_not_found(const search_answer& answer);

}  // namespace parlance::chat
