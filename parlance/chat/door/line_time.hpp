// How long the lines of one caller take of late.
//
//   line_time its;
//   if (its.is_over(now)) ...                 // it asks for much: its lines wait until nobody of its kind is served
//   its.add(took, now);
#pragma once

#include <algorithm>
#include <chrono>

#include <parlance/chat/base/budget.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

class line_time {
 public:
  /// Its lines have taken more than 20 ms, and more than 10 ms of each second since. Who talks in a room of a thousand
  /// is far below that: only the first line of a turn comes to each of them.
  bool is_over(io::time_point now) noexcept { return !left_.has_any(now); }
  /// A line has taken so long. The machine may have stood still in it, so none counts for more than 5 ms; and what
  /// takes no longer than most do does not count.
  void add(io::duration took, io::time_point now) noexcept {
    if (took > usual) left_.owe(std::chrono::duration<double>(std::min(took, longest)).count(), now);
  }

 private:
  static constexpr io::duration usual = std::chrono::microseconds(200);
  static constexpr io::duration longest = std::chrono::milliseconds(5);
  budget left_{.most = 0.02, .per_second = 0.01};  // seconds
};

}  // namespace parlance::chat
