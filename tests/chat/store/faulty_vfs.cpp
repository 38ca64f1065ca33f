#include "chat/store/faulty_vfs.hpp"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <new>

namespace parlance::chat::test {
namespace {

// SQLite allocates szOsFile bytes: ours, and behind them the real file's.
struct file {
  sqlite3_file base;
  faulty_vfs* disk;
  const char* path;  // SQLite keeps it as long as the file is open; null: it has none
  void* unused;      // the real one is aligned
};

static_assert(sizeof(file) % alignof(std::max_align_t) == 0);

file& ours(sqlite3_file* f) { return *reinterpret_cast<file*>(f); }
faulty_vfs& disk(sqlite3_file* f) { return *ours(f).disk; }
sqlite3_file* real(sqlite3_file* f) { return reinterpret_cast<sqlite3_file*>(&ours(f) + 1); }
const sqlite3_io_methods& methods(sqlite3_file* f) { return *real(f)->pMethods; }

int close(sqlite3_file* f) { return methods(f).xClose(real(f)); }

int read(sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
  return methods(f).xRead(real(f), to, size, at);
}

/// Remembers what is in a file from `at` on, `size` bytes of which are about to change.
void remember(sqlite3_file* f, std::int64_t at, std::int64_t size) {
  if (!disk(f).remembers() || !ours(f).path) return;
  sqlite3_int64 length = 0;
  methods(f).xFileSize(real(f), &length);
  faulty_vfs::change what{.at = at, .before = {}, .length = length};
  what.before.resize(static_cast<std::size_t>(std::clamp<std::int64_t>(what.length - at, 0, size)));
  if (!what.before.empty())
    methods(f).xRead(real(f), what.before.data(), static_cast<int>(what.before.size()), at);
  disk(f).changes(ours(f).path, std::move(what));
}

int write(sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
  remember(f, at, size);
  if (!disk(f).fails()) return methods(f).xWrite(real(f), from, size, at);
  methods(f).xWrite(real(f), from, size / 2, at);
  return disk(f).is_full() ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

int truncate(sqlite3_file* f, sqlite3_int64 size) {
  sqlite3_int64 length = 0;
  methods(f).xFileSize(real(f), &length);
  remember(f, size, length);
  return disk(f).fails() ? SQLITE_IOERR_TRUNCATE : methods(f).xTruncate(real(f), size);
}

int sync(sqlite3_file* f, int) {
  disk(f).count_sync();
  if (disk(f).fails()) return SQLITE_IOERR_FSYNC;
  if (ours(f).path) disk(f).settled(ours(f).path);
  return SQLITE_OK;
}

int size(sqlite3_file* f, sqlite3_int64* bytes) { return methods(f).xFileSize(real(f), bytes); }
int lock(sqlite3_file* f, int level) { return methods(f).xLock(real(f), level); }
int unlock(sqlite3_file* f, int level) { return methods(f).xUnlock(real(f), level); }
int reserved(sqlite3_file* f, int* is) { return methods(f).xCheckReservedLock(real(f), is); }
int control(sqlite3_file* f, int what, void* with) { return methods(f).xFileControl(real(f), what, with); }
int sector(sqlite3_file* f) { return methods(f).xSectorSize(real(f)); }
int traits(sqlite3_file* f) { return methods(f).xDeviceCharacteristics(real(f)); }

int map(sqlite3_file* f, int region, int bytes, int extend, volatile void** at) {
  // Asked for a region that is there already it changes nothing, but which of the two it is cannot be seen.
  if (extend != 0 && disk(f).fails()) return SQLITE_IOERR_SHMSIZE;
  return methods(f).xShmMap(real(f), region, bytes, extend, at);
}

int map_lock(sqlite3_file* f, int offset, int n, int flags) {
  return methods(f).xShmLock(real(f), offset, n, flags);
}
void barrier(sqlite3_file* f) { methods(f).xShmBarrier(real(f)); }
int unmap(sqlite3_file* f, int remove) { return methods(f).xShmUnmap(real(f), remove); }

constexpr sqlite3_io_methods all_methods = {
    .iVersion = 2,
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = size,
    .xLock = lock,
    .xUnlock = unlock,
    .xCheckReservedLock = reserved,
    .xFileControl = control,
    .xSectorSize = sector,
    .xDeviceCharacteristics = traits,
    .xShmMap = map,
    .xShmLock = map_lock,
    .xShmBarrier = barrier,
    .xShmUnmap = unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

faulty_vfs& self(sqlite3_vfs* vfs) { return *static_cast<faulty_vfs*>(vfs->pAppData); }

int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* f, int flags, int* out) {
  ours(f).disk = &self(vfs);
  ours(f).path = path;
  sqlite3_vfs& below = self(vfs).real();
  const int result = below.xOpen(&below, path, real(f), flags, out);
  // With methods a file is closed, also when it could not be opened.
  f->pMethods = real(f)->pMethods ? &all_methods : nullptr;
  return result;
}

int remove(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  faulty_vfs& on = self(vfs);
  if (on.fails()) return SQLITE_IOERR_DELETE;
  static_cast<void>(sync_folder);
  on.settled(path);
  return on.real().xDelete(&on.real(), path, 0);
}

}  // namespace

faulty_vfs::faulty_vfs() : real_(::sqlite3_vfs_find(nullptr)), vfs_(*real_) {
  static std::atomic<unsigned> count = 0;
  name_ = "faulty" + std::to_string(++count);
  vfs_.zName = name_.c_str();
  vfs_.pNext = nullptr;
  vfs_.pAppData = this;
  vfs_.szOsFile = static_cast<int>(sizeof(file)) + real_->szOsFile;
  vfs_.xOpen = open;
  vfs_.xDelete = remove;
  if (::sqlite3_vfs_register(&vfs_, 0) != SQLITE_OK) throw std::bad_alloc();
}

faulty_vfs::~faulty_vfs() { ::sqlite3_vfs_unregister(&vfs_); }

void faulty_vfs::fail(const disk_fault& next) noexcept {
  operations_ = failures_ = syncs_ = 0;
  how_ = next.how;
  lasting_ = next.lasting;
  nth_ = next.nth;
}

void faulty_vfs::changes(const std::string& path, change what) {
  const std::lock_guard lock(mutex_);
  unsynced_[path].push_back(std::move(what));
}

void faulty_vfs::settled(const std::string& path) noexcept {
  const std::lock_guard lock(mutex_);
  unsynced_.erase(path);
}

void faulty_vfs::copy_after_power_cut(const std::filesystem::path& from, const std::filesystem::path& to,
                                      const std::function<std::size_t(std::size_t)>& lost) {
  std::ifstream in(from, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  const std::lock_guard lock(mutex_);
  if (const auto found = unsynced_.find(from.string()); found != unsynced_.end()) {
    const std::vector<change>& all = found->second;
    const std::size_t gone = std::min(lost(all.size()), all.size());
    for (std::size_t i = all.size(); i-- > all.size() - gone;) {
      bytes.resize(static_cast<std::size_t>(all[i].length));
      bytes.replace(static_cast<std::size_t>(std::min(all[i].at, all[i].length)), all[i].before.size(),
                    all[i].before);
    }
  }
  std::ofstream(to, std::ios::binary) << bytes;
}

bool faulty_vfs::fails() noexcept {
  const std::uint64_t this_one = ++operations_;
  const std::uint64_t nth = nth_;
  if (nth == 0 || this_one < nth || (this_one > nth && !lasting_)) return false;
  ++failures_;
  return true;
}

}  // namespace parlance::chat::test
