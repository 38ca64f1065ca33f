#include <algorithm>
#include <utility>

#include <parlance/chat/base/line_end.hpp>
#include <parlance/chat/irc/line_framing.hpp>

namespace parlance::chat::irc {
namespace {

constexpr bool before_line(char c) { return ends_line(c) || c == '\0'; }

/// Without the CR of a CRLF.
constexpr std::string_view without_cr(std::string_view line) {
  return line.substr(0, line.size() - (line.ends_with('\r') ? 1 : 0));
}

}  // namespace

std::optional<line_framing::line> line_framing::next() {
  given_ = {};
  if (const auto end = report_endless()) return end;
  while (!input_.empty()) {
    if (std::exchange(cr_pending_, false)) {
      cr_ends_ = input_.front() != '\n';
      if (!*cr_ends_) {
        lengthen(1);
        input_.remove_prefix(1);
      }
      if (const auto whole = finish({})) return whole;
      continue;
    }
    if (kept_.empty() && !skipping_) {
      const auto* start = std::ranges::find_if_not(input_, before_line);
      input_.remove_prefix(static_cast<std::size_t>(start - input_.begin()));
      if (input_.empty()) break;
    }
    std::string_view part = input_.substr(0, length_of_part());
    if (part.size() == input_.size()) {
      input_ = {};
      cr_pending_ = !cr_ends_ && part.ends_with('\r');
      if (cr_pending_) part.remove_suffix(1);
      return keep(part);
    }
    input_.remove_prefix(part.size() + 1);
    if (const auto whole = finish(part)) return whole;
  }
  return {};
}

/// How many bytes of what came are before the end of the line: all, when that is not there.
std::size_t line_framing::length_of_part() noexcept {
  const std::size_t size = length_of_line(input_);
  if (!cr_ends_ && size != input_.size()) {
    const std::string_view end = input_.substr(size, 2);
    if (end == "\r") return input_.size();  // what is behind it tells
    cr_ends_ = end.front() == '\r' && end.back() != '\n';
  }
  return cr_ends_.value_or(true) ? size : std::min(input_.find('\n'), input_.size());
}

/// The line is longer by so much.
void line_framing::lengthen(std::size_t by) noexcept {
  if (length_ <= endless_ && length_ + by > endless_) endless_due_ = true;
  length_ += by;
}

std::optional<line_framing::line> line_framing::keep(std::string_view part) {
  lengthen(part.size());
  if (skipping_) return report_endless();
  // CR at its end may belong to a CRLF.
  if (kept_.size() + without_cr(part).size() > limit_) {
    kept_ = {};
    skipping_ = true;
    return {{.what = line::kind::too_long}};
  }
  kept_ += part;
  return {};
}

std::optional<line_framing::line> line_framing::finish(std::string_view last_part) {
  lengthen(last_part.size());
  length_ = 0;
  if (std::exchange(skipping_, false)) return report_endless();
  given_ = std::exchange(kept_, {});
  if (!given_.empty()) given_ += last_part;
  const std::string_view whole = without_cr(given_.empty() ? last_part : given_);
  if (whole.size() > limit_) return {{.what = line::kind::too_long}};
  return {{.text = whole}};
}

std::optional<line_framing::line> line_framing::report_endless() noexcept {
  if (!std::exchange(endless_due_, false)) return {};
  return {{.what = line::kind::endless}};
}

}  // namespace parlance::chat::irc
