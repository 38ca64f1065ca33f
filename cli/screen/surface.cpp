#include <algorithm>
#include <limits>
#include <utility>

#include <cli/screen/cluster.hpp>
#include <cli/screen/surface.hpp>

namespace parlance::cli::screen {
namespace {

constexpr std::size_t longest_link = 2083;  // of VTE, the shortest of those that are known
constexpr std::size_t most_links = 10'000;

/// No more than a terminal takes, and nothing in it ends what it is written in.
bool is_address(std::string_view link) {
  return link.size() <= longest_link && std::ranges::all_of(link, [](char c) { return c > ' ' && c <= '~'; });
}

constexpr rectangle common(const rectangle& a, const rectangle& b) {
  const int x = std::max(a.x, b.x), y = std::max(a.y, b.y);
  return {.x = x,
          .y = y,
          .columns = std::max(0, std::min(a.x + a.columns, b.x + b.columns) - x),
          .rows = std::max(0, std::min(a.y + a.rows, b.y + b.rows) - y)};
}

constexpr int most = std::numeric_limits<int>::max() / 4;
constexpr int held(int coordinate) { return std::clamp(coordinate, -most, most); }

}  // namespace

region region::part(rectangle inside) const noexcept {
  const rectangle there{.x = held(area_.x + held(inside.x)),
                        .y = held(area_.y + held(inside.y)),
                        .columns = std::clamp(inside.columns, 0, most),
                        .rows = std::clamp(inside.rows, 0, most)};
  return {*surface_, there, common(there, clip_)};
}

int region::put(int x, int y, std::string_view text, const style& look, std::string_view link) const {
  x = held(x);
  const point begin{.x = area_.x + x, .y = area_.y + held(y)};
  const bool seen = begin.y >= clip_.y && begin.y < clip_.y + clip_.rows;
  const int right = clip_.x + clip_.columns;
  const std::uint16_t number = seen ? surface_->number_of(link) : std::uint16_t{0};
  for (int at = begin.x; !text.empty(); x = at - area_.x) {
    const cluster next = first_cluster(text);
    text.remove_prefix(next.size);
    if (next.width == 0) continue;
    const int end = at + next.width;
    if (seen && at < right && end > clip_.x) {
      if (at >= clip_.x && end <= right) {
        surface_->write({.x = at, .y = begin.y}, {.text = std::string(next.shown),
                                                  .look = look,
                                                  .link = number,
                                                  .width = static_cast<std::uint8_t>(next.width),
                                                  .reach = static_cast<std::uint8_t>(next.reach),
                                                  .ambiguous = next.ambiguous});
      } else {
        // Half of it.
        surface_->write({.x = std::max(at, clip_.x), .y = begin.y}, {.look = look, .link = number});
      }
    }
    at = end;
  }
  return x;
}

void region::clear(const style& look) const {
  for (int y = clip_.y; y < clip_.y + clip_.rows; ++y)
    for (int x = clip_.x; x < clip_.x + clip_.columns; ++x) surface_->write({.x = x, .y = y}, {.look = look});
}

void region::blank(int x, int y, int columns, const style& look) const {
  part({.x = x, .y = y, .columns = columns, .rows = 1}).clear(look);
}

void region::restyle(rectangle inside, const style& look) const {
  const rectangle there = part(inside).clip_;
  for (int y = there.y; y < there.y + there.rows; ++y)
    for (int x = there.x; x < there.x + there.columns; ++x)
      surface_->cells_[surface_->index({.x = x, .y = y})].look = look;
}

void region::set_cursor(point at) const {
  const point there{.x = held(area_.x + held(at.x)), .y = held(area_.y + held(at.y))};
  surface_->cursor_ = clip_.contains(there) ? std::optional(there) : std::nullopt;
}

surface::surface(size of) { reset(of); }

void surface::reset(size of) {
  size_ = {.columns = std::clamp(of.columns, 0, largest), .rows = std::clamp(of.rows, 0, largest)};
  cells_.assign(static_cast<std::size_t>(size_.columns) * static_cast<std::size_t>(size_.rows), cell());
  links_.assign(1, {});
  cursor_.reset();
}

region surface::whole() noexcept {
  const rectangle all{.x = 0, .y = 0, .columns = size_.columns, .rows = size_.rows};
  return {*this, all, all};
}

std::uint16_t surface::number_of(std::string_view link) {
  if (link.empty() || links_.back() == link)
    return static_cast<std::uint16_t>(link.empty() ? 0 : links_.size() - 1);
  const auto there = std::ranges::find(links_, link);
  if (there != links_.end()) return static_cast<std::uint16_t>(there - links_.begin());
  if (!is_address(link) || links_.size() > most_links) return 0;
  links_.emplace_back(link);
  return static_cast<std::uint16_t>(links_.size() - 1);
}

/// What is left of a cluster of which `p` is taken away becomes blank.
void surface::break_at(point p) {
  const auto blank = [](cell& c) {
    c.text = " ";
    c.width = c.reach = 1;
    c.ambiguous = false;
  };
  cell* const here = &cells_[index(p)];
  if (here->width == 2) blank(here[1]);
  if (here->width == 0) blank(here[-1]);
}

void surface::write(point p, cell what) {
  const int columns = what.width;
  break_at(p);
  cell* const here = &cells_[index(p)];
  if (columns == 2) {
    break_at({.x = p.x + 1, .y = p.y});
    here[1] = {.text = {}, .look = what.look, .link = what.link, .width = 0, .reach = 0};
  }
  *here = std::move(what);
}

std::string surface::row(int y) const {
  std::string text;
  for (int x = 0; x < size_.columns; ++x) text += at({.x = x, .y = y}).text;
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace parlance::cli::screen
