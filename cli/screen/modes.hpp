// A terminal while a program has the whole of it: raw, with a screen of its own, and as it was afterwards.
#pragma once

#include <termios.h>

#include <string>
#include <string_view>

#include <cli/screen/surface.hpp>

namespace parlance::cli::screen {

/// From `enter` to `leave`, or its end, what is typed comes byte by byte and is not shown, and whatever is
/// written is on the alternate screen. It is put back whatever ends the program, but SIGKILL: by std::exit,
/// by an exception that nobody catches, by a signal that kills. In the background of its terminal it is left
/// to whoever is in front. One at a time in a process; for one thread.
class modes {
 public:
  struct wanted {
    bool mouse = true;  // clicks and the wheel; the terminal's own selection then takes Shift
  };

  /// Of a terminal to read from, and one to write to. Throws std::system_error where one is none.
  modes(int in, int out, wanted what);
  ~modes();
  modes(const modes&) = delete;
  modes& operator=(const modes&) = delete;

  /// Makes it raw, and gives what is to be written first.
  std::string enter();
  /// Puts it back, now: also writes what that takes, without waiting for a terminal that takes nothing.
  void leave() noexcept;
  /// Whether nobody has put it back.
  bool entered() const noexcept { return entered_; }

  /// What Backspace sends.
  char erase() const noexcept { return static_cast<char>(before_.c_cc[VERASE]); }
  /// The window's, or 80x24 where nobody knows.
  size window() const noexcept;

  /// The last of what `enter` has asked the terminal is answered.
  void answered() noexcept;
  /// Kitty's keyboard protocol, or xterm's modifyOtherKeys: what is to be written to use it. Put back by
  /// `leave`.
  std::string use_kitty_keys();
  std::string use_other_keys();

 private:
  std::string use(std::string_view on, std::string_view off);

  int in_;
  int out_ = -1;
  wanted wanted_;
  bool entered_ = false;
  termios before_{};
};

}  // namespace parlance::cli::screen
