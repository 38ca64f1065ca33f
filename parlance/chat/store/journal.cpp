#include <sqlite3.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <parlance/chat/store/journal.hpp>

namespace parlance::chat {
namespace {

// The file is made as long as this, so that what fits in needs no more of a disk that is full. To move it all
// takes some hundred microseconds.
constexpr std::size_t capacity = std::size_t{32} * 1024;

std::string path_beside(const std::string& database) { return database + "-turns"; }

// Its numbers are in the order of this machine: it is of use to the database beside it only.
template <class Number> void put(std::string& out, Number value) {
  std::array<char, sizeof value> bytes;
  std::memcpy(bytes.data(), &value, sizeof value);
  out.append(bytes.data(), bytes.size());
}

template <class Number> Number get(std::string_view from, std::size_t at) {
  Number value;
  std::memcpy(&value, from.data() + at, sizeof value);
  return value;
}

// What a record begins with; its entries follow.
struct head {
  std::uint32_t length;  // of the entries
  std::uint32_t checksum;
  std::uint64_t generation;
};

head head_of(std::string_view file, std::size_t at) { return get<head>(file, at); }

std::uint32_t checksum(std::uint32_t before, std::uint64_t generation, std::string_view entries) {
  const auto add = [](uLong sum, const void* bytes, std::size_t size) {
    return ::crc32_z(sum, static_cast<const Bytef*>(bytes), size);
  };
  return static_cast<std::uint32_t>(
      add(add(before, &generation, sizeof generation), entries.data(), entries.size()));
}

using texts = std::array<std::string_view, 5>;

// An entry: three numbers, its kind, the lengths of its texts, and these.
constexpr std::size_t numbers_size = 3 * sizeof(std::uint64_t) + 1;
constexpr std::size_t fixed_size = numbers_size + std::tuple_size_v<texts> * sizeof(std::uint32_t);

void encode(std::string& out, const store_journal::item& one) {
  const entry& e = one.what;
  put(out, one.conversation);
  put(out, one.number);
  put(out, e.id);
  put(out, e.kind);
  const texts all = {e.source, e.account, e.text, e.tags, e.extra};
  for (const std::string_view text : all) put(out, static_cast<std::uint32_t>(text.size()));
  for (const std::string_view text : all) out += text;
}

/// Where the entry that begins at `at` ends; 0: there is no whole one before `end`.
std::size_t decode(std::string_view from, std::size_t at, std::size_t end, store_journal::item& one) {
  if (end - at < fixed_size) return 0;
  one.conversation = get<std::int64_t>(from, at);
  one.number = get<std::int64_t>(from, at + 8);
  one.what.id = get<entry_id>(from, at + 16);
  one.what.kind = get<unsigned char>(from, at + 24);
  texts all;
  std::size_t lengths = at + numbers_size;
  at += fixed_size;
  for (std::string_view& text : all) {
    const auto length = get<std::uint32_t>(from, lengths);
    lengths += sizeof length;
    if (end - at < length) return 0;
    text = from.substr(at, length);
    at += length;
  }
  one.what.source = all[0];
  one.what.account = all[1];
  one.what.text = all[2];
  one.what.tags = all[3];
  one.what.extra = all[4];
  return at;
}

/// Up to which byte the records are whole, and of this generation; `last` becomes the checksum of the last.
std::size_t whole_records(std::string_view image, std::uint64_t generation, std::uint32_t& last) {
  std::size_t at = 0;
  while (image.size() - at >= sizeof(head)) {
    const head begin = head_of(image, at);
    const std::size_t entries = at + sizeof(head);
    if (begin.generation != generation || begin.length == 0 || begin.length > image.size() - entries) break;
    if (begin.checksum != checksum(last, generation, image.substr(entries, begin.length))) break;
    store_journal::item one;
    std::size_t next = entries;
    const std::size_t end = entries + begin.length;
    while (next != 0 && next != end) next = decode(image, next, end, one);
    if (next == 0) break;
    last = begin.checksum;
    at = end;
  }
  return at;
}

void visit_all(std::string_view records, const store_journal::visitor& visit) {
  store_journal::item one;
  for (std::size_t at = 0; at < records.size();) {
    const std::size_t end = at + sizeof(head) + head_of(records, at).length;
    for (at += sizeof(head); at < end; visit(one)) at = decode(records, at, end, one);
  }
}

}  // namespace

static_assert(sizeof(head) == 16);

/// An open file of a VFS of SQLite's, so that the disk of a test is under it, too.
struct store_journal::file {
  std::string path;  // the VFS keeps the pointer
  std::unique_ptr<std::byte[]> memory;

  file(std::string at, const std::string& vfs, int access) : path(std::move(at)) {
    sqlite3_vfs* const on = ::sqlite3_vfs_find(vfs.empty() ? nullptr : vfs.c_str());
    if (!on) throw sqlite::failure(SQLITE_ERROR, 0, "there is no such VFS");
    memory = std::make_unique<std::byte[]>(static_cast<std::size_t>(on->szOsFile));
    // As a log of the database's it is for those who may open that, and lasts with its first sync.
    const int result = on->xOpen(on, path.c_str(), get(), access | SQLITE_OPEN_WAL, nullptr);
    if (result == SQLITE_OK) return;
    const int why = errno;
    close();
    throw sqlite::failure(result, why, "unable to open " + path);
  }
  ~file() { close(); }
  file(const file&) = delete;
  file& operator=(const file&) = delete;

  sqlite3_file* get() const noexcept { return reinterpret_cast<sqlite3_file*>(memory.get()); }
  const sqlite3_io_methods* operator->() const noexcept { return get()->pMethods; }
  void close() noexcept {
    if (get()->pMethods) get()->pMethods->xClose(get());
  }
  void check(int result) const {
    if (result != SQLITE_OK) throw sqlite::failure(result, errno, "disk I/O error in " + path);
  }

  std::int64_t size() const {
    sqlite3_int64 bytes = 0;
    check((*this)->xFileSize(get(), &bytes));
    return bytes;
  }
  std::string read() const {
    std::string bytes(capacity, '\0');
    const int result = (*this)->xRead(get(), bytes.data(), static_cast<int>(bytes.size()), 0);
    if (result != SQLITE_IOERR_SHORT_READ) check(result);  // the rest is zero
    return bytes;
  }
  void write(std::string_view bytes, std::size_t at) const {
    check(
        (*this)->xWrite(get(), bytes.data(), static_cast<int>(bytes.size()), static_cast<sqlite3_int64>(at)));
  }
  void sync() const { check((*this)->xSync(get(), SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY)); }
};

std::string store_journal::copy(const std::string& database, const std::string& vfs) {
  const std::string path = path_beside(database);
  if (!std::filesystem::exists(path)) return {};
  return file(path, vfs, SQLITE_OPEN_READONLY).read();
}

void store_journal::each_in(std::string_view bytes, std::uint64_t generation, const visitor& visit) {
  std::uint32_t last = 0;
  visit_all(bytes.substr(0, whole_records(bytes, generation, last)), visit);
}

store_journal::store_journal(const std::string& database, const std::string& vfs, std::uint64_t generation)
    : file_(std::make_unique<file>(path_beside(database), vfs, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)),
      generation_(generation) {
  image_ = file_->read();
  image_.resize(whole_records(image_, generation_, last_checksum_));
  kept_ = image_.size();
  if (file_->size() < static_cast<std::int64_t>(capacity))
    file_->write(std::string(capacity - kept_, '\0'), kept_);
}

store_journal::~store_journal() = default;

bool store_journal::add(const item& one) {
  const std::size_t before = image_.size();
  if (before == kept_) image_.append(sizeof(head), '\0');
  encode(image_, one);
  if (image_.size() > capacity) {
    image_.resize(before);
    return false;
  }
  const auto length = static_cast<std::uint32_t>(image_.size() - kept_ - sizeof(head));
  std::memcpy(image_.data() + kept_, &length, sizeof length);
  return true;
}

void store_journal::keep(bool and_wait_for_the_disk) {
  const std::string_view entries = std::string_view(image_).substr(kept_ + sizeof(head));
  const head begin{static_cast<std::uint32_t>(entries.size()), checksum(last_checksum_, generation_, entries),
                   generation_};
  std::memcpy(image_.data() + kept_, &begin, sizeof begin);
  file_->write(std::string_view(image_).substr(kept_), kept_);
  if (and_wait_for_the_disk) file_->sync();
  kept_ = image_.size();
  last_checksum_ = begin.checksum;
}

void store_journal::cut(const std::function<bool(const item&)>& fits) {
  item one;
  last_checksum_ = 0;
  for (std::size_t record = 0; record < image_.size();) {
    const head begin = head_of(image_, record);
    const std::size_t end = record + sizeof(head) + begin.length;
    for (std::size_t at = record + sizeof(head); at < end;) {
      at = decode(image_, at, end, one);
      if (fits(one)) continue;
      image_.resize(kept_ = record);
      return;
    }
    last_checksum_ = begin.checksum;
    record = end;
  }
}

void store_journal::each(const visitor& visit) const { visit_all(image_, visit); }

void store_journal::clear() noexcept {
  ++generation_;
  image_.clear();
  kept_ = 0;
  last_checksum_ = 0;
}

}  // namespace parlance::chat
