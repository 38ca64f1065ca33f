// Calls that block, moved off the loop: `co_await io::blocking([] { return read_the_whole_file(); })`.
#pragma once

#include <coroutine>
#include <functional>
#include <thread>
#include <type_traits>
#include <utility>

#include <parlance/io/detail/awaiting.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::io {

/// Who waits behind whom: each lane has threads of its own, so that what hangs in one, like look-ups when no
/// name server answers, does not keep the other waiting.
enum class lane : unsigned char { calls, look_ups };

/// The most threads that work in a lane at a time, in this process. They are made when they are needed.
inline constexpr unsigned workers = 8;
inline constexpr unsigned look_up_workers = 16;

/// Runs a function on one of the threads of a lane, the oldest first. When the process ends, those that run
/// have a second to come to their end; the others never begin. A child that was forked has threads of its own.
/// Throws io::error when there is no thread and none can be had; then the function is not run.
void run_on_worker(std::move_only_function<void()> job, lane in = lane::calls);

/// Closes a descriptor on a worker: closing may take its time (SO_LINGER, a file of another machine's), and what
/// others have sent is not to be trusted.
void close_on_worker(int fd) noexcept;

/// A thread that leaves every signal to the others, but for those that tell of its own faults: what `signals`
/// waits for, and handlers of the program, are none of its affair. Throws io::error when none can be had.
std::thread thread_without_signals(std::function<void()> body);

/// Awaits what `call` gives, or throws what it throws, having run it on a worker thread. Throws io::error when
/// there is none to run it. Cancelling or destroying the wait abandons the call: it runs to its end and its
/// result is dropped, so it must own everything that it touches. `call` is destroyed there, before the answer
/// comes. In the simulation it runs on the spot.
template <class F> class [[nodiscard]] blocking final : public awaiting<std::invoke_result_t<F&>> {
  using base = awaiting<std::invoke_result_t<F&>>;

  struct job {
    typename base::reply back;
    F call;  // goes first
    void operator()() noexcept { back.give_result_of(call); }
  };

 public:
  explicit blocking(F call, lane in = lane::calls)
      : base("wait for a worker"), call_(std::move(call)), lane_(in) {}
  blocking(blocking&&) noexcept = default;

  bool await_ready() {
    const bool cancelled = this->heed_cancellation();
    if (!cancelled && !loop::current().kernel().simulated()) return false;
    if (!cancelled) {
      F call = std::move(call_);
      this->ask().give_result_of(call);
    }
    return this->at_once(true);
  }
  void await_suspend(std::coroutine_handle<> waiter) {
    if (this->over())
      this->suspend(waiter);
    else
      run_on_worker(job{this->ask(waiter), std::move(call_)}, lane_);
  }

 private:
  F call_;
  lane lane_;
};

}  // namespace parlance::io
