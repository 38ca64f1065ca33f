// How the store's folder is opened: locked, checked, and only then touched.
//
//   folder/chat.lock     held by the process that uses the folder, with its PID in it
//   folder/chat.db       the database, and beside it SQLite's chat.db-wal and chat.db-shm, and the journal
//                        of turns that are not in it yet, chat.db-turns
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <parlance/chat/store/sqlite.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

/// What a database of ours says of itself: PRAGMA application_id ("Parl") and user_version.
inline constexpr std::int64_t store_application = 0x5061726c;
inline constexpr std::int64_t store_version = 5;

/// A file descriptor, or -1, for as long as it is needed.
struct open_file {
  const int fd;
  explicit open_file(int number) noexcept : fd(number) {}
  ~open_file();
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
};

/// The database's file, or ":memory:".
std::string store_path(const store_options& of);

/// Why it went wrong, for people.
store_error store_failure(store_error::trouble kind, const std::string& path, const sqlite::failure& why);

/// In a transaction: it is of this version from here on, whichever it was of.
void bring_up_to_date(sqlite::connection& db);

/// In a transaction: the database is of this version, and no journal that there is continues it.
void begin_generations(sqlite::connection& db);

/// Its readers and its writer do not wait for each other any more. Throws store_error (unusable).
void begin_log(sqlite::connection& db, const std::string& path);

/// Keeps other processes, and other stores of this one, out of a folder while it lives.
class folder_lock {
 public:
  /// Makes the folder when it is not there, for its user alone. Empty: locks nothing. Throws store_error.
  explicit folder_lock(const std::filesystem::path& folder);
  ~folder_lock();
  folder_lock(const folder_lock&) = delete;
  folder_lock& operator=(const folder_lock&) = delete;

 private:
  int fd_ = -1;
};

/// Opens the database of a locked folder, and makes its tables when it is new. Throws store_error (unusable).
std::unique_ptr<sqlite::connection> open_store(const store_options& options);

}  // namespace parlance::chat
