// Calls that block, moved off the loop: `co_await io::blocking([] { return read_the_whole_file(); })`.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include <parlance/io/loop.hpp>
#include <parlance/io/operation.hpp>

namespace parlance::io {

/// Runs a function on one of a bounded number of threads of the process (at most `workers`), the oldest
/// first. When the process ends, those that run have a second to come to their end; the others never begin.
void run_on_worker(std::function<void()> job);
inline constexpr unsigned workers = 8;

/// A thread that leaves every signal to the others, but for those that tell of its own faults: what `signals`
/// waits for, and handlers of the program, are none of its affair.
std::thread thread_without_signals(std::function<void()> body);

/// Awaits what `call` gives, or throws what it throws, having run it on a worker thread. Cancelling or
/// destroying the wait abandons the call: it runs to its end and its result is dropped, so it must own
/// everything that it touches. In the simulation it runs on the spot.
template <class F> class [[nodiscard]] blocking final : public operation {
  using result = std::invoke_result_t<F&>;
  struct nothing {};
  using stored = std::conditional_t<std::is_void_v<result>, nothing, result>;

  // Shared by the waiter and the worker; whoever is last destroys it.
  struct state {
    explicit state(F f) : call(std::move(f)) {}
    void run() noexcept {
      try {
        if constexpr (std::is_void_v<result>)
          call(), value.emplace();
        else
          value.emplace(call());
      } catch (...) {
        failure = std::current_exception();
      }
    }
    F call;
    std::optional<stored> value;
    std::exception_ptr failure;
    blocking* waiter = nullptr;  // of the loop's thread only; null once it is abandoned
  };

  struct arrival final : post_queue::item {
    explicit arrival(std::shared_ptr<state> of) : done(std::move(of)) {}
    void run() override {
      if (done->waiter) done->waiter->complete();
    }
    std::shared_ptr<state> done;
  };

 public:
  explicit blocking(F call) : state_(std::make_shared<state>(std::move(call))) {}
  blocking(blocking&&) noexcept = default;
  ~blocking() { abandon(); }

  bool await_ready() {
    if (!may_start()) return true;
    if (!loop::current().kernel().simulated()) return false;
    state_->run();
    return true;
  }
  void await_suspend(std::coroutine_handle<> waiter) {
    suspend(waiter);
    state_->waiter = this;
    run_on_worker([shared = state_, to = loop::current().posts()]() mutable {
      shared->run();
      to->push(std::make_unique<arrival>(std::move(shared)));
    });
  }
  result await_resume() {
    if (error) throw io::error(error, "wait for a worker");
    if (state_->failure) std::rethrow_exception(state_->failure);
    if constexpr (!std::is_void_v<result>) return *std::move(state_->value);
  }
  void cancel(std::error_code why) noexcept override {
    abandon();
    complete(why);
  }

 private:
  void abandon() noexcept {
    if (state_) state_->waiter = nullptr;
  }
  std::shared_ptr<state> state_;
};

}  // namespace parlance::io
