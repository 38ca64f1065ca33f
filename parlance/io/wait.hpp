// Waiting: for a coroutine from code that is none, for some time, and with a limit.
//
//   auto s = io::wait(net::connect("localhost:8000"), 5s);  // blocks, for five seconds at most
//   auto n = co_await io::timeout(2s, s.recv());            // a limit inside a coroutine
//   co_await io::timeout(1s, event);                        // of anything that can be awaited
//   co_await io::sleep(100ms);
#pragma once

#include <chrono>
#include <coroutine>
#include <string_view>
#include <type_traits>
#include <utility>

#include <parlance/io/context.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/task.hpp>

namespace parlance::io {

/// Waits for a moment. Cancelled like every wait.
class [[nodiscard]] sleep_until final : public operation, private timer {
 public:
  explicit sleep_until(time_point when) noexcept : when_(when) {}
  sleep_until(sleep_until&& fresh) noexcept : when_(fresh.when_) {}
  bool await_ready() noexcept { return at_once(heed_cancellation() || when_ <= loop::current().now()); }
  void await_suspend(std::coroutine_handle<> waiter) {
    if (suspend(waiter)) arm(when_);
  }
  void await_resume() const {
    if (error) throw io::error(error, "sleep");
  }
  void cancel(std::error_code why) noexcept override {
    disarm();
    complete(why);
  }

 private:
  void expire() noexcept override { complete(); }
  time_point when_;
};

inline sleep_until sleep(duration length) { return sleep_until(after(loop::current().now(), length)); }

/// Lets everything else that is ready go first.
class [[nodiscard]] yield final : public operation {
 public:
  bool await_ready() noexcept { return at_once(heed_cancellation()); }
  void await_suspend(std::coroutine_handle<> waiter) noexcept {
    if (suspend(waiter)) complete();
  }
  void await_resume() const {
    if (error) throw io::error(error, "yield");
  }
  void cancel(std::error_code) noexcept override {}
};

/// For what can be done without waiting: heeds cancellation, and lets everything else go first from time to
/// time, so that who is always served does not keep the others, and deadlines, waiting.
class [[nodiscard]] checkpoint final : public operation {
 public:
  /// `doing`: for errors; outlives it.
  explicit checkpoint(std::string_view doing) noexcept : doing_(doing) {}
  bool await_ready() noexcept {
    heed_cancellation();
    return at_once(true);
  }
  void await_suspend(std::coroutine_handle<> waiter) noexcept { suspend(waiter); }
  void await_resume() const {
    if (error) throw io::error(error, doing_);
  }
  void cancel(std::error_code) noexcept override {}

 private:
  std::string_view doing_;
};

/// Waits until everybody who was ready in this turn of the loop has gone on, so that what they have brought
/// can be dealt with at once, and before the loop waits again.
class [[nodiscard]] end_of_turn final : public operation {
 public:
  bool await_ready() noexcept { return at_once(heed_cancellation()); }
  void await_suspend(std::coroutine_handle<> waiter) noexcept {
    if (suspend(waiter)) loop::current().last(*this);
  }
  void await_resume() const {
    if (error) throw io::error(error, "wait for the end of the turn");
  }
  void cancel(std::error_code why) noexcept override {
    link<in_queue>::unlink();
    complete(why);
  }
};

namespace detail {

/// Awaits an A in another context, and is back in its own with the result. No guard of the frame, which may
/// be destroyed while it waits, when the context that runs is somebody else's.
template <class A> class inside {
 public:
  inside(context& limits, A&& what) : limits_(limits), awaiter_(awaiter_of(std::forward<A>(what))) {}
  bool await_ready() {
    detail::running = &limits_;
    try {
      return awaiter_.await_ready();
    } catch (...) {
      detail::running = &outer_;
      throw;
    }
  }
  template <class Promise> auto await_suspend(std::coroutine_handle<Promise> waiter) {
    try {
      return awaiter_.await_suspend(waiter);
    } catch (...) {
      detail::running = &outer_;
      throw;
    }
  }
  decltype(auto) await_resume() {
    const struct back {
      ~back() { detail::running = &outer; }
      context& outer;
    } afterwards{outer_};
    return awaiter_.await_resume();
  }

 private:
  context& outer_ = context::current();
  context& limits_;
  decltype(awaiter_of(std::declval<A>())) awaiter_;
};

// `A` is a reference to what is awaited where it is, or the type of what is kept in the frame.
template <class A> task<await_result_t<A>> await_in(context& limits, A what) {
  co_return co_await inside<A>(limits, static_cast<A&&>(what));
}
template <class A> task<await_result_t<A>> await_until(time_point when, A what, bool begins = true) {
  if (!begins) {
    co_await checkpoint("wait");  // who tries again and again lets others go on
    throw io::error(errc::timed_out, "wait");
  }
  context limits;
  limits.set_deadline(when);
  co_return co_await inside<A>(limits, static_cast<A&&>(what));
}
template <class A> task<await_result_t<A>> await_apart(A what) {
  context apart(nullptr);
  co_return co_await inside<A>(apart, static_cast<A&&>(what));
}

template <class A> task<await_result_t<A>> keep(std::remove_reference_t<A>& what) {
  co_return co_await static_cast<A&&>(what);
}

/// The outermost frame of a wait: a task that is started, and asked whether it is done.
template <class T> class outermost {
 public:
  explicit outermost(task<T> whole)
      : awaiter_(std::move(whole).operator co_await()), whole_(std::move(whole)) {}
  void start() { awaiter_.await_suspend(std::noop_coroutine()).resume(); }
  bool done() const noexcept { return awaiter_.frame.done(); }
  T take() { return awaiter_.await_resume(); }

 private:
  decltype(std::declval<task<T>>().operator co_await()) awaiter_;
  task<T> whole_;
};

}  // namespace detail

/// Awaits `inside` with `limits` as its context. An lvalue is awaited where it is, anything else lives in the
/// task. `limits`, and an lvalue, must outlive it; an lvalue that is an operation, so that it can be asked
/// afterwards how it went, must go too when the task is destroyed before it is over.
template <awaitable A> task<await_result_t<A>> run_in(context& limits, A&& inside) {
  return detail::await_in<A>(limits, std::forward<A>(inside));
}

/// Awaits `inside`, and ends its waits with errc::timed_out from `when` on. What had succeeded by then is
/// delivered.
template <awaitable A> task<await_result_t<A>> timeout_at(time_point when, A&& inside) {
  return detail::await_until<A>(when, std::forward<A>(inside));
}

/// The same for a length of time from now. Zero or less: fails before anything starts.
template <awaitable A> task<await_result_t<A>> timeout(duration limit, A&& inside) {
  return detail::await_until<A>(after(loop::current().now(), limit), std::forward<A>(inside),
                                limit > duration::zero());
}

/// Awaits `inside` out of reach of every cancellation and deadline from outside.
template <awaitable A> task<await_result_t<A>> shield(A&& inside) {
  return detail::await_apart<A>(std::forward<A>(inside));
}

/// Runs the current thread's loop until `what` is done, and returns what it gives or throws what it throws.
/// For code that is no coroutine; inside one it throws std::logic_error, because the loop is busy running
/// that one.
template <awaitable A> await_result_t<A> wait(A&& what) {
  detail::outermost<await_result_t<A>> whole(detail::keep<A>(what));
  loop::current().run([&] { whole.start(); }, [&] { return whole.done(); });
  return whole.take();
}

/// With a limit for the whole.
template <awaitable A> await_result_t<A> wait(A&& what, duration limit) {
  return wait(timeout(limit, std::forward<A>(what)));
}

}  // namespace parlance::io
