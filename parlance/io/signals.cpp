#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>

#include <parlance/io/detail/backend.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/signals.hpp>

namespace parlance::io {
namespace {

/// What the `signals` of this thread have made of a signal.
struct use {
  unsigned by = 0;  // how many have it
  bool blocked_before = false;
};
thread_local std::array<use, NSIG> uses;

}  // namespace

signals::signals(std::initializer_list<int> which) {
  sigemptyset(&wanted_);
  for (const int number : which)
    if (sigaddset(&wanted_, number) != 0)
      throw error(from_errno(EINVAL), "watch signal " + std::to_string(number));
  fd_ = signalfd(-1, &wanted_, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd_ < 0) throw error(from_errno(errno), "watch signals");
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &wanted_, &before);
  for (int number = 1; number < NSIG; ++number)
    if (use& of = uses[static_cast<std::size_t>(number)]; sigismember(&wanted_, number) == 1 && of.by++ == 0)
      of.blocked_before = sigismember(&before, number) == 1;
}

signals::~signals() {
  sigset_t last;  // those that nobody else has
  sigemptyset(&last);
  for (int number = 1; number < NSIG; ++number)
    if (use& of = uses[static_cast<std::size_t>(number)];
        sigismember(&wanted_, number) == 1 && --of.by == 0 && !of.blocked_before)
      sigaddset(&last, number);
  // Whoever sent them meant them for `next`, and not for what they do to a program that has none.
  constexpr timespec at_once{};
  while (::sigtimedwait(&last, nullptr, &at_once) > 0 || errno == EINTR) {
  }
  pthread_sigmask(SIG_UNBLOCK, &last, nullptr);
  ::close(fd_);
}

task<int> signals::next() {
  try {
    for (;;) {
      co_await poll_operation(fd_, POLLIN);
      signalfd_siginfo info;
      if (::read(fd_, &info, sizeof info) == sizeof info) co_return static_cast<int>(info.ssi_signo);
      if (errno != EAGAIN && errno != EINTR) throw error(from_errno(errno), "read signals");
    }
  } catch (const error& e) {
    throw error(e.code(), "wait for a signal");
  }
}

void ignore_sigpipe() noexcept { ::signal(SIGPIPE, SIG_IGN); }

}  // namespace parlance::io
