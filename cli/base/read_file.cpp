#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include <parlance/io/error.hpp>

#include <cli/base/read_file.hpp>
#include <cli/base/verb.hpp>

namespace parlance::cli {
namespace {

class open_file {
 public:
  explicit open_file(const std::string& path)
      : doing_(path == "-" ? "read stdin" : "read " + path),
        descriptor_(path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) refuse(errno);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() { ::close(descriptor_); }

  int descriptor() const noexcept { return descriptor_; }
  const std::string& doing() const noexcept { return doing_; }
  [[noreturn]] void refuse(int number) const {
    throw complaint(usage, fmt::format("{}: {}", doing_, io::reason(io::from_errno(number))));
  }

 private:
  const std::string doing_;
  const int descriptor_;
};

}  // namespace

std::string read_file(const std::string& path) {
  constexpr std::size_t most = std::size_t{1} << 30;
  const open_file from(path);
  std::string data;
  for (ssize_t got = 1; got != 0;) {
    constexpr std::size_t step = 64 * 1024;
    const std::size_t size = data.size();
    data.resize(size + step);
    got = ::read(from.descriptor(), data.data() + size, step);
    if (got < 0) from.refuse(errno);
    data.resize(size + static_cast<std::size_t>(got));
    if (data.size() > most)
      throw complaint(usage,
                      from.doing() + ": more than 1 GiB, the most that is kept in memory; -T sends more");
  }
  return data;
}

bool check_readable(const std::string& path) {
  struct stat status{};
  // What a pipe's writer says to who opens it goes to nobody when he closes it again.
  const bool is_there = ::stat(path.c_str(), &status) == 0;
  if (is_there && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return false;
  const open_file from(path);
  if (::fstat(from.descriptor(), &status) != 0) from.refuse(errno);
  if (S_ISDIR(status.st_mode)) from.refuse(EISDIR);
  return S_ISREG(status.st_mode);
}

}  // namespace parlance::cli
