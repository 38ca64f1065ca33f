// A registered room as the store keeps it: a JSON document of the kind "room", under the room's folded name.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/core/room.hpp>

namespace parlance::chat {

/// Everything of it that lasts: whose it is, its modes, topic and lists, and who has which rank there.
/// The people of a closed one are documents of their own (crowd.hpp).
std::string to_record(const room& r);

/// Of the accounts in a record for which older versions kept the name alone.
inline constexpr std::uint64_t unknown_number = std::numeric_limits<std::uint64_t>::max();

/// The room of a document, with nobody in it. Null when it is none.
std::unique_ptr<room> from_record(std::string_view json);

/// Who was in a closed room, in whose record older versions kept it.
struct former_absentee {
  std::string account;  ///< empty: somebody without one
  unsigned char ranks;
  entry_id since;  ///< 0: it was there when the server ended
};
std::vector<former_absentee> people_of_former_record(std::string_view json);

}  // namespace parlance::chat
