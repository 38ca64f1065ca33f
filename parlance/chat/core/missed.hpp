// What was said to somebody who is always on while nobody was connected as it: for clients that cannot ask for
// that by themselves (CHATHISTORY), which are shown it when they become its first.
//
//   chat.attach(client, *alice);
//   for (const chat::missed_talk& t : chat::read_missed(chat, *alice, client.missed_since)) ...
#pragma once

#include <cstddef>
#include <vector>

#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

/// Messages of one conversation, and of all together.
inline constexpr std::size_t most_missed_of_one = 50, most_missed = 200;

struct missed_talk {
  readable_history from;
  std::vector<stored_entry> said;  ///< in the order in which it was said; never empty
};

/// The newest of each conversation since then, private talks first; nothing when `since` is 0. Throws
/// store_error.
std::vector<missed_talk> read_missed(hub& of, const person& who, entry_id since);

}  // namespace parlance::chat
