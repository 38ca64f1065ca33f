// Until version 4 of the store, rooms were one only where their names differed in the case of ASCII letters. What is kept
// of one is found by its folded name (base/names.hpp): that is another one now, where it has letters beyond ASCII.
#pragma once

#include <parlance/chat/store/sqlite.hpp>

namespace parlance::chat {

/// In a transaction: moves all that is kept of such rooms to their names of today. Of several that are one name now, each
/// stays a room by itself: the others are called "#name-2" and so on. Throws sqlite::failure.
void fold_former_room_names(sqlite::connection& in);

}  // namespace parlance::chat
