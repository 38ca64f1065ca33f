#include <iterator>

#include <parlance/chat/watch/bounded_lines.hpp>

namespace parlance::chat {
namespace {

/// Who calls by a Unix socket is one, too.
network household_of(const std::optional<network>& from) { return from ? from->household() : network(); }

}  // namespace

bool bounded_lines::has_one(const network& household, io::time_point now) {
  if (!all_.has(1, now)) return false;
  make_room(left_, most_remembered, now);
  return left_.try_emplace(household, of_one_).first->second.take_whole(1, now) && all_.take(1, now);
}

std::optional<std::size_t> bounded_lines::take(const std::optional<network>& from, io::time_point now) {
  const network household = household_of(from);
  if (!has_one(household, now)) {
    const bool is_known = untold_.size() < most_remembered || untold_.contains(household);
    ++untold_[is_known ? household : network()];
    return {};
  }
  const auto its = untold_.find(household);
  if (its == untold_.end()) return 0;
  const std::size_t untold = its->second;
  untold_.erase(its);
  return untold;
}

std::vector<std::pair<network, std::size_t>> bounded_lines::take_untold(io::time_point now) {
  std::vector<std::pair<network, std::size_t>> all;
  for (auto one = untold_.begin(); one != untold_.end();) {
    const auto next = std::next(one);
    if (has_one(one->first, now)) {
      all.emplace_back(*one);
      untold_.erase(one);
    }
    one = next;
  }
  return all;
}

}  // namespace parlance::chat
