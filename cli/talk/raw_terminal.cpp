#include <cli/talk/raw_terminal.hpp>

namespace parlance::cli {

raw_terminal::raw_terminal(int terminal) noexcept
    : terminal_(terminal), on_(::tcgetattr(terminal, &before_) == 0) {
  if (!on_) return;
  termios raw = before_;
  ::cfmakeraw(&raw);
  raw.c_oflag = before_.c_oflag;
  on_ = ::tcsetattr(terminal_, TCSADRAIN, &raw) == 0;
}

raw_terminal::~raw_terminal() {
  if (on_) ::tcsetattr(terminal_, TCSADRAIN, &before_);
}

}  // namespace parlance::cli
