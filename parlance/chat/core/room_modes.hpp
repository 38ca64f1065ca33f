// The modes of rooms. Each is one entry of a table, from which comes how MODE sets and shows it, how it is
// kept, and what clients are told of it: RPL_MYINFO, RPL_ISUPPORT and HELP. What it means is asked where that
// matters, as by `modes.has('m')`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <parlance/chat/core/room.hpp>

namespace parlance::chat {

/// The letters are those of CHANMODES (https://modern.ircdocs.horse/#chanmodes-parameter).
enum class mode_kind : std::uint8_t {
  list,              ///< A: masks, added and taken away one by one
  always_parameter,  ///< B: with a parameter, also to take it away
  set_parameter,     ///< C: with a parameter, but not to take it away
  flag,              ///< D: without one
  prefix             ///< a rank of somebody in the room
};

/// What a mode that is set keeps from those who were not let in.
enum class closing : std::uint8_t {
  nothing,
  history,  ///< what was said (room::is_closed)
  joining   ///< that, and who sets it expects nobody any more (room::expected)
};

/// Why a parameter is refused: in words, or because of another room, in which one has no rights.
struct refused_parameter {
  std::string_view why;
  const room* is_no_operator_in = nullptr;
};

struct room_mode {
  using text = std::string room::*;
  using number = std::size_t room::*;  // 0: none
  using masks = std::vector<list_entry> room::*;

  char letter;
  mode_kind kind;
  std::string_view parameter;  // what it takes: "key"; empty: nothing
  std::string_view about;      // for people
  rank least = channel_operator;
  closing closes = closing::nothing;

  // Of one that is the room's, and no flag:
  using value_type = std::variant<std::monostate, text, number, masks>;
  value_type value = {};
  std::string_view kept_as = {};  // in room records
  /// As it is set and told to the room, of what `by` has given.
  std::expected<std::string, refused_parameter> (*read)(const hub& of, const person& by, const room& in,
                                                        std::string_view given) = nullptr;
  /// For those in the room alone.
  bool is_secret = false;
};

/// Bytes of a key.
inline constexpr std::size_t most_key = 32;

/// By kind, and by letter.
std::span<const room_mode> room_modes() noexcept;
/// Null: there is none.
const room_mode* find_room_mode(char letter) noexcept;
/// "Ibe"
std::string letters_of(mode_kind kind);

/// Not of ranks.
bool is_set(const room& r, const room_mode& mode) noexcept;
/// Its parameter; empty when it is not set. Not of lists.
std::string value_of(const room& r, const room_mode& mode);
/// `value`: what `read` gave; empty takes it away.
void set_value(room& r, const room_mode& mode, std::string_view value);

/// What is set but the lists, as RPL_CHANNELMODEIS has it: "+ntkl key 50", and "*" for a secret to who is not
/// in on it.
std::string modes_of(const room& r, bool with_secrets);

}  // namespace parlance::chat
