// Signals as something to wait for: `int which = co_await signals.next();`.
#pragma once

#include <csignal>
#include <initializer_list>

#include <parlance/io/task.hpp>

namespace parlance::io {

/// While it lives, the given signals are blocked in the calling thread and handed out by `next` instead of
/// doing what they do. Make it before other threads start, so that they inherit the mask; those that this
/// library makes leave every signal alone, whenever they were made. Several may have a signal in common, and
/// go in any order, on the thread that made them: with the last that has it, those that nobody has asked for
/// are dropped, and it does again what it did.
class signals {
 public:
  explicit signals(std::initializer_list<int> which);
  ~signals();
  signals(const signals&) = delete;
  signals& operator=(const signals&) = delete;

  /// The number of the next signal.
  task<int> next();

 private:
  int fd_;
  sigset_t wanted_;
};

/// For programs: writing to a closed pipe gives EPIPE instead of ending the process. The library never does
/// this.
void ignore_sigpipe() noexcept;

}  // namespace parlance::io
