// stdout and stderr of a verb that runs in a loop.
#pragma once

#include <unistd.h>

#include <string>
#include <string_view>

#include <parlance/io/descriptor.hpp>
#include <parlance/io/task.hpp>

namespace parlance::cli {

/// Nobody reads stdout any more.
struct stdout_closed {};

/// stdout. Throws stdout_closed, or io::error.
class printer {
 public:
  io::task<void> print(std::string_view text);

 private:
  io::output out_{STDOUT_FILENO};
};

/// Prints a line on stderr, or what of it can be written in a second, while the loop goes on.
io::task<void> tell_without_blocking(std::string line);
/// The same for text that is no line.
io::task<void> write_stderr_without_blocking(std::string text);

}  // namespace parlance::cli
