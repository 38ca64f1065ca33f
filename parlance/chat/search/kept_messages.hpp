// What was said, as the index reads it: from the store's database, while the store is in use, on another thread.
//
//   kept_messages kept({.folder = "/var/lib/parlance"});
//   const kept_messages::reading now(kept);                  // all of it at one moment
//   for (const auto& m : kept.next({7, 12}, {.after = last, .most = 1000})) ...
//
// What the store's journal holds is not in its database yet: see store::settle. Belongs to one thread. Throws
// sqlite::failure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/store/sqlite.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

/// A message's place: the row of its conversation, which is the same whatever that is called, and its id.
struct message_place {
  std::int64_t conversation = 0;
  entry_id id = 0;

  bool operator==(const message_place&) const = default;
};

class kept_messages {
 public:
  /// Of a folder whose store is open.
  explicit kept_messages(const store_options& of);

  /// While it lives, what is read is of one moment. The store's log cannot be begun anew meanwhile, so not for long.
  class reading {
   public:
    explicit reading(kept_messages& of);
    ~reading();
    reading(const reading&) = delete;
    reading& operator=(const reading&) = delete;

   private:
    kept_messages& of_;
  };

  /// The row of a conversation; nothing when there is none of that name.
  std::optional<std::int64_t> row_of(std::string_view conversation);
  /// The rows of all.
  std::vector<std::int64_t> rows();
  /// Whether a conversation of that row is not over.
  bool has(std::int64_t row);

  struct range {
    entry_id after = 0;                                        ///< not included
    entry_id last = std::numeric_limits<std::int64_t>::max();  ///< included
    std::size_t most = std::numeric_limits<std::size_t>::max();
  };
  /// The first messages of these conversations, by id.
  std::vector<message_place> next(std::span<const std::int64_t> rows, const range& which);
  /// Those of one, from the newest on, or from the oldest.
  std::vector<entry_id> of_one(std::int64_t row, const range& which, entry_range::end from);
  std::size_t count(std::int64_t row, const range& which);

  struct message {
    std::string source, text;
  };
  std::optional<message> find(const message_place& at);

 private:
  sqlite::connection db_;
  sqlite::statement begin_{db_, "BEGIN"};
  sqlite::statement end_{db_, "COMMIT"};
  sqlite::statement row_{db_, "SELECT id FROM conversations WHERE name = ?"};
  sqlite::statement rows_{db_, "SELECT id FROM conversations WHERE name IS NOT NULL"};
  sqlite::statement has_{db_, "SELECT 1 FROM conversations WHERE id = ? AND name IS NOT NULL"};
  sqlite::statement oldest_, newest_, count_;
  sqlite::statement find_{db_, "SELECT source, text FROM entries WHERE conversation = ? AND id = ?"};
};

}  // namespace parlance::chat
