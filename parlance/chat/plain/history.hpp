// What was said in a room, for callers who speak plain: as they heard it, or would have, with the time in
// front.
//
//   [10:42] alice: hello                 today; the server's local time
//   [2026-11-23 22:10] * bob waves       before
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

/// Appends an entry as such lines; nothing when it is nothing to people. `room`: where it happened, when
/// that is a room. `now`: in microseconds since 1970.
void append_plain_history(std::string& out, const stored_entry& e, std::string_view room, std::uint64_t now);

/// The last `most` messages that the reader, who is in the room, may read; nothing when there are none. Throws
/// store_error.
std::string plain_history(hub& of, const person& reader, room& in, std::size_t most);

/// What was said to whom `to` was attached, since then; room after room, each with a line that names it.
/// Throws store_error.
std::string plain_missed(client& to);

}  // namespace parlance::chat
