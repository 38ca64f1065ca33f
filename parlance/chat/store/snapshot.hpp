// The history as it is at one moment, read while a server uses its folder, while none does, and from a
// backup.
//
//   chat::store_snapshot now({.folder = "/var/lib/parlance"});
//   for (const std::string& name : now.conversations())
//     now.each(name, 0, [](const chat::stored_entry& e) { ... });
//
// It is whole: all that was committed when it began, and of what is committed after that, nothing, or what
// came first. Nobody waits for it, but the log beside the database grows while it lives. Belongs to one
// thread. Everything here throws store_error.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/store/engine.hpp>
#include <parlance/chat/store/journal.hpp>
#include <parlance/chat/store/sqlite.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

/// Why a history could not be read, for people.
store_error snapshot_failure(const std::string& path, const sqlite::failure& why);

class store_snapshot {
 public:
  /// Of a folder, which must hold a chat and is left as it is.
  explicit store_snapshot(const store_options& of);
  /// Of a backup's file.
  explicit store_snapshot(const std::filesystem::path& backup);
  ~store_snapshot();
  store_snapshot(const store_snapshot&) = delete;
  store_snapshot& operator=(const store_snapshot&) = delete;

  /// When what has an id was said.
  const timeline& times() const noexcept { return times_; }

  /// Their names, sorted as bytes.
  std::vector<std::string> conversations();
  /// What was said in one, from an id on, in order.
  void each(std::string_view conversation, entry_id from,
            const std::function<void(const stored_entry&)>& visit);

  std::optional<std::string> get(std::string_view kind, std::string_view key);
  /// Each document of a kind whose key begins with `prefix`, in the order of their keys' bytes.
  void each_document(std::string_view kind, std::string_view prefix,
                     const std::function<void(std::string_view key, std::string_view json)>& visit);

  /// Makes `other`, which must be empty, a database of its own with all of it. `is_stopped` as
  /// sqlite::connection has it. Throws sqlite::failure.
  void copy_to(sqlite::connection& other, const std::function<bool()>& is_stopped);

 private:
  store_snapshot(const std::string& path, sqlite::opening how, const std::string& vfs, std::string journal);
  void begin();

  std::string path_;
  std::string journal_;  // its bytes
  sqlite::connection db_;
  std::optional<store_statements> sql_;
  timeline times_;
  std::vector<store_journal::item> later_;  // of the journal, what the database has not
};

}  // namespace parlance::chat
