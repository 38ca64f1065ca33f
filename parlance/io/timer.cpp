#include <algorithm>
#include <new>

#include <parlance/io/loop.hpp>
#include <parlance/io/timer.hpp>

namespace parlance::io {

void timer::arm(time_point when) {
  if (when == never) return disarm();
  arm(when, loop::current().timers());
}

void timer::arm(time_point when, timer_heap& in) noexcept {
  disarm();
  if (when == never) return;
  when_ = when;
  in.insert(*this);
}

void timer::disarm() noexcept {
  if (position_ != none) heap_->remove(*this);
  unlink();
}

timer_heap::~timer_heap() {
  for (timer* t : heap_) t->position_ = timer::none;
  while (!without_place_.empty()) without_place_.pop_front();
}

time_point timer_heap::soonest_without_place() const noexcept {
  time_point first = never;
  without_place_.for_each([&](const timer& t) { first = std::min(first, t.when_); });
  return first;
}

void timer_heap::insert(timer& t) noexcept {
  try {
    heap_.push_back(&t);
  } catch (const std::bad_alloc&) {
    return without_place_.push_back(t);
  }
  t.heap_ = this;
  t.position_ = heap_.size() - 1;
  sift_up(t.position_);
}

void timer_heap::remove(timer& t) noexcept {
  const std::size_t at = t.position_;
  timer* last = heap_.back();
  heap_.pop_back();
  t.position_ = timer::none;
  if (last == &t) return;
  place(at, last);
  sift_up(at);
  sift_down(last->position_);
}

void timer_heap::expire(time_point now) noexcept {
  list<timer, in_expiry> due;
  while (!heap_.empty() && heap_.front()->when_ <= now) {
    timer& next = *heap_.front();
    remove(next);
    due.push_back(next);
  }
  without_place_.for_each([&](timer& t) {
    if (t.when_ > now) return;
    t.unlink();
    due.push_back(t);
  });
  while (!due.empty()) due.pop_front().expire();
}

void timer_heap::leave_all(time_point end, time_point now, timer_heap& around) noexcept {
  while (!heap_.empty()) {
    timer& last = *heap_.back();
    remove(last);
    last.outlive(end, now, around);
  }
  while (!without_place_.empty()) without_place_.pop_front().outlive(end, now, around);
}

void timer_heap::place(std::size_t at, timer* t) noexcept {
  heap_[at] = t;
  t->position_ = at;
}

void timer_heap::sift_up(std::size_t at) noexcept {
  timer* moving = heap_[at];
  while (at > 0) {
    const std::size_t parent = (at - 1) / 2;
    if (heap_[parent]->when_ <= moving->when_) break;
    place(at, heap_[parent]);
    at = parent;
  }
  place(at, moving);
}

void timer_heap::sift_down(std::size_t at) noexcept {
  timer* moving = heap_[at];
  for (;;) {
    std::size_t child = 2 * at + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->when_ < heap_[child]->when_) ++child;
    if (moving->when_ <= heap_[child]->when_) break;
    place(at, heap_[child]);
    at = child;
  }
  place(at, moving);
}

}  // namespace parlance::io
