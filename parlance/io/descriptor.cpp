#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include <parlance/io/descriptor.hpp>
#include <parlance/io/detail/backend.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/system_call.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::io {

bool in_background(int fd) noexcept {
  // Who shows a terminal, at its master, may ask for its foreground, too, and is in another session.
  if (::tcgetsid(fd) != ::getsid(0)) return false;
  const pid_t in_front = ::tcgetpgrp(fd);
  return in_front >= 0 && in_front != ::getpgrp();
}

namespace {

/// Whether `fd` is open, but not for `mode`, O_RDONLY or O_WRONLY. Polling a pipe's wrong end would wait.
bool is_open_otherwise(int fd, int mode) noexcept {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != O_RDWR && (flags & O_ACCMODE) != mode;
}

/// A descriptor of its own for the same pipe or terminal, that does not block; none where there is none. What
/// else is opened again by its name may be another: each opening of /dev/ptmx makes a new terminal.
owned_fd opened_again(int fd, int mode, bool is_pipe = false) {
  unsigned device = 0;
  if (!is_pipe && ::ioctl(fd, TIOCGDEV, &device) != 0) return {};
  const std::string name = fmt::format("/proc/self/fd/{}", fd);
  owned_fd again(::open(name.c_str(), mode | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  unsigned its = 0;
  if (!again || is_pipe || (::ioctl(again.get(), TIOCGDEV, &its) == 0 && its == device)) return again;
  return {};
}

}  // namespace

class input::only_reader {
 public:
  explicit only_reader(input& of) : of_(of) {
    if (of.reading_) throw error(from_errno(EALREADY), of.doing_);
    of.reading_ = true;
  }
  ~only_reader() {
    of_.reading_ = false;
    of_.waiting_ = nullptr;
  }
  only_reader(const only_reader&) = delete;
  only_reader& operator=(const only_reader&) = delete;

 private:
  input& of_;
};

input::input(int fd) : input(fd, fmt::format("read descriptor {}", fd)) {}

input::input(int fd, std::string doing)
    : fd_(is_open_otherwise(fd, O_RDONLY) ? -1 : fd), terminal_(::isatty(fd)), doing_(std::move(doing)) {
  if (terminal_ && fd_ >= 0) own_ = opened_again(fd, O_RDONLY);
  if (own_) fd_ = own_.get();
  struct stat status{};
  regular_ = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

task<std::string_view> input::read() {
  const only_reader alone(*this);
  co_await checkpoint(doing_);
  if (taken_ == rest_.size()) co_return co_await read_on();
  co_return std::string_view(rest_).substr(std::exchange(taken_, rest_.size()));
}

ssize_t input::read_some() noexcept {
  if (own_ || regular_) return ::read(fd_, buffer_.get(), room);
  return read_without_waiting(fd_, {buffer_.get(), room});
}

/// As read(2), when there is something.
task<std::string_view> input::read_on() {
  if (fd_ < 0) throw error(from_errno(EBADF), doing_);
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<char[]>(room);
  try {
    for (;;) {
      poll_operation readable(fd_, POLLIN);
      waiting_ = &readable;
      co_await readable;
      waiting_ = nullptr;
      if (fd_ < 0) throw error(errc::cancelled, doing_);
      if (terminal_ && in_background(fd_)) {
        co_await sleep(look_again);
        continue;
      }
      const ssize_t got = read_some();
      if (got >= 0) co_return std::string_view(buffer_.get(), static_cast<std::size_t>(got));
      // EIO: the terminal is gone, which ends it.
      if (errno == EIO && terminal_) co_return std::string_view();
      if (errno != EAGAIN && errno != EINTR) throw error(from_errno(errno), doing_);
    }
  } catch (const error& e) {
    throw error(e.code(), doing_);
  }
}

void input::close() noexcept {
  fd_ = -1;
  if (!waiting_ || !waiting_->waiting()) return;
  waiting_->link<in_context>::unlink();  // nobody else ends it, with another reason
  waiting_->cancel(make_error_code(errc::cancelled));
}

task<bool> input::read_line(std::string& line, std::size_t limit) {
  const only_reader alone(*this);
  co_await checkpoint(doing_);
  for (std::size_t searched = taken_;;) {
    const std::size_t end = rest_.find('\n', searched);
    if (std::min(end, rest_.size()) - taken_ > limit)
      throw error(from_errno(EMSGSIZE), doing_, fmt::format("a line of more than {} bytes", limit));
    if (end != std::string::npos) {
      line.assign(rest_, taken_, end - taken_);
      taken_ = end + 1;
      co_return true;
    }
    // What was taken goes when there is more to come, and not with each line.
    rest_.erase(0, std::exchange(taken_, 0));
    searched = rest_.size();
    rest_.reserve(searched + room);  // or without memory what is read would be lost
    const std::string_view more = co_await read_on();
    if (more.empty()) {
      line = std::exchange(rest_, {});
      co_return !line.empty();
    }
    rest_ += more;
  }
}

output::output(int fd) : fd_(fd), doing_(fmt::format("write to descriptor {}", fd)) {
  struct stat status{};
  if (fstat(fd, &status) != 0) throw error(from_errno(errno), fmt::format("use descriptor {}", fd));
  if (is_open_otherwise(fd, O_WRONLY)) throw error(from_errno(EBADF), doing_);
  pipe_ = S_ISFIFO(status.st_mode);
  if (pipe_ || S_ISCHR(status.st_mode)) own_ = opened_again(fd, O_WRONLY, pipe_);
  if (own_) fd_ = own_.get();
}

/// As write(2), without waiting or a signal.
ssize_t output::write_some(std::string_view text) const noexcept {
  const without_sigpipe quiet;
  if (own_) return ::write(fd_, text.data(), text.size());
  // POSIX promises that a pipe that polls writable takes so many bytes without blocking.
  if (pipe_) {
    const iovec some{const_cast<char*>(text.data()), std::min(text.size(), std::size_t{PIPE_BUF})};
    const ssize_t put = ::pwritev2(fd_, &some, 1, -1, RWF_NOWAIT);  // somebody else may have filled it
    return put >= 0 || errno != EOPNOTSUPP ? put : ::write(fd_, some.iov_base, some.iov_len);
  }
  const without_blocking quick(fd_);
  return ::write(fd_, text.data(), text.size());
}

task<void> output::write(std::string_view text) {
  std::size_t sent = 0;
  try {
    const mutex::guard alone = co_await writing_.lock();
    if (is_cut_) throw error(from_errno(EPIPE), doing_);
    while (sent < text.size()) {
      co_await checkpoint(doing_);
      if (pipe_ && !own_) co_await poll_operation(fd_, POLLOUT);
      const ssize_t put = write_some(text.substr(sent));
      if (put >= 0)
        is_cut_ = (sent += static_cast<std::size_t>(put)) != text.size();
      else if (errno == EAGAIN)
        co_await poll_operation(fd_, POLLOUT);
      else if (errno != EINTR)
        throw error(from_errno(errno), doing_);
    }
  } catch (const error& e) {
    error told(e.code(), doing_);
    if (sent != 0) is_cut_ = false;  // who wrote knows how much
    throw told.sent(sent);
  }
}

}  // namespace parlance::io
