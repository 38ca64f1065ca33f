// How it is opened, and filled.
#include <fcntl.h>
#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/search/index_database.hpp>
#include <parlance/chat/store/engine.hpp>
#include <parlance/chat/store/file.hpp>

namespace parlance::chat {
namespace {

// "Find"; raise the version when words or tables change.
constexpr std::int64_t index_application = 0x46696e64, index_version = 3;
// Messages of a shard: what is made anew when one of them goes. Fewer make searches slower, which look into each.
constexpr std::size_t shard_size = 32'768;

// A shard has the ids above `after`, up to `last`; together they have all that there are. Of its messages, `parts` has how
// many are of each conversation.
constexpr const char* tables = R"(
  CREATE TABLE shards(
    number INTEGER PRIMARY KEY, after INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL) STRICT;
  CREATE TABLE parts(
    conversation INTEGER NOT NULL, shard INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY(conversation, shard)) STRICT, WITHOUT ROWID;
)";

std::string_view nick_of(std::string_view source) { return source.substr(0, source.find('!')); }

/// It is for its owner alone, which SQLite would not see to.
void make_file(const std::string& path) {
  const open_file made(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (made.fd < 0) throw sqlite::failure(SQLITE_CANTOPEN, errno, "unable to open " + path);
}

}  // namespace

std::string index_path(const store_options& of) {
  return std::filesystem::absolute(of.folder / "search.db").string();
}

std::string index_database::table_of(std::int64_t shard) { return fmt::format("words_{}", shard); }

index_database::index_database(const store_options& of, const std::atomic<bool>& is_closed)
    : is_closed_(is_closed),
      path_((make_file(index_path(of)), index_path(of))),
      db_(path_, sqlite::opening::make, of.vfs),
      words_(db_),
      kept_(of) {
  db_.stop_when(is_stopped_);
  db_.run("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0");
  // What was in a shard is in no free page of the file, either.
  db_.run("PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192");
  is_new_ = db_.integer("PRAGMA application_id") != index_application ||
            db_.integer("PRAGMA user_version") != index_version;
  if (is_new_) begin_anew();
  db_.run("PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304");
  load();
  statements_.emplace(db_);
  review(true);
}

void index_database::begin_anew() {
  if (db_.integer("SELECT count(*) FROM sqlite_schema") != 0)
    throw sqlite::failure(SQLITE_CORRUPT, 0, "is of another version");
  if (db_.text("PRAGMA journal_mode = WAL") != "wal")
    throw sqlite::failure(SQLITE_CANTOPEN, 0, "its file system has no shared memory");
  db_.run("BEGIN");
  db_.run(tables);
  db_.run(
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", index_application, index_version)
          .c_str());
  db_.run("COMMIT");
}

void index_database::load() {
  {
    sqlite::statement all(db_, "SELECT number, after, last, count FROM shards ORDER BY after, last");
    for (sqlite::rows each = all.start(); each.next();) {
      shards_.push_back({.number = each.integer(0),
                         .after = unsign(each.integer(1)),
                         .last = unsign(each.integer(2)),
                         .count = unsign(each.integer(3))});
      next_number_ = std::max(next_number_, each.integer(0) + 1);
    }
  }
  // Of renewals that did not come to their end.
  std::vector<std::string> left;
  {
    sqlite::statement all(
        db_,
        "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%' AND name NOT IN "
        "(SELECT 'words_' || number FROM shards)");
    for (sqlite::rows each = all.start(); each.next();) left.emplace_back(each.text(0));
  }
  for (const std::string& name : left) db_.run(fmt::format("DROP TABLE \"{}\"", name).c_str());
  db_.run("DELETE FROM parts WHERE shard NOT IN (SELECT number FROM shards)");
}

std::string index_database::new_table() {
  std::string name = table_of(next_number_++);
  db_.run(fmt::format("CREATE VIRTUAL TABLE {} USING fts5(said, who, content = '', columnsize = 0, "
                      "tokenize = 'parlance')",
                      name)
              .c_str());
  return name;
}

index_database::shard* index_database::find_shard(std::int64_t number) {
  const auto found = std::ranges::find(shards_, number, &shard::number);
  return found == shards_.end() ? nullptr : &*found;
}

void index_database::index(std::span<const message_place> places, std::int64_t into, counts& parts) {
  sqlite::statement insert(db_,
                           fmt::format("INSERT INTO {}(rowid, said, who) VALUES(?, ?, ?)", table_of(into)));
  for (const message_place& at : places) {
    const std::optional<kept_messages::message> what = kept_.find(at);
    if (!what) continue;
    const std::string said = words_in(at.conversation, searchable(what->text)),
                      who = one_word_in(at.conversation, folded(nick_of(what->source)));
    insert.run(number(at.id), said, who);
    ++parts[at.conversation];
  }
}

void index_database::keep_parts(std::int64_t of, const counts& parts) {
  for (const auto& [conversation, count] : parts) statements_->add_part.run(conversation, of, count);
}

search_index::progress index_database::catch_up(const std::vector<std::string>& where, entry_id up_to,
                                                std::size_t most) {
  const kept_messages::reading now(kept_);
  std::vector<std::int64_t> rows;
  for (const std::string& name : where) {
    if (!knows_all_) break;
    // What is not called so any more may be called otherwise.
    if (const std::optional<std::int64_t> row = kept_.row_of(name))
      rows.push_back(*row);
    else
      knows_all_ = false;
  }
  if (!knows_all_) rows = kept_.rows();
  const std::vector<message_place> places =
      kept_.next(rows, {.after = indexed_to(), .last = up_to, .most = most});
  for (std::span<const message_place> rest = places; !rest.empty();) {
    const bool is_full = shards_.empty() || shards_.back().count >= shard_size;
    shard next;
    if (is_full)
      next = {.number = next_number_, .after = indexed_to(), .last = indexed_to()};
    else
      next = {.number = shards_.back().number, .after = shards_.back().after, .count = shards_.back().count};
    const auto fitting = rest.first(std::min(rest.size(), shard_size - next.count));
    change([&] {
      if (is_full) new_table();
      counts parts;
      index(fitting, next.number, parts);
      keep_parts(next.number, parts);
      for (const auto& [conversation, count] : parts) next.count += unsign(count);
      next.last = fitting.back().id;
      statements_->put_shard.run(next.number, number(next.after), number(next.last), number(next.count));
    });
    if (is_full) {
      shards_.push_back(std::move(next));
    } else {
      shards_.back().last = next.last;
      shards_.back().count = next.count;
    }
    rest = rest.subspan(fitting.size());
  }
  search_index::progress made{.is_behind = places.size() == most,
                              .indexed_to = indexed_to(),
                              .is_new = std::exchange(is_new_, false)};
  if (!made.is_behind) knows_all_ = true;
  for (const shard& s : shards_) made.messages += s.count;
  made.bytes = unsign(db_.integer("PRAGMA page_count") * db_.integer("PRAGMA page_size"));
  return made;
}

}  // namespace parlance::chat
