// A loop on a thread of its own, and how another loop has it do something:
//
//   io::loop_thread other;
//   int n = co_await io::run_on(other, []() -> io::task<int> { co_return co_await count_something(); });
//
// Loops share nothing. What a task that is sent over touches belongs to the other thread from then on.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>

#include <parlance/io/detail/awaiting.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/task.hpp>

namespace parlance::io {

class loop_thread {
 public:
  /// Starts the thread and its loop; `backend` as for loop_options. Throws what the loop throws, and io::error
  /// (ENOTSUP) for the simulation, which has one thread.
  explicit loop_thread(std::string_view backend = {});
  /// Ends every task there where it waits, and the thread. All that was posted before has run by then. On its
  /// own thread, as for who is the last to know of it, it returns at once, and all that happens soon after.
  ~loop_thread();
  loop_thread(const loop_thread&) = delete;
  loop_thread& operator=(const loop_thread&) = delete;

  /// What is to be posted, for which there is memory now.
  template <class F> struct posted final : post_queue::item {
    explicit posted(F f) : what(std::move(f)) {}
    void run(std::unique_ptr<post_queue::item>) override { what(); }
    F what;
  };

  /// Runs `what()` there, soon, in the order in which this thread asks. From any thread. It must not throw.
  /// It is destroyed there, too. Throws what moving it does, and std::bad_alloc; then it does not run.
  template <std::invocable F> void post(F what) { post(std::make_unique<posted<F>>(std::move(what))); }
  /// The same for destructors, which cannot go without.
  void post(std::unique_ptr<post_queue::item> what) noexcept { posts_->push(std::move(what)); }

  /// The tasks that run there; for its own thread.
  scope& tasks() noexcept { return *tasks_; }

 private:
  struct ending {
    event* end = nullptr;
    void operator()() const noexcept { end->set(); }
  };

  std::unique_ptr<posted<ending>> ending_ = std::make_unique<posted<ending>>(ending());
  std::shared_ptr<post_queue> posts_;
  scope* tasks_ = nullptr;
  std::thread thread_;
};

/// Awaits what the task gives, or throws what it throws, that `call()` makes and that runs on another loop.
/// Cancelling or destroying the wait abandons the task: it goes on to its end, and its result comes here to be
/// dropped. `call` and what it holds end on the other thread, before the answer comes. Not from a simulated
/// loop, which does not wait for what is outside of it.
template <class F>
class [[nodiscard]] run_on final : public awaiting<await_result_t<std::invoke_result_t<F&>>> {
  using result = await_result_t<std::invoke_result_t<F&>>;
  using base = awaiting<result>;

  struct work {
    typename base::reply back;
    F call;  // goes first
  };

  /// Takes it once it runs.
  static task<void> carry_out(std::unique_ptr<work>& from) {
    const std::unique_ptr<work> asked = std::move(from);
    try {
      if constexpr (std::is_void_v<result>)
        co_await asked->call(), asked->back.give();
      else
        asked->back.give(co_await asked->call());
    } catch (...) {
      asked->back.fail(std::current_exception());
    }
  }

 public:
  run_on(loop_thread& there, F call)
      : base("wait for another loop"), there_(&there), call_(std::move(call)) {}
  run_on(run_on&&) noexcept = default;

  bool await_ready() noexcept { return this->at_once(this->heed_cancellation()); }
  void await_suspend(std::coroutine_handle<> waiter) {
    if (this->over()) {
      this->suspend(waiter);
      return;
    }
    there_->post([there = there_,
                  asked = std::unique_ptr<work>(new work{this->ask(waiter), std::move(call_)})]() mutable {
      try {
        there->tasks().spawn(carry_out(asked));
      } catch (...) {  // there is no memory for that
        if (asked) asked->back.fail(std::current_exception());
      }
    });
  }

 private:
  loop_thread* there_;
  F call_;
};

}  // namespace parlance::io
