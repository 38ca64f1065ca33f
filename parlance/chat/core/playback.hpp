// What was said, read again: whose history somebody may read, and its entries as the events that they were.
//
//   if (const auto from = chat::find_history(hub, who, "#dev"))
//     for (const chat::stored_entry& e : chat::read_history(hub, *from, {.limit = 50}))
//       encode(out, chat::replayed(e, from->name).what(), shape);
//
// Of an entry that somebody has said, `extra` is its author's number (see correspondence.hpp), when it had no
// account, and in a private talk then a space and the nick that it was said to; of one that a hook has said, "hook". A join's is the realname, a
// renaming's of the room both names, and of everything else it is event::object; of somebody without an account a
// newline and its number come behind these. Messages of several lines have their text as event::lines says.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/core/event.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

/// A conversation as somebody may read it.
struct readable_history {
  std::string conversation;  ///< its name in the store
  std::string name;          ///< the room, or the nick of the other
  entry_id since = 0;        ///< nothing before this
  room* in = nullptr;        ///< null: a private talk
};

/// `target`: a room, or the nick or account of somebody. Nothing: there is none, or it may not be read.
/// Throws store_error.
std::optional<readable_history> find_history(hub& of, const person& reader, std::string_view target);
/// That of a room which the reader is in, or any for who runs the server.
readable_history history_of(hub& of, const person& reader, room& in);
/// Each private talk of somebody. May forget talks. Throws store_error.
std::vector<readable_history> talks_of(hub& of, const person& reader);

/// A part of it. Throws store_error.
std::vector<stored_entry> read_history(hub& of, const readable_history& from, entry_range which);

/// For hub::join: where in the history somebody with an account first came into a room.
void remember_first_join(store& in, const room& r, const person& who);

/// `extra` of what somebody says; `to`: the nick, or nothing for a room.
std::string said_by(const person& who, std::string_view to);
/// The same for a hook, which nobody is.
inline constexpr std::string_view said_by_hook = "hook";
/// `extra` of what somebody does that is nothing said.
std::string done_by(const source& who, std::string_view object);
/// The number of who has said or done it without an account, or that it was a hook; else empty. A view of the entry.
std::string_view author_number(const stored_entry& of);
/// Whether an account is the author of an entry: itself, and not another of its name, before it or after it.
bool is_of_account(const account& its, const stored_entry& what);
/// Whether `who` is the author of an entry, under whatever nick; of one of an account, see is_of_account.
bool is_author(const person& who, const stored_entry& of);

/// The lines of a text with several; none when it has only one. They live as long as the text.
std::vector<text_line> lines_of(std::string_view text);

/// An entry as an event.
class replayed {
 public:
  /// Both outlive it. `room_name`: where it happened, when that is a room.
  replayed(const stored_entry& e, std::string_view room_name);
  replayed(const replayed&) = delete;
  replayed& operator=(const replayed&) = delete;

  const event& what() const noexcept { return what_; }

 private:
  std::vector<text_line> lines_;
  event what_;
};

inline constexpr kind_set said_kinds = kind_bit(static_cast<unsigned char>(event::kind::message)) |
                                       kind_bit(static_cast<unsigned char>(event::kind::notice));

}  // namespace parlance::chat
