#include <algorithm>
#include <concepts>
#include <type_traits>
#include <unordered_map>

#include <parlance/chat/store.hpp>
#include <parlance/chat/store_file.hpp>

namespace parlance::chat {
namespace {

using trouble = store_error::trouble;

constexpr int page = 4096;
constexpr int due_pages = 8 * 1024 * 1024 / page;
constexpr int most_pages = 64 * 1024 * 1024 / page;
/// Ids are given out from a stretch that the database knows to be taken, so that not every turn writes the
/// last one. After a kill they go on behind the stretch, and so at most this many microseconds ahead of the
/// clock.
constexpr entry_id stretch = 1'000'000;
/// How many conversations are remembered at most.
constexpr std::size_t most_known = 16'384;
/// How many documents are read at once for a visitor.
constexpr std::int64_t batch = 256;
constexpr entry_id last_possible = std::numeric_limits<std::int64_t>::max();

/// SQLite's integers have a sign.
std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(std::min(value, last_possible)); }
std::uint64_t unsign(std::int64_t value) { return static_cast<std::uint64_t>(value); }
std::int64_t bits(kind_set kinds) { return static_cast<std::int64_t>(kinds); }

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
};

struct conversation {
  std::int64_t row = 0;
  std::int64_t number = 0;  // of its last entry
  entry_id newest = 0;      // a lower bound while entries are removed one by one
};

stored_entry entry_of(const sqlite::rows& row) {
  const auto text = [&](int column) { return std::string(row.text(column)); };
  return {unsign(row.integer(0)),
          static_cast<unsigned char>(row.integer(1)),
          text(2),
          text(3),
          text(4),
          text(5),
          text(6)};
}

std::uint64_t size_of(const std::string& path) {
  std::error_code none;
  const std::uintmax_t size = std::filesystem::file_size(path, none);
  return none ? 0 : size;
}

struct statements {
  explicit statements(const sqlite::connection& db) : on(db) {}
  const sqlite::connection& on;

  sqlite::statement begin{on, "BEGIN IMMEDIATE"};
  sqlite::statement commit{on, "COMMIT"};
  sqlite::statement rollback{on, "ROLLBACK"};
  sqlite::statement reserve{on, "UPDATE meta SET value = ? WHERE name = 'reserved'"};

  sqlite::statement conversation{on,
                                 "SELECT c.id, e.number, e.id FROM conversations c LEFT JOIN entries e "
                                 "ON e.conversation = c.id WHERE c.name = ? ORDER BY e.id DESC LIMIT 1"};
  sqlite::statement add_conversation{on, "INSERT INTO conversations(name) VALUES(?)"};
  sqlite::statement name{on, "UPDATE conversations SET name = ?2 WHERE name = ?1"};
  sqlite::statement unname{on, "UPDATE conversations SET name = NULL WHERE name = ?"};

  sqlite::statement append{on, "INSERT INTO entries VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  sqlite::statement remove{on, "DELETE FROM entries WHERE conversation = ? AND id = ?"};
  sqlite::statement find{on,
                         "SELECT id, kind, source, account, text, tags, extra FROM entries "
                         "WHERE conversation = ? AND id = ?"};
  sqlite::statement oldest{
      on,
      "SELECT id, kind, source, account, text, tags, extra FROM entries WHERE conversation = ?1 "
      "AND id > ?2 AND id < ?3 AND (?4 >> kind) & 1 ORDER BY id LIMIT ?5"};
  sqlite::statement newest{
      on,
      "SELECT id, kind, source, account, text, tags, extra FROM entries WHERE conversation = ?1 "
      "AND id > ?2 AND id < ?3 AND (?4 >> kind) & 1 ORDER BY id DESC LIMIT ?5"};
  sqlite::statement newest_id{
      on, "SELECT id FROM entries WHERE conversation = ?1 AND (?2 >> kind) & 1 ORDER BY id DESC LIMIT 1"};

  sqlite::statement put{on,
                        "INSERT INTO documents VALUES(?, ?, ?) "
                        "ON CONFLICT(kind, key) DO UPDATE SET value = excluded.value"};
  sqlite::statement drop{on, "DELETE FROM documents WHERE kind = ? AND key = ?"};
  sqlite::statement get{on, "SELECT value FROM documents WHERE kind = ? AND key = ?"};
  sqlite::statement from{on,
                         "SELECT key, value FROM documents WHERE kind = ? AND key >= ? ORDER BY key LIMIT ?"};
  sqlite::statement beyond{
      on, "SELECT key, value FROM documents WHERE kind = ? AND key > ? ORDER BY key LIMIT ?"};

  sqlite::statement sweep{
      on,
      "SELECT id, name, (SELECT number FROM entries WHERE conversation = c.id ORDER BY id DESC LIMIT 1) "
      "FROM conversations c WHERE id > ? ORDER BY id LIMIT 1"};
  sqlite::statement ids{on, "SELECT id, number FROM entries WHERE conversation = ? ORDER BY id LIMIT ?"};
  sqlite::statement cut{on, "DELETE FROM entries WHERE conversation = ? AND id <= ?"};
  sqlite::statement drop_conversation{on,
                                      "DELETE FROM conversations WHERE id = ?1 AND NOT EXISTS(SELECT 1 FROM "
                                      "entries WHERE conversation = ?1)"};
};

}  // namespace

struct store::engine {
  explicit engine(const store_options& options)
      : path(store_path(options)), lock(options.folder), db(open_store(options)) {
    db->limit_wal(most_pages);
    last = reserved = kept_reserved = unsign(db->integer("SELECT value FROM meta WHERE name = 'reserved'"));
  }

  /// Makes a change in the turn, or remembers that it failed and answers with nothing.
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

  template <std::invocable Question> auto ask(Question answer) -> std::invoke_result_t<Question> {
    try {
      return answer();
    } catch (const sqlite::failure& why) {
      throw store_failure(trouble::failed, path, why);
    }
  }

  void begin() {
    sql.begin.run();
    in_turn = true;
  }

  void reserve(entry_id up_to) {
    reserved = std::min(up_to, last_possible);
    sql.reserve.run(number(reserved));
  }

  void commit() {
    sql.commit.run();
    in_turn = false;
    kept_reserved = reserved;
  }

  void rollback() noexcept {
    // Some failures have rolled it back already.
    if (db->in_transaction()) try {
        sql.rollback.run();
      } catch (const sqlite::failure&) {  // it is as rolled back as it can be
      }
    in_turn = false;
    failed.reset();
    reserved = kept_reserved;
    known.clear();
  }

  /// A commit can fail when all of it is in the log already, as when the disk could not be waited for. What
  /// is written next takes its place there; until then, a kill would bring it back at the next start.
  void bury() noexcept {
    try {
      begin();
      reserve(std::max(reserved, last) + 1);
      commit();
    } catch (const sqlite::failure&) {
      rollback();
    }
  }

  /// Null: there is none of that name.
  conversation* look_up(std::string_view name) {
    if (const auto at = known.find(name); at != known.end()) return &at->second;
    sqlite::rows found = sql.conversation.start(name);
    if (!found.next()) return nullptr;
    return remember(name, {found.integer(0), found.integer(1), unsign(found.integer(2))});
  }

  conversation* remember(std::string_view name, const conversation& what) {
    if (known.size() >= most_known) known.clear();
    return &known.insert_or_assign(std::string(name), what).first->second;
  }

  void forget(std::string_view name) {
    if (const auto at = known.find(name); at != known.end()) known.erase(at);
  }

  void append(std::string_view name, const entry& what) {
    conversation* to = look_up(name);
    if (!to) {
      sql.add_conversation.run(name);
      to = remember(name, {db->last_row(), 0, 0});
    }
    if (what.id <= to->newest) throw std::invalid_argument("an entry's id is not above the last one's");
    sql.append.run(to->row, number(what.id), to->number + 1, std::int64_t{what.kind}, what.source,
                   what.account, what.text, what.tags, what.extra);
    ++to->number;
    to->newest = what.id;
  }

  struct candidate {
    std::int64_t row = 0;
    std::int64_t last_number = 0;
    std::optional<std::string> name = {};  // none: it was erased
  };
  std::optional<candidate> next_to_prune();
  /// Prunes the next conversation within the budget. `round`: they have all had their turn.
  std::size_t prune_next(entry_id older_than, std::size_t most, std::size_t budget, bool& round);

  std::string path;
  folder_lock lock;
  std::unique_ptr<sqlite::connection> db;
  statements sql{*db};

  bool in_turn = false;
  std::optional<sqlite::failure> failed;  // what became of the turn

  entry_id last = 0;           // the greatest id given
  entry_id reserved = 0;       // up to which ids may be given
  entry_id kept_reserved = 0;  // the same, when the turn is rolled back
  std::int64_t swept = 0;      // the row of the conversation that was pruned last
  std::unordered_map<std::string, conversation, text_hash, std::equal_to<>> known;
};

store::store(store_options options) : options_(std::move(options)) {
  try {
    engine_ = std::make_unique<engine>(options_);
  } catch (const sqlite::failure& why) {
    throw store_failure(trouble::unusable, store_path(options_), why);
  }
}

store::~store() {
  rollback();
  // So that the next start need not skip the rest of the stretch.
  if (engine_->last < engine_->reserved)
    engine_->change([&] {
      engine_->reserve(engine_->last);
      engine_->commit();
    });
  engine_->rollback();
}

entry_id store::next_id(std::chrono::system_clock::time_point now) {
  const auto since = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  engine& e = *engine_;
  e.last = std::max(since > 0 ? unsign(since) : 0, e.last + 1);
  if (e.last > e.reserved) e.change([&] { e.reserve(e.last + stretch); });
  return e.last;
}

void store::append(std::string_view conversation, const entry& what) {
  if (what.kind > 63) throw std::invalid_argument("an entry's kind is above 63");
  engine& e = *engine_;
  e.change([&] {
    e.append(conversation, what);
    if (what.id <= e.last) return;
    e.last = what.id;
    if (e.last > e.reserved) e.reserve(e.last + stretch);
  });
}

bool store::remove(std::string_view conversation, entry_id id) {
  engine& e = *engine_;
  return e.change([&] {
    const auto* in = e.look_up(conversation);
    if (!in) return false;
    e.sql.remove.run(in->row, number(id));
    return e.db->changes() > 0;
  });
}

bool store::rename(std::string_view from, std::string_view to) {
  engine& e = *engine_;
  return from != to && newest(to) == 0 && e.change([&] {
    // The other name may have had a history whose last entry was removed.
    e.sql.unname.run(to);
    e.sql.name.run(from, to);
    e.forget(from);
    e.forget(to);
    return e.db->changes() > 0;
  });
}

void store::erase(std::string_view conversation) {
  engine& e = *engine_;
  e.change([&] {
    e.sql.unname.run(conversation);
    e.forget(conversation);
  });
}

std::optional<stored_entry> store::find(std::string_view conversation, entry_id id) {
  engine& e = *engine_;
  return e.ask([&]() -> std::optional<stored_entry> {
    const auto* in = e.look_up(conversation);
    if (!in) return {};
    sqlite::rows row = e.sql.find.start(in->row, number(id));
    if (!row.next()) return {};
    return entry_of(row);
  });
}

std::vector<stored_entry> store::read(std::string_view conversation, const entry_range& which) {
  engine& e = *engine_;
  return e.ask([&] {
    std::vector<stored_entry> all;
    const auto* in = e.look_up(conversation);
    if (!in) return all;
    const bool backwards = which.from == entry_range::end::newest;
    sqlite::rows row = (backwards ? e.sql.newest : e.sql.oldest)
                           .start(in->row, number(which.after), number(which.before), bits(which.kinds),
                                  number(which.limit));
    while (row.next()) all.push_back(entry_of(row));
    if (backwards) std::reverse(all.begin(), all.end());
    return all;
  });
}

entry_id store::newest(std::string_view conversation, kind_set kinds) {
  engine& e = *engine_;
  return e.ask([&]() -> entry_id {
    const auto* in = e.look_up(conversation);
    if (!in) return 0;
    sqlite::rows row = e.sql.newest_id.start(in->row, bits(kinds));
    return row.next() ? unsign(row.integer(0)) : 0;
  });
}

std::vector<std::pair<std::string, entry_id>> store::newest(std::span<const std::string> among,
                                                            kind_set kinds) {
  std::vector<std::pair<std::string, entry_id>> all;
  for (const std::string& name : among)
    if (const entry_id id = newest(name, kinds)) all.emplace_back(name, id);
  return all;
}

void store::put(std::string_view kind, std::string_view key, std::string_view json) {
  engine_->change([&] { engine_->sql.put.run(kind, key, json); });
}

bool store::erase(std::string_view kind, std::string_view key) {
  return engine_->change([&] {
    engine_->sql.drop.run(kind, key);
    return engine_->db->changes() > 0;
  });
}

std::optional<std::string> store::get(std::string_view kind, std::string_view key) {
  return engine_->ask([&]() -> std::optional<std::string> {
    sqlite::rows row = engine_->sql.get.start(kind, key);
    if (!row.next()) return {};
    return std::string(row.text(0));
  });
}

void store::each(std::string_view kind, std::string_view prefix, const visitor& visit) {
  // In batches, so that no statement is under way while the visitor changes the store.
  std::vector<std::pair<std::string, std::string>> found;
  std::string from(prefix);
  bool beyond = false;
  do {
    found.clear();
    engine_->ask([&] {
      sqlite::rows row = (beyond ? engine_->sql.beyond : engine_->sql.from).start(kind, from, batch);
      while (row.next()) found.emplace_back(row.text(0), row.text(1));
    });
    for (const auto& [key, json] : found) {
      if (!key.starts_with(prefix)) return;
      visit(key, json);
    }
    if (!found.empty()) from = found.back().first;
    beyond = true;
  } while (found.size() == static_cast<std::size_t>(batch));
}

bool store::dirty() const noexcept { return engine_->in_turn || engine_->failed; }

void store::commit() {
  if (!dirty()) return;
  engine& e = *engine_;
  bool written = false;
  if (!e.failed) try {
      written = true;
      return e.commit();
    } catch (const sqlite::failure& why) {
      e.failed = why;
    }
  const store_error why = store_failure(trouble::failed, e.path, *e.failed);
  e.rollback();
  if (written) e.bury();
  throw why;
}

void store::rollback() noexcept { engine_->rollback(); }

store::pruned store::prune(entry_id older_than, std::size_t most, std::size_t budget) {
  engine& e = *engine_;
  pruned all;
  bool round = false;
  // Even a conversation of which nothing goes costs a look.
  for (std::size_t spent = 0; spent < budget && !round;) {
    const std::size_t removed =
        e.change([&] { return e.prune_next(older_than, most, budget - spent, round); });
    if (e.failed) return {};
    all.removed += removed;
    spent += removed + 1;
  }
  all.done = round;
  return all;
}

std::optional<store::engine::candidate> store::engine::next_to_prune() {
  sqlite::rows found = sql.sweep.start(swept);
  if (!found.next()) return {};
  candidate next{.row = found.integer(0), .last_number = found.integer(2)};
  if (!found.is_null(1)) next.name = found.text(1);
  return next;
}

std::size_t store::engine::prune_next(entry_id older_than, std::size_t most, std::size_t budget,
                                      bool& round) {
  const std::optional<candidate> next = next_to_prune();
  if (!next) {
    swept = 0;
    round = true;
    return 0;
  }
  const std::int64_t first_kept = next->last_number - number(most) + 1;
  std::size_t count = 0;
  std::int64_t up_to = 0;
  {
    sqlite::rows one = sql.ids.start(next->row, number(budget));
    for (; one.next(); ++count) {
      if (next->name && unsign(one.integer(0)) >= older_than && one.integer(1) >= first_kept) break;
      up_to = one.integer(0);
    }
  }
  if (count > 0) sql.cut.run(next->row, up_to);
  // With the budget used up there may be more to remove, and its turn comes again.
  if (count == budget) return count;
  sql.drop_conversation.run(next->row);
  if (db->changes() > 0 && next->name) forget(*next->name);
  swept = next->row;
  return count;
}

bool store::checkpoint_due() const noexcept { return engine_->db->wal_pages() >= due_pages; }

store::statistics store::measure() {
  engine& e = *engine_;
  return e.ask([&] {
    statistics all;
    all.conversations = unsign(e.db->integer("SELECT count(*) FROM conversations WHERE name IS NOT NULL"));
    all.entries = unsign(e.db->integer(
        "SELECT sum((SELECT number FROM entries WHERE conversation = c.id ORDER BY id DESC LIMIT 1) - "
        "(SELECT number FROM entries WHERE conversation = c.id ORDER BY id LIMIT 1) + 1) FROM conversations "
        "c"));
    all.free_bytes = unsign(e.db->integer("PRAGMA freelist_count")) * page;
    all.file_bytes = unsign(e.db->integer("PRAGMA page_count")) * page;
    if (!options_.folder.empty()) all.log_bytes = size_of(e.path + "-wal");
    return all;
  });
}

void checkpoint(const store_options& of) {
  if (of.folder.empty()) return;
  const std::string path = store_path(of);
  try {
    sqlite::connection db(path, sqlite::opening::existing, of.vfs);
    db.integer("PRAGMA user_version");  // only what has read the file knows of its log
    db.checkpoint();
  } catch (const sqlite::failure& why) {
    throw store_failure(trouble::failed, path, why);
  }
}

}  // namespace parlance::chat
