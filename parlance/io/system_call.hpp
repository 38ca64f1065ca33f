// For the length of a system call: what it would do beside what it is for.
#pragma once

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <span>

namespace parlance::io {

/// The SIGPIPE of a call that cannot be told not to raise it, which is this thread's, is taken back. It comes with EPIPE,
/// and also where a part went before that.
class without_sigpipe {
 public:
  without_sigpipe() noexcept {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    had_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~without_sigpipe() {
    const int number = errno;
    constexpr timespec at_once{};
    if (!had_) ::sigtimedwait(&pipe_, nullptr, &at_once);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = number;
  }
  without_sigpipe(const without_sigpipe&) = delete;
  without_sigpipe& operator=(const without_sigpipe&) = delete;

 private:
  sigset_t pipe_, before_;
  bool had_;
};

/// A descriptor that blocks does not.
class without_blocking {
 public:
  explicit without_blocking(int fd) noexcept : fd_(fd), flags_(::fcntl(fd, F_GETFL)) {
    if ((flags_ & O_NONBLOCK) == 0) ::fcntl(fd_, F_SETFL, flags_ | O_NONBLOCK);
  }
  ~without_blocking() {
    const int number = errno;
    if ((flags_ & O_NONBLOCK) == 0) ::fcntl(fd_, F_SETFL, flags_);
    errno = number;
  }
  without_blocking(const without_blocking&) = delete;
  without_blocking& operator=(const without_blocking&) = delete;

 private:
  int fd_, flags_;
};

/// As read(2), but does not wait when somebody else has taken what was there: fails with EAGAIN.
inline ssize_t read_without_waiting(int fd, std::span<char> into) noexcept {
  const iovec room{into.data(), into.size()};
  const ssize_t got = ::preadv2(fd, &room, 1, -1, RWF_NOWAIT);  // -1: from where it is
  if (got >= 0 || errno != EOPNOTSUPP) return got;
  const without_blocking quick(fd);
  return ::read(fd, into.data(), into.size());
}

}  // namespace parlance::io
