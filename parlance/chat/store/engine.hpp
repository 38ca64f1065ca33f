// The store on SQLite: its statements, its turn, and what it remembers of its conversations.
//
// A turn that only adds to conversations that are known is kept in the journal. Everything else is a
// transaction, which begins by moving what is in the journal.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <parlance/chat/store/ended.hpp>
#include <parlance/chat/store/file.hpp>
#include <parlance/chat/store/journal.hpp>
#include <parlance/chat/store/sqlite.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

/// Ids are given out from a stretch that the database knows to be taken, so that not every turn writes the
/// last one. After a kill they go on behind the stretch, and so at most this many microseconds ahead of the clock.
/// What is told to be ahead by up to a second (chat::clock) needs no new one for a tenth of a second. While they are
/// ahead by more, one more id is one microsecond, and a stretch is short: kills that follow each other soon hardly add up.
inline constexpr entry_id stretch = 1'100'000, stretch_ahead = 4096;

/// SQLite's integers have a sign.
inline std::int64_t number(std::uint64_t value) {
  return static_cast<std::int64_t>(std::min(value, std::uint64_t{std::numeric_limits<std::int64_t>::max()}));
}
inline std::uint64_t unsign(std::int64_t value) { return static_cast<std::uint64_t>(value); }
inline std::int64_t bits(kind_set kinds) { return static_cast<std::int64_t>(kinds); }

/// An entry's `number`: how many of its conversation's entries were counted (store::count_only) up to it, and
/// how many were not, so that each is above the one before. Older versions have counted none.
struct tally {
  std::uint64_t counted, others;

  static tally of(std::int64_t number) noexcept {
    return {unsign(number) >> 32U, unsign(number) & 0xffff'ffffU};
  }
  static constexpr std::int64_t one_counted = std::int64_t{1} << 32U, one_other = 1;
};

/// As it is remembered between turns.
struct store_conversation {
  std::int64_t row = 0;
  std::int64_t number = 0;  // of its last entry
  entry_id newest = 0;      // a lower bound while entries are removed one by one

  /// Throws std::invalid_argument when it cannot come next.
  store_journal::item next(const entry& what, kind_set counted) const {
    if (what.id <= newest) throw std::invalid_argument("an entry's id is not above the last one's");
    return {row, number + (kind_bit(what.kind) & counted ? tally::one_counted : tally::one_other), what};
  }
  void add(const store_journal::item& one) noexcept {
    number = one.number;
    newest = one.what.id;
  }
};

/// What was done to a conversation, but for what was said in it: it is over, if nothing else is told.
struct conversation_change {
  std::size_t era = 0;  // goes up with each renaming, before and behind which the order matters
  std::string name;
  std::optional<std::string> to = {};    // it has this name
  entry_id removed = 0;                  // or this entry is taken out
  std::optional<entry_id> kept_to = {};  // or what has come behind this one is
  entry_id ended_at = 0;                 // and no later than that one

  auto operator<=>(const conversation_change&) const = default;
};

struct store_statements {
  explicit store_statements(const sqlite::connection& db) : on(db) {}
  const sqlite::connection& on;

  sqlite::statement begin{on, "BEGIN IMMEDIATE"};
  sqlite::statement commit{on, "COMMIT"};
  sqlite::statement rollback{on, "ROLLBACK"};
  sqlite::statement reserve{on, "UPDATE meta SET value = ? WHERE name = 'reserved'"};
  sqlite::statement begin_generation{on, "UPDATE meta SET value = ? WHERE name = 'generation'"};

  sqlite::statement conversation{on,
                                 "SELECT c.id, e.number, e.id FROM conversations c LEFT JOIN entries e "
                                 "ON e.conversation = c.id WHERE c.name = ? ORDER BY e.id DESC LIMIT 1"};
  sqlite::statement end_of_row{on,
                               "SELECT e.number, e.id FROM conversations c LEFT JOIN entries e "
                               "ON e.conversation = c.id WHERE c.id = ? AND c.name IS NOT NULL "
                               "ORDER BY e.id DESC LIMIT 1"};
  sqlite::statement conversation_behind{
      on, "SELECT id, name FROM conversations WHERE id > ? AND name IS NOT NULL ORDER BY id LIMIT 1"};
  sqlite::statement add_conversation{on, "INSERT INTO conversations(name) VALUES(?)"};
  sqlite::statement name{on, "UPDATE conversations SET name = ?2 WHERE name = ?1"};
  sqlite::statement unname{on, "UPDATE conversations SET name = NULL WHERE name = ?"};

  // Several rows in one execution cost a third less than one by one.
  static constexpr int columns = 9;
  static constexpr std::size_t rows_at_once = 10;
  sqlite::statement append{on, inserting(1)};
  sqlite::statement append_several{on, inserting(rows_at_once)};
  static std::string inserting(std::size_t rows) {
    const std::vector<std::string_view> all(rows, "(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    return fmt::format("INSERT INTO entries VALUES{}", fmt::join(all, ", "));
  }
  sqlite::statement remove{on, "DELETE FROM entries WHERE conversation = ? AND id = ?"};
  sqlite::statement find{on,
                         "SELECT id, kind, source, account, text, tags, extra FROM entries "
                         "WHERE conversation = ? AND id = ?"};
  // Of found_kinds by their index, and of others by looking at each.
  sqlite::statement oldest{on, reading("entries", "(?4 >> kind) & 1", "ASC")};
  sqlite::statement newest{on, reading("entries", "(?4 >> kind) & 1", "DESC")};
  sqlite::statement oldest_found{
      on, reading("entries INDEXED BY found_entries", "kind IN (1, 2) AND (?4 >> kind) & 1", "ASC")};
  sqlite::statement newest_found{
      on, reading("entries INDEXED BY found_entries", "kind IN (1, 2) AND (?4 >> kind) & 1", "DESC")};
  static std::string reading(std::string_view table, std::string_view which, std::string_view order) {
    return fmt::format(
        "SELECT id, kind, source, account, text, tags, extra FROM {} WHERE conversation = ?1 AND id > ?2 "
        "AND id < ?3 AND {} ORDER BY id {} LIMIT ?5",
        table, which, order);
  }
  sqlite::statement& in_order(entry_range::end counted_from, kind_set kinds) noexcept {
    const bool are_found = (kinds & ~found_kinds) == 0, is_newest = counted_from == entry_range::end::newest;
    return is_newest ? (are_found ? newest_found : newest) : (are_found ? oldest_found : oldest);
  }

  sqlite::statement put{on,
                        "INSERT INTO documents VALUES(?, ?, ?) "
                        "ON CONFLICT(kind, key) DO UPDATE SET value = excluded.value"};
  sqlite::statement drop{on, "DELETE FROM documents WHERE kind = ? AND key = ?"};
  sqlite::statement get{on, "SELECT value FROM documents WHERE kind = ? AND key = ?"};
  sqlite::statement from{
      on, "SELECT key, value FROM documents WHERE kind = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?"};
  sqlite::statement beyond{
      on, "SELECT key, value FROM documents WHERE kind = ? AND key > ? AND key < ? ORDER BY key LIMIT ?"};

  sqlite::statement count{on, "SELECT count(*) FROM documents WHERE kind = ? AND key >= ? AND key < ?"};

  // Of all conversations.
  sqlite::statement first_said{on,
                               "SELECT min((SELECT id FROM entries WHERE conversation = c.id AND id >= ?1 "
                               "AND id < ?2 ORDER BY id LIMIT "
                               "1)) FROM conversations c"};
  sqlite::statement last_said{
      on,
      "SELECT max((SELECT id FROM entries WHERE conversation = c.id AND id < ?1 ORDER BY id DESC LIMIT 1)) "
      "FROM conversations c"};

  sqlite::statement sweep{
      on,
      "SELECT id, name, (SELECT number FROM entries WHERE conversation = c.id ORDER BY id DESC LIMIT 1) "
      "FROM conversations c WHERE id > ? ORDER BY id LIMIT 1"};
  sqlite::statement ids{
      on, "SELECT id, number, kind FROM entries WHERE conversation = ? AND id > ? ORDER BY id LIMIT ?"};
  sqlite::statement drop_conversation{on,
                                      "DELETE FROM conversations WHERE id = ?1 AND NOT EXISTS(SELECT 1 FROM "
                                      "entries WHERE conversation = ?1)"};

  void insert(std::span<const store_journal::item> all);
};

/// Keys from `prefix` to below this are those that begin with it: no byte of UTF-8 is 255.
inline std::string behind(std::string_view prefix) { return std::string(prefix) + '\xff'; }

/// Of a row that begins with an entry's id, kind, source, account, text, tags and extra.
stored_entry entry_of(const sqlite::rows& row, const timeline& times);

/// The steps that a database has kept.
timeline kept_times(store_statements& sql);

/// Where the conversations of a database end, and which entries of a journal go on there.
class conversation_ends {
 public:
  explicit conversation_ends(store_statements& sql) : sql_(sql) {}
  /// Whether it comes behind what is there and what was taken before, in a conversation that there is.
  bool take(const store_journal::item& one);

 private:
  store_statements& sql_;
  std::map<std::int64_t, store_conversation> ends_;  // by row
};

struct store::engine {
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };

  explicit engine(const store_options& options);

  /// Makes a change in the turn, or remembers that the turn has failed and answers with nothing.
  template <std::invocable Change> auto change(Change make) -> std::invoke_result_t<Change> {
    using result = std::invoke_result_t<Change>;
    if (!failed) try {
        if (!in_turn) begin();
        return make();
      } catch (const sqlite::failure& why) {
        failed = why;
      }
    if constexpr (!std::is_void_v<result>) return result{};
  }

  /// The database's answer to a question.
  template <std::invocable Question> auto read(Question answer) -> std::invoke_result_t<Question> {
    try {
      return answer();
    } catch (const sqlite::failure& why) {
      throw store_failure(store_error::trouble::failed, path, why);
    }
  }

  /// The same, with what is not in the database yet.
  template <std::invocable Question> auto ask(Question answer) -> std::invoke_result_t<Question> {
    return read([&] {
      if (!in_turn && (has_journal() || is_behind())) begin();
      return answer();
    });
  }

  bool has_journal() const noexcept { return journal && !journal->empty(); }

  /// Whether the database has not all that was changed.
  bool is_behind() const noexcept { return !documents.empty() || !conversations.empty(); }

  /// A document is this from now on, or is no more. Whether one was there.
  bool set_document(std::string_view kind, std::string_view key, std::optional<std::string_view> json);
  /// Whether there was anything to change.
  bool change_conversation(conversation_change what);

  /// Begins a transaction, with what is in the journal, and what turns that failed have changed.
  void begin();
  bool make(const conversation_change& what);
  /// Visits the entries of a conversation that are not over, counted from one end, in that order.
  void visit(const store_conversation& of, const entry_range& which,
             const std::function<void(const sqlite::rows&)>& visitor);
  /// Whether something in that conversation is no younger than that.
  bool begins_by(std::string_view name, entry_id id);
  bool make(std::string_view kind, std::string_view key, std::optional<std::string_view> json);
  void drop_what_does_not_fit();
  void move_journal();
  void end_transaction() noexcept;

  void reserve(entry_id up_to);

  /// Since when the clock was ahead that was set back to `now` by that much, and by how much: less where the silence
  /// before was shorter, which is nearly as long as what was said last must become older. `end`: all ids are below.
  struct time_ahead {
    entry_id from = 0;
    std::uint64_t by = 0;
  };
  time_ahead find_time_ahead(std::uint64_t now, std::uint64_t by, entry_id end);
  /// The first entry in a range of ids, and the last one below; 0: there is none.
  entry_id first_said(entry_id from, entry_id below);
  entry_id last_said(entry_id below);
  void keep_times();

  /// Keeps the turn, in the journal if that will do.
  void commit();

  /// The same; false: the turn has failed. `written`: it may be on the disk all the same.
  bool try_commit(bool& written);

  void rollback() noexcept;

  /// A commit can fail when all of it is in the log already, as when the disk could not be waited for. What
  /// is written next takes its place there; until then, a kill would bring it back at the next start.
  void bury() noexcept;

  /// Null: there is none of that name.
  store_conversation* look_up(std::string_view name);

  store_conversation* remember(std::string_view name, const store_conversation& what);

  void forget(std::string_view name);

  void append(std::string_view name, const entry& what);

  /// Without a transaction. False: it takes one.
  bool append_to_journal(std::string_view name, const entry& what);

  struct candidate {
    std::int64_t row = 0;
    std::int64_t last_number = 0;
    std::optional<std::string> name = {};  // none: it was erased
  };
  std::optional<candidate> next_to_prune();
  struct pruning {
    std::size_t looked_at = 0, removed = 0;
  };
  /// Deletes entries of the first part of a conversation that is over. False: there is none.
  bool sweep_ended(std::size_t budget, pruning& done);
  /// Prunes the next conversation, or goes on with it, within the budget. `round`: they have all had their
  /// turn.
  pruning prune_next(entry_id older_than, std::size_t most, std::size_t budget, bool& round);

  std::string path;
  folder_lock lock;
  std::unique_ptr<sqlite::connection> db;
  store_statements sql{*db};
  std::optional<store_journal> journal;  // none: in memory
  const durability keeps;

  // What was changed since the last transaction that was kept. Whoever changed it goes by it, whatever becomes
  // of the turn, so it is done again in the next, until one is kept. Only what was said is lost with its turn.
  std::map<std::pair<std::string, std::string>, std::optional<std::string>> documents;  // by kind and key
  std::set<conversation_change> conversations;
  std::size_t era = 0;

  bool in_turn = false;                   // in a transaction
  std::optional<sqlite::failure> failed;  // what became of the turn

  entry_id last = 0;           // the greatest id given
  entry_id reserved = 0;       // up to which ids may be given
  entry_id kept_reserved = 0;  // the same, when the turn is rolled back
  std::int64_t swept = 0;      // the row of the conversation that was pruned last
  std::int64_t swept_to = 0;   // and the id up to which the next one was
  timeline times;
  kind_set counted = all_kinds;
  std::size_t most_others = std::numeric_limits<std::size_t>::max();
  std::unordered_map<std::string, store_conversation, text_hash, std::equal_to<>> known;
};

}  // namespace parlance::chat
