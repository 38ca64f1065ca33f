// A program that was started without a standard input.
#pragma once

#include <fcntl.h>
#include <unistd.h>

namespace parlance::io::test {

/// While it lives, 0 is the first descriptor that is given out. What has that number is to be closed before.
class without_standard_input {
 public:
  without_standard_input() : kept_(::fcntl(0, F_DUPFD_CLOEXEC, 3)) { ::close(0); }
  ~without_standard_input() {
    if (kept_ < 0) return;
    ::dup2(kept_, 0);
    ::close(kept_);
  }
  without_standard_input(const without_standard_input&) = delete;
  without_standard_input& operator=(const without_standard_input&) = delete;

 private:
  int kept_;
};

}  // namespace parlance::io::test
