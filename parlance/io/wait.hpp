// Waiting: for a coroutine from code that is none, for some time, and with a limit.
//
//   auto s = io::wait(net::connect("localhost:8000"), 5s);   // blocks; io::errc::timed_out after five
//   seconds auto n = co_await io::timeout(2s, s.recv());             // the same limit inside a coroutine
//   co_await io::sleep(100ms);
#pragma once

#include <chrono>
#include <coroutine>
#include <exception>
#include <optional>
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
  bool await_ready() noexcept { return !may_start() || when_ <= loop::current().now(); }
  void await_suspend(std::coroutine_handle<> waiter) {
    suspend(waiter);
    arm(when_);
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

inline sleep_until sleep(duration length) noexcept {
  return sleep_until(after(loop::current().now(), length));
}

/// Lets everything else that is ready go first.
class [[nodiscard]] yield final : public operation {
 public:
  bool await_ready() noexcept { return !may_start(); }
  void await_suspend(std::coroutine_handle<> waiter) noexcept {
    suspend(waiter);
    complete();
  }
  void await_resume() const {
    if (error) throw io::error(error, "yield");
  }
  void cancel(std::error_code) noexcept override {}
};

/// Waits until everybody who was ready in this turn of the loop has gone on, so that what they have brought
/// can be dealt with at once, and before the loop waits again.
class [[nodiscard]] end_of_turn final : public operation {
 public:
  bool await_ready() noexcept { return !may_start(); }
  void await_suspend(std::coroutine_handle<> waiter) noexcept {
    suspend(waiter);
    loop::current().last(*this);
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

template <class A> task<await_result_t<A>> hold(std::remove_reference_t<A>& what) {
  co_return co_await static_cast<A&&>(what);
}

/// The outermost frame of a wait: a task that is started, and asked whether it is done.
template <class T> class root {
 public:
  explicit root(task<T> whole) : awaiter_(std::move(whole).operator co_await()), whole_(std::move(whole)) {}
  void start() { awaiter_.await_suspend(std::noop_coroutine()).resume(); }
  bool done() const noexcept { return awaiter_.frame.done(); }
  T take() { return awaiter_.await_resume(); }

 private:
  decltype(std::declval<task<T>>().operator co_await()) awaiter_;
  task<T> whole_;
};

}  // namespace detail

/// Runs `inside` with `limits` as its context. `limits` must outlive it.
template <awaitable A> task<await_result_t<A>> run_in(context& limits, A inside) {
  using result = await_result_t<A>;
  context& outer = context::current();
  std::exception_ptr failure;
  detail::running = &limits;
  if constexpr (std::is_void_v<result>) {
    try {
      co_await std::move(inside);
    } catch (...) {
      failure = std::current_exception();
    }
    detail::running = &outer;
    if (failure) std::rethrow_exception(std::move(failure));
  } else {
    std::optional<result> value;
    try {
      value.emplace(co_await std::move(inside));
    } catch (...) {
      failure = std::current_exception();
    }
    detail::running = &outer;
    if (failure) std::rethrow_exception(std::move(failure));
    co_return *std::move(value);
  }
}

/// Runs `inside`, and ends its waits with errc::timed_out from `when` on. What had succeeded by then is
/// delivered.
template <awaitable A> task<await_result_t<A>> timeout_at(time_point when, A inside) {
  context limits;
  limits.set_deadline(when);
  co_return co_await run_in(limits, std::move(inside));
}

/// The same for a length of time from now. Zero or less: fails before anything starts.
template <awaitable A> task<await_result_t<A>> timeout(duration limit, A inside) {
  return timeout_at<A>(after(loop::current().now(), limit), std::move(inside));
}

/// Runs `inside` out of reach of every cancellation and deadline from outside.
template <awaitable A> task<await_result_t<A>> shield(A inside) {
  context apart(nullptr);
  co_return co_await run_in(apart, std::move(inside));
}

/// Runs the current thread's loop until `what` is done, and returns what it gives or throws what it throws.
/// For code that is no coroutine; inside one it throws std::logic_error, because the loop is busy running
/// that one.
template <awaitable A> await_result_t<A> wait(A&& what) {
  detail::root<await_result_t<A>> whole(detail::hold<A>(what));
  loop::current().run([&] { whole.start(); }, [&] { return whole.done(); });
  return whole.take();
}

/// With a limit for the whole.
template <awaitable A> await_result_t<A> wait(A&& what, duration limit) {
  return wait(timeout(limit, std::forward<A>(what)));
}

}  // namespace parlance::io
