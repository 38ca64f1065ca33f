#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include <cli/base/verb.hpp>
#include <cli/base/without_echo.hpp>

namespace parlance::cli {

without_echo::without_echo(int terminal) : terminal_(terminal), on_(::tcgetattr(terminal, &before_) == 0) {
  if (!on_) return;
  termios quiet = before_;
  quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  quiet.c_lflag |= ECHONL;
  // Without SA_RESTART a signal makes the read fail with EINTR.
  struct sigaction interrupting{};
  interrupting.sa_handler = [](int) {};
  ::sigaction(SIGINT, &interrupting, &on_interrupt_);
  ::tcsetattr(terminal_, TCSAFLUSH, &quiet);
}

without_echo::~without_echo() {
  if (!on_) return;
  ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  ::sigaction(SIGINT, &on_interrupt_, nullptr);
}

std::string ask_password(const std::string& what, const std::string& otherwise) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0)
    throw complaint(usage, fmt::format("{}: there is no terminal to ask on; {}", what, otherwise));
  const std::unique_ptr<const int, void (*)(const int*)> closed(&terminal, [](const int* d) { ::close(*d); });
  const without_echo hidden(terminal);
  const std::string prompt = what + ": ";
  if (::write(terminal, prompt.data(), prompt.size()) < 0)
    throw complaint(usage, fmt::format("{}: cannot ask on the terminal; {}", what, otherwise));
  constexpr std::size_t longest = 2048;
  std::string typed;
  for (char c = 0;;) {
    const ssize_t got = ::read(terminal, &c, 1);
    if (got < 0 && errno == EINTR) throw complaint(interrupted, "interrupted");
    if (got <= 0 || c == '\n') break;
    if (typed.size() == longest)
      throw complaint(usage, fmt::format("{}: longer than {} bytes", what, longest));
    typed += c;
  }
  return typed;
}

}  // namespace parlance::cli
