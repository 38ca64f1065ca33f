#include "chat/store/faulty_vfs.hpp"

#include <cstddef>
#include <new>

namespace parlance::chat::test {
namespace {

// SQLite allocates szOsFile bytes: ours, and behind them the real file's.
struct file {
  sqlite3_file base;
  faulty_vfs* disk;
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

int write(sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
  if (!disk(f).fails()) return methods(f).xWrite(real(f), from, size, at);
  methods(f).xWrite(real(f), from, size / 2, at);
  return disk(f).is_full() ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

int truncate(sqlite3_file* f, sqlite3_int64 size) {
  return disk(f).fails() ? SQLITE_IOERR_TRUNCATE : methods(f).xTruncate(real(f), size);
}

int sync(sqlite3_file* f, int) {
  disk(f).count_sync();
  return disk(f).fails() ? SQLITE_IOERR_FSYNC : SQLITE_OK;
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

bool faulty_vfs::fails() noexcept {
  const std::uint64_t this_one = ++operations_;
  const std::uint64_t nth = nth_;
  if (nth == 0 || this_one < nth || (this_one > nth && !lasting_)) return false;
  ++failures_;
  return true;
}

}  // namespace parlance::chat::test
