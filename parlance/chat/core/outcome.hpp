// How a request to the chat went.
#pragma once

namespace parlance::chat {

enum class outcome : unsigned char {
  done,
  already_so,     ///< has that name, or is in that room
  bad_name,       ///< see names.hpp, and settings::server_group::international_names
  name_taken,     ///< by somebody who is there, or reserved for the server
  name_reserved,  ///< belongs to an account that one is not logged in to
  looks_alike,    ///< like the name of somebody else, or of another room (scripts.hpp)
  bad_room_name,  ///< see names.hpp
  no_such_room,
  not_in_room,
  no_such_person,
  kept_for_later,      ///< whose account it is is not connected, and is shown it then
  in_no_room,          ///< has left every room, so nobody would hear it
  too_many_rooms,      ///< is in as many as one may be in
  full,                ///< no more people, or rooms, fit in
  room_is_full,        ///< +l
  invite_only,         ///< +i
  banned,              ///< +b
  wrong_key,           ///< +k
  too_many_keys,       ///< +k, and too many were tried
  registered_only,     ///< for those who are logged in
  no_requests,         ///< +T: whom one wrote to takes no CTCP
  cannot_speak,        ///< not in a room that only its people speak in (+n), moderated (+m), banned, or muted
  too_soon,            ///< +W: so soon after what one has said last
  filtered,            ///< a filter was found in it (filters.hpp)
  name_filtered,       ///< in the nick
  purged,              ///< operators have ended the room of that name (room_control.hpp)
  has_others_history,  ///< what was said in it before it was made
  no_rights,           ///< not of the rank that it takes
};

}  // namespace parlance::chat
