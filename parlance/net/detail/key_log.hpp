// The secrets of sessions, for those who look into what they themselves sent.
#pragma once

#include <string>

#include <parlance/io/detail/owned_fd.hpp>

namespace parlance::net {

/// A file that lines are appended to, its owner's alone. For any number of threads at once.
class key_log {
 public:
  /// Makes it, or goes on with it. A file that is there and that others may read or write is made its owner's
  /// alone (mode 600). Throws io::error that names it, also when that cannot be done.
  explicit key_log(const std::string& file);

  /// In one write, so lines of several processes do not mix. One that the disk does not take is left out.
  void write(std::string line) const;

 private:
  io::owned_fd fd_;
};

}  // namespace parlance::net
