// A chat in one file, from which it can begin again elsewhere.
//
//   chat::back_up({.folder = "/var/lib/parlance"}, {.file = "/mnt/chat.backup"});
//   chat::restore({.folder = "/srv/parlance"}, {.file = "/mnt/chat.backup"});
//
// The file is an SQLite database that needs nothing beside it: the store's tables with what the journal had,
// a table `beside` of small files that belong to the folder, and a table `files` of what lies in folders below it, in pieces.
// It holds what the folder holds, passwords'
// hashes and keys, and is for its owner alone.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

struct backup_options {
  std::filesystem::path file;
  /// For `back_up`: a file that is there is replaced.
  bool overwrite = false;
  /// The names of text files of the folder that go along where they are there, at most 1 MiB each.
  std::vector<std::string> beside = {};
  /// The names of folders in the folder whose files go along, of any size; but for those that end in ".part", which are
  /// not whole, and those that begin with a dot. Files that go meanwhile are left out.
  std::vector<std::string> folders = {};
  /// Asked now and then; true ends it as a failure.
  std::function<bool()> is_stopped = {};
};

/// Keeps all that was committed when it began (see store_snapshot). The folder may be in use, by this
/// process, too; nobody waits, and nothing that is kept there changes. The file is whole, checked and on the
/// disk, or is not there: a kill leaves at most "FILE.XXXXXX" behind. Throws store_error.
void back_up(const store_options& of, const backup_options& how);

/// Puts all of a backup into a folder that has no chat yet, which is made when it is not there, and of
/// `beside` and `folders` what the backup has. Whole, or not at all: what a kill leaves behind of `beside` is no chat, and it
/// can be done again. Throws store_error.
void restore(const store_options& into, const backup_options& from);

}  // namespace parlance::chat
