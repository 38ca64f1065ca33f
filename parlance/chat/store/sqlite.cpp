#include <sqlite3.h>

#include <cerrno>
#include <chrono>
#include <limits>
#include <thread>

#include <parlance/chat/store/sqlite.hpp>

namespace parlance::chat::sqlite {
namespace {

// Between two looks at another program's lock.
constexpr std::chrono::milliseconds between_looks(2);

// Of a copy, between two questions whether to stop: 4 MiB.
constexpr int pages_at_once = 1024;
// The same of a statement: a millisecond or so.
constexpr int instructions_at_once = 100'000;

double seconds(std::chrono::milliseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

failure::failure(int code, int system_error, const std::string& text)
    : std::runtime_error(text), code_(code), system_error_(system_error) {}

bool failure::disk_is_full() const noexcept {
  // The index of the log is grown by writing, and its failure has a code of its own.
  return (code_ & 0xff) == SQLITE_FULL || code_ == SQLITE_IOERR_SHMSIZE ||
         ((code_ & 0xff) == SQLITE_IOERR && (system_error_ == ENOSPC || system_error_ == EDQUOT));
}

connection::connection(const std::string& path, opening how, const std::string& vfs) {
  // Nobody asks how much memory it has, and counting it costs each allocation a mutex that all connections share.
  static const int uncounted = ::sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(uncounted);
  const int make = how == opening::make ? SQLITE_OPEN_CREATE : 0;
  // One thread at a time uses a connection, so it needs no mutex.
  const int access = how == opening::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | make;
  const int flags = access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int result = ::sqlite3_open_v2(path.c_str(), &db_, flags, vfs.empty() ? nullptr : vfs.c_str());
  if (result != SQLITE_OK) {
    const failure why(result, ::sqlite3_system_errno(db_),
                      db_ ? ::sqlite3_errmsg(db_) : ::sqlite3_errstr(result));
    ::sqlite3_close(db_);
    throw why;
  }
  ::sqlite3_busy_handler(db_, &connection::wait_for_lock, this);
}

int connection::wait_for_lock(void* self, int) noexcept {
  auto& here = *static_cast<connection*>(self);
  if (!here.patience_.take_whole(seconds(between_looks), std::chrono::steady_clock::now())) return 0;
  std::this_thread::sleep_for(between_looks);
  return 1;
}

connection::~connection() { ::sqlite3_close_v2(db_); }

void connection::run(const char* sql) { check(::sqlite3_exec(db_, sql, nullptr, nullptr, nullptr)); }

std::int64_t connection::integer(const char* sql) {
  statement query(*this, sql);
  rows all = query.start();
  return all.next() ? all.integer(0) : 0;
}

std::string connection::text(const char* sql) {
  statement query(*this, sql);
  rows all = query.start();
  return all.next() ? std::string(all.text(0)) : std::string();
}

std::int64_t connection::changes() const noexcept { return ::sqlite3_changes64(db_); }

std::int64_t connection::last_row() const noexcept { return ::sqlite3_last_insert_rowid(db_); }

bool connection::in_transaction() const noexcept { return ::sqlite3_get_autocommit(db_) == 0; }

void connection::limit_wal(int most) {
  most_wal_pages_ = most;
  ::sqlite3_wal_hook(db_, &connection::committed, this);
}

int connection::committed(void* self, sqlite3*, const char*, int pages) noexcept {
  auto& here = *static_cast<connection*>(self);
  here.wal_pages_ = pages;
  // The commit stands, whatever becomes of this; an error returned here would be reported as the commit's.
  if (pages >= here.most_wal_pages_)
    ::sqlite3_wal_checkpoint_v2(here.db_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  return SQLITE_OK;
}

void connection::checkpoint() {
  const int result = ::sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  // Busy: another checkpoint is under way.
  if ((result & 0xff) != SQLITE_BUSY) check(result);
}

void connection::leave_log() {
  check(::sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr));
}

void connection::copy_to(connection& other, const std::function<bool()>& is_stopped) const {
  sqlite3_backup* const copy = ::sqlite3_backup_init(other.db_, "main", db_, "main");
  if (!copy) other.check(::sqlite3_errcode(other.db_));
  int result = SQLITE_OK;
  while (result == SQLITE_OK) {
    result = ::sqlite3_backup_step(copy, pages_at_once);
    if (result == SQLITE_OK && is_stopped && is_stopped()) result = SQLITE_INTERRUPT;
  }
  const int why = errno;
  ::sqlite3_backup_finish(copy);
  if (result != SQLITE_DONE) throw failure(result, why, ::sqlite3_errstr(result));
}

void connection::stop_when(const std::function<bool()>& is_stopped) {
  if (!is_stopped) return;
  // SQLite takes any pointer for its own, and gives it back unchanged.
  void* const question = const_cast<std::function<bool()>*>(&is_stopped);
  const auto ask = [](void* of) { return (*static_cast<const std::function<bool()>*>(of))() ? 1 : 0; };
  ::sqlite3_progress_handler(db_, instructions_at_once, ask, question);
}

void connection::check(int result) const {
  if (result == SQLITE_OK || result == SQLITE_ROW || result == SQLITE_DONE) return;
  throw failure(result, ::sqlite3_system_errno(db_), ::sqlite3_errmsg(db_));
}

rows::~rows() { ::sqlite3_reset(of_); }

bool rows::next() {
  const int result = ::sqlite3_step(of_);
  if (result == SQLITE_ROW) return true;
  on_.check(result);
  return false;
}

std::int64_t rows::integer(int column) const noexcept { return ::sqlite3_column_int64(of_, column); }

std::string_view rows::text(int column) const noexcept {
  const unsigned char* bytes = ::sqlite3_column_text(of_, column);
  if (!bytes) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(::sqlite3_column_bytes(of_, column))};
}

bool rows::is_null(int column) const noexcept { return ::sqlite3_column_type(of_, column) == SQLITE_NULL; }

statement::statement(const connection& on, std::string_view sql) : on_(on) {
  on_.check(::sqlite3_prepare_v3(on_.db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                 &statement_, nullptr));
}

statement::~statement() { ::sqlite3_finalize(statement_); }

void statement::bind(int index, std::int64_t value) {
  on_.check(::sqlite3_bind_int64(statement_, index, value));
}

void statement::bind(int index, std::string_view value) {
  // A null pointer would bind NULL, which an empty text is not.
  const char* bytes = value.data() ? value.data() : "";
  on_.check(::sqlite3_bind_text64(statement_, index, bytes, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

}  // namespace parlance::chat::sqlite
