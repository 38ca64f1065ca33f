#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <thread>

#include <parlance/chat/store/file.hpp>
#include <parlance/chat/store/former_room_names.hpp>
#include <parlance/io/error.hpp>

namespace parlance::chat {
namespace {

namespace fs = std::filesystem;

// Entries lie in the order in which they are read. `number` counts those of a conversation (see tally), so that
// how many there are is known from the first and the last. A conversation without a name was erased, and its
// entries wait to be pruned.
constexpr const char* tables = R"(
  CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO meta VALUES('reserved', 0);
  CREATE TABLE conversations(id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT;
  CREATE TABLE entries(
    conversation INTEGER NOT NULL, id INTEGER NOT NULL, number INTEGER NOT NULL, kind INTEGER NOT NULL,
    source TEXT NOT NULL, account TEXT NOT NULL, text TEXT NOT NULL, tags TEXT NOT NULL, extra TEXT NOT NULL,
    PRIMARY KEY(conversation, id)) STRICT, WITHOUT ROWID;
  CREATE TABLE documents(
    kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(kind, key)) STRICT, WITHOUT ROWID;
)";

// Those that are looked for most, among whatever else there is (store.hpp): since version 3.
constexpr const char* index_of_found_kinds =
    "CREATE INDEX found_entries ON entries(conversation, id) WHERE kind IN (1, 2)";
static_assert(found_kinds == (kind_bit(1) | kind_bit(2)));

// Of the journal (journal.hpp): since version 2. It begins anywhere, so that records beside a database
// that was put in another's place are not taken for its own.
constexpr const char* generation =
    "INSERT OR REPLACE INTO meta VALUES('generation', random() & 0x3fffffffffffffff)";

constexpr std::string_view start_again =
    "put a copy in its place, or move it and its chat.db-wal away to begin anew";

store_error unusable(const std::string& path, const std::string& what_and_advice) {
  return {store_error::trouble::unusable, fmt::format("{}: {}", path, what_and_advice)};
}

store_error cannot_write(const std::string& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  return unusable(
      path, fmt::format("{}; {}, or choose another folder for the history", io::reason(io::from_errno(error)),
                        full ? "free some space" : "let this user write there"));
}

/// Throws when a file says of itself that it is of another program or a newer version.
void check_owner(const std::string& path, std::int64_t its_application, std::int64_t its_version) {
  if (its_application != store_application)
    throw unusable(path, "belongs to another program; choose another folder for the history");
  if (its_version > store_version)
    throw unusable(path,
                   fmt::format("was written by a newer version (format {}, this one knows {}); run that "
                               "version, or choose another folder for the history",
                               its_version, store_version));
}

std::int64_t big_endian(const unsigned char* bytes) {
  return std::int64_t{bytes[0]} << 24U | bytes[1] << 16U | bytes[2] << 8U | bytes[3];
}

/// Looks at the header before SQLite does, which repairs what an unclean end left behind also in files that
/// are not ours. False: there is no file.
bool check_header(const std::string& path) {
  const open_file opened(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (opened.fd < 0 && errno == ENOENT) return false;
  if (opened.fd < 0) throw cannot_write(path, errno);
  std::array<unsigned char, 100> header{};
  const ssize_t size = ::pread(opened.fd, header.data(), header.size(), 0);
  if (size < 0) throw cannot_write(path, errno);
  constexpr std::string_view magic("SQLite format 3\0", 16);
  if (size < static_cast<ssize_t>(header.size()) ||
      std::memcmp(header.data(), magic.data(), magic.size()) != 0)
    throw unusable(path, fmt::format("is damaged or not a history; {}", start_again));
  check_owner(path, big_endian(header.data() + 68), big_endian(header.data() + 60));
  return true;
}

void make_tables(sqlite::connection& db) {
  db.run("BEGIN");
  db.run(tables);
  db.run(index_of_found_kinds);
  db.run(fmt::format("PRAGMA application_id = {}", store_application).c_str());
  begin_generations(db);
  db.run("COMMIT");
}

/// Makes the database under another name, waits for the disk once, and renames it: it is there whole or not
/// at all. SQLite's own way would wait eight times, and let everybody read it.
void make_file(const std::string& path, const std::string& vfs) {
  if (fs::exists(path + "-wal"))
    throw unusable(path,
                   "is missing, but its log is there; put it back, or move chat.db-wal away to begin anew");
  const std::string draft = path + ".new";
  for (const char* rest : {"", "-wal", "-shm"}) {
    std::error_code ignored;
    fs::remove(draft + rest, ignored);
  }
  const open_file made(::open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (made.fd < 0) throw cannot_write(draft, errno);
  {
    sqlite::connection db(draft, sqlite::opening::existing, vfs);
    db.run("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF");
    make_tables(db);
    begin_log(db, path);
  }
  // The first commit syncs the log, and with it the folder.
  if (::fsync(made.fd) != 0 || ::rename(draft.c_str(), path.c_str()) != 0) throw cannot_write(path, errno);
}

void set_up(sqlite::connection& db, const std::string& path, durability keeps) {
  // A file from elsewhere may lie in the folder: it must not run code, and is believed nothing unchecked.
  db.run("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0");
  // A turn is written when it is committed, and not before; and 8 MiB of what was last read stay at hand.
  db.run("PRAGMA cache_spill = OFF; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY");
  if (path == ":memory:") make_tables(db);
  // Again, for what the log says is newer than the header.
  check_owner(path, db.integer("PRAGMA application_id"), db.integer("PRAGMA user_version"));
  db.run(keeps == durability::power ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  db.run("PRAGMA journal_size_limit = 67108864");
  if (db.integer("PRAGMA user_version") == store_version) return;
  db.run("BEGIN");
  bring_up_to_date(db);
  db.run("COMMIT");
}

std::string holder(int fd) {
  std::array<char, 16> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size() - 1, 0);
  return size > 0 ? fmt::format("process {}", std::string_view(text.data(), static_cast<std::size_t>(size)))
                  : "another process";
}

}  // namespace

open_file::~open_file() {
  if (fd >= 0) ::close(fd);
}

std::string store_path(const store_options& of) {
  // Absolute, for SQLite takes "file:..." to be an address.
  return of.folder.empty() ? ":memory:" : fs::absolute(of.folder / "chat.db").string();
}

store_error store_failure(store_error::trouble kind, const std::string& path, const sqlite::failure& why) {
  const auto text = [&](std::string_view what) { return fmt::format("{}: {}", path, what); };
  const int code = why.code() & 0xff;
  if (why.disk_is_full()) {
    if (kind == store_error::trouble::failed) kind = store_error::trouble::full;
    return {kind, text("the disk is full, and nothing more can be kept; free some space")};
  }
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
    return {kind, text(fmt::format("is damaged ({}); {}", why.what(), start_again))};
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
    return {kind, text("another program is writing into it; end that program")};
  if (code == SQLITE_READONLY || code == SQLITE_CANTOPEN || code == SQLITE_PERM)
    return {kind, text(fmt::format("{}; let this user write there", why.what()))};
  const std::string cause =
      why.system_error() != 0 ? fmt::format(": {}", io::reason(io::from_errno(why.system_error()))) : "";
  return {kind, text(fmt::format("{}{} (SQLite's error {}); look at the disk and the system's log",
                                 why.what(), cause, why.code()))};
}

void begin_generations(sqlite::connection& db) {
  db.run(generation);
  db.run(fmt::format("PRAGMA user_version = {}", store_version).c_str());
}

void bring_up_to_date(sqlite::connection& db) {
  const std::int64_t version = db.integer("PRAGMA user_version");
  if (version < 2) begin_generations(db);  // otherwise the journal goes on
  if (version < 3) db.run(index_of_found_kinds);
  if (version < 5) fold_former_room_names(db);
  db.run(fmt::format("PRAGMA user_version = {}", store_version).c_str());
}

void begin_log(sqlite::connection& db, const std::string& path) {
  if (db.text("PRAGMA journal_mode = WAL") != "wal")
    throw unusable(path, "lies on a file system without shared memory; choose a folder on a local disk");
}

folder_lock::folder_lock(const fs::path& folder) {
  if (folder.empty()) return;
  std::error_code error;
  if (!fs::exists(folder, error)) {
    fs::create_directories(folder, error);
    if (!error) fs::permissions(folder, fs::perms::owner_all, error);
    if (error) throw cannot_write(folder.string(), error.value());
  }
  const std::string path = folder / "chat.lock";
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) throw cannot_write(folder.string(), errno);
  // One that was killed has it until the kernel has taken it down.
  constexpr int tries = 30;
  constexpr auto moment = std::chrono::milliseconds(100);
  int locked = -1;
  for (int i = 0; (locked = ::flock(fd_, LOCK_EX | LOCK_NB)) != 0 && errno == EWOULDBLOCK && i < tries; ++i)
    std::this_thread::sleep_for(moment);
  if (locked != 0) {
    const int why = errno;
    const std::string who = holder(fd_);
    ::close(fd_);
    if (why != EWOULDBLOCK) throw unusable(path, io::reason(io::from_errno(why)));
    throw unusable(folder.string(), fmt::format("is in use by {}; end it, or choose another folder", who));
  }
  // For whoever finds the folder locked. It may not fit on a full disk, and the lock holds without it.
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(fd_, 0) == 0 && ::pwrite(fd_, pid.data(), pid.size(), 0) < 0) errno = 0;
}

folder_lock::~folder_lock() {
  if (fd_ >= 0) ::close(fd_);
}

std::unique_ptr<sqlite::connection> open_store(const store_options& options) {
  const std::string path = store_path(options);
  try {
    if (!options.folder.empty() && !check_header(path)) make_file(path, options.vfs);
    auto db = std::make_unique<sqlite::connection>(
        path, options.folder.empty() ? sqlite::opening::make : sqlite::opening::existing, options.vfs);
    set_up(*db, path, options.keeps);
    return db;
  } catch (const sqlite::failure& why) {
    throw store_failure(store_error::trouble::unusable, path, why);
  }
}

}  // namespace parlance::chat
