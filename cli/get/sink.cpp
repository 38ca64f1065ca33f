#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
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
#include <cli/get/replacement.hpp>
#include <cli/get/sink.hpp>

namespace parlance::cli {
namespace {

// --- a file

class named_file final : public sink {
 public:
  named_file(const std::string& path, bool is_new, mode_t mode) : path_(path), is_new_(is_new), mode_(mode) {}
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
    if (!special_ && (in_place_.is_open() || !put_part_there())) {
      check(overwrite(file_, in_place_));
      drop_part();
    }
    if (!special_ && modified_) {
      const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, {.tv_sec = *modified_, .tv_nsec = 0}};
      ::utimensat(AT_FDCWD, path_.c_str(), times, 0);  // what cannot be dated is whole all the same
    }
    check(file_.close());
    co_return;
  }

 private:
  void open() {
    if (is_new_) return check(open_part(mode_));
    path_ = followed(path_);
    struct stat status{};
    if (::stat(path_.c_str(), &status) != 0) {
      if (errno != ENOENT) check(errno);
      return check(open_part(mode_));
    }
    if (S_ISDIR(status.st_mode)) fail("write " + path_.native(), EISDIR, "name a file in it");
    if (!S_ISREG(status.st_mode)) return open_special();
    exists_ = true;
    const bool has_part = open_part(status.st_mode & 07777) == 0;
    if (has_part && can_replace(file_, status)) return;
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

  /// Whether it could: nothing takes the place of a mount point, or of another's file in a folder like /tmp.
  bool put_part_there() {
    // Some file systems tell only at a close that there was no room.
    if (const int again = ::dup(file_.descriptor()); again >= 0) check(file(again).close());
    if (rename_part(is_new_ ? RENAME_NOREPLACE : 0) != 0) {
      if (!exists_) check(errno);
      open_in_place();
      return false;
    }
    part_.clear();
    return true;
  }

  int rename_part(unsigned how) const noexcept {
    const int folder = folder_.descriptor();
    const int done = ::renameat2(folder, part_.c_str(), folder, path_.filename().c_str(), how);
    // NFS and FUSE may know of no such condition.
    if (done == 0 || how == 0 || errno != EINVAL) return done;
    if (::faccessat(folder, path_.filename().c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
      errno = EEXIST;
      return -1;
    }
    return rename_part(0);
  }

  void drop_part() noexcept {
    if (!part_.empty()) ::unlinkat(folder_.descriptor(), part_.c_str(), 0);
    part_.clear();
  }

  void check(int number) const {
    if (number != 0) fail("write " + path_.native(), number, "give another FILE to -o, or make room");
  }

  std::filesystem::path path_;
  const bool is_new_;
  const mode_t mode_;
  bool exists_ = false;
  std::optional<std::time_t> modified_;
  file folder_;                        // where `part_` is
  std::string part_;                   // its name; empty: there is none
  file file_;                          // the part, what stands for it elsewhere, or what is no regular file
  file in_place_;                      // what is there and cannot be replaced
  std::optional<io::output> special_;  // goes before `file_`
};

// --- nowhere

/// For bodies that nobody wants: the null device, without a call of the system for each.
class nowhere final : public sink {
 public:
  io::task<void> begin(const http::response_head&, const preface&) override { co_return; }
  io::task<void> write(std::string_view) override { co_return; }
  io::task<void> finish() override { co_return; }
};

bool is_null_device(const std::string& path) noexcept {
  struct stat status{};
  return path == "/dev/null" && ::stat(path.c_str(), &status) == 0 && S_ISCHR(status.st_mode) &&
         status.st_rdev == makedev(1, 3);
}

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

std::unique_ptr<sink> file_sink(const std::string& path, unsigned mode) {
  if (is_null_device(path)) return std::make_unique<nowhere>();
  return std::make_unique<named_file>(path, false, mode);
}
std::unique_ptr<sink> new_file_sink(const std::string& path, unsigned mode) {
  return std::make_unique<named_file>(path, true, mode);
}

std::unique_ptr<sink> spooling_sink(std::unique_ptr<sink> last, io::mutex& one_at_a_time) {
  return std::make_unique<spool>(std::move(last), one_at_a_time);
}

}  // namespace parlance::cli
