// What is pinned in a room: messages that whoever comes in is shown behind the topic. A pin is a reference: when the message is
// taken back, forgotten, or older than the room keeps, it is gone, too. They are kept with the room, by any name that it gets.
//
//   (nothing)            which there are, by numbers
//   ADD 0123456789abc    that message, by its msgid
//   ADD deploy friday    the last one in which that is said
//   DEL 2
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

inline constexpr std::size_t most_pins = 20;

struct pin {
  entry_id id = 0;
  std::string by;           ///< the nick of who has pinned it
  std::int64_t set_at = 0;  ///< seconds since the Unix epoch
  author its = {};
};
struct pinned_message {
  std::size_t number = 0;  ///< by which DEL calls it
  pin its;
  stored_entry said;
};

/// Those that `reader` may read, in the order in which they were pinned. Throws store_error.
std::vector<pinned_message> pins_of(hub& of, const person& reader, room& in);

/// In one line, without formatting: "2: <alice> deploy on friday".
std::string line_of(const pinned_message& one);

struct pin_answer {
  std::vector<std::string> lines;  ///< sentences without a capital and a full stop
  bool done = true;                ///< false: it could not be done, and they say why
};

/// `text`: what stands behind the room. Who is in the room may ask, and its half-operators change it; the room is told. Throws
/// store_error.
pin_answer obey_pin_command(hub& of, const person& by, room& in, std::string_view text);

/// Those of whom that is said have pinned nothing: `called` has, in any room. A part of the turn. Throws store_error.
void rename_pinners(store& in, const std::function<bool(const author&)>& are_meant, std::string_view called);

}  // namespace parlance::chat
