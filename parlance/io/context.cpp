#include <utility>

#include <parlance/io/context.hpp>
#include <parlance/io/detail/operation.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::io {

constinit thread_local context* detail::running = nullptr;

context::context(context* parent) {
  if (parent) why_ = parent->why_;
  (parent ? parent->children_ : roots()).push_back(*this);
}

context::~context() = default;

list<context, in_parent>& context::roots() noexcept {
  static thread_local list<context, in_parent> of_this_thread;
  return of_this_thread;
}

// All of the tree is marked before the first wait ends: when that lets another operation go on, which waits
// in the same tree, it must not start.
void context::cancel(std::error_code why) noexcept {
  if (why_) return;
  mark(why ? why : make_error_code(errc::cancelled));
  end_waits();
}

void context::mark(std::error_code why) noexcept {
  if (why_) return;
  why_ = why;
  expiry_.disarm();
  children_.for_each([&](context& child) { child.mark(why); });
}

void context::end_waits() noexcept {
  while (!operations_.empty()) operations_.pop_front().cancel(why_);
  children_.for_each([](context& child) { child.end_waits(); });
}

void context::set_deadline(time_point when) {
  if (why_) return;
  if (when != never && when <= loop::current().now()) return cancel(errc::timed_out);
  expiry_.arm(when);
}

void context::expiry::outlive(time_point end, time_point now, timer_heap& around) noexcept {
  arm(after(now, when() - end), around);
}

context& context::first() {
  detail::running = &loop::current().root();
  return *detail::running;
}

context::enter::enter(context& inner) noexcept : outer_(std::exchange(detail::running, &inner)) {}
context::enter::~enter() { detail::running = outer_; }

}  // namespace parlance::io
