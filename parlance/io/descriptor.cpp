#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <parlance/io/backend.hpp>
#include <parlance/io/descriptor.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::io {

bool in_background(int fd) noexcept {
  const pid_t in_front = ::tcgetpgrp(fd);
  return in_front >= 0 && in_front != ::getpgrp();
}

input::input(int fd) noexcept : fd_(fd), terminal_(::isatty(fd)) {}

task<std::string_view> input::read() {
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<char[]>(room);
  for (;;) {
    co_await poll_operation(fd_, POLLIN);
    if (terminal_ && in_background(fd_)) {
      co_await sleep(look_again);
      continue;
    }
    const ssize_t got = ::read(fd_, buffer_.get(), room);
    if (got >= 0) co_return std::string_view(buffer_.get(), static_cast<std::size_t>(got));
    // EIO: the terminal is gone, which ends it.
    if (errno == EIO) co_return std::string_view();
    if (errno != EAGAIN && errno != EINTR)
      throw error(from_errno(errno), fmt::format("read descriptor {}", fd_));
  }
}

task<bool> input::read_line(std::string& line, std::size_t limit) {
  for (std::size_t searched = taken_;;) {
    const std::size_t end = rest_.find('\n', searched);
    if (std::min(end, rest_.size()) - taken_ > limit)
      throw error(from_errno(EMSGSIZE), fmt::format("read descriptor {}", fd_),
                  fmt::format("a line of more than {} bytes", limit));
    if (end != std::string::npos) {
      line.assign(rest_, taken_, end - taken_);
      taken_ = end + 1;
      co_return true;
    }
    // What was taken goes when there is more to come, and not with each line.
    rest_.erase(0, std::exchange(taken_, 0));
    searched = rest_.size();
    const std::string_view more = co_await read();
    if (more.empty()) {
      line = std::exchange(rest_, {});
      co_return !line.empty();
    }
    rest_ += more;
  }
}

output::output(int fd) : fd_(fd) {
  struct stat status{};
  if (fstat(fd, &status) != 0) throw error(from_errno(errno), fmt::format("use descriptor {}", fd));
  blocks_ = !S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode);
  if (blocks_) return;
  const std::string again = fmt::format("/proc/self/fd/{}", fd);
  if (const int copy = ::open(again.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY); copy >= 0) {
    fd_ = copy;
    own_ = true;
  }
}

output::~output() {
  if (own_) ::close(fd_);
}

task<void> output::write(std::string_view text) {
  // POSIX promises that a pipe that polls writable takes PIPE_BUF bytes without blocking.
  const std::size_t step = own_ || blocks_ ? text.size() : std::size_t{PIPE_BUF};
  while (!text.empty()) {
    if (!own_ && !blocks_) co_await poll_operation(fd_, POLLOUT);
    ssize_t put = ::write(fd_, text.data(), std::min(step, text.size()));
    if (put >= 0)
      text.remove_prefix(static_cast<std::size_t>(put));
    else if (errno == EAGAIN)
      co_await poll_operation(fd_, POLLOUT);
    else if (errno != EINTR)
      throw error(from_errno(errno), fmt::format("write to descriptor {}", fd_));
  }
}

}  // namespace parlance::io
