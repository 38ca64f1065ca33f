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
#include <optional>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>

#include <parlance/io/event.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/operation.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/task.hpp>

namespace parlance::io {

class loop_thread {
 public:
  /// Starts the thread and its loop; `backend` as for loop_options. Throws what the loop throws.
  explicit loop_thread(std::string_view backend = {});
  /// Ends every task there where it waits, and the thread. All that was posted before has run by then.
  ~loop_thread();
  loop_thread(const loop_thread&) = delete;
  loop_thread& operator=(const loop_thread&) = delete;

  /// Runs `what()` there, soon, in the order in which this thread asks. From any thread. It must not throw.
  /// It is destroyed there, too.
  template <std::invocable F> void post(F what) {
    posts_->push(std::make_unique<posted<F>>(std::move(what)));
  }

  /// The tasks that run there; for its own thread.
  scope& tasks() noexcept { return *tasks_; }

 private:
  template <class F> struct posted final : post_queue::item {
    explicit posted(F f) : what(std::move(f)) {}
    void run() override { what(); }
    F what;
  };

  std::shared_ptr<post_queue> posts_;
  scope* tasks_ = nullptr;
  event* end_ = nullptr;
  std::thread thread_;
};

/// Awaits what the task gives, or throws what it throws, that `call()` makes and that runs on another loop.
/// Cancelling or destroying the wait abandons the task: it goes on to its end, and its result is dropped
/// there. `call` and what it holds end on the other thread.
template <class F> class [[nodiscard]] run_on final : public operation {
  using result = await_result_t<std::invoke_result_t<F&>>;
  struct nothing {};
  using stored = std::conditional_t<std::is_void_v<result>, nothing, result>;

  // What comes back. Each side has a share in it, but only the other thread writes, and only until it has
  // posted that it is done.
  struct answer {
    std::optional<stored> value;
    std::exception_ptr failure;
    std::shared_ptr<post_queue> home;
    run_on* waiter = nullptr;  // of the home thread only; null once it is abandoned
  };

  struct arrival final : post_queue::item {
    explicit arrival(std::shared_ptr<answer> of) : to(std::move(of)) {}
    void run() override {
      if (to->waiter) to->waiter->complete();
    }
    std::shared_ptr<answer> to;
  };

  /// Answers whatever happens, also when the thread ends while the task waits.
  struct reply {
    explicit reply(std::shared_ptr<answer> to) : to_(std::move(to)) {}
    reply(reply&&) noexcept = default;
    ~reply() {
      if (!to_) return;
      if (!to_->value && !to_->failure)
        to_->failure = std::make_exception_ptr(io::error(errc::cancelled, "wait for another loop"));
      const std::shared_ptr<post_queue> home = to_->home;
      home->push(std::make_unique<arrival>(std::move(to_)));
    }
    std::shared_ptr<answer> to_;
  };

  static task<void> carry_out(F call, reply back) {
    try {
      if constexpr (std::is_void_v<result>)
        co_await call(), back.to_->value.emplace();
      else
        back.to_->value.emplace(co_await call());
    } catch (...) {
      back.to_->failure = std::current_exception();
    }
  }

 public:
  run_on(loop_thread& there, F call) : there_(&there), call_(std::move(call)) {}
  run_on(run_on&&) noexcept = default;
  ~run_on() { abandon(); }

  bool await_ready() noexcept { return !may_start(); }
  void await_suspend(std::coroutine_handle<> waiter) {
    suspend(waiter);
    answer_ = std::make_shared<answer>();
    answer_->home = loop::current().posts();
    answer_->waiter = this;
    there_->post([there = there_, call = std::move(call_), back = reply(answer_)]() mutable {
      there->tasks().spawn(carry_out(std::move(call), std::move(back)));
    });
  }
  result await_resume() {
    if (error) throw io::error(error, "wait for another loop");
    if (answer_->failure) std::rethrow_exception(answer_->failure);
    if constexpr (!std::is_void_v<result>) return *std::move(answer_->value);
  }
  void cancel(std::error_code why) noexcept override {
    abandon();
    complete(why);
  }

 private:
  void abandon() noexcept {
    if (answer_) answer_->waiter = nullptr;
  }
  loop_thread* there_;
  F call_;
  std::shared_ptr<answer> answer_;
};

}  // namespace parlance::io
