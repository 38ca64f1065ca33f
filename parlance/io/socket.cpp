#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include <parlance/io/loop.hpp>
#include <parlance/io/socket.hpp>

namespace parlance::io {

bool socket_operation::await_ready() {
  if (heed_cancellation() || !socket_->admit(*this)) return at_once(true);
  if (!socket_->start(*this)) return false;
  if (at_once(true)) return true;
  socket_->hold(*this);  // its waiter goes on with the next turn
  return false;
}

void socket_operation::await_suspend(std::coroutine_handle<> waiter) noexcept {
  if (suspend(waiter) && !socket_->start_limit(*this)) cancel(from_errno(ENOMEM));
}

void socket_operation::cancel(std::error_code why) noexcept { socket_->cancel(*this, why); }

std::string socket_operation::subject() const {
  const int fd = socket_->native_handle();
  return fmt::format("{}, {}", socket_->local().to_string(),
                     fd < 0 ? "simulated" : "descriptor " + std::to_string(fd));
}

socket::socket(backend& of) noexcept : home_(&of) { of.add(*this); }
socket::~socket() = default;

bool socket::is_ours() const noexcept { return home_ && home_->is_ours(); }

void socket::expect_ours() const {
  if (!home_) throw std::logic_error("a socket is used whose loop is no more");
  home_->expect_ours();
}

void socket::leave_loop() noexcept {
  detach();
  for (std::unique_ptr<stopwatch>& watch : stopwatches_) watch.reset();
  home_ = nullptr;
}

void socket::expect_current() const {
  if (home_ != &loop::current().kernel() || !home_->is_ours()) [[unlikely]]
    refuse();
}

void socket::refuse() const {
  expect_ours();
  throw std::logic_error(
      "a socket is used with another loop than its own: on another thread, or in a loop that nests");
}

bool socket::admit(socket_operation& op) const {
  expect_current();
  if (op.which_side() == side::write || (!active(side::read) && !delivered_[index(side::read)])) return true;
  op.error = from_errno(EALREADY);
  return false;
}

bool socket::start(socket_operation& op) noexcept {
  const std::size_t which = index(op.which_side());
  if (active_[which] || delivered_[which]) {  // of the writing side: it is admitted
    writers_.push_back(op);
    return false;
  }
  if (op.take_left_behind()) return true;
  if (op.begin()) {
    op.settle();
    return true;
  }
  active_[which] = &op;
  return false;
}

bool socket::start_limit(socket_operation& op) noexcept {
  const std::size_t which = index(op.which_side());
  if (limits_[which] == unlimited) return true;
  if (!stopwatches_[which]) stopwatches_[which].reset(new (std::nothrow) stopwatch(*this, op.which_side()));
  if (!stopwatches_[which]) return false;
  stopwatch& watch = *stopwatches_[which];
  op.due_ = after(loop::current().now(), limits_[which]);
  // An earlier timer looks at `due_` when it fires, so a busy socket moves no timer.
  if (!watch.armed() || watch.when() > op.due_) watch.arm(op.due_, home_->owner().timers());
  return true;
}

void socket::set_timeout(side which, duration limit) {
  limits_[index(which)] = limit;
  if (limit != unlimited) return;
  stopwatches_[index(which)].reset();
  // Of who waits: a limit that is given later is not theirs.
  for (socket_operation* const first : {active_[index(which)], delivered_[index(which)]})
    if (first) first->due_ = never;
  if (which == side::write)
    writers_.for_each([](operation& queued) { static_cast<socket_operation&>(queued).due_ = never; });
}

void socket::expired(side which) noexcept {
  const time_point now = loop::current().now();
  time_point next = never;
  // Those in the queue wait for as long as the one in front of them makes progress.
  time_point progressed = time_point::min();
  const socket_operation* const first =
      active_[index(which)] ? active_[index(which)] : delivered_[index(which)];
  if (first && first->due_ != never) progressed = first->due_;
  const auto look_at = [&](socket_operation& op) {
    const time_point due = std::max(op.due_, progressed);
    if (due <= now)
      cancel(op, errc::timed_out);
    else
      next = std::min(next, due);
  };
  // Those in the queue first, or the end of the active one would begin one that is late, too.
  if (which == side::write)
    writers_.for_each([&](operation& queued) { look_at(static_cast<socket_operation&>(queued)); });
  if (active_[index(which)]) look_at(*active_[index(which)]);
  stopwatches_[index(which)]->arm(next, home_->owner().timers());
}

void socket::cancel(socket_operation& op, std::error_code why) noexcept {
  if (op.cancel_reason) return;
  op.cancel_reason = why;
  if (active_[index(op.which_side())] == &op) return interrupt(op, why);
  op.link<in_queue>::unlink();
  op.complete(why);
}

void socket::withdraw(socket_operation& op) noexcept {
  if (op.unseen_) {
    keep(op);
    return op.seen();
  }
  socket_operation*& active = active_[index(op.which_side())];
  if (active != &op) return op.link<in_queue>::unlink();
  forget(op);
  active = nullptr;
  if (op.which_side() == side::read || !is_ours()) return;
  op.leave_behind();
  begin_next(op.due_);
}

/// What was brought and lies in the socket, whose waiter has not seen it yet, goes with that. What is the
/// waiter's own, a caller or a datagram, does not.
void socket::lose_delivered(std::error_code why) noexcept {
  for (socket_operation*& delivered : delivered_)
    if (delivered && delivered->lose(why)) std::exchange(delivered, nullptr)->unseen_ = false;
}

void socket::release_waiters() noexcept {
  lose_delivered(errc::cancelled);
  if (delivered_[index(side::write)]) keep(*delivered_[index(side::write)]);
  for (socket_operation*& delivered : delivered_)
    if (delivered) std::exchange(delivered, nullptr)->unseen_ = false;
  while (!writers_.empty()) writers_.pop_front().complete(errc::cancelled);
  for (socket_operation*& active : active_) {
    if (!active) continue;
    forget(*active);
    socket_operation& op = *std::exchange(active, nullptr);
    if (op.which_side() == side::write) keep(op);
    op.complete(op.cancel_reason ? op.cancel_reason : make_error_code(errc::cancelled));
  }
}

void socket::finish(socket_operation& op) noexcept {
  op.settle();
  active_[index(op.which_side())] = nullptr;
  hold(op);
  op.complete();
  if (op.which_side() == side::write && !op.unseen_) go_on(op);
}

/// The next of the writing side.
void socket::go_on(socket_operation& from) noexcept {
  // In a child that was forked the queue is the parent's to go on with.
  if (!is_ours()) return;
  const bool progress = !from.error;
  begin_next(from.due_);
  socket_operation* const next = active_[index(side::write)];
  if (progress && next && !start_limit(*next)) cancel(*next, from_errno(ENOMEM));
}

/// What it has brought, or that it has gone in part, is its waiter's affair, who does not know yet.
void socket::hold(socket_operation& op) noexcept {
  if (!op.has_brought()) return;
  assert(!delivered_[index(op.which_side())]);
  op.unseen_ = true;
  delivered_[index(op.which_side())] = &op;
}

/// Its waiter knows now, or never will.
void socket::told(socket_operation& op) noexcept {
  assert(delivered_[index(op.which_side())] == &op);
  delivered_[index(op.which_side())] = nullptr;
  op.unseen_ = false;
  if (op.which_side() == side::write) go_on(op);
}

/// `due`: of the one that was in front, whose progress was that of all.
void socket::begin_next(time_point due) noexcept {
  const std::size_t which = index(side::write);
  while (!active_[which] && !delivered_[which] && !writers_.empty()) {
    auto& next = static_cast<socket_operation&>(writers_.pop_front());
    if (next.heed_cancellation_in_queue() || next.begin()) {
      next.settle();
      hold(next);
      next.complete();
    } else {
      active_[which] = &next;
      if (due != never && next.due_ != never) next.due_ = std::max(next.due_, due);
    }
  }
}

void socket::abort() noexcept {
  lose_delivered(from_errno(ECONNABORTED));
  while (!writers_.empty()) writers_.pop_front().complete(from_errno(ECONNABORTED));
  for (const side which : {side::read, side::write})
    if (active_[index(which)]) cancel(*active_[index(which)], from_errno(ECONNABORTED));
}

}  // namespace parlance::io
