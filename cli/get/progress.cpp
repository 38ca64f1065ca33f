#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/text/sanitizer.hpp>

#include <cli/base/verb.hpp>
#include <cli/get/progress.hpp>
#include <cli/screen/cluster.hpp>

namespace parlance::cli {
namespace {

using namespace std::chrono_literals;
constexpr io::duration silent_at_first = 500ms, step = 200ms;

struct window {
  std::size_t rows = 24, columns = 80;
};

window terminal() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {.rows = size.ws_row, .columns = size.ws_col};
}

double in_seconds(io::duration length) { return std::chrono::duration<double>(length).count(); }

std::string size_in_words(double bytes) {
  for (const char* unit : {"B", "kB", "MB", "GB"}) {
    if (bytes < 1000) return fmt::format("{:.3g} {}", bytes, unit);
    bytes /= 1000;
  }
  return fmt::format("{:.3g} TB", bytes);
}

std::string speed_in_words(double speed) { return size_in_words(speed) + "/s"; }

std::string time_in_words(double seconds) {
  constexpr double minute = 60, hour = 3600;
  if (seconds < minute) return fmt::format("{:.0f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::min(seconds, 1e7));
  if (seconds < hour) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string cut(std::string_view text, std::size_t columns) {
  std::string_view shown = screen::beginning(text, static_cast<int>(columns));
  while (shown.ends_with(' ')) shown.remove_suffix(1);
  return std::string(shown);
}

/// Cut, or filled up with spaces.
std::string fitted(std::string_view text, std::size_t columns) {
  std::string shown(screen::beginning(text, static_cast<int>(columns)));
  shown.append(columns - static_cast<std::size_t>(screen::width(shown)), ' ');
  return shown;
}

std::string bar(double part, std::size_t width) {
  const auto full = static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * static_cast<double>(width));
  std::string drawn(full, '#');
  drawn.resize(width, '-');
  return drawn;
}

}  // namespace

progress::progress(std::size_t transfers) : transfers_(transfers), began_(io::loop::current().now()) {
  before_telling = [this] { clear(); };
}

progress::~progress() {
  clear();
  before_telling = nullptr;
}

io::task<void> progress::draw() {
  co_await io::sleep(silent_at_first);
  for (;; co_await io::sleep(step)) redraw();
}

/// Takes its lines away; the cursor is where they began.
void progress::clear() {
  if (shown_ > 0) write_to_stderr(fmt::format("\x1b[{}A\r\x1b[J", std::exchange(shown_, 0)), 50ms);
}

void progress::redraw() {
  const window size = terminal();
  const io::time_point now = io::loop::current().now();
  std::string text;
  std::size_t drawn = 0;
  double speed = 0;
  std::uint64_t bytes = bytes_of_ended_;
  const std::size_t most = std::clamp<std::size_t>(size.rows / 2, 1, 10);
  for (line& one : lines_) {
    const std::string shown = text_of(one, size.columns, now);
    if (drawn < most) text += shown + '\n', ++drawn;
    speed += one.speed;
    bytes += one.sent + one.received;
  }
  if (transfers_ > 1) {
    text += cut(fmt::format("{} of {} done, {}, {} in {}", ended_, transfers_,
                            size_in_words(static_cast<double>(bytes)), speed_in_words(speed),
                            time_in_words(in_seconds(now - began_))),
                size.columns - 1) +
            '\n';
    ++drawn;
  }
  clear();
  write_to_stderr(text, 50ms);
  shown_ = drawn;
  has_drawn_ = true;
}

std::string progress::text_of(line& one, std::size_t columns, io::time_point now) const {
  const io::time_point since = one.drawn_at == io::time_point() ? one.turned : one.drawn_at;
  if (const double passed = in_seconds(now - since); passed > 0) {
    constexpr double weight = 0.2;
    const double lately = static_cast<double>(one.done() - std::min(one.drawn, one.done())) / passed;
    one.speed = one.drawn_at == io::time_point() ? lately : one.speed + weight * (lately - one.speed);
    one.drawn = one.done();
    one.drawn_at = now;
  }
  const auto done = static_cast<double>(one.done());
  const char* const sent = one.sending ? " sent" : "";
  std::string text;
  if (one.total && *one.total > 0) {
    const auto total = static_cast<double>(*one.total);
    text = fmt::format("{:3.0f}% [{}] {} of {}{}  {}", std::min(100.0, done / total * 100),
                       bar(done / total, 20), size_in_words(done), size_in_words(total), sent,
                       speed_in_words(one.speed));
    if (one.speed > 0 && done < total)
      text += fmt::format("  {} left", time_in_words((total - done) / one.speed));
  } else {
    text = fmt::format("{}{}  {}  {}", size_in_words(done), sent, speed_in_words(one.speed),
                       time_in_words(in_seconds(now - one.began)));
  }
  const std::size_t room =
      columns > text.size() + 12 ? std::min<std::size_t>(columns - text.size() - 3, 30) : 8;
  return cut(fitted(one.name, room) + "  " + text, columns - 1);
}

/// What is shown is the other way's from here on.
void progress::line::turn(bool to_sending, std::uint64_t before, std::optional<std::uint64_t> of) {
  sending = to_sending;
  total = of;
  drawn = before;
  speed = 0;
  drawn_at = {};
  turned = io::loop::current().now();
}

progress::entry::entry(progress& meter, const std::string& name) : meter_(meter) {
  line made{.name = text::sanitize(name)};
  made.began = made.turned = io::loop::current().now();
  line_ = meter.lines_.insert(meter.lines_.end(), std::move(made));
}

progress::entry::~entry() {
  meter_.clear();
  ++meter_.ended_;
  meter_.bytes_of_ended_ += line_->sent + line_->received;
  if (line_->finished && meter_.has_drawn_) {
    const io::duration took = io::loop::current().now() - line_->began;
    std::string moved = line_->sent == 0 ? "" : size_in_words(static_cast<double>(line_->sent)) + " sent";
    if (line_->sent == 0 || line_->received != 0)
      moved += (moved.empty() ? "" : ", ") + size_in_words(static_cast<double>(line_->received));
    tell(cut(fmt::format("{}  {} in {}", line_->name, moved, time_in_words(in_seconds(took))),
             terminal().columns - 1),
         50ms);
  }
  meter_.lines_.erase(line_);
}

/// What goes on beside an answer that comes already is not shown.
void progress::entry::set_sent(std::uint64_t bytes, std::optional<std::uint64_t> of) {
  if (bytes == 0) line_->turn(true, 0, of);
  line_->sent = bytes;
}

void progress::entry::begin_receiving(std::uint64_t before, std::optional<std::uint64_t> of) {
  line_->received = before;
  line_->turn(false, before, of);
}

}  // namespace parlance::cli
