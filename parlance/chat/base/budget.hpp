// Work that may be asked for in bursts, and is bounded over time: what is left grows back.
//
//   chat::budget searches{.most = 1000, .per_second = 100};
//   if (!searches.take(cost, loop.now())) refuse();
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include <parlance/io/time.hpp>

namespace parlance::chat {

struct budget {
  double most;
  double per_second;
  double left = most;
  io::time_point since{};

  /// False: nothing is left. What costs more than is left is still done, and paid for by those that follow,
  /// so that nothing is too expensive to be done at all.
  bool take(double cost, io::time_point now) noexcept {
    if (!has_any(now)) return false;
    left -= cost;
    return true;
  }
  /// Whether take would do so.
  bool has_any(io::time_point now) noexcept {
    grow(now);
    return left > 0;
  }
  /// Whether so much is left: for what is to be done only when it is paid for in full.
  bool has(double cost, io::time_point now) noexcept {
    grow(now);
    return left >= cost;
  }
  /// Takes so much, if it is there.
  bool take_whole(double cost, io::time_point now) noexcept { return has(cost, now) && take(cost, now); }
  /// Takes so much, whatever is left.
  void owe(double cost, io::time_point now) noexcept {
    grow(now);
    left -= cost;
  }
  void give_back(double cost, io::time_point now) noexcept {
    grow(now);
    left = std::min(most, left + cost);
  }
  /// Nothing is owed, so it need not be remembered.
  bool full(io::time_point now) const noexcept {
    budget then = *this;
    then.grow(now);
    return then.left >= most;
  }

 private:
  void grow(io::time_point now) noexcept {
    if (now > since)
      left = std::min(most, left + std::chrono::duration<double>(now - since).count() * per_second);
    since = now;
  }
};

/// Makes room for one more in a map of budgets by forgetting those to whom nothing is owed, and all if that
/// is not enough.
template <class Map> void make_room(Map& all, std::size_t most, io::time_point now) {
  if (all.size() < most) return;
  std::erase_if(all, [&](const auto& one) { return one.second.full(now); });
  if (all.size() >= most) all.clear();
}

}  // namespace parlance::chat
