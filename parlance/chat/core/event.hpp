// Something that happens in the chat, as the dialects are told of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <parlance/chat/core/form.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

/// Who does something: a person, or (without a nick) the server. Views that live as long as the event.
struct source {
  std::string_view prefix = {};  ///< "nick!user@host", or the server's name
  std::string_view nick = {};
  std::string_view account = {};
  std::string_view realname = {};
  bool is_bot = false;
  std::uint64_t serial = 0;  ///< person::serial of who has no account; 0: of who has one, or is nobody
};

/// Who has set something that lasts, for when they want to be forgotten.
struct author {
  std::string account = {};
  std::uint64_t serial = 0;  ///< as in source
  entry_id at = 0;           ///< the history's place at which it was set

  bool is_nobody() const noexcept { return account.empty() && serial == 0; }
};
inline author author_of(const source& who, entry_id at) {
  return {.account = std::string(who.account), .serial = who.serial, .at = at};
}

/// A line of a message that has several.
struct text_line {
  std::string_view text;
  /// It goes on where the line before it broke off for want of room: together they are one line.
  bool continues = false;
};

struct event {
  /// Kept in the history under these numbers: never renumber.
  enum class kind : unsigned char {
    message = 1,  ///< `text` said in `target`, a room or a nick
    notice = 2,   ///< the same, by something that wants no automatic answer
    tags = 3,     ///< client-only tags without a text
    join = 4,     ///< has come into `target`
    part = 5,     ///< has left `target`; `text` may say why
    quit = 6,     ///< has left the chat; `text` may say why
    kick = 7,     ///< has put `object` out of `target`; `text` says why
    nick = 8,     ///< is called `object` now
    topic = 9,    ///< has made `text` the topic of `target`
    mode = 10,    ///< has changed the modes of `target`: `text` is "+o-v a b"
    rename = 11,  ///< has given the room `target` the name `object`; `text` says why
    redact = 12,  ///< has taken back the message `object` in `target`; `text` may say why
    invite = 32,  ///< has invited `object` into `target`
    away,         ///< is away because of `text`; empty: is back
    account,      ///< has logged in as `object`; empty: has logged out
    chghost,      ///< has another user and host: `object` is the user, `text` the host
    setname,      ///< has the real name `text` now
    wallops,      ///< tells all operators `text`
    metadata      ///< the key `object` of `target` is `text` now
  };

  kind what;
  source who;
  std::string_view target = {};
  std::string_view text = {};
  std::string_view object = {};
  /// Client-only tags as they are written, "+a=b;+c"; for those who asked for tags.
  std::string_view tags = {};
  /// Its place in the history; 0 for what has none. `time` is in milliseconds since the Unix epoch.
  entry_id id = 0;
  std::uint64_t time = 0;
  /// A message of several lines (draft/multiline); `text` is then all of them, each after the first behind a
  /// newline, or behind a carriage return when it continues the one before.
  std::span<const text_line> lines = {};
  /// The nick of who says it for somebody of another network, who is its source.
  std::string_view relayed_by = {};
  /// It is a crowd, where who comes and goes is no news to people who read everything.
  bool in_crowd = false;

  /// Whether it tells of what people say, not of their coming and going.
  bool is_said() const noexcept {
    return what == kind::message || what == kind::notice || what == kind::tags;
  }
  /// It must not be told unless the store has kept it.
  bool is_conditional() const noexcept { return id != 0 && is_said(); }
};

/// Appends `what` as clients of the form read it, framed; nothing when it is nothing to them.
using encoder = void (*)(std::string& out, const event& what, form shape);
/// One for each dialect, as the protocols bring them.
struct encoders {
  encoder plain, irc;

  void operator()(std::string& out, const event& what, form shape) const {
    (shape.speaks() == dialect::plain ? plain : irc)(out, what, shape);
  }
};

/// "0abc...": the name of an entry, as the tag `msgid` gives it.
std::string msgid_of(entry_id id);
/// 0 when it is not one.
entry_id parse_msgid(std::string_view text) noexcept;
/// "2026-11-24T10:00:00.000Z", the tag `time`; appended.
void append_time(std::string& out, std::uint64_t milliseconds);
/// The same backwards, for exactly such a text; what was before 1970 is 0.
std::optional<std::uint64_t> parse_time(std::string_view text) noexcept;

}  // namespace parlance::chat
