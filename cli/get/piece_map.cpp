#include <algorithm>
#include <iterator>

#include <cli/get/piece_map.hpp>

namespace parlance::cli {

piece_map::piece_map(const std::vector<byte_range>& missing, std::uint64_t shortest) : shortest_(shortest) {
  for (const byte_range& one : missing)
    if (one.first < one.end) pieces_.push_back({.at = one.first, .end = one.end});
}

piece_map::piece* piece_map::take() {
  const auto free = std::ranges::find(pieces_, false, &piece::taken);
  if (free != pieces_.end()) {
    free->taken = true;
    return &*free;
  }
  const auto left = [](const piece& one) { return one.end - one.at; };
  const auto longest = std::ranges::max_element(pieces_, {}, left);
  if (longest == pieces_.end() || left(*longest) / 2 < shortest_) return nullptr;
  const std::uint64_t middle = longest->at + left(*longest) / 2;
  const auto made = pieces_.insert(std::next(longest), {.at = middle, .end = longest->end, .taken = true});
  longest->end = middle;
  return &*made;
}

void piece_map::put_back(piece* one) {
  const auto here = std::ranges::find(pieces_, one, [](const piece& each) { return &each; });
  here->taken = here->begun = false;
  if (here->at >= here->end) pieces_.erase(here);
}

bool piece_map::extend(piece& one, std::uint64_t limit) {
  const auto next = std::next(std::ranges::find(pieces_, &one, [](const piece& each) { return &each; }));
  if (next == pieces_.end() || next->taken || next->at != one.end || one.end >= limit) return false;
  one.end = std::min(next->end, limit);
  next->at = one.end;
  if (next->at >= next->end) pieces_.erase(next);
  return true;
}

bool piece_map::may_be_left(const piece& one, std::uint64_t limit) const {
  const auto next = std::next(std::ranges::find(pieces_, &one, [](const piece& each) { return &each; }));
  return next != pieces_.end() && next->at == one.end && next->taken && !next->begun && one.end < limit;
}

bool piece_map::is_under_way() const { return std::ranges::any_of(pieces_, &piece::taken); }

std::vector<byte_range> piece_map::missing() const {
  std::vector<byte_range> all;
  for (const piece& one : pieces_) {
    if (one.at >= one.end) continue;
    if (!all.empty() && all.back().end == one.at)
      all.back().end = one.end;
    else
      all.push_back({one.at, one.end});
  }
  return all;
}

}  // namespace parlance::cli
