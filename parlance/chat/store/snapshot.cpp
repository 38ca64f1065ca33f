#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <utility>

#include <parlance/chat/store/file.hpp>
#include <parlance/chat/store/snapshot.hpp>
#include <parlance/io/error.hpp>

namespace parlance::chat {
namespace {

namespace fs = std::filesystem;
using trouble = store_error::trouble;

std::string expect_database(const std::string& path, std::string_view otherwise) {
  std::error_code error;
  if (fs::exists(path, error)) return path;
  if (error)
    throw store_error(trouble::unusable,
                      fmt::format("{}: {}; let this user read there", path, io::reason(error)));
  throw store_error(trouble::unusable, fmt::format("{}: {}", path, otherwise));
}

void expect_known(const std::string& path, sqlite::connection& db) {
  const auto refuse = [&](std::string_view why) {
    throw store_error(trouble::unusable, fmt::format("{}: {}", path, why));
  };
  if (db.integer("PRAGMA application_id") != store_application)
    refuse("is no history of a chat; name another");
  if (const std::int64_t its = db.integer("PRAGMA user_version"); its > store_version)
    refuse(fmt::format("was written by a newer version (format {}, this one knows {}); use that version", its,
                       store_version));
}

template <std::invocable Work> auto told(const std::string& path, Work work) -> std::invoke_result_t<Work> {
  try {
    return work();
  } catch (const sqlite::failure& why) {
    throw snapshot_failure(path, why);
  }
}

}  // namespace

store_error snapshot_failure(const std::string& path, const sqlite::failure& why) {
  const int code = why.code() & 0xff;
  if (code != SQLITE_CORRUPT && code != SQLITE_NOTADB) return store_failure(trouble::failed, path, why);
  return {trouble::unusable,
          fmt::format("{}: is damaged or not a history ({}); take an earlier backup", path, why.what())};
}

// The journal is read first, and only then does the database's transaction begin, which sees one generation
// to the end. Whatever the server does meanwhile:
//   - It keeps turns in the journal. Its bytes are read while they are written: of a record that is not
//     whole, the checksum is wrong, and so its turn was not committed when this began. Those before it are
//     whole.
//   - It moves the journal into the database, and begins it again from its first byte. That transaction is
//     seen to be committed before the first byte changes. So whoever has read a byte of the new generation,
//     and then begins a transaction, sees a database that has all of the old one; and what it has read of
//     the old one is of no generation that the database continues with, and does not count. Of the new one
//     it has the records that lie whole at the beginning, each of which has the checksum of the one before
//     in its own.
//   - It moves the journal between the two. Then nothing that was read counts, and the database has it all.
//     What is in the journal by now was committed after this began.
//   - It moves the journal after the transaction has begun here: the transaction does not see that.
//   - It copies its log into the database (a checkpoint): only as far as no transaction still reads what was
//     there. A log that begins anew would overwrite what a transaction reads, and SQLite does not let it.
//   - It is killed: the log ends with the last transaction that was committed, as it does for the next
//     server.
// The other way round, a journal that moves between the two would be missing: its turns are in a transaction
// that is not seen, and its bytes are overwritten.
store_snapshot::store_snapshot(const store_options& of)
    : store_snapshot(
          expect_database(store_path(of), "there is no chat; name the folder that the server keeps it in"),
          sqlite::opening::existing, of.vfs,
          told(store_path(of), [&] { return store_journal::copy(store_path(of), of.vfs); })) {}

store_snapshot::store_snapshot(const fs::path& backup)
    : store_snapshot(expect_database(fs::absolute(backup).string(), "there is no such file"),
                     sqlite::opening::read_only, {}, {}) {}

store_snapshot::store_snapshot(const std::string& path, sqlite::opening how, const std::string& vfs,
                               std::string journal)
    : path_(path),
      journal_(std::move(journal)),
      db_(told(path, [&] { return sqlite::connection(path, how, vfs); })) {
  told(path_, [&] { begin(); });
}

void store_snapshot::begin() {
  db_.run("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; BEGIN");
  expect_known(path_, db_);
  const auto generation = unsign(db_.integer("SELECT value FROM meta WHERE name = 'generation'"));
  conversation_ends ends(sql_.emplace(db_));
  times_ = kept_times(*sql_);
  bool fits = true;
  store_journal::each_in(journal_, generation, [&](const store_journal::item& one) {
    fits = fits && ends.take(one);
    if (fits) later_.push_back(one);
  });
}

// Whoever closes a database last has SQLite copy its log into it, which is the next server's to do. A log
// that is empty was made by this.
store_snapshot::~store_snapshot() {
  std::error_code none;
  if (fs::file_size(path_ + "-wal", none) != 0 && !none) db_.leave_log();
}

std::vector<std::string> store_snapshot::conversations() {
  return told(path_, [&] {
    std::vector<std::string> names;
    sqlite::statement all(db_, "SELECT name FROM conversations WHERE name IS NOT NULL ORDER BY name");
    for (sqlite::rows row = all.start(); row.next();) names.emplace_back(row.text(0));
    return names;
  });
}

void store_snapshot::each(std::string_view conversation, entry_id from,
                          const std::function<void(const stored_entry&)>& visit) {
  constexpr std::int64_t all = std::numeric_limits<std::int64_t>::max();
  std::optional<std::int64_t> in;
  const entry_id after = from == 0 ? 0 : from - 1;
  told(path_, [&] {
    if (sqlite::rows found = sql_->conversation.start(conversation); found.next()) in = found.integer(0);
    if (!in) return;
    const std::vector<ended_part> over = ended_parts(*sql_, *in);
    sqlite::rows row = sql_->oldest.start(*in, number(after), all, bits(all_kinds), all);
    while (row.next()) {
      const auto holds = [id = unsign(row.integer(0))](const ended_part& p) { return p.holds(id); };
      if (std::ranges::none_of(over, holds)) visit(entry_of(row, times_));
    }
  });
  for (const auto& [row, number, e] : later_)
    if (row == in && e.id >= from)
      visit({e.id, e.kind, std::string(e.source), std::string(e.account), std::string(e.text),
             std::string(e.tags), std::string(e.extra), times_.time_of(e.id)});
}

std::optional<std::string> store_snapshot::get(std::string_view kind, std::string_view key) {
  return told(path_, [&]() -> std::optional<std::string> {
    sqlite::rows row = sql_->get.start(kind, key);
    if (!row.next()) return {};
    return std::string(row.text(0));
  });
}

void store_snapshot::each_document(std::string_view kind, std::string_view prefix,
                                   const std::function<void(std::string_view, std::string_view)>& visit) {
  constexpr std::int64_t all = std::numeric_limits<std::int64_t>::max();
  const std::string end = behind(prefix);
  told(path_, [&] {
    sqlite::rows row = sql_->from.start(kind, prefix, end, all);
    while (row.next()) visit(row.text(0), row.text(1));
  });
}

void store_snapshot::copy_to(sqlite::connection& other, const std::function<bool()>& is_stopped) {
  db_.copy_to(other, is_stopped);
  store_statements on_copy(other);
  on_copy.begin.run();
  on_copy.insert(later_);
  bring_up_to_date(other);
  begin_generations(other);
  on_copy.commit.run();
}

}  // namespace parlance::chat
