#include <fcntl.h>
#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <string>

#include <parlance/io/descriptor.hpp>

#include <cli/screen/cluster.hpp>
#include <cli/screen/status_row.hpp>

namespace parlance::cli::screen {
namespace {

constexpr int fewest_rows = 6, fewest_columns = 20;

// ECMA-48 and DEC VT100: the cursor and how it writes are kept, and there again (DECSC, DECRC).
constexpr std::string_view keep_cursor =
                               "\x1b"
                               "7",
                           give_cursor_back =
                               "\x1b"
                               "8";

}  // namespace

status_row::~status_row() {
  if (rows_ == 0 || io::in_background(fd_)) return;
  // By a description of its own, which does not block.
  const int screen =
      ::open(fmt::format("/proc/self/fd/{}", fd_).c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (screen < 0) return;
  const std::string last = hidden();
  static_cast<void>(!::write(screen, last.data(), last.size()));
  ::close(screen);
}

std::string status_row::shown(std::string_view text) {
  winsize window{};
  if (::ioctl(fd_, TIOCGWINSZ, &window) != 0 || window.ws_row < fewest_rows || window.ws_col < fewest_columns)
    return hidden();
  std::string out;
  if (rows_ != window.ws_row) {
    rows_ = window.ws_row;
    // All scrolls but the last row (DECSTBM, which moves the cursor); the cursor's row is above it.
    out = fmt::format("{0}\x1b[r{1}\n\x1b[A{0}\x1b[1;{2}r{1}", keep_cursor, give_cursor_back, rows_ - 1);
  }
  return out + fmt::format("{}\x1b[{};1H\x1b[m\x1b[2K\x1b[7m {} \x1b[m{}", keep_cursor, rows_,
                           shortened(text, window.ws_col - 3), give_cursor_back);
}

std::string status_row::hidden() {
  if (rows_ == 0) return {};
  const int row = rows_;
  rows_ = 0;
  return fmt::format("{}\x1b[r\x1b[{};1H\x1b[m\x1b[2K{}", keep_cursor, row, give_cursor_back);
}

}  // namespace parlance::cli::screen
