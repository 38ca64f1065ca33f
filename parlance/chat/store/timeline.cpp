#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include <parlance/chat/store/timeline.hpp>

namespace parlance::chat {
namespace {

/// What was said before the first of so many has times that are less exact.
constexpr std::size_t most_steps = 256;

}  // namespace

timeline timeline::parse(std::string_view text) {
  timeline all;
  try {
    const auto kept = nlohmann::json::parse(text);
    for (const auto& one : kept.at("steps"))
      all.steps_.push_back({one.at(0).get<entry_id>(), one.at(1).get<std::uint64_t>()});
    const auto& told = kept.at("told");
    all.told_ = {told.at(0).get<entry_id>(), told.at(1).get<entry_id>(), told.at(2).get<std::uint64_t>()};
  } catch (const nlohmann::json::exception&) {
    return {};
  }
  const auto is_out_of_order = [](const step& a, const step& b) {
    return a.from >= b.from || a.begin() > b.begin();  // those near 1970 begin together
  };
  return std::ranges::adjacent_find(all.steps_, is_out_of_order) == all.steps_.end() ? all : timeline();
}

std::string timeline::text() const {
  auto steps = nlohmann::json::array();
  for (const step& s : steps_) steps.push_back({s.from, s.ahead});
  return nlohmann::json{{"steps", steps}, {"told", {told_.from, told_.end, told_.ahead}}}.dump();
}

std::uint64_t timeline::ahead_at(entry_id id) const noexcept {
  const auto next = std::ranges::upper_bound(steps_, id, {}, &step::from);
  return next == steps_.begin() ? 0 : std::prev(next)->ahead;
}

std::uint64_t timeline::time_by_steps(entry_id id) const noexcept {
  const std::uint64_t ahead = ahead_at(id), time = id > ahead ? id - ahead : 0;
  const auto next = std::ranges::upper_bound(steps_, id, {}, &step::from);
  return next == steps_.end() ? time : std::min(time, next->begin());
}

entry_id timeline::place_of(std::uint64_t time) const noexcept {
  if (time == 0) return 0;
  const auto next = std::ranges::lower_bound(steps_, time, {}, &step::begin);
  const entry_id place = time + (next == steps_.begin() ? 0 : std::prev(next)->ahead);
  return next == steps_.end() ? place : std::min(place, next->from);
}

places timeline::places_of(std::uint64_t milliseconds, std::uint64_t now) const noexcept {
  const std::uint64_t begin = milliseconds * millisecond, end = begin + millisecond;
  if (begin > now && end + told_.ahead > told_.from && begin + told_.ahead < told_.end)
    return {begin + told_.ahead, end + told_.ahead - 1};
  return {place_of(begin), place_of(end) - 1};
}

void timeline::set_back(entry_id from, std::uint64_t by, entry_id end) {
  if (told_.end != end) told_ = {from, end, ahead_at(end)};
  auto at = std::ranges::lower_bound(steps_, from, {}, &step::from);
  if (at == steps_.end() || at->from != from) at = steps_.insert(at, {from, ahead_at(from)});
  std::for_each(at, steps_.end(), [&](step& s) { s.ahead += by; });
  // Nothing was said between a step that begins no earlier and this one.
  while (at != steps_.begin() && std::prev(at)->begin() >= at->begin()) at = steps_.erase(std::prev(at));
  if (steps_.size() > most_steps) {
    steps_[1].from = steps_[0].from;
    steps_.erase(steps_.begin());
  }
}

void timeline::put_right() {
  if (!is_ahead_from_the_beginning()) return;
  const std::uint64_t by = steps_.front().ahead;
  for (step& s : steps_) s.ahead -= by;
  steps_.erase(steps_.begin());
  told_ = {};
}

}  // namespace parlance::chat
