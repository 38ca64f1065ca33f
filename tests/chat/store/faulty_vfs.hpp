// A disk for SQLite that fails when it is told to: the system's, with every operation that changes a file
// counted.
//
//   faulty_vfs disk;
//   chat::store kept({.folder = folder, .vfs = disk.name()});
//   disk.fail({.nth = 3, .how = disk_fault::full});      // the third write, sync, truncation or deletion
//   from now
//
// Nothing is really synced, for tests end processes and not machines; but what a power cut would lose is known, once
// one is expected:
//
//   disk.expect_power_cut();
//   disk.copy_after_power_cut(file, to, [](std::size_t unsynced) { return unsynced; });   // and all of it is lost
//
// Any thread may use the disk.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace parlance::chat::test {

struct disk_fault {
  enum kind : unsigned char {
    full,   ///< writes stop half way for want of space
    broken  ///< writes stop half way, and whatever else fails does nothing
  };
  std::uint64_t nth = 0;  ///< from now; 0: none
  kind how = full;
  bool lasting = false;  ///< and all that come after it, until `mend`
};

class faulty_vfs {
 public:
  faulty_vfs();
  ~faulty_vfs();
  faulty_vfs(const faulty_vfs&) = delete;
  faulty_vfs& operator=(const faulty_vfs&) = delete;

  const std::string& name() const noexcept { return name_; }

  void fail(const disk_fault& next) noexcept;
  void mend() noexcept { fail({}); }
  /// Operations since `fail` or `mend`.
  std::uint64_t operations() const noexcept { return operations_; }
  /// How many of them failed.
  std::uint64_t failures() const noexcept { return failures_; }
  /// Syncs since `fail` or `mend`.
  std::uint64_t syncs() const noexcept { return syncs_; }

  /// From now on, what is written and not synced yet is remembered.
  void expect_power_cut() noexcept { remembers_ = true; }
  /// Copies a file as a power cut would leave it: `lost`, which is asked with how many changes are not synced, says how
  /// many of the last ones are gone.
  void copy_after_power_cut(const std::filesystem::path& from, const std::filesystem::path& to,
                            const std::function<std::size_t(std::size_t)>& lost);

  // For the files: a part of one is about to change, and all of one is safe or gone.
  struct change {
    std::int64_t at;
    std::string before;   // what was there
    std::int64_t length;  // of the whole file
  };
  bool remembers() const noexcept { return remembers_; }
  void changes(const std::string& path, change what);
  void settled(const std::string& path) noexcept;
  // Counts an operation, and tells whether it is to fail.
  bool fails() noexcept;
  void count_sync() noexcept { ++syncs_; }
  bool is_full() const noexcept { return how_ == disk_fault::full; }
  sqlite3_vfs& real() const noexcept { return *real_; }

 private:
  std::string name_;
  std::atomic<bool> remembers_ = false;
  std::mutex mutex_;
  std::map<std::string, std::vector<change>, std::less<>> unsynced_;
  sqlite3_vfs* real_;
  sqlite3_vfs vfs_;
  std::atomic<std::uint64_t> operations_ = 0;
  std::atomic<std::uint64_t> failures_ = 0;
  std::atomic<std::uint64_t> syncs_ = 0;
  std::atomic<std::uint64_t> nth_ = 0;
  std::atomic<disk_fault::kind> how_ = disk_fault::full;
  std::atomic<bool> lasting_ = false;
};

}  // namespace parlance::chat::test
