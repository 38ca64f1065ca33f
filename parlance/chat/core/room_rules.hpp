// Who may come into a room, and who may speak there, by its modes and lists.
#pragma once

#include <string_view>
#include <vector>

#include <parlance/chat/core/outcome.hpp>
#include <parlance/chat/core/room.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

/// Whether it may come in; `key` is what it gives for one.
outcome may_join(const person& who, const room& r, std::string_view key);
/// The ranks that it gets on coming in, or there on logging in: those that its account has, and those that it
/// had when the server ended, unless a ban has been set since that is meant for it, or for its account's name.
unsigned char ranks_on_coming(const person& who, const room& r);
/// Whether what it says is heard there.
outcome may_speak(const person& who, const room& r);
/// The same of when: in a slow room (+W) those without a rank speak once in a while, which is noted where it says done.
outcome may_speak_now(const person& who, room& r, io::time_point now);
/// Whether one of `masks` is meant for it: "nick!user@host" with * and ?, or "a:account".
bool is_matched(const person& who, const std::vector<list_entry>& masks);

}  // namespace parlance::chat
