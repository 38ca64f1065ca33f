// Who may come into a room, and who may speak there, by its modes and lists.
#pragma once

#include <string_view>
#include <vector>

#include <parlance/chat/core/outcome.hpp>
#include <parlance/chat/core/room.hpp>

namespace parlance::chat {

/// Whether it may come in; `key` is what it gives for one.
outcome may_join(const person& who, const room& r, std::string_view key);
/// Whether what it says is heard there.
outcome may_speak(const person& who, const room& r);
/// Whether one of `masks` is meant for it: "nick!user@host" with * and ?, or "a:account".
bool is_matched(const person& who, const std::vector<list_entry>& masks);

}  // namespace parlance::chat
