#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>

#include <cli/base/verb.hpp>
#include <cli/base/without_echo.hpp>

namespace parlance::cli {

namespace {

volatile std::sig_atomic_t was_interrupted = 0;

}  // namespace

without_echo::without_echo(int terminal) : terminal_(terminal), on_(::tcgetattr(terminal, &before_) == 0) {
  if (!on_) return;
  termios quiet = before_;
  quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  quiet.c_lflag |= ECHONL;
  // Let through only while it waits, or one that comes between two waits would be missed.
  sigset_t interrupts;
  ::sigemptyset(&interrupts);
  ::sigaddset(&interrupts, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &interrupts, &mask_);
  struct sigaction interrupting{};
  was_interrupted = 0;
  interrupting.sa_handler = [](int) { was_interrupted = 1; };
  ::sigaction(SIGINT, &interrupting, &on_interrupt_);
  ::tcsetattr(terminal_, TCSAFLUSH, &quiet);
}

without_echo::~without_echo() {
  if (!on_) return;
  ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  ::sigaction(SIGINT, &on_interrupt_, nullptr);
  ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
}

std::optional<std::string> without_echo::line(std::size_t longest) const {
  std::string typed;
  for (char c = 0;;) {
    pollfd readable{.fd = terminal_, .events = POLLIN, .revents = 0};
    const int ready = ::ppoll(&readable, 1, nullptr, on_ ? &mask_ : nullptr);
    if (was_interrupted) throw complaint(interrupted, "interrupted");
    if (ready < 0 && errno == EINTR) continue;
    const ssize_t got = ::read(terminal_, &c, 1);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0 && typed.empty()) return std::nullopt;
    if (got <= 0 || c == '\n') return typed;
    if (typed.size() <= longest) typed += c;
  }
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
  std::string typed = hidden.line(longest).value_or("");
  if (typed.size() > longest) throw complaint(usage, fmt::format("{}: longer than {} bytes", what, longest));
  return typed;
}

}  // namespace parlance::cli
