// Passwords that are typed.
#pragma once

#include <signal.h>
#include <termios.h>

#include <cstddef>
#include <optional>
#include <string>

namespace parlance::cli {

/// What is typed is not shown while it lives, nor does Ctrl-C end the program before the terminal is as it was: `line`
/// tells of it, whenever it comes. Does nothing where the descriptor is no terminal.
class without_echo {
 public:
  explicit without_echo(int terminal);
  ~without_echo();
  without_echo(const without_echo&) = delete;
  without_echo& operator=(const without_echo&) = delete;

  bool on() const noexcept { return on_; }

  /// A line that is typed, without its end, and no more of it than `longest` bytes and one; nothing when there is none.
  /// Throws complaint when it is interrupted.
  std::optional<std::string> line(std::size_t longest) const;

 private:
  termios before_{};
  struct sigaction on_interrupt_{};
  sigset_t mask_{};  // while it waits
  int terminal_;
  bool on_;
};

/// Asks on the terminal that the process belongs to, whatever stdin is. `what`: "Password for me". Throws
/// complaint when there is no terminal, with `otherwise` as what to do, and when it is interrupted.
std::string ask_password(const std::string& what, const std::string& otherwise);

}  // namespace parlance::cli
