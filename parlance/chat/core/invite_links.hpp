// Links by which one comes into a room that is closed: each is a token that is given in the place of the room's key, and opens
// it as an invitation does, for a time and for so many people. They belong to the room, and end with it.
//
//   const invite_link made = make_invite_link(hub, dev, "alice", {.lasts = 86400, .uses = 30});
//   hub.join(bob, "#dev", made.token);
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/core/hub.hpp>

namespace parlance::chat {

struct invite_link {
  std::string token;                   ///< no longer than a key (most_key)
  std::string by;                      ///< who made it
  std::int64_t until = 0;              ///< in seconds since the Unix epoch; 0: as long as the room
  std::size_t uses = 0;                ///< how many may come in by it; 0: any number
  std::size_t used = 0;                ///< how many have
  std::vector<std::string> whom = {};  ///< those of them who may again, where they are counted
};

inline constexpr std::size_t most_invite_link_uses = 1000;

struct invite_link_terms {
  std::int64_t lasts = 0;  ///< seconds; 0: as long as the room
  std::size_t uses = 0;    ///< 0: any number
};

/// Nothing: the room has as many as it may (limits::list_modes). Throws store_error.
std::optional<invite_link> make_invite_link(hub& of, const room& into, std::string_view by,
                                            const invite_link_terms& terms);
/// Those that still open it, by their tokens. Forgets the others. Throws store_error.
std::vector<invite_link> invite_links_of(hub& of, const room& into);
/// False: there is none. Throws store_error.
bool take_back_invite_link(hub& of, const room& into, std::string_view token);

/// Whether `key` may be the token of one, as far as that shows.
bool is_invite_link(std::string_view key) noexcept;
/// Whether `key` is the token of one by which it may come in. Throws store_error.
bool has_invite_link(hub& of, const room& into, const person& who, std::string_view key);
/// It has come in by it. Who comes again is not counted again.
void use_invite_link(hub& of, const room& into, const person& who, std::string_view key);

/// Where a browser follows it: at the host by which `from` has found the server; empty where that is none. A client of IRC
/// gives the token as the key of JOIN.
std::string address_of(const invite_link& link, const room& into, const caller& from);

}  // namespace parlance::chat
