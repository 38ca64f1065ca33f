#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <random>
#include <utility>

#include <parlance/io/descriptor.hpp>
#include <parlance/io/error.hpp>

#include <cli/base/file.hpp>
#include <cli/base/verb.hpp>
#include <cli/get/sink.hpp>

namespace parlance::cli {
namespace {

// --- a file

/// Where the symbolic links of a path lead, also to what is not there yet.
std::filesystem::path followed(std::filesystem::path path) {
  constexpr int most_links = 40;
  std::error_code none;
  if (std::filesystem::exists(path, none)) {
    auto followed = std::filesystem::canonical(path, none);
    return none ? path : followed;  // no path leads to what /proc alone links to
  }
  for (int links = 0; links < most_links; ++links) {
    const auto to = std::filesystem::read_symlink(path, none);
    if (none) break;
    path = path.parent_path() / to;
  }
  return path;
}

class named_file final : public sink {
 public:
  explicit named_file(const std::string& path) : path_(path) {}
  ~named_file() override { drop_part(); }

  io::task<void> begin(const http::response_head&, const preface& before) override {
    open();
    for (const preface_part& part : before) co_await write(part.text);
  }

  io::task<void> write(std::string_view piece) override {
    if (!special_) {
      check(file_.write(piece));
      co_return;
    }
    try {
      co_await special_->write(piece);
    } catch (const io::error& e) {
      if (e.code().category() != std::system_category()) throw;
      check(e.code().value());
    }
  }

  bool is_gone() const override { return special_.has_value(); }

  int descriptor() const noexcept override { return special_ ? -1 : file_.descriptor(); }

  void set_modified(std::time_t when) override { modified_ = when; }

  io::task<void> finish() override {
    if (!special_ && (in_place_.is_open() || !put_part_there())) overwrite();
    if (!special_ && modified_) {
      const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, {.tv_sec = *modified_, .tv_nsec = 0}};
      ::utimensat(AT_FDCWD, path_.c_str(), times, 0);  // what cannot be dated is whole all the same
    }
    check(file_.close());
    co_return;
  }

 private:
  void open() {
    path_ = followed(path_);
    struct stat status{};
    if (::stat(path_.c_str(), &status) != 0) {
      if (errno != ENOENT) check(errno);
      return check(open_part(0666));
    }
    if (S_ISDIR(status.st_mode)) fail("write " + path_.native(), EISDIR, "name a file in it");
    if (!S_ISREG(status.st_mode)) return open_special();
    exists_ = true;
    const bool has_part = open_part(status.st_mode & 07777) == 0;
    if (has_part && status.st_nlink == 1 && keeps_owner(status)) {
      ::fchmod(file_.descriptor(), status.st_mode & 07777);
      return;
    }
    if (!has_part) file_ = nameless_file(temporary_folder());
    check(file_.is_open() ? 0 : errno);
    open_in_place();
  }

  /// A named pipe that nobody reads is an error, and not waited for.
  void open_special() {
    file_ = file(::open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    check(file_.is_open() ? 0 : errno);
    special_.emplace(file_.descriptor());
  }

  void open_in_place() {
    in_place_ = file(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
    check(in_place_.is_open() ? 0 : errno);
  }

  /// Makes a file beside the one that is meant, to take its place. Gives 0, or an errno value.
  int open_part(mode_t mode) {
    constexpr std::size_t enough = 100;  // of a long name, which with more at its end would be too long
    const std::string begin = path_.filename().native().substr(0, enough);
    const auto folder = path_.parent_path();
    folder_ = file(::open(folder.empty() ? "." : folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder_.is_open()) return errno;
    std::random_device any;
    do {
      part_ = fmt::format("{}.{:06x}.part", begin, any() & 0xffffffU);
      file_ =
          file(::openat(folder_.descriptor(), part_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    } while (!file_.is_open() && errno == EEXIST);
    if (file_.is_open()) return 0;
    part_.clear();
    return errno;
  }

  bool keeps_owner(const struct stat& status) const {
    struct stat made{};
    ::fstat(file_.descriptor(), &made);
    if (made.st_uid == status.st_uid && made.st_gid == status.st_gid) return true;
    return ::fchown(file_.descriptor(), status.st_uid, status.st_gid) == 0;
  }

  /// Whether it could: nothing takes the place of a mount point, or of another's file in a folder like /tmp.
  bool put_part_there() {
    const int folder = folder_.descriptor();
    // Some file systems tell only at a close that there was no room.
    if (const int again = ::dup(file_.descriptor()); again >= 0) check(file(again).close());
    if (::renameat(folder, part_.c_str(), folder, path_.filename().c_str()) != 0) {
      if (!exists_) check(errno);
      open_in_place();
      return false;
    }
    part_.clear();
    return true;
  }

  /// All of it at once, so that no signal ends it halfway; where there is no room, before anything is lost.
  void overwrite() {
    const off_t size = ::lseek(file_.descriptor(), 0, SEEK_END);
    const int to = in_place_.descriptor();
    const bool full = size > 0 && ::fallocate(to, FALLOC_FL_KEEP_SIZE, 0, size) != 0 &&
                      (errno == ENOSPC || errno == EDQUOT);
    if (full) check(errno);
    constexpr std::size_t room = 64 * 1024;
    const auto buffer = std::make_unique_for_overwrite<char[]>(room);
    for (off_t at = 0; at < size;) {
      const ssize_t got = ::pread(file_.descriptor(), buffer.get(), room, at);
      check(got > 0 ? 0 : got < 0 ? errno : EIO);
      check(in_place_.write({buffer.get(), static_cast<std::size_t>(got)}));
      at += got;
    }
    check(::ftruncate(to, size) == 0 ? 0 : errno);
    check(in_place_.close());
    drop_part();
  }

  void drop_part() noexcept {
    if (!part_.empty()) ::unlinkat(folder_.descriptor(), part_.c_str(), 0);
    part_.clear();
  }

  void check(int number) const {
    if (number != 0) fail("write " + path_.native(), number, "give another FILE to -o, or make room");
  }

  std::filesystem::path path_;
  bool exists_ = false;
  std::optional<std::time_t> modified_;
  file folder_;                        // where `part_` is
  std::string part_;                   // its name; empty: there is none
  file file_;                          // the part, what stands for it elsewhere, or what is no regular file
  file in_place_;                      // what is there and cannot be replaced
  std::optional<io::output> special_;  // goes before `file_`
};

// --- aside

class spool final : public sink {
 public:
  spool(std::unique_ptr<sink> last, io::mutex& one_at_a_time)
      : last_(std::move(last)), one_at_a_time_(one_at_a_time) {}

  io::task<void> begin(const http::response_head& head, const preface& before) override {
    head_ = head;
    before_ = before;
    const std::string folder = temporary_folder();
    doing_ = "keep the body in " + folder;
    file_ = nameless_file(folder);
    check(file_.descriptor());
    co_return;
  }

  io::task<void> write(std::string_view piece) override {
    if (const int number = file_.write(piece); number != 0) refuse(number);
    co_return;
  }

  io::task<void> finish() override {
    const io::mutex::guard turn = co_await one_at_a_time_.lock();
    co_await last_->begin(head_, before_);
    check(::lseek(file_.descriptor(), 0, SEEK_SET));
    constexpr std::size_t room = 64 * 1024;
    const auto buffer = std::make_unique_for_overwrite<char[]>(room);
    for (;;) {
      const ssize_t got = ::read(file_.descriptor(), buffer.get(), room);
      check(got);
      if (got == 0) break;
      co_await last_->write({buffer.get(), static_cast<std::size_t>(got)});
    }
    co_await last_->finish();
  }

 private:
  [[noreturn]] void refuse(int number) const {
    fail(doing_, number, "make room there, name another folder in TMPDIR, or use -o");
  }
  void check(ssize_t result) const {
    if (result < 0) refuse(errno);
  }

  const std::unique_ptr<sink> last_;
  io::mutex& one_at_a_time_;
  http::response_head head_;
  preface before_;
  std::string doing_;
  file file_;
};

}  // namespace

std::unique_ptr<sink> file_sink(const std::string& path) { return std::make_unique<named_file>(path); }

std::unique_ptr<sink> spooling_sink(std::unique_ptr<sink> last, io::mutex& one_at_a_time) {
  return std::make_unique<spool>(std::move(last), one_at_a_time);
}

}  // namespace parlance::cli
