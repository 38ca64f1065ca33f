// What is done with a whole room: it goes to another founder, is cleared, or is ended for good with its name.
//
//   transfer_room(chat, by, room, *chat.accounts().find("bob"));
//   clear_users(chat, by, room, &alice, "start again");
//   purge_room(chat, by, "#spam", {.by = "root", .reason = "spam"});
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <parlance/chat/core/hub.hpp>

namespace parlance::chat {

/// A registered room belongs to that account from now on. Its founders who are there are operators, and the new one, if
/// there, is its founder. Throws store_error: then nothing has changed.
void transfer_room(hub& of, const source& by, room& r, const account& to);

/// Puts out all but `but`, who may be null, and who runs the server. How many. Throws store_error.
std::size_t clear_users(hub& of, const source& by, room& r, const person* but, std::string_view why);
/// Takes all out of one of its lists (`letter`: b, e, I), and tells the room. How many. Throws store_error.
std::size_t clear_list(hub& of, const source& by, room& r, char letter);

/// What is known of a room that operators have ended.
struct purged_room {
  std::string name = {};
  std::string by = {};
  std::string reason = {};
  std::int64_t at = 0;  ///< seconds since the Unix epoch
};

/// The room ends with all that was said in it, and nobody comes into one of that name any more. `how.name` and `how.at` are
/// seen to. False: it is the lobby, or no name of a room. Throws store_error.
bool purge_room(hub& of, const source& by, std::string_view name, purged_room how);
/// False: it was not purged.
bool unpurge_room(hub& of, std::string_view name);
bool is_purged(store& in, std::string_view name);
/// By name.
void each_purged_room(store& in, const std::function<void(const purged_room&)>& visit);

/// Bans whose time is over (list_entry::expires) are taken back, and told to the rooms. To be called now and then.
void lift_timed_bans(hub& of);

/// Of rooms that forget sooner than the server does (room::retention), some of what is too old is forgotten. Looks at no
/// more than about `most` entries. False: there is no more. Throws store_error.
bool forget_old_of_rooms(hub& of, std::size_t most);

}  // namespace parlance::chat
