#include <fmt/core.h>

#include <algorithm>
#include <ranges>
#include <utility>

#include <cli/chat/full_screen/conversation_view.hpp>
#include <cli/chat/full_screen/look.hpp>

namespace parlance::cli {
namespace {

using screen::styled_text;

constexpr int narrow = 60;

}  // namespace

std::optional<std::size_t> conversation_view::index_of(const place& one) const {
  const auto& entries = of_->entries();
  if (one.pending) {
    if (*one.pending < of_->pending.size()) return entries.size() + *one.pending;
    return {};
  }
  if (const chat_entry* const found = of_->find(one.id)) return of_->place_of(*found);
  if (entries.empty()) return {};
  const std::size_t first = of_->place_of(one.time - 1);
  const std::size_t behind = std::max(of_->place_of(one.time), first + 1);
  return std::min({first + one.nth, behind - 1, entries.size() - 1});
}

conversation_view::place conversation_view::place_at(std::size_t index) const {
  const auto& entries = of_->entries();
  if (index >= entries.size()) return {.pending = index - entries.size()};
  const wall_time time = entries[index]->time;
  return {.time = time, .id = entries[index]->id, .nth = index - of_->place_of(time - 1)};
}

std::vector<styled_text> conversation_view::rows_at(std::size_t index, std::size_t bottom) const {
  const std::size_t said = of_->entries().size();
  if (index >= said) return rows_of(*network_, *of_, of_->pending[index - said], how_);
  return rows_of(*network_, *of_, index, bottom, how_);
}

int conversation_view::height_at(std::size_t index, std::size_t bottom) const {
  return static_cast<int>(rows_at(index, bottom).size());
}

void conversation_view::scroll(int rows) {
  if (count() == 0) return;
  const std::size_t last = count() - 1;
  std::size_t at = bottom_ ? index_of(*bottom_).value_or(last) : last;
  cut_ += rows;
  for (; cut_ < 0 && at < last; cut_ += height_at(at, at)) ++at;
  if (cut_ <= 0 && at == last) return to_end();
  cut_ = std::max(cut_, 0);
  for (int height = height_at(at, at); cut_ >= height && at > 0; height = height_at(at, at)) {
    cut_ -= height;
    --at;
  }
  // No further than that the first row is at the top.
  int above = height_at(at, at) - cut_;
  for (std::size_t one = at; one > 0 && above < rows_;) above += height_at(--one, at);
  if (above < rows_) {
    const bool was_at_top = rows > 0;
    cut_ -= rows_ - above;
    for (; cut_ < 0 && at < last; cut_ += height_at(at, at)) ++at;
    cut_ = std::max(cut_, 0);
    if (was_at_top) network_->fetch_older(*of_);
  }
  if (at == last && cut_ == 0) return to_end();
  bottom_ = place_at(at);
}

void conversation_view::to_begin() {
  if (count() == 0) return;
  bottom_ = place_at(0);
  cut_ = 0;
  scroll(1);
}

bool conversation_view::can_choose(std::size_t index) const {
  const auto& entries = of_->entries();
  return index >= entries.size() || (entries[index]->is_said() && !entries[index]->is_ignored);
}

bool conversation_view::choose_older() {
  std::size_t at = chosen_ ? index_of(*chosen_).value_or(count()) : count();
  if (!chosen_ && bottom_) at = std::min(count(), index_of(*bottom_).value_or(count()) + 1);
  while (at > 0 && !can_choose(--at)) {
  }
  if (at == count() || !can_choose(at)) return false;
  chosen_ = place_at(at);
  if (at == 0) network_->fetch_older(*of_);
  show_chosen();
  return true;
}

bool conversation_view::choose_newer() {
  if (!chosen_) return false;
  for (std::size_t at = index_of(*chosen_).value_or(count()) + 1; at < count(); ++at) {
    if (!can_choose(at)) continue;
    chosen_ = place_at(at);
    show_chosen();
    return true;
  }
  chosen_.reset();
  to_end();
  return false;
}

bool conversation_view::choose_at(int row) {
  for (const drawn& one : drawn_) {
    if (row < one.first || row > one.last || !can_choose(one.index)) continue;
    chosen_ = place_at(one.index);
    return true;
  }
  return false;
}

bool conversation_view::go_to(const chat_entry& one) {
  const auto at = of_->place_of(one);
  if (!at) return false;
  chosen_ = place_at(*at);
  bottom_ = chosen_;
  cut_ = 0;
  // In the middle, where there is so much behind it.
  scroll(-(rows_ / 2));
  return true;
}

/// Scrolls as little as it takes.
void conversation_view::show_chosen() {
  const auto at = chosen_ ? index_of(*chosen_) : std::nullopt;
  if (!at) return;
  const std::size_t last = count() - 1;
  std::size_t bottom = bottom_ ? index_of(*bottom_).value_or(last) : last;
  if (*at > bottom || (*at == bottom && cut_ > 0)) {
    bottom_ = place_at(*at);
    cut_ = 0;
    if (*at == last) to_end();
    return;
  }
  int height = -cut_;
  for (std::size_t one = bottom + 1; one > *at;) height += height_at(--one, bottom);
  if (height > rows_) scroll(height - rows_);
}

chat_entry* conversation_view::chosen() const {
  const auto at = chosen_ ? index_of(*chosen_) : std::nullopt;
  if (!at || *at >= of_->entries().size()) return nullptr;
  return of_->entries()[*at].get();
}

std::optional<std::size_t> conversation_view::chosen_pending() const {
  if (!chosen_ || !chosen_->pending || *chosen_->pending >= of_->pending.size()) return {};
  return chosen_->pending;
}

void conversation_view::draw(const screen::region& into, bool numbers_links) {
  how_ = {.columns = std::max(2, into.columns()), .aligned = into.columns() >= narrow};
  rows_ = std::max(1, into.rows());
  drawn_.clear();
  links_.clear();
  if (count() == 0 || into.rows() <= 0) return;
  const std::size_t last = count() - 1;
  const std::size_t bottom = bottom_ ? index_of(*bottom_).value_or(last) : last;
  const auto chosen = chosen_ ? index_of(*chosen_) : std::nullopt;
  int y = into.rows() + cut_;
  std::size_t at = bottom + 1;
  std::vector<std::pair<int, styled_text>> lines;
  while (at > 0 && y > 0) {
    const std::vector<styled_text> rows = rows_at(--at, bottom);
    y -= static_cast<int>(rows.size());
    if (!rows.empty())
      drawn_.push_back({.index = at, .first = y, .last = y + static_cast<int>(rows.size()) - 1});
    for (std::size_t i = 0; i < rows.size(); ++i) lines.emplace_back(y + static_cast<int>(i), rows[i]);
  }
  if (at == 0 && y > 0 && of_->older == conversation::past::loading)
    into.put(0, y - 1, "loading what was said before …", look::quiet);
  if (at == 0 && of_->older == conversation::past::more) network_->fetch_older(*of_);
  std::ranges::sort(lines, {}, [](const auto& line) { return line.first; });
  for (auto& [row, text] : lines) {
    if (row < 0 || row >= into.rows()) continue;
    styled_text shown;
    for (screen::span& part : text) {
      const std::string link = part.link;
      shown.push_back(std::move(part));
      if (link.empty()) continue;
      // One that is wrapped is one.
      if (links_.empty() || links_.back() != link) links_.push_back(link);
      if (numbers_links) shown.push_back({fmt::format("[{}]", links_.size()), look::mention, ""});
    }
    screen::put(into, 0, row, shown);
  }
  if (!chosen) return;
  for (const drawn& one : drawn_)
    if (one.index == *chosen)
      into.restyle({.x = 0, .y = one.first, .columns = into.columns(), .rows = one.last - one.first + 1},
                   look::chosen);
}

}  // namespace parlance::cli
