#include <algorithm>
#include <utility>

#include <parlance/chat/irc/line_framing.hpp>
#include <parlance/chat/line_end.hpp>

namespace parlance::chat::irc {
namespace {

constexpr bool before_line(char c) { return ends_line(c) || c == '\0'; }

}  // namespace

std::optional<line_framing::line> line_framing::next() {
  given_ = {};
  if (const auto end = report_endless()) return end;
  while (!input_.empty()) {
    if (kept_.empty() && !skipping_) {
      const auto* start = std::ranges::find_if_not(input_, before_line);
      input_.remove_prefix(static_cast<std::size_t>(start - input_.begin()));
      if (input_.empty()) break;
    }
    const std::string_view part = input_.substr(0, length_of_line(input_));
    if (part.size() == input_.size()) {
      input_ = {};
      return keep(part);
    }
    input_.remove_prefix(part.size() + 1);
    if (const auto whole = finish(part)) return whole;
  }
  return {};
}

/// The line is longer by so much.
void line_framing::lengthen(std::size_t by) noexcept {
  endless_due_ = length_ <= endless_ && length_ + by > endless_;
  length_ += by;
}

std::optional<line_framing::line> line_framing::keep(std::string_view part) {
  lengthen(part.size());
  if (skipping_) return report_endless();
  if (kept_.size() + part.size() > limit_) {
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
  if (given_.size() + last_part.size() > limit_) return {{.what = line::kind::too_long}};
  if (given_.empty()) return {{.text = last_part}};
  given_ += last_part;
  return {{.text = given_}};
}

std::optional<line_framing::line> line_framing::report_endless() noexcept {
  if (!std::exchange(endless_due_, false)) return {};
  return {{.what = line::kind::endless}};
}

}  // namespace parlance::chat::irc
