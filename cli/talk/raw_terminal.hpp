// A terminal whose keys go to the program one by one, as they are.
#pragma once

#include <termios.h>

namespace parlance::cli {

/// While it lives, what is typed is neither shown, nor gathered to lines, nor are Ctrl-C, Ctrl-Z and Ctrl-D
/// anything but bytes (termios(3)). Does nothing where the descriptor is no terminal. Its output is still
/// processed, so that lines of ours begin at the left.
class raw_terminal {
 public:
  explicit raw_terminal(int terminal) noexcept;
  ~raw_terminal();
  raw_terminal(const raw_terminal&) = delete;
  raw_terminal& operator=(const raw_terminal&) = delete;

  bool on() const noexcept { return on_; }

 private:
  termios before_{};
  int terminal_;
  bool on_;
};

}  // namespace parlance::cli
