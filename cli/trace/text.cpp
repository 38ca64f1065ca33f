#include <fmt/core.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include <cli/trace/text.hpp>

namespace parlance::cli {
namespace {

constexpr std::size_t time_width = 10, state_width = 12, narrow = 64, narrowest = 40;

/// Words in lines of at most `width` characters; a longer word is cut.
std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (text.size() > width) {
    std::size_t end = text.rfind(' ', width);
    if (end == text.npos || end == 0) end = width;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + (text[end] == ' ' ? 1 : 0)));
  }
  if (!text.empty() || lines.empty()) lines.emplace_back(text);
  return lines;
}

class drawing {
 public:
  drawing(const trace_row& row, const trace_style& style)
      : row_(row), colours_(style.colours), width_(std::max(style.width, narrowest)) {
    has_sides_ = width_ >= narrow;
    const std::size_t sides = time_width + 2 + (has_sides_ ? 2 * (state_width + 1) : 1);
    middle_ = width_ - sides;
  }

  std::string lines() {
    if (row_.what == trace_row::kind::head) return head();
    if (row_.what == trace_row::kind::note) return note();
    return arrow();
  }

 private:
  std::string painted(std::string_view text, const char* colour) const {
    return colours_ ? fmt::format("\x1b[{}m{}\x1b[0m", colour, text) : std::string(text);
  }
  const char* colour() const {
    if (row_.broken) return "31";
    if (row_.of == trace_row::layer::inside) return "35";
    if (row_.of == trace_row::layer::data) return "32";
    return "36";
  }

  std::string time() const {
    const double ms = std::chrono::duration<double, std::milli>(row_.at).count();
    return fmt::format("{:>{}}", fmt::format("{:.3f}", ms), time_width - 1);
  }

  std::string line(std::string_view at, std::string_view here, std::string_view between,
                   std::string_view there, bool coloured) const {
    std::string text = fmt::format("{:<{}}", at, time_width);
    if (has_sides_) text += fmt::format("{:>{}} ", here, state_width);
    text += '|';
    const std::string padded = fmt::format("{:<{}}", between, middle_);
    text += coloured ? painted(padded, colour()) : padded;
    text += '|';
    if (has_sides_) text += fmt::format(" {}", there);
    text.erase(text.find_last_not_of(' ') + 1);
    return text + '\n';
  }

  std::string head() const {
    std::string text = "\n" + row_.label + "\n";
    const std::string here = fmt::format("{:>{}} ", "ms", time_width - 1) + row_.here;
    if (here.size() + 2 + row_.there.size() > width_)
      return text + here + "\n" + fmt::format("{:>{}}\n", row_.there, width_);
    return text + here + fmt::format("{:>{}}\n", row_.there, width_ - here.size());
  }

  std::string note() const {
    std::string text;
    for (const std::string& part : wrapped(row_.label, width_ - time_width)) {
      text += text.empty() ? fmt::format("{:<{}}", time(), time_width) : std::string(time_width, ' ');
      text += (row_.broken ? painted(part, "31") : part) + '\n';
    }
    return text;
  }

  std::string arrow() const {
    const bool out = row_.what == trace_row::kind::outgoing;
    std::string label = row_.label;
    if (!has_sides_ && !row_.here.empty()) label += fmt::format(" [{} | {}]", row_.here, row_.there);
    // An arrow with "-- " and " -->" around what it carries.
    const std::vector<std::string> parts = wrapped(label, middle_ - 7);
    std::string between = out ? "-- " + parts.front() + ' ' : "<-- " + parts.front() + ' ';
    between += std::string(middle_ - between.size() - (out ? 1 : 0), '-');
    if (out) between += row_.broken ? 'X' : '>';
    if (!out && row_.broken) between.front() = 'X';
    std::string text = line(time(), row_.here, between, row_.there, true);
    for (std::size_t i = 1; i < parts.size(); ++i) text += line("", "", "    " + parts[i], "", true);
    return text;
  }

  const trace_row& row_;
  const bool colours_;
  const std::size_t width_;
  bool has_sides_;
  std::size_t middle_;
};

}  // namespace

std::string trace_text(const trace_row& row, const trace_style& style) { return drawing(row, style).lines(); }

}  // namespace parlance::cli
