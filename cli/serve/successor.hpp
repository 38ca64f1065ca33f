// Another version of the program in the place of a running server, in the same process (execve(2)): whoever has started it sees
// no end, and listeners and connections stay open.
//
//   const successor next;                            // early: the file may be replaced later
//   co_await next.try_out();                         // throws, if it would not start
//   next.take_over(all);                             // does not come back
//
//   // and there
//   std::optional<chat::carried> left = left_by_predecessor();
#pragma once

#include <termios.h>

#include <optional>
#include <string>
#include <vector>

#include <parlance/chat/door/carried.hpp>
#include <parlance/io/task.hpp>

namespace parlance::cli {

class successor {
 public:
  /// What was started, and how.
  successor();

  /// Asks the program that is there now whether it would start so (--check-config). Throws `complaint`.
  io::task<void> try_out() const;
  /// Begins it. Throws `complaint` when the system does not.
  [[noreturn]] void take_over(const chat::carried& all) const;

 private:
  std::string program_;
  std::vector<std::string> arguments_;
  std::optional<termios> terminal_;  // as it was
};

/// Once, at the start, before anything is open: what the predecessor has left, whose descriptors are this one's now. Nothing:
/// there was none, or it cannot be read, which is told; then all descriptors are closed, but the standard ones.
std::optional<chat::carried> left_by_predecessor();

}  // namespace parlance::cli
