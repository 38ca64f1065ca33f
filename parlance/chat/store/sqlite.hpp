// SQLite as the store needs it: a connection of one thread, statements that are prepared once, and failures
// as exceptions.
//
//   sqlite::connection db("/var/lib/parlance/chat.db", sqlite::opening::make);
//   sqlite::statement newest(db, "SELECT id, text FROM entries WHERE conversation = ? ORDER BY id DESC LIMIT
//   10"); for (auto rows = newest.start(7); rows.next();) fmt::print("{} {}\n", rows.integer(0),
//   rows.text(1));
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include <parlance/chat/base/budget.hpp>

struct sqlite3;
struct sqlite3_stmt;

namespace parlance::chat::sqlite {

/// What SQLite answered, in its words.
class failure : public std::runtime_error {
 public:
  failure(int code, int system_error, const std::string& text);

  /// Its extended result code; `code() & 0xff` is the primary one.
  int code() const noexcept { return code_; }
  /// The errno behind it, or 0.
  int system_error() const noexcept { return system_error_; }
  /// No space, or no more of somebody's share of it.
  bool disk_is_full() const noexcept;

 private:
  int code_;
  int system_error_;
};

enum class opening : unsigned char {
  make,      ///< a file that is not there is made
  existing,  ///< a file that is not there is a failure
  read_only  ///< nor can it be changed
};

class connection {
 public:
  /// `path` is absolute, or ":memory:". `vfs` names a registered sqlite3_vfs; empty: the default one.
  connection(const std::string& path, opening how, const std::string& vfs = {});
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Statements without results, separated by semicolons.
  void run(const char* sql);
  /// The first column of the first row, or 0.
  std::int64_t integer(const char* sql);
  std::string text(const char* sql);

  /// How many rows the last statement changed.
  std::int64_t changes() const noexcept;
  std::int64_t last_row() const noexcept;
  bool in_transaction() const noexcept;

  /// Turns SQLite's own checkpoints off, but for a log that has grown to `most` pages, and counts its pages.
  void limit_wal(int most);
  /// At the last commit.
  int wal_pages() const noexcept { return wal_pages_; }
  void forget_wal_pages() noexcept { wal_pages_ = 0; }
  /// Copies what it can of the log into the file without making anybody wait.
  void checkpoint();
  /// Though it should be the last that closes, the log stays beside the file, and the file as it is.
  void leave_log();

  /// Copies the whole database over another one, as this connection's transaction sees it. Asks between some
  /// megabytes whether to stop; then it throws failure with SQLITE_INTERRUPT.
  void copy_to(connection& other, const std::function<bool()>& is_stopped) const;
  /// Statements that take long ask that, too, and end in the same way. It must outlive the connection.
  void stop_when(const std::function<bool()>& is_stopped);

  /// For what only SQLite's own interface can do. It is this connection's.
  sqlite3* handle() const noexcept { return db_; }

 private:
  friend class statement;
  friend class rows;
  static int wait_for_lock(void* self, int tries) noexcept;
  static int committed(void* self, sqlite3* db, const char* name, int pages) noexcept;
  void check(int result) const;

  sqlite3* db_ = nullptr;
  int wal_pages_ = 0;
  int most_wal_pages_ = 0;
  // Seconds that another program's lock is waited for. That holds up the loop, so whoever keeps the lock is
  // waited for once; and locks last so long only when somebody writes into the file by hand.
  budget patience_{.most = 0.25, .per_second = 0.025};
};

/// The results of one execution, which ends with it.
class rows {
 public:
  rows(const connection& on, sqlite3_stmt* of) noexcept : on_(on), of_(of) {}
  ~rows();
  rows(const rows&) = delete;
  rows& operator=(const rows&) = delete;

  /// Goes to the next row, at first to the first. False: there is none.
  bool next();
  std::int64_t integer(int column) const noexcept;
  /// Valid until the next row.
  std::string_view text(int column) const noexcept;
  bool is_null(int column) const noexcept;

 private:
  const connection& on_;
  sqlite3_stmt* of_;
};

/// Must be destroyed before its connection. One execution at a time.
class statement {
 public:
  statement(const connection& on, std::string_view sql);
  ~statement();
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

  /// Executes with these values for its parameters, integers and texts; a text must outlive the execution.
  template <class... Values> [[nodiscard]] rows start(Values&&... values) {
    static_assert((!std::is_same_v<Values, std::string> && ...),
                  "a text that ends before the execution does");
    give(1, values...);
    return {on_, statement_};
  }
  /// Values for the parameters from that one on, for the executions that follow with no others.
  template <class... Values> void give(int first, const Values&... values) { (bind(first++, values), ...); }
  /// The same where no results are wanted.
  template <class... Values> void run(const Values&... values) {
    rows all = start(values...);
    while (all.next()) {
    }
  }

 private:
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view value);

  const connection& on_;
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace parlance::chat::sqlite
