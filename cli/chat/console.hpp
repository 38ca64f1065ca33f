// A person's, or a script's, side of a conversation: lines typed and lines shown, on stdin and stdout. What
// is printed never breaks the line being typed, and nobody who prints ever waits for a slow terminal or pipe.
//
//   console at_terminal(console::can_edit(), "> ");
//   scope.spawn(at_terminal.run());
//   at_terminal.print("alice: hello\n");
//   for (std::string line; co_await at_terminal.read_line(line);) say(line);
#pragma once

#include <unistd.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <parlance/io/descriptor.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

#include <cli/chat/line_editor.hpp>

namespace parlance::cli {

/// Lines on their way to a descriptor. A reader that is too slow, or a file that is full, misses some, and is
/// told how many; one that is gone gets no more.
class line_printer {
 public:
  /// `above`: the line being typed on the same terminal, above which to print; may be null.
  explicit line_printer(int fd, line_editor* above = nullptr) : out_(fd), above_(above) {}

  /// Whole lines, each with its newline. What steers a terminal in them is shown without its effect: whatever
  /// others wrote may be part of any line.
  void print(std::string_view lines);
  /// The program's own drawing, which may steer the terminal: nothing that others wrote may be in it.
  void draw(std::string_view lines);
  /// The line being typed was drawn anew.
  void redraw() noexcept;
  /// Writes what was printed, until it is cancelled.
  io::task<void> run();
  /// Waits until everything is written, at most for `limit`.
  io::task<void> flush(io::duration limit);
  /// Set while nothing is being written.
  io::event& settled() noexcept { return settled_; }

 private:
  static constexpr std::size_t most_waiting = std::size_t{1024} * 1024;

  std::string next();
  void failed(const io::error& why, std::string_view text);

  io::output out_;
  line_editor* above_;
  std::string waiting_;
  std::size_t left_out_ = 0;  // lines
  io::event queued_;
  io::event settled_;
  bool running_ = false;
  bool gone_ = false;
};

class console {
 public:
  /// With editing, which needs a terminal, or line by line.
  console(bool edits, const std::string& prompt);

  /// Whether stdin is a terminal, and this program is in its foreground.
  static bool is_attended();
  /// Whether stdout is one, too.
  static bool can_edit();
  bool edits() const noexcept { return editor_ != nullptr; }

  void print(std::string_view lines) { printer_.print(lines); }
  void draw(std::string_view lines) { printer_.draw(lines); }
  /// The next line; false at the end: Ctrl-D, or the end of a pipe.
  io::task<bool> read_line(std::string& line);
  /// The program was in the background of its terminal when that ended: whoever put it there wants it to go
  /// on.
  bool was_left() const noexcept { return editor_ && editor_->away(); }
  io::task<void> run();
  io::task<void> flush(io::duration limit) { return printer_.flush(limit); }

  /// For SIGWINCH and SIGCONT.
  void signalled(int number);

 private:
  /// Takes the terminal up again once this program is in its foreground, of which no signal may tell.
  io::task<void> come_back();
  void resume();

  std::unique_ptr<line_editor> editor_;
  io::event left_;
  io::input typed_{STDIN_FILENO};
  line_printer printer_;
};

}  // namespace parlance::cli
