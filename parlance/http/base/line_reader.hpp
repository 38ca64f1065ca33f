// Takes lines off bytes that arrive in pieces; no byte is looked at twice, and a line that arrived whole is
// not copied.
//
//   line_reader lines(limit, line_end::crlf_or_lf);
//   while (lines.next(bytes) == line_reader::outcome::line) use(lines.line());
//
// The limit bounds what is ever held: it counts all bytes taken, line ends included, since the last
// `restart`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace parlance::http {

/// What may end a line: RFC 9112 2.2 lets a recipient take a lone LF after start lines and fields, nowhere
/// else.
enum class line_end { crlf, crlf_or_lf };

class line_reader {
 public:
  enum class outcome { line, more, too_long, lone_lf };

  line_reader(std::size_t limit, line_end end) noexcept : left_(limit), end_(end) {}

  /// Removes from `bytes` what it takes. After `outcome::line`, `line()` is the line without its end, valid
  /// until the next call and as long as what `bytes` points at. After `outcome::more`, `bytes` is empty.
  outcome next(std::string_view& bytes) {
    if (!partial_) held_.clear();
    const auto feed = bytes.find('\n');
    const auto piece = bytes.substr(0, feed == bytes.npos ? bytes.size() : feed + 1);
    if (piece.size() > left_) return outcome::too_long;
    left_ -= piece.size();
    bytes.remove_prefix(piece.size());
    if (partial_ || feed == bytes.npos) held_ += piece;
    line_ = partial_ ? std::string_view(held_) : piece;
    partial_ = feed == std::string_view::npos;
    return partial_ ? outcome::more : strip();
  }

  std::string_view line() const noexcept { return line_; }
  void restart(std::size_t limit) noexcept { left_ = limit, partial_ = false; }

 private:
  outcome strip() noexcept {
    line_.remove_suffix(1);
    const bool has_cr = line_.ends_with('\r');
    if (has_cr) line_.remove_suffix(1);
    return has_cr || end_ == line_end::crlf_or_lf ? outcome::line : outcome::lone_lf;
  }

  std::size_t left_;
  line_end end_;
  bool partial_ = false;
  std::string held_;
  std::string_view line_;
};

}  // namespace parlance::http
