#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/text/sanitizer.hpp>

#include <cli/chat/console.hpp>

namespace parlance::cli {
namespace {

std::size_t lines_of(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

}  // namespace

void line_printer::print(std::string_view lines) {
  std::string shown;
  text::sanitizer clean(text::sanitizer::newlines::keep);
  clean.feed(lines, shown);
  clean.finish(shown);
  draw(shown);
}

void line_printer::draw(std::string_view lines) {
  if (gone_ || lines.empty()) return;
  if (waiting_.size() + lines.size() > most_waiting) {
    left_out_ += lines_of(lines);
    return;
  }
  waiting_ += lines;
  settled_.reset();
  queued_.set();
}

void line_printer::redraw() noexcept {
  if (gone_) return;
  settled_.reset();
  queued_.set();
}

/// All that waits to be written.
std::string line_printer::next() {
  std::string lines = std::exchange(waiting_, {});
  if (left_out_ != 0) lines += fmt::format("-- {} lines were left out\n", std::exchange(left_out_, 0));
  if (!above_) return lines;
  std::string text = above_->drawn();
  if (lines.empty()) return text;
  text += above_->hide() + lines;
  above_->show();
  return text + above_->drawn();
}

io::task<void> line_printer::run() {
  settled_.set();
  running_ = true;
  for (;;) {
    while (!waiting_.empty() || (above_ && above_->has_drawn())) {
      settled_.reset();
      const std::string text = next();
      try {
        co_await out_.write(text);
      } catch (const io::error& e) {
        if (e.code().category() != std::system_category()) throw;
        failed(e, text);
      }
    }
    settled_.set();
    queued_.reset();
    co_await queued_;
  }
}

/// Where a file is full there may be space again; else nobody is there to be told.
void line_printer::failed(const io::error& why, std::string_view text) {
  const int number = why.code().value();
  gone_ = number != ENOSPC && number != EDQUOT && number != EFBIG;
  if (gone_) return waiting_.clear();
  const std::string_view written = text.substr(0, why.bytes_sent());
  left_out_ += lines_of(text.substr(written.size()));
  if (!written.empty() && !written.ends_with('\n')) waiting_.insert(0, "\n");
}

io::task<void> line_printer::flush(io::duration limit) {
  if (!running_) co_return;
  try {
    co_await io::timeout(limit, [](io::event& settled) -> io::task<void> { co_await settled; }(settled_));
  } catch (const io::error& e) {
    if (e.code() != io::errc::timed_out) throw;
  }
}

console::console(bool edits, const std::string& prompt)
    : editor_(edits ? std::make_unique<line_editor>(prompt) : nullptr),
      printer_(STDOUT_FILENO, editor_.get()) {}

bool console::is_attended() { return ::isatty(STDIN_FILENO) && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp(); }

io::task<void> console::run() {
  if (!editor_) co_return co_await printer_.run();
  io::scope both;
  both.spawn(printer_.run());
  both.spawn(come_back());
  co_await both.join();
}

io::task<void> console::come_back() {
  for (;;) {
    co_await left_;
    left_.reset();
    while (io::in_background(STDIN_FILENO)) co_await io::sleep(std::chrono::milliseconds(200));
    if (!is_attended()) co_return;  // it is gone
    if (editor_->away()) resume();
  }
}

bool console::can_edit() { return is_attended() && ::isatty(STDOUT_FILENO); }

io::task<bool> console::read_line(std::string& line) {
  if (!editor_) co_return co_await typed_.read_line(line);
  while (!editor_->take(line)) {
    if (editor_->ended()) co_return false;
    const std::string_view bytes = co_await typed_.read();
    if (bytes.empty()) co_return false;
    editor_->type(bytes);
    printer_.redraw();
  }
  co_return true;
}

void console::resume() {
  editor_->resumed();
  printer_.redraw();
}

void console::signalled(int number) {
  if (!editor_) return;
  if (number == SIGWINCH) editor_->resized(), printer_.redraw();
  if (number != SIGCONT) return;
  if (!io::in_background(STDIN_FILENO)) return resume();
  editor_->left();
  left_.set();
}

}  // namespace parlance::cli
