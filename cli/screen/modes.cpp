#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <parlance/io/descriptor.hpp>

#include <cli/screen/modes.hpp>

namespace parlance::cli::screen {
namespace {

// In the order in which they are switched on: the alternate screen with the cursor kept (1049), no wrapping at
// the edge (7), bracketed paste (2004), focus (1004), the title kept.
constexpr std::string_view begin = "\x1b[?1049h\x1b[?7l\x1b[?2004h\x1b[?1004h\x1b[22;2t";
constexpr std::string_view mouse_on = "\x1b[?1000h\x1b[?1006h", mouse_off = "\x1b[?1006l\x1b[?1000l";
// Which of Kitty's keyboard flags it has, and, for those that do not know that, what it is (DA1).
constexpr std::string_view questions = "\x1b[?u\x1b[c";
// Ends what may have been cut in the middle: a control string, and a synchronized frame.
constexpr std::string_view cut_off = "\x1b\\\x1b[?2026l";
constexpr std::string_view end =
    "\x1b[m\x1b]8;;\x1b\\\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[23;2t\x1b[?25h\x1b[?1049l";
constexpr std::string_view kitty_on = "\x1b[>1u", kitty_off = "\x1b[<u";  // disambiguate; pushed and popped
constexpr std::string_view other_on = "\x1b[>4;1m", other_off = "\x1b[>4m";

/// All that puts the terminal back, for handlers of signals, too.
struct put_back {
  std::atomic<bool> due = false;
  bool asking = false;  // what it answers later would be typed into the shell
  int in = -1;
  int out = -1;
  termios before{};
  std::array<char, 256> text{};
  std::size_t size = 0;

  void append(std::string_view bytes) noexcept {
    const std::size_t fits = bytes.size() <= text.size() - size ? bytes.size() : 0;
    std::memcpy(text.data() + size, bytes.data(), fits);
    size += fits;
  }
  /// Only what may be called in a handler (signal-safety(7)).
  void now() noexcept {
    if (!due.exchange(false)) return;
    const int kept = errno;
    // Who sets the modes from the background is stopped (SIGTTOU), and disturbs whoever is in front.
    if (const pid_t front = ::tcgetpgrp(in); front < 0 || front == ::getpgrp()) {
      static_cast<void>(!::write(out, text.data(), size));
      if (asking) ::tcflush(in, TCIFLUSH);
      ::tcsetattr(in, TCSANOW, &before);
    }
    errno = kept;
  }
};
put_back last;

constexpr std::array fatal{SIGSEGV, SIGBUS,  SIGILL,  SIGFPE,  SIGABRT, SIGSYS,  SIGTRAP, SIGHUP,   SIGINT,
                           SIGQUIT, SIGTERM, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU, SIGVTALRM};
std::array<struct sigaction, fatal.size()> former;

void die(int number) {
  last.now();
  for (std::size_t i = 0; i < fatal.size(); ++i)
    if (fatal[i] == number) ::sigaction(number, &former[i], nullptr);
  ::raise(number);
}

/// Whose action is the default; those that others handle are theirs.
void catch_fatal_signals() {
  struct sigaction ours{};
  ours.sa_handler = die;
  ours.sa_flags = SA_NODEFER;
  for (std::size_t i = 0; i < fatal.size(); ++i) {
    ::sigaction(fatal[i], nullptr, &former[i]);
    const bool fault = i < 5;
    const bool ignored = (former[i].sa_flags & SA_SIGINFO) == 0 && former[i].sa_handler == SIG_IGN;
    const bool standard = (former[i].sa_flags & SA_SIGINFO) == 0 && former[i].sa_handler == SIG_DFL;
    if (standard || (fault && !ignored)) ::sigaction(fatal[i], &ours, nullptr);
  }
}

void leave_fatal_signals() noexcept {
  for (std::size_t i = 0; i < fatal.size(); ++i) {
    struct sigaction now{};
    ::sigaction(fatal[i], nullptr, &now);
    if ((now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == die) ::sigaction(fatal[i], &former[i], nullptr);
  }
}

/// A description of its own, which does not block: a terminal that takes nothing holds up nobody.
int open_again(int fd) {
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  return ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

}  // namespace

modes::modes(int in, int out, wanted what) : in_(in), wanted_(what) {
  if (::tcgetattr(in_, &before_) != 0 || !::isatty(out))
    throw std::system_error(ENOTTY, std::system_category(), "take the terminal");
  out_ = open_again(out);
  if (out_ < 0) throw std::system_error(errno, std::system_category(), "open the terminal");
  static const bool at_exit = std::atexit([] { last.now(); }) == 0;
  static_cast<void>(at_exit);
}

modes::~modes() {
  leave();
  ::close(out_);
}

std::string modes::enter() {
  std::string text;
  if (entered_) {
    // Stopped and going on, with whatever others have made of it meanwhile.
    text.assign(last.text.data(), last.size);
  } else if (::tcgetattr(in_, &before_) != 0) {
    throw std::system_error(errno, std::system_category(), "take the terminal");
  }
  last.due = false;
  last.asking = true;
  last.in = in_;
  last.out = out_;
  last.before = before_;
  last.size = 0;
  last.append(cut_off);
  if (wanted_.mouse) last.append(mouse_off);
  last.append(end);

  termios raw = before_;
  ::cfmakeraw(&raw);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  if (::tcsetattr(in_, TCSANOW, &raw) != 0)
    throw std::system_error(errno, std::system_category(), "take the terminal");
  last.due = true;
  if (!std::exchange(entered_, true)) catch_fatal_signals();
  text += begin;
  if (wanted_.mouse) text += mouse_on;
  text += questions;
  return text;
}

void modes::leave() noexcept {
  if (!std::exchange(entered_, false)) return;
  last.now();
  leave_fatal_signals();
}

size modes::window() const noexcept {
  winsize now{};
  if (::ioctl(out_, TIOCGWINSZ, &now) != 0 || now.ws_col == 0 || now.ws_row == 0)
    return {.columns = 80, .rows = 24};
  return {.columns = now.ws_col, .rows = now.ws_row};
}

/// What is switched on last is put back first.
std::string modes::use(std::string_view on, std::string_view off) {
  if (!entered_) return {};
  last.due = false;
  std::string others(last.text.data() + cut_off.size(), last.size - cut_off.size());
  last.size = cut_off.size();
  last.append(off);
  last.append(others);
  last.due = true;
  return std::string(on);
}

void modes::answered() noexcept { last.asking = false; }

std::string modes::use_kitty_keys() { return use(kitty_on, kitty_off); }
std::string modes::use_other_keys() { return use(other_on, other_off); }

}  // namespace parlance::cli::screen
