// --hash-password: so that a configuration file needs no password in it.
#include <fmt/core.h>
#include <sodium.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <string>

#include <parlance/chat/accounts/password.hpp>

#include "serve_config.hpp"
#include "verb.hpp"

namespace parlance::cli {
namespace {

constexpr std::size_t longest_line = 2048;

/// What is typed is not shown while it lives, nor does Ctrl-C end the program before the terminal is as it
/// was. Does nothing where stdin is no terminal.
class without_echo {
 public:
  without_echo() : on_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!on_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL;
    // Without SA_RESTART a signal makes the read fail with EINTR.
    struct sigaction interrupting{};
    interrupting.sa_handler = [](int) {};
    ::sigaction(SIGINT, &interrupting, &on_interrupt_);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~without_echo() {
    if (!on_) return;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    ::sigaction(SIGINT, &on_interrupt_, nullptr);
  }
  without_echo(const without_echo&) = delete;
  without_echo& operator=(const without_echo&) = delete;

  bool on() const noexcept { return on_; }

 private:
  termios before_{};
  struct sigaction on_interrupt_{};
  bool on_;
};

complaint not_fit() {
  return {usage, fmt::format("a password is text without control characters, of at most {} bytes",
                             chat::max_password)};
}

std::string read_password() {
  const without_echo hidden;
  if (hidden.on()) std::fputs("Password: ", stderr);
  std::string typed;
  errno = 0;
  for (int c; (c = std::fgetc(stdin)) != EOF && c != '\n';) {
    if (typed.size() == longest_line) throw not_fit();
    typed += static_cast<char>(c);
  }
  if (std::ferror(stdin) != 0 && errno == EINTR) throw complaint(interrupted, "interrupted");
  if (typed.ends_with('\r')) typed.pop_back();
  if (typed.empty()) throw complaint(usage, "there is no password on stdin");
  return typed;
}

}  // namespace

std::string hash_typed_password() {
  if (::sodium_init() < 0) throw complaint(failure, "the machine gives no random numbers");
  std::string password = read_password();
  if (!chat::is_password(password)) throw not_fit();
  std::string hash;
  try {
    hash = chat::hash_password(password);
  } catch (const std::runtime_error&) {
    throw complaint(failure, "not enough memory to hash a password, which takes 64 MiB");
  }
  chat::wipe(password);
  return hash;
}

}  // namespace parlance::cli
