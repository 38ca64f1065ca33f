#include <fcntl.h>
#include <fmt/core.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <parlance/chat/store/backup.hpp>
#include <parlance/chat/store/file.hpp>
#include <parlance/chat/store/snapshot.hpp>
#include <parlance/io/error.hpp>

namespace parlance::chat {
namespace {

namespace fs = std::filesystem;
using trouble = store_error::trouble;

constexpr const char* beside_table =
    "CREATE TABLE beside(name TEXT PRIMARY KEY, content TEXT NOT NULL) STRICT, WITHOUT ROWID";
constexpr const char* files_table =
    "CREATE TABLE files(folder TEXT NOT NULL, name TEXT NOT NULL, content BLOB NOT NULL) STRICT";
constexpr std::size_t piece_of_file = std::size_t{256} * 1024;
constexpr std::string_view not_whole = ".part";
constexpr std::size_t longest_beside = std::size_t{1024} * 1024;

store_error refusal(const fs::path& path, std::string_view why) {
  return {trouble::unusable, fmt::format("{}: {}", path.string(), why)};
}

store_error disk_failure(const fs::path& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  const char* next = full              ? "free some space"
                     : error == ENOENT ? "name a folder that is there"
                     : error == EACCES ? "let this user read and write there"
                                       : "look at the disk, or choose another place";
  return {full ? trouble::full : trouble::failed,
          fmt::format("{}: {}; {}", path.string(), io::reason(io::from_errno(error)), next)};
}

/// What SQLite says while it copies one to the other, as store_error.
template <std::invocable Work> void copying(const fs::path& from, const fs::path& to, Work work) {
  try {
    work();
  } catch (const sqlite::failure& why) {
    const int code = why.code() & 0xff;
    if (code == SQLITE_INTERRUPT) throw store_error(trouble::failed, to.string() + ": interrupted");
    if (code == SQLITE_CORRUPT) throw snapshot_failure(from, why);
    throw store_failure(trouble::failed, to, why);
  }
}

void sync_folder(const fs::path& folder) {
  const open_file opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Not every file system has that for folders.
  if (opened.fd >= 0 && ::fsync(opened.fd) != 0 && errno != EINVAL) throw disk_failure(folder, errno);
}

/// A file that is written beside its place, for its user alone, and gone unless it is put there.
class draft {
 public:
  explicit draft(fs::path place)
      : place_(std::move(place)),
        path_(place_.string() + ".XXXXXX"),
        file_(::mkostemp(path_.data(), O_CLOEXEC)) {
    if (file_.fd < 0) throw disk_failure(place_, errno);
  }
  ~draft() {
    for (const char* rest : {"", "-wal", "-shm", "-journal"}) ::unlink((path_ + rest).c_str());
  }
  draft(const draft&) = delete;
  draft& operator=(const draft&) = delete;

  const std::string& path() const noexcept { return path_; }

  void write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t n = ::write(file_.fd, text.data(), text.size());
      if (n < 0 && errno != EINTR) throw disk_failure(place_, errno);
      if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  /// Waits for the disk. What is there already stays, unless it is to be replaced.
  void put(bool replace = false) const {
    if (::fsync(file_.fd) != 0) throw disk_failure(place_, errno);
    const unsigned keep = replace ? 0 : RENAME_NOREPLACE;
    int result = ::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, place_.c_str(), keep);
    // Some file systems cannot look and rename in one.
    if (result != 0 && errno == EINVAL && !fs::exists(place_))
      result = ::rename(path_.c_str(), place_.c_str());
    if (result != 0) throw disk_failure(place_, errno);
    sync_folder(place_.parent_path());
  }

 private:
  fs::path place_;
  std::string path_;
  open_file file_;
};

/// Nothing: there is no such file.
std::optional<std::string> text_in(const fs::path& path) {
  const open_file opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (opened.fd < 0 && errno == ENOENT) return {};
  std::string text;
  std::array<char, 4096> part;
  ssize_t size = -1;
  while (opened.fd >= 0 && (size = ::read(opened.fd, part.data(), part.size())) > 0) {
    text.append(part.data(), static_cast<std::size_t>(size));
    if (text.size() > longest_beside) throw refusal(path, "is too long to go along; move it away");
  }
  if (size < 0) throw disk_failure(path, errno);
  return text;
}

/// A database that is being made: nobody else sees it, and the disk is waited for at the end.
std::unique_ptr<sqlite::connection> open_draft(const draft& of, const store_options& options,
                                               const backup_options& how) {
  auto db = std::make_unique<sqlite::connection>(of.path(), sqlite::opening::existing, options.vfs);
  db->run(
      "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA trusted_schema = OFF; "
      "PRAGMA cell_size_check = ON");
  db->stop_when(how.is_stopped);
  return db;
}

/// Throws when its pages do not fit together, or there is what we never make.
void expect_sound(sqlite::connection& db, const fs::path& source) {
  std::string fault = db.text("PRAGMA integrity_check(1)");
  if (fault == "ok")
    fault = db.text(
        "SELECT 'has a ' || type || ' ' || name FROM sqlite_schema WHERE type IN ('view', 'trigger')");
  if (!fault.empty()) throw refusal(source, fmt::format("is damaged ({}); take an earlier backup", fault));
}

void put_beside(sqlite::connection& db, const fs::path& folder, const std::vector<std::string>& names) {
  db.run(beside_table);
  sqlite::statement add(db, "INSERT INTO beside VALUES(?, ?)");
  for (const std::string& name : names)
    if (const std::optional<std::string> text = text_in(folder / name)) add.run(name, *text);
}

void expect_going_on(const fs::path& file, const std::function<bool()>& is_stopped) {
  if (is_stopped && is_stopped()) throw store_error(trouble::failed, file.string() + ": interrupted");
}

/// Fit to be a file's, and in no other folder.
bool is_file_name(std::string_view name) {
  return !name.empty() && !name.starts_with('.') && !name.contains('/') && !name.ends_with(not_whole);
}

/// In pieces, in their order. One that is not there any more is left out.
void put_file(sqlite::statement& add, const fs::path& path, const std::string& folder,
              const backup_options& how) {
  const open_file opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (opened.fd < 0 && errno == ENOENT) return;
  const std::string name = path.filename().string();
  std::string piece(piece_of_file, '\0');
  ssize_t size = -1;
  while (opened.fd >= 0 && (size = ::read(opened.fd, piece.data(), piece.size())) > 0) {
    expect_going_on(how.file, how.is_stopped);
    add.run(folder, name, std::string_view(piece).substr(0, static_cast<std::size_t>(size)));
  }
  if (size < 0) throw disk_failure(path, errno);
}

void put_folders(sqlite::connection& db, const fs::path& of, const backup_options& how) {
  db.run(files_table);
  db.run("BEGIN");
  {
    sqlite::statement add(db, "INSERT INTO files VALUES(?, ?, CAST(? AS BLOB))");
    for (const std::string& folder : how.folders) {
      std::error_code none;
      for (const auto& each : fs::directory_iterator(of / folder, none))
        if (each.is_regular_file(none) && is_file_name(each.path().filename().string()))
          put_file(add, each.path(), folder, how);
    }
  }
  db.run("COMMIT");
}

using texts = std::vector<std::pair<std::string, std::string>>;  // by name

texts take_beside(sqlite::connection& db, const std::vector<std::string>& names) {
  texts all;
  {
    sqlite::statement find(db, "SELECT content FROM beside WHERE name = ?");
    for (const std::string& name : names)
      if (sqlite::rows row = find.start(name); row.next()) all.emplace_back(name, row.text(0));
  }
  db.run("PRAGMA secure_delete = ON; DROP TABLE beside");  // keys are not for the database
  return all;
}

void expect_backup(const fs::path& file) {
  copying(file, file, [&] {
    sqlite::connection db(file, sqlite::opening::read_only);
    if (db.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'beside'") == 0)
      throw refusal(file, "is no backup; name a file that was made as one");
  });
}

/// Throws where the file may not be written.
void expect_place(const fs::path& file, const store_options& of, bool overwrite) {
  std::error_code none;
  if (fs::equivalent(file.parent_path(), of.folder, none))
    throw refusal(file, "lies in the folder of the chat itself; choose another");
  if (!fs::exists(fs::symlink_status(file, none))) return;
  if (!overwrite) throw refusal(file, "is there already; choose another name, or have it overwritten");
  if (!fs::is_regular_file(fs::symlink_status(file, none)))
    throw refusal(file, "is not a regular file; choose another name");
}

void expect_no_chat(const store_options& in) {
  std::error_code none;
  for (const char* rest : {"", "-wal"})
    if (const std::string path = store_path(in) + rest; fs::exists(path, none))
      throw refusal(path, "there is a chat already; choose another folder, or move that away");
}

/// Files that are gone again unless all is done.
class put_files {
 public:
  ~put_files() {
    for (const fs::path& path : made_) ::unlink(path.c_str());
  }
  put_files() = default;
  put_files(const put_files&) = delete;
  put_files& operator=(const put_files&) = delete;

  void put(const fs::path& path, std::string_view text) {
    if (const std::optional<std::string> there = text_in(path)) {
      if (*there == text) return;  // of a restoring that was killed
      throw refusal(path, "is another one than the backup's; move it away");
    }
    const draft file(path);
    file.write(text);
    file.put();
    made_.push_back(path);
  }
  /// What a backup has in `folders`, which is taken out of it.
  void put_folders(sqlite::connection& from, const fs::path& into, const backup_options& how) {
    if (from.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'files'") == 0) return;
    for (const std::string& folder : how.folders) put_folder(from, into / folder, folder, how);
    from.run("DROP TABLE files; VACUUM");
  }
  void keep() noexcept { made_.clear(); }

 private:
  void put_folder(sqlite::connection& from, const fs::path& into, const std::string& folder,
                  const backup_options& how) {
    sqlite::statement all(from, "SELECT name, content FROM files WHERE folder = ? ORDER BY rowid");
    std::string name;
    std::optional<draft> file;
    const auto finish = [&] {
      if (!file) return;
      file->put(true);  // one of that name is of a restoring that was killed: names are random
      made_.push_back(into / name);
      file.reset();
    };
    for (sqlite::rows row = all.start(folder); row.next();) {
      expect_going_on(into, how.is_stopped);
      if (!file || row.text(0) != name) {
        finish();
        name = row.text(0);
        if (!is_file_name(name)) throw refusal(how.file, "has a file of a name that no file has");
        if (fs::create_directory(into)) fs::permissions(into, fs::perms::owner_all);
        file.emplace(into / name);
      }
      file->write(row.text(1));
    }
    finish();
  }

  std::vector<fs::path> made_;
};

}  // namespace

void back_up(const store_options& of, const backup_options& how) {
  const fs::path file = fs::absolute(how.file);
  expect_place(file, of, how.overwrite);
  store_snapshot now(of);
  const draft made(file);
  copying(store_path(of), file, [&] {
    const auto db = open_draft(made, of, how);
    db->run("PRAGMA locking_mode = EXCLUSIVE");  // so that its log needs no shared memory
    now.copy_to(*db, how.is_stopped);
    put_beside(*db, of.folder, how.beside);
    put_folders(*db, of.folder, how);
    // So that it can be read where nothing can be written.
    if (db->text("PRAGMA journal_mode = DELETE") != "delete") throw refusal(file, "could not be closed");
  });
  copying(store_path(of), file, [&] {  // what lies there, and not what is remembered of it
    sqlite::connection db(made.path(), sqlite::opening::read_only, of.vfs);
    db.stop_when(how.is_stopped);
    expect_sound(db, store_path(of));
  });
  made.put(how.overwrite);
}

void restore(const store_options& into, const backup_options& from) {
  const fs::path file = fs::absolute(from.file);
  store_snapshot then(file);
  expect_backup(file);
  expect_no_chat(into);
  const folder_lock lock(into.folder);
  expect_no_chat(into);  // a server may have begun one and ended meanwhile
  const fs::path place = store_path(into);
  const draft made(place);
  texts beside;
  put_files files;
  copying(file, place, [&] {
    const auto db = open_draft(made, into, from);
    then.copy_to(*db, from.is_stopped);
    expect_sound(*db, file);
    files.put_folders(*db, place.parent_path(), from);
    beside = take_beside(*db, from.beside);
    begin_log(*db, place);
  });
  for (const auto& [name, text] : beside) files.put(place.parent_path() / name, text);
  made.put();
  files.keep();
}

}  // namespace parlance::chat
