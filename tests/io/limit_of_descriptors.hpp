// Descriptors that run out.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace parlance::io::test {

/// Descriptors run out while it lives.
class limit_of_descriptors {
 public:
  /// So many more may be opened, where the lowest are taken first.
  explicit limit_of_descriptors(int more = 0) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    // The lowest descriptor that is free is the next that would be given.
    const int next = ::fcntl(0, F_DUPFD_CLOEXEC, 0);
    ::close(next);
    const rlimit few{.rlim_cur = static_cast<rlim_t>(next + more), .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~limit_of_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  limit_of_descriptors(const limit_of_descriptors&) = delete;
  limit_of_descriptors& operator=(const limit_of_descriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace parlance::io::test
