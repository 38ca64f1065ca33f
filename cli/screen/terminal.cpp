#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/base64.hpp>
#include <parlance/text/sanitizer.hpp>

#include <cli/screen/job.hpp>
#include <cli/screen/terminal.hpp>

namespace parlance::cli::screen {
namespace {

constexpr std::size_t most_copied = std::size_t{64} * 1024, longest_title = 256, longest_notice = 1024,
                      most_unwritten = std::size_t{256} * 1024;
constexpr std::string_view string_terminator = "\x1b\\";

/// Fit for a control string.
std::string cleaned(std::string_view text, std::size_t longest) {
  return text::sanitize(text.substr(0, longest));
}

bool in_front() { return ::isatty(STDIN_FILENO) && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp(); }

}  // namespace

bool terminal::usable() {
  return in_front() && ::isatty(STDOUT_FILENO) && capabilities::of_environment().addressable;
}

terminal::terminal(options how)
    : how_(std::move(how)),
      modes_(STDIN_FILENO, STDOUT_FILENO, {.mouse = how_.mouse}),
      in_(STDIN_FILENO),
      out_(STDOUT_FILENO),
      decoder_(modes_.erase()),
      painter_(how_.able),
      dimensions_(modes_.window()) {
  before_frame_ = modes_.enter();
  if (!how_.title.empty()) set_title(how_.title);
  queued_.set();
}

terminal::~terminal() { leave(); }

void terminal::leave() noexcept {
  gone_ = true;
  modes_.leave();
}

void terminal::end() noexcept {
  gone_ = true;
  happened_.set();
  settled_.set();
}

// --- what happens

io::task<std::optional<event>> terminal::next() {
  while (events_.empty()) {
    if (gone_) co_return std::nullopt;
    happened_.reset();
    co_await happened_;
  }
  event first = std::move(events_.front());
  events_.pop_front();
  if (events_.size() < most_events) taken_.set();
  co_return first;
}

void terminal::heed(event what) {
  if (const auto* const told = std::get_if<answer>(&what)) {
    // All answer the last question, so that who has not answered the one before will not.
    if (told->to == answer::kind::keyboard_flags && !std::exchange(answers_kitty_, true))
      say(modes_.use_kitty_keys());
    if (told->to != answer::kind::attributes) return;
    modes_.answered();
    if (!answers_kitty_) say(modes_.use_other_keys());
    return;
  }
  events_.push_back(std::move(what));
  happened_.set();
}

io::task<void> terminal::read() {
  for (;;) {
    while (events_.size() >= most_events) {
      taken_.reset();
      co_await taken_;
    }
    const std::optional<io::duration> patience = decoder_.patience();
    std::string_view bytes;
    bool silent = false;
    try {
      bytes = co_await io::timeout(patience.value_or(io::unlimited), in_.read());
    } catch (const io::error& e) {
      if (patience && e.code() == io::errc::timed_out) {
        silent = true;
      } else if (e.code().category() == std::system_category()) {
        bytes = {};  // EIO: it was hung up
      } else {
        throw;
      }
    }
    if (!silent && bytes.empty()) co_return end();
    silent ? decoder_.expire() : decoder_.feed(bytes);
    while (std::optional<event> one = decoder_.next()) heed(std::move(*one));
  }
}

void terminal::window_changed() {
  dimensions_ = modes_.window();
  painter_.forget();
  if (!events_.empty() && std::holds_alternative<resize>(events_.back())) events_.pop_back();
  heed(resize{.to = dimensions_});
}

io::task<void> terminal::heed_signals() {
  for (;;) {
    switch (co_await signals_.next()) {
      case SIGWINCH:
        window_changed();
        break;
      case SIGTSTP:
        suspend();
        break;
      case SIGCONT:
        take_back();
        break;
      default:
        break;
    }
  }
}

void terminal::suspend() {
  if (gone_) return;
  modes_.leave();
  stop_job();
  take_back();
}

/// Once this program is in its foreground, of which no signal may tell.
void terminal::take_back() {
  if (gone_) return;
  if (!in_front()) {
    left_.set();
    return;
  }
  before_frame_ = modes_.enter();
  answers_kitty_ = false;
  if (!how_.title.empty()) set_title(how_.title);
  window_changed();
  queued_.set();
}

io::task<void> terminal::come_back() {
  for (;;) {
    co_await left_;
    while (::isatty(STDIN_FILENO) && !in_front()) co_await io::sleep(std::chrono::milliseconds(200));
    left_.reset();
    if (!::isatty(STDIN_FILENO)) co_return end();
    take_back();
  }
}

// --- what is seen

void terminal::show(const surface& frame) {
  if (gone_ || frame.dimensions() != dimensions_) return;
  frame_ = frame;
  settled_.reset();
  queued_.set();
}

void terminal::repaint() noexcept { painter_.forget(); }

void terminal::say(std::string text) {
  if (gone_ || before_frame_.size() > most_unwritten) return;  // it takes nothing
  before_frame_ += text;
  settled_.reset();
  queued_.set();
}

io::task<void> terminal::write() {
  for (;;) {
    queued_.reset();
    // In the background it is others'.
    if (modes_.entered() && !left_.is_set()) {
      std::string text = std::exchange(before_frame_, {});
      if (frame_) text += painter_.next(*std::exchange(frame_, {}));
      if (!text.empty()) {
        try {
          co_await out_.write(text);
        } catch (const io::error& e) {
          if (e.code().category() != std::system_category()) throw;
          co_return end();
        }
      }
      if (before_frame_.empty() && !frame_) settled_.set();
    }
    co_await queued_;
  }
}

io::task<void> terminal::run() {
  running_ = true;
  io::scope all;
  all.spawn([this, &all]() -> io::task<void> {
    co_await read();
    all.cancel();
  });
  all.spawn([this, &all]() -> io::task<void> {
    co_await write();
    all.cancel();
  });
  all.spawn([this, &all]() -> io::task<void> {
    co_await come_back();
    all.cancel();
  });
  all.spawn(heed_signals());
  co_await all.join();
}

io::task<void> terminal::flush(io::duration limit) {
  if (!running_ || gone_) co_return;
  try {
    co_await io::timeout(limit, [](io::event& settled) -> io::task<void> { co_await settled; }(settled_));
  } catch (const io::error& e) {
    if (e.code() != io::errc::timed_out) throw;
  }
}

// --- what is beside the screen

void terminal::set_title(std::string_view title) {
  how_.title = cleaned(title, longest_title);
  say(fmt::format("\x1b]2;{}{}", how_.title, string_terminator));
}

void terminal::ring() { say("\a"); }

void terminal::notify(std::string_view title, std::string_view text) {
  std::string about = cleaned(title, longest_title);
  const std::string body = cleaned(text, longest_notice);
  switch (how_.able.notifications) {
    case capabilities::notices::bell:
      return ring();
    case capabilities::notices::osc9:
      return say(fmt::format("\x1b]9;{}: {}{}", about, body, string_terminator));
    case capabilities::notices::osc99:
      return say(fmt::format("\x1b]99;i=parlance:d=0;{1}{0}\x1b]99;i=parlance:p=body;{2}{0}",
                             string_terminator, about, body));
    case capabilities::notices::osc777:
      std::ranges::replace(about, ';', ',');
      return say(fmt::format("\x1b]777;notify;{};{}{}", about, body, string_terminator));
  }
}

void terminal::copy(std::string_view text) {
  say(fmt::format("\x1b]52;c;{}{}", net::base64_encode(cleaned(text, most_copied)), string_terminator));
}

}  // namespace parlance::cli::screen
