// A file descriptor, closed with it.
#pragma once

#include <unistd.h>

namespace parlance::http {

class open_file {
 public:
  /// Negative: there is none.
  explicit open_file(int fd) noexcept : fd_(fd) {}
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

}  // namespace parlance::http
