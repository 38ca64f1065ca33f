// A program of ours on a pseudo terminal, which libvterm shows.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

#include "virtual_terminal.hpp"

class on_pty {
 public:
  using size = parlance::cli::screen::size;

  /// `program` runs in a process of its own, which ends with what it gives; `job`: below one that does what a
  /// shell does for its jobs.
  on_pty(size of, const std::function<int()>& program, bool job = false) : seen_(of) {
    winsize window = as_window(of);
    int slave = -1;
    if (::openpty(&master_, &slave, nullptr, nullptr, &window) != 0) std::abort();
    ::tcgetattr(slave, &before_);
    child_ = ::fork();
    if (child_ == 0) {
      ::close(master_);
      ::login_tty(slave);
      ::setenv("TERM", "xterm-256color", 1);
      std::_Exit(job ? as_shell(program) : program());
    }
    ::close(slave);
    ::fcntl(master_, F_SETFL, O_NONBLOCK);
  }
  ~on_pty() {
    if (status_ < 0) ::kill(-child_, SIGKILL), ::kill(child_, SIGKILL), ::waitpid(child_, &status_, 0);
    ::close(master_);
  }
  on_pty(const on_pty&) = delete;
  on_pty& operator=(const on_pty&) = delete;

  void type(std::string_view bytes) const {
    static_cast<void>(!::write(master_, bytes.data(), bytes.size()));
  }
  void resize(size to) {
    seen_.resize(to);
    const winsize window = as_window(to);
    ::ioctl(master_, TIOCSWINSZ, &window);
  }
  /// Whether `what` comes true, while the terminal shows what is written.
  bool eventually(const std::function<bool()>& what) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!what()) {
      if (std::chrono::steady_clock::now() > end) return false;
      take();
    }
    return true;
  }
  bool shows(std::string_view text) {
    return eventually([&] { return seen_.text().contains(text); });
  }
  /// The status (waitpid) with which it ends.
  int end() {
    eventually([&] { return ::waitpid(child_, &status_, WNOHANG) == child_; });
    while (take()) {
    }
    return status_;
  }
  void hang_up() {
    ::close(master_);
    master_ = -1;
  }
  /// Whether the terminal is as it was before.
  testing::AssertionResult is_put_back() const {
    termios now{};
    ::tcgetattr(master_, &now);
    if (now.c_lflag != before_.c_lflag || now.c_iflag != before_.c_iflag || now.c_oflag != before_.c_oflag)
      return testing::AssertionFailure() << "raw";
    if (seen_.on_alternate_screen()) return testing::AssertionFailure() << "on the alternate screen";
    if (!seen_.cursor_seen()) return testing::AssertionFailure() << "without a cursor";
    if (seen_.mouse() != 0) return testing::AssertionFailure() << "with mouse reports";
    for (const std::string_view off : {"\x1b[?2004l", "\x1b[?1004l", "\x1b[?7h", "\x1b[23;2t", "\x1b[?2026l"})
      if (written_.rfind(off) == written_.npos)
        return testing::AssertionFailure() << "without " << off.substr(1);
    return testing::AssertionSuccess();
  }
  bool is_raw() const {
    termios now{};
    ::tcgetattr(master_, &now);
    return (now.c_lflag & ICANON) == 0;
  }

  virtual_terminal& seen() { return seen_; }
  const std::string& written() const { return written_; }

 private:
  static winsize as_window(size of) {
    return {.ws_row = static_cast<unsigned short>(of.rows),
            .ws_col = static_cast<unsigned short>(of.columns),
            .ws_xpixel = 0,
            .ws_ypixel = 0};
  }
  /// Starts it in the foreground, waits, and takes the terminal while it is stopped; "fg" brings it back.
  static int as_shell(const std::function<int()>& program) {
    ::signal(SIGTTOU, SIG_IGN);
    const pid_t job = ::fork();
    if (job == 0) {
      ::setpgid(0, 0);
      ::tcsetpgrp(STDIN_FILENO, ::getpgrp());
      ::signal(SIGTTOU, SIG_DFL);
      std::_Exit(program());
    }
    ::setpgid(job, job);
    for (int status = 0; ::waitpid(job, &status, WUNTRACED) == job;) {
      ::tcsetpgrp(STDIN_FILENO, ::getpgrp());
      if (WIFEXITED(status)) return WEXITSTATUS(status);
      if (!WIFSTOPPED(status)) return 99;
      static_cast<void>(!::write(STDOUT_FILENO, "stopped\r\n", 9));
      char line[64];
      static_cast<void>(!::read(STDIN_FILENO, line, sizeof line));
      ::tcsetpgrp(STDIN_FILENO, job);
      ::kill(-job, SIGCONT);
    }
    return 98;
  }

  bool take() {
    pollfd ready{.fd = master_, .events = POLLIN, .revents = 0};
    ::poll(&ready, 1, 20);
    char bytes[65536];
    const ssize_t got = ::read(master_, bytes, sizeof bytes);
    if (got <= 0) return false;
    const std::string_view text(bytes, static_cast<std::size_t>(got));
    written_ += text;
    seen_.write(text);
    type(seen_.answers());
    return true;
  }

  virtual_terminal seen_;
  int master_ = -1;
  pid_t child_ = -1;
  int status_ = -1;
  termios before_{};
  std::string written_;
};
