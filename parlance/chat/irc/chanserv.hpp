// What ChanServ's commands have in common, and those that deal with a whole room.
#pragma once

#include <string_view>

#include <parlance/chat/irc/services.hpp>

namespace parlance::chat::irc {

/// Registered rooms of one account.
inline constexpr std::size_t most_registered_rooms = 20;

/// A room that is registered and that one may know of. Null: it has been told that there is none.
room* registered_room(irc_client& by, std::string_view name);
/// The same, when it is one's own.
room* owned_room(irc_client& by, std::string_view name);
/// How many rooms belong to an account.
std::size_t count_rooms_of(hub& of, const account& its);

// chanserv_rooms.cpp
void transfer_room(irc_client& by, const service_command::words& given);
void clear_room(irc_client& by, const service_command::words& given);
void purge_room(irc_client& by, const service_command::words& given);
void unpurge_room(irc_client& by, const service_command::words& given);
void set_retention(irc_client& by, const service_command::words& given);

}  // namespace parlance::chat::irc
