// What was said in a room, for callers who speak plain: as they heard it, or would have, with the time in
// front.
//
//   [10:42] alice: hello                 today; the server's local time
//   [2026-11-23 22:10] * bob waves       before
#pragma once

#include <cstddef>
#include <string>

#include <parlance/chat/core/hub.hpp>

namespace parlance::chat {

/// The last `most` messages that the reader, who is in the room, may read; nothing when there are none. Throws
/// store_error.
std::string plain_history(hub& of, const person& reader, room& in, std::size_t most);

}  // namespace parlance::chat
