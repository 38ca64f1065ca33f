// What the commands about rooms have in common. (Rooms are channels in IRC.)
#pragma once

#include <cstddef>
#include <string_view>

#include <parlance/chat/irc/irc_client.hpp>

namespace parlance::chat::irc {

/// Changes with a parameter in one MODE command (MODES).
inline constexpr std::size_t most_modes = 6;

/// The room of a name. Null: there is none that it may know of, and it has been told so.
room* known_room(irc_client& by, std::string_view name);
/// The same, but null too for a room that it is not in.
room* own_room(irc_client& by, std::string_view name);

/// How many bytes more this turn can have for it: what is told at once has to stay well below what may wait
/// for somebody who reads too slowly.
std::size_t space_for(const irc_client& to) noexcept;

/// RPL_TOPIC and RPL_TOPICWHOTIME, when there is a topic.
void tell_topic(irc_client& to, const room& r);
/// RPL_NAMREPLY: as many names as there is space for.
void tell_names(irc_client& to, const room& r);
/// What a client is told of a room that it has come into.
void tell_contents(irc_client& to, room& r);

}  // namespace parlance::chat::irc
