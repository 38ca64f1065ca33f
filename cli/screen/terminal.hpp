// The terminal that stdin and stdout are, for a program that has the whole screen.
//
//   screen::terminal at(screen::terminal::options{.title = "parlance"});
//   scope.spawn(at.run());
//   for (;;) {
//     frame.reset(at.dimensions());
//     draw(frame.whole());
//     at.show(frame);
//     handle(co_await at.next());
//   }
//
// Nobody waits for a slow terminal: of the frames that are shown while it is busy only the last is written.
// Ctrl-C, Ctrl-Z and the like are keys like others; call `suspend` for the latter. Signals that end the
// program are the caller's; the terminal is put back however it ends.
#pragma once

#include <csignal>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/io/descriptor.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/signals.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

#include <cli/screen/capabilities.hpp>
#include <cli/screen/input.hpp>
#include <cli/screen/modes.hpp>
#include <cli/screen/painter.hpp>
#include <cli/screen/surface.hpp>

namespace parlance::cli::screen {

class terminal {
 public:
  struct options {
    std::string title;
    bool mouse = true;
    capabilities able = capabilities::of_environment();
  };

  /// Whether stdin and stdout are a terminal that a screen can be drawn on, with this program in front.
  static bool usable();

  /// Takes the terminal. Throws std::system_error where there is none.
  explicit terminal(options how);
  /// Puts it back.
  ~terminal();
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;

  size dimensions() const noexcept { return dimensions_; }
  const capabilities& able() const noexcept { return how_.able; }

  /// The next thing that happens: a key, a paste, a click, `focus`, or `resize`. One coroutine at a time.
  /// Nothing: the terminal is gone.
  io::task<std::optional<event>> next();
  /// Whether more is there already: draw later.
  bool has_next() const noexcept { return !events_.empty(); }

  /// The frame to be seen from now on. Returns at once; `run` writes it. One of another size than the
  /// terminal's is left out: the next event is `resize`.
  void show(const surface& frame);
  /// Everything is written anew with the next frame, for a terminal on which others have written.
  void repaint() noexcept;
  /// Writes what is shown, and takes SIGWINCH, SIGTSTP and SIGCONT, until it is cancelled or the terminal is
  /// gone.
  io::task<void> run();
  /// Waits until what was shown is written, or for `limit`.
  io::task<void> flush(io::duration limit);

  /// Gives the terminal to the shell, stops this process (SIGTSTP), and takes it back when it goes on.
  void suspend();
  /// Gives the terminal back for good, before the end: to print on the normal screen. Nothing is written any
  /// more.
  void leave() noexcept;

  // Cleaned, and written in order with the frames.
  void set_title(std::string_view title);
  void ring();
  /// A notification of the desktop where the terminal knows how, else the bell.
  void notify(std::string_view title, std::string_view text);
  /// The terminal's clipboard (OSC 52). At most 64 KiB.
  void copy(std::string_view text);

 private:
  io::task<void> write();
  io::task<void> read();
  io::task<void> heed_signals();
  io::task<void> come_back();
  void heed(event what);
  void take_back();
  void window_changed();
  void say(std::string text);
  void end() noexcept;

  static constexpr std::size_t most_events = 10'000;

  options how_;
  io::signals signals_{SIGWINCH, SIGTSTP, SIGCONT};
  modes modes_;
  io::input in_;
  io::output out_;
  decoder decoder_;
  painter painter_;
  size dimensions_;
  std::deque<event> events_;
  io::event happened_;
  io::event taken_;           // few events are left
  std::string before_frame_;  // to be written before it
  std::optional<surface> frame_;
  io::event queued_;
  io::event settled_;
  io::event left_;  // it is in the background
  bool answers_kitty_ = false;
  bool running_ = false;
  bool gone_ = false;
};

}  // namespace parlance::cli::screen
