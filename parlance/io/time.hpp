// Points in time. Every limit of this library is kept on the steady clock of the loop that waits, which the
// simulated backend moves by itself.
#pragma once

#include <chrono>

namespace parlance::io {

using duration = std::chrono::nanoseconds;
using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

/// A deadline that never comes.
inline constexpr time_point never = time_point::max();
/// A limit that is none.
inline constexpr duration unlimited = duration::max();

/// `start + length` that stops at `never` instead of overflowing. A negative length is a moment that has
/// passed.
constexpr time_point after(time_point start, duration length) noexcept {
  if (length > duration::zero() && start.time_since_epoch() > duration::max() - length) return never;
  if (length < duration::zero() && start.time_since_epoch() < duration::min() - length)
    return time_point::min();
  return start + length;
}

}  // namespace parlance::io
