#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include <parlance/io/backend.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/signals.hpp>

namespace parlance::io {

signals::signals(std::initializer_list<int> which) {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int number : which) sigaddset(&wanted, number);
  fd_ = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd_ < 0) throw error(from_errno(errno), "watch signals");
  pthread_sigmask(SIG_BLOCK, &wanted, &outer_);
}

signals::~signals() {
  pthread_sigmask(SIG_SETMASK, &outer_, nullptr);
  ::close(fd_);
}

task<int> signals::next() {
  for (;;) {
    co_await poll_operation(fd_, POLLIN);
    signalfd_siginfo info;
    if (::read(fd_, &info, sizeof info) == sizeof info) co_return static_cast<int>(info.ssi_signo);
    if (errno != EAGAIN && errno != EINTR) throw error(from_errno(errno), "read signals");
  }
}

void ignore_sigpipe() noexcept { ::signal(SIGPIPE, SIG_IGN); }

}  // namespace parlance::io
