#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include <parlance/http/base/kept_file.hpp>
#include <parlance/http/base/open_file.hpp>
#include <parlance/io/error.hpp>

namespace parlance::http {
namespace {

[[noreturn]] void fail(const std::string& doing) { throw io::error(io::from_errno(errno), doing); }

/// Where a symbolic link leads; the path itself where there is nothing yet.
std::string followed(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), std::free);
  return real ? real.get() : path;
}

void write_all(int fd, std::string_view text, const std::string& doing) {
  while (!text.empty()) {
    const ssize_t went = ::write(fd, text.data(), text.size());
    if (went < 0 && errno == EINTR) continue;
    if (went < 0) fail(doing);
    text.remove_prefix(static_cast<std::size_t>(went));
  }
}

}  // namespace

std::optional<std::string> read_kept_file(const std::string& path, std::size_t most, struct stat* of) {
  const std::string doing = "read " + path;
  const open_file file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (file.get() < 0 && errno == ENOENT) return std::nullopt;
  if (file.get() < 0 || (of && ::fstat(file.get(), of) != 0)) fail(doing);
  std::string text;
  for (;;) {
    constexpr std::size_t step = 64 * 1024;
    const std::size_t size = text.size();
    text.resize(size + step);
    const ssize_t got = ::read(file.get(), text.data() + size, step);
    if (got < 0 && errno != EINTR) fail(doing);
    text.resize(size + static_cast<std::size_t>(got < 0 ? 0 : got));
    if (text.size() > most)
      throw io::error(io::from_errno(EFBIG), doing,
                      fmt::format("more than {} bytes, the most that is read", most));
    if (got == 0) return text;
  }
}

void replace_kept_file(const std::string& path, std::string_view text) {
  const std::string doing = "write " + path;
  const std::string to = followed(path);
  struct stat before{};
  const bool is_there = ::stat(to.c_str(), &before) == 0;
  // A device or a pipe is no file to be replaced.
  if (is_there && !S_ISREG(before.st_mode)) {
    const open_file file(::open(to.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (file.get() < 0) fail(doing);
    return write_all(file.get(), text, doing);
  }
  std::string beside = to + ".XXXXXX";
  const open_file file(::mkostemp(beside.data(), O_CLOEXEC));  // 0600
  if (file.get() < 0) fail(doing);
  try {
    if (is_there && ::fchmod(file.get(), before.st_mode & 07777) != 0) fail(doing);
    write_all(file.get(), text, doing);
    if (::fsync(file.get()) != 0 || std::rename(beside.c_str(), to.c_str()) != 0) fail(doing);
  } catch (...) {
    ::unlink(beside.c_str());
    throw;
  }
}

}  // namespace parlance::http
