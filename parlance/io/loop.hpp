// The event loop: one for each thread that waits. It turns: hands what was started to the kernel, waits, and
// resumes whoever has something to go on with. Most programs never name it: `io::wait` finds the thread's
// own.
//
//   io::loop loop{{.backend = "epoll"}};      // current on this thread while it lives
//   io::wait(serve());
//
// Inside a loop that is not ours, it does what is ready when it is asked to, and never waits itself:
//
//   for (;;) {
//     loop.run_ready();
//     wait_until(loop.next(), readable(loop.descriptor()));   // the foreign loop's way of saying so
//   }
//
// Sockets, timers and waits may outlive it: what waited is over, with errc::cancelled for who asks; a socket
// can only be destroyed then, and using it throws std::logic_error.
//
// fork: the loop stays the parent's. The child's copies of it, and of all that belongs to it, only forget:
// they may be destroyed, which closes the child's descriptors and does nothing to the parent. Using one
// throws std::logic_error: wait, an operation, bind, listen, shutdown. A child that wants to wait makes a
// loop, which becomes current; one that ends without exec does so by _exit.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>

#include <parlance/io/context.hpp>
#include <parlance/io/detail/backend.hpp>
#include <parlance/io/detail/buffer_pool.hpp>
#include <parlance/io/detail/operation.hpp>
#include <parlance/io/sim.hpp>
#include <parlance/io/timer.hpp>

namespace parlance::io {

class post_queue;

/// 100 ms where this library was built for debugging; `unlimited` in release builds, and with sanitizers,
/// with which everything is slow.
duration default_long_turn() noexcept;

struct loop_options {
  /// "io_uring", "epoll" or "sim". Empty: what the environment variable PARLANCE_BACKEND names, else io_uring
  /// where the kernel gives it, else epoll.
  std::string_view backend = {};
  /// For "sim".
  sim_options sim = {};
  /// A turn of the loop that takes longer is told of on stderr, with the wait after which most of it was
  /// spent: everybody else on this loop waits meanwhile. `unlimited`: never.
  duration long_turn = default_long_turn();
};

class loop {
 public:
  /// Becomes current on this thread until it is destroyed; loops nest. Throws io::error when the backend that
  /// was asked for by name cannot be had.
  explicit loop(const loop_options& options = {});
  ~loop();
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  /// The current loop of this thread, made with default options on first use.
  static loop& current();

  /// The time at which this turn began; between turns, the time it is. The simulated one where that is so.
  time_point now() const noexcept { return turning_ ? now_ : backend_->now(); }

  /// Calls `start`, then turns until `done()`. Throws what the backend throws, and std::logic_error when it
  /// is turning already.
  template <class Start, class Done> void run(Start&& start, Done&& done) {
    const turning guard(*this);
    start();
    while (!done()) turn();
  }

  // For a loop that is not ours. Tasks run in a `scope`, and go on in run_ready() only; what was begun
  // outside of it reaches the kernel with the next. Not inside a coroutine of this loop.

  /// Does what is ready, hands what that begins to the kernel, and returns. Throws what the backend throws.
  void run_ready();
  /// When run_ready() is to be called, if not before: the moment of the next timer, `now()` when something is
  /// ready already, or `never`.
  time_point next() const noexcept;
  /// Becomes readable (POLLIN) when run_ready() has something to do. It stays the loop's. Throws io::error
  /// (ENOTSUP) in the simulation, which nobody can wait for.
  int descriptor() const { return backend_->descriptor(); }

  backend& kernel() noexcept { return *backend_; }
  /// Why the default backend is epoll, when io_uring was tried first and refused; else empty.
  const std::string& fallback_reason() const noexcept { return fallback_reason_; }
  timer_heap& timers() noexcept { return timers_; }
  context& root() noexcept { return root_; }
  buffer_pool& buffers() noexcept { return buffers_; }

  /// For operation::complete.
  void ready(operation& op) noexcept { ready_.push_back(op); }
  /// For end_of_turn.
  void last(operation& op) noexcept { last_.push_back(op); }

  /// Whether an operation that could complete at once may do so now. Says no from time to time, so that a
  /// busy socket does not keep the others waiting for the turn to end.
  bool may_complete_inline() noexcept { return take_one(inline_left_); }
  /// The same for one that asks the kernel nothing. These are counted by themselves: each send of a turn that
  /// has something for everybody follows a wait that was over at once.
  bool may_go_on() noexcept { return take_one(going_on_left_); }

  /// Where other threads leave work for this loop. May be kept after the loop is gone; then it takes nothing.
  const std::shared_ptr<post_queue>& posts() const noexcept { return posts_; }

 private:
  friend operation;
  struct turning {
    explicit turning(loop& of);
    ~turning();
    loop& owner;
    context* outer;
  };

  /// What took longest of a turn: the operation that was resumed with it.
  struct longest {
    duration took{};
    const std::type_info* after = nullptr;
  };

  bool is_idle() const noexcept;
  void turn(bool may_wait = true);
  void do_turn();
  void resume_ready();
  void resume(operation& op);
  void tell_of_long_turn(duration took) const;

  static bool take_one(unsigned& left) noexcept {
    if (left == 0) return false;
    --left;
    return true;
  }

  static constexpr unsigned inline_completions_per_turn = 1024;

  loop* outer_;
  context root_{nullptr};
  context* outer_context_;
  timer_heap timers_;
  buffer_pool buffers_;
  list<operation, in_queue> ready_;
  list<operation, in_queue> last_;  // wait for the end of the turn
  std::string fallback_reason_;
  std::shared_ptr<post_queue> posts_;
  std::unique_ptr<backend> backend_;
  time_point now_{};
  unsigned inline_left_ = inline_completions_per_turn;
  unsigned going_on_left_ = inline_completions_per_turn;
  turning* turning_ = nullptr;
  duration long_turn_;
  longest longest_;
};

/// Work from other threads: many writers, one reader, the loop.
class post_queue {
 public:
  struct item {
    virtual ~item() = default;
    /// On the loop's thread. `self` is this, for who needs it any longer.
    virtual void run(std::unique_ptr<item> self) = 0;
    item* next = nullptr;
  };

  post_queue();
  ~post_queue();
  post_queue(const post_queue&) = delete;
  post_queue& operator=(const post_queue&) = delete;

  /// From any thread. False, and `work` is destroyed unrun, when the loop is gone.
  bool push(std::unique_ptr<item> work) noexcept;
  /// An eventfd that becomes readable when the queue stops being empty.
  int descriptor() const noexcept { return event_; }
  /// For the loop's thread.
  bool empty() const noexcept { return !oldest_ && !newest_.load(std::memory_order_acquire); }

 private:
  friend class loop;
  /// Everything that is in it, oldest first. What is behind one that throws stays.
  void run_all();
  void close() noexcept;

  std::atomic<item*> newest_ = nullptr;
  item* oldest_ = nullptr;  // of those taken out by run_all, which are not run yet
  int event_;
};

}  // namespace parlance::io
