// The people of a closed room as the store keeps them, so that they may come back when the server has ended: a
// small document of each, so that who comes or goes costs the same however many are there.
//
//   keep_in_crowd(store, room.crowd, alice, channel_operator);      // she came, or her ranks have changed
//   erase_from_crowd(store, room.crowd, alice);                     // she left
//   for (const room::absentee& a : read_crowd(store, crowd)) ...    // at the next start
//
// A crowd has a number that no other ever has, and a closed room has one for as long as it is closed
// (room::crowd). So what ends it needs to erase nobody: a crowd that no room has is found by nobody, and swept
// away later, some of it in a turn (records.hpp).
//
// A document's key is the crowd, a space, and an identity (correspondence.hpp); of somebody with an account who
// is there, then a space and person::serial, for an account may be several people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/core/room.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

void keep_in_crowd(store& in, entry_id crowd, const person& who, unsigned char ranks);
void keep_in_crowd(store& in, entry_id crowd, const room::absentee& who);
void erase_from_crowd(store& in, entry_id crowd, const person& who);
/// Who is expected.
void erase_from_crowd(store& in, entry_id crowd, std::string_view identity);

/// All of them, each account once, with all ranks that it had; `since` is 0 of who was there when the server
/// ended. Throws store_error.
std::vector<room::absentee> read_crowd(store& in, entry_id crowd);

}  // namespace parlance::chat
