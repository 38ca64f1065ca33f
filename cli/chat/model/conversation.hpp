// What one sees of a conversation: a room of many, a private talk, or what a server says of itself.
//
// Its messages are in the order of their times; so what is said now, what was missed and what is older can
// come in any order, and each is there once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace parlance::cli {

/// Milliseconds since 1970.
using wall_time = std::int64_t;

struct chat_entry {
  enum class kind : std::uint8_t {
    text,
    action,
    notice,
    joined,
    parted,
    renamed,  ///< to `text`
    kicked,   ///< by `text`
    topic,    ///< is `text`
    own       ///< from the program itself
  };
  /// What few have.
  struct rest {
    std::string reply_to = {};
    std::vector<std::pair<std::string, std::vector<std::string>>> reactions = {};  // who, by what
  };

  std::string id = {};  ///< the server's msgid; empty where it has none
  std::string nick = {};
  std::string text = {};  ///< fit to show
  wall_time time = 0;
  std::unique_ptr<rest> more = {};
  kind what = kind::text;
  bool is_mention = false;
  bool is_redacted = false;
  bool is_ignored = false;  ///< kept, but neither shown nor counted

  bool is_said() const noexcept { return what <= kind::notice; }
  bool is_event() const noexcept { return what >= kind::joined && what <= kind::topic; }
};

/// What is said and not yet kept.
struct pending_message {
  std::string text;
  std::string reply_to = {};
  std::string label = {};
  std::string as = {};  ///< the name by which it was sent
  bool is_action = false;
  bool is_sent = false;
  std::optional<std::string> refused = {};  ///< why
};

struct chat_member {
  std::string nick;
  std::string ranks = {};  ///< as in "@+", the highest first
  bool is_away = false;
};

class conversation {
 public:
  enum class kind : std::uint8_t { room, talk, server };
  enum class past : std::uint8_t { unknown, more, loading, none };

  conversation(std::string called, std::string folded, kind which)
      : name(std::move(called)), key(std::move(folded)), what(which) {}

  std::string name;
  std::string key;  ///< what is the same for the server
  kind what;
  std::string topic;
  std::string password;  ///< to come in again (MODE +k)
  std::map<char, std::string> modes;
  bool is_joined = false;
  std::size_t unread = 0, mentions = 0;
  wall_time read_to = 0;   ///< until when everything was read
  wall_time new_from = 0;  ///< where the line "new" stands while one looks; 0: nowhere
  past older = past::unknown;
  wall_time older_after = 0;                   ///< when it may be asked for again
  std::map<std::string, chat_member> members;  ///< by folded nick
  std::map<std::string, wall_time> typing;     ///< until when, by nick
  std::deque<pending_message> pending;
  /// Up to where nothing is missing, when the connection was lost.
  std::optional<std::pair<std::string, wall_time>> held_to;

  /// Nothing that was said is missing at its end, and what one says goes at once.
  bool is_current = false;

  std::string replying_to;  ///< the id of what it answers

  const std::deque<std::unique_ptr<chat_entry>>& entries() const noexcept { return entries_; }
  chat_entry* find(std::string_view id) const;
  /// Bytes of memory, about.
  std::size_t bytes() const noexcept { return bytes_; }
  /// Null where there is none that the server has kept.
  const chat_entry* last_kept() const noexcept { return last_kept_; }
  const chat_entry* first_kept() const;
  /// How many are of that time or earlier.
  std::size_t place_of(wall_time time) const;
  /// Where this one stands; nothing where it does not.
  std::optional<std::size_t> place_of(const chat_entry& one) const;

  /// Of what happens now, which stands behind everything. False if it was there.
  bool hear(chat_entry one);
  /// False if it was there.
  bool insert(chat_entry one);
  /// With what others make of it: reactions, or that it is taken back.
  void change(chat_entry& one, const std::function<void(chat_entry&)>& how);
  void take_back(chat_entry& one);
  /// Forgets what it shows; all of it can be read again.
  void forget();
  /// Forgets the oldest, down to so many.
  void shorten(std::size_t to);

  /// Those in it, by rank (signs, the highest first) and then by name.
  std::vector<const chat_member*> people(std::string_view signs) const;

 private:
  std::deque<std::unique_ptr<chat_entry>> entries_;
  std::unordered_map<std::string_view, chat_entry*> by_id_;
  const chat_entry* last_kept_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace parlance::cli
