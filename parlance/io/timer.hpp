// Something that a loop does at a moment: the nodes of its heap of timers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <parlance/io/list.hpp>
#include <parlance/io/time.hpp>

namespace parlance::io {

class timer_heap;
struct in_expiry;

/// Derive from this, override `expire`, and arm it. An armed timer that is destroyed is disarmed. Belongs to
/// the thread of the loop that was current when it was armed.
class timer : public link<in_expiry> {
 public:
  timer() noexcept = default;
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

  /// Expires once, at `when` or as soon after as the loop turns. Arming again moves it; `never` disarms.
  /// Throws as loop::current does.
  void arm(time_point when);
  /// The same in a loop that is not the current one, where loops nest.
  void arm(time_point when, timer_heap& in) noexcept;
  void disarm() noexcept;
  bool armed() const noexcept { return position_ != none || linked(); }
  time_point when() const noexcept { return when_; }

 protected:
  ~timer() { disarm(); }
  /// Called by the loop, disarmed. May arm it again or destroy it.
  virtual void expire() noexcept = 0;
  /// Called when its loop has gone, at `end`, disarmed; `around` is of the one that is current then, where it
  /// is `now`.
  virtual void outlive(time_point /*end*/, time_point /*now*/, timer_heap& /*around*/) noexcept {}

 private:
  friend class timer_heap;
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  time_point when_ = never;
  std::size_t position_ = none;
  class timer_heap* heap_ = nullptr;
};

/// The armed timers of one loop: a binary heap, soonest first.
class timer_heap {
 public:
  ~timer_heap();
  bool empty() const noexcept { return heap_.empty() && without_place_.empty(); }
  time_point soonest() const noexcept {
    const time_point first = heap_.empty() ? never : heap_.front()->when_;
    return without_place_.empty() ? first : std::min(first, soonest_without_place());
  }

  /// Also without memory for a place in the heap: then it is in a list, which takes longer to look through.
  void insert(timer& t) noexcept;
  void remove(timer& t) noexcept;
  /// Expires everything that is due at `now`; what is armed meanwhile is for the next time.
  void expire(time_point now) noexcept;
  /// Its loop has gone: disarms all. See timer::outlive.
  void leave_all(time_point end, time_point now, timer_heap& around) noexcept;

 private:
  time_point soonest_without_place() const noexcept;
  void place(std::size_t at, timer* t) noexcept;
  void sift_up(std::size_t at) noexcept;
  void sift_down(std::size_t at) noexcept;

  std::vector<timer*> heap_;
  list<timer, in_expiry> without_place_;
};

}  // namespace parlance::io
