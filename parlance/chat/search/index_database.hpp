// The index's database, open: its shards, what is to be done with them, and what is found in them. See index.hpp.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <parlance/chat/search/index.hpp>
#include <parlance/chat/search/kept_messages.hpp>
#include <parlance/chat/search/words.hpp>
#include <parlance/chat/store/sqlite.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

/// Where it is.
std::string index_path(const store_options& of);

class index_database {
 public:
  /// Opens it, or begins it. `is_closed` outlives it, and ends what is under way. Throws sqlite::failure.
  index_database(const store_options& of, const std::atomic<bool>& is_closed);
  index_database(const index_database&) = delete;
  index_database& operator=(const index_database&) = delete;

  // As search_index has them.
  search_index::progress catch_up(const std::vector<std::string>& where, entry_id up_to, std::size_t most);
  bool tend(const std::vector<entry_id>& gone, bool has_to_review, std::size_t most);
  search_hits find(const search_request& what);

 private:
  static std::string table_of(std::int64_t shard);

  struct shard {
    std::int64_t number = 0;
    entry_id after = 0, last = 0;
    std::size_t count = 0;
    std::unique_ptr<sqlite::statement> oldest = {}, newest = {};
  };
  /// A shard that is made anew, under another number.
  struct renewal {
    std::int64_t of = 0, into = 0;
    entry_id reached = 0;
    std::size_t count = 0;
  };
  struct statements {
    explicit statements(sqlite::connection& on)
        : begin(on, "BEGIN IMMEDIATE"),
          commit(on, "COMMIT"),
          rollback(on, "ROLLBACK"),
          put_shard(on, "INSERT OR REPLACE INTO shards VALUES(?, ?, ?, ?)"),
          drop_shard(on, "DELETE FROM shards WHERE number = ?"),
          add_part(on,
                   "INSERT INTO parts VALUES(?, ?, ?) "
                   "ON CONFLICT(conversation, shard) DO UPDATE SET count = count + excluded.count"),
          drop_parts(on, "DELETE FROM parts WHERE shard = ?"),
          parts_of_shard(on, "SELECT conversation, count FROM parts WHERE shard = ?"),
          shards_with(on, "SELECT shard FROM parts WHERE conversation = ?") {}
    sqlite::statement begin, commit, rollback, put_shard, drop_shard, add_part, drop_parts, parts_of_shard,
        shards_with;
  };
  using counts = std::map<std::int64_t, std::int64_t>;  // by conversation

  void begin_anew();
  void load();
  /// Does it as one transaction.
  template <class Change> void change(Change make) {
    statements_->begin.run();
    try {
      make();
      statements_->commit.run();
    } catch (...) {
      if (db_.in_transaction()) statements_->rollback.run();
      throw;
    }
  }
  std::string new_table();
  shard* find_shard(std::int64_t number);
  entry_id indexed_to() const { return shards_.empty() ? 0 : shards_.back().last; }
  void index(std::span<const message_place> places, std::int64_t into, counts& parts);
  void keep_parts(std::int64_t of, const counts& parts);
  void review(bool in_all);
  void review_next();
  void renew(std::int64_t which);
  void go_on_renewing(std::size_t most);
  void replace(const renewal& by);
  void drop_if_empty(const shard& which);
  void find_in(shard& in, const search_request& what, const std::vector<std::string>& expressions,
               const std::vector<std::set<std::int64_t>>& shards, std::vector<search_hit>& hits);
  void find_by_time(const search_request& what, const std::vector<std::optional<std::int64_t>>& rows,
                    std::vector<search_hit>& hits);
  std::optional<std::string> expression_for(const search_request& what, std::int64_t row) const;

  const std::atomic<bool>& is_closed_;
  std::chrono::steady_clock::time_point until_ = std::chrono::steady_clock::time_point::max();
  const std::function<bool()> is_stopped_ = [this] {
    return is_closed_ || (until_ != std::chrono::steady_clock::time_point::max() &&
                          std::chrono::steady_clock::now() > until_);
  };
  const std::string path_;
  sqlite::connection db_;
  word_tokenizer words_;
  kept_messages kept_;
  std::vector<shard> shards_;  // by their ids; after db_, of which they have statements
  std::optional<statements> statements_;
  std::int64_t next_number_ = 1;
  bool is_new_ = false;
  bool knows_all_ = false;  // of which conversations it has everything, but for those that it is told of
  // What is left to do.
  std::optional<renewal> renewed_;
  std::set<std::int64_t> stale_, unreviewed_;
  bool reviews_all_ = false;  // also conversations of which a shard should have nothing
  bool has_dropped_ = false;  // the log still has it
};

}  // namespace parlance::chat
