// What was done to the chat, and by whom: by operators (of which they also tell each other), and by those who make
// accounts and register rooms. Never what anybody says, and no password.
//
//   audit(chat, {.who = "alice", .as = "root", .from = "192.0.2.7", .does = "kill", .to = "bob spam"});
//   for (const deed& d : deeds(store)) ...
//
// It is kept as a part of the turn: the last most_deeds of operators and as many of all others, so that who makes one
// account after the other pushes no operator's deed out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <parlance/chat/core/hub.hpp>

namespace parlance::chat {

struct deed {
  entry_id id = 0;         ///< its place in the order of all; audit sees to it, and to the time
  std::uint64_t time = 0;  ///< in milliseconds since 1970
  std::string who = {};    ///< the nick, or whatever it is called that has none
  std::string as = {};     ///< as which operator of the configuration, or account; or empty
  std::string from = {};   ///< the address, or "console"
  std::string does = {};   ///< one word: "kill", "ban", "account", "room", ...
  std::string to = {};     ///< whom or what to, in words
  bool is_operators = false;
};

inline constexpr std::size_t most_deeds = 10'000;

/// Keeps it, and tells the operators who want to know (+s) and may (permission::inspect). Where the store can
/// neither be read nor be changed now, it is only told.
void audit(hub& of, deed what);

/// All that are kept, the oldest first. Throws store_error.
std::vector<deed> deeds(store& in);

}  // namespace parlance::chat
