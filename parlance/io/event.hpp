// A flag to wait for: `co_await event` returns once it is set, and at once while it stays so.
//
// It counts nothing and brings nothing: for places there are `mutex` and `semaphore`, for values `channel`
// and, between threads, `mailbox`.
#pragma once

#include <coroutine>

#include <parlance/io/detail/operation.hpp>

namespace parlance::io {

/// One thread. Waits are cancelled and destroyed like any other. An event outlives its waiters.
class event {
 public:
  /// Wakes everybody who waits, in the order they came.
  void set() noexcept {
    set_ = true;
    while (!waiters_.empty()) waiters_.pop_front().complete();
  }
  void reset() noexcept { set_ = false; }
  bool is_set() const noexcept { return set_; }

  class [[nodiscard]] awaiter final : public operation {
   public:
    explicit awaiter(event& of) noexcept : event_(of) {}
    bool await_ready() noexcept { return at_once(heed_cancellation() || event_.set_); }
    void await_suspend(std::coroutine_handle<> waiter) noexcept {
      if (suspend(waiter)) event_.waiters_.push_back(*this);
    }
    void await_resume() const {
      if (error) throw io::error(error, "wait for an event");
    }
    void cancel(std::error_code why) noexcept override {
      link<in_queue>::unlink();
      complete(why);
    }

   private:
    event& event_;
  };

  awaiter operator co_await() noexcept { return awaiter(*this); }

 private:
  list<operation, in_queue> waiters_;
  bool set_ = false;
};

}  // namespace parlance::io
