// What was said since the database was written last. A turn that only adds entries is one short write here;
// in the database it would be a page of 4 KiB and its place in an index, for a line of a hundred bytes. The
// entries move into the database, many in one transaction, before anything is read or changed in another way.
//
//   chat.db-turns        records, one a turn, from the beginning of the file; what is behind the last is void
//
// A record names the generation of the database that it continues, which every transaction raises. So entries
// are in the one or in the other, and no record need be removed; and a record that outlived, in a power cut, the
// transaction before it is of no generation that there is. Each has the checksum of the one before in its own:
// one that a kill or a power cut left half written fails that, as does what an earlier life left behind it, and
// was told to nobody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <parlance/chat/store/sqlite.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

class store_journal {
 public:
  /// An entry with its place in the database.
  struct item {
    std::int64_t conversation = 0;
    std::int64_t number = 0;
    entry what;
  };

  using visitor = std::function<void(const item&)>;

  /// The bytes of the file beside a database which another process may be writing; none where there is no
  /// file. Throws sqlite::failure.
  static std::string copy(const std::string& database, const std::string& vfs);
  /// Of such bytes, the entries in the whole records of a generation, which live as long as the bytes.
  static void each_in(std::string_view bytes, std::uint64_t generation, const visitor& visit);

  /// Opens the file beside the database, or makes it, and takes in the records of this generation. `vfs` as
  /// for sqlite::connection. Throws sqlite::failure.
  store_journal(const std::string& database, const std::string& vfs, std::uint64_t generation);
  ~store_journal();
  store_journal(const store_journal&) = delete;
  store_journal& operator=(const store_journal&) = delete;

  /// The database has all.
  bool empty() const noexcept { return image_.empty(); }
  /// Whether entries were added that are not kept yet.
  bool is_dirty() const noexcept { return image_.size() > kept_; }

  /// False: it does not fit in, and the entries must move.
  bool add(const item& one);
  /// Writes what was added as one record. Throws sqlite::failure; what was added is not kept then, and may
  /// move.
  void keep(bool and_wait_for_the_disk);
  /// Forgets what was added and not kept.
  void drop() noexcept { image_.resize(kept_); }
  /// Forgets the records from the first on of which an entry does not fit.
  void cut(const std::function<bool(const item&)>& fits);
  /// In the order in which they were added.
  void each(const visitor& visit) const;

  /// What every transaction, which has the entries, writes for the generation.
  std::uint64_t next_generation() const noexcept { return generation_ + 1; }
  /// To be called when one is committed.
  void clear() noexcept;

 private:
  struct file;

  std::unique_ptr<file> file_;
  std::string image_;     // what the file holds and is to hold
  std::size_t kept_ = 0;  // of it, what the file holds
  std::uint32_t last_checksum_ = 0;
  std::uint64_t generation_;
};

}  // namespace parlance::chat
