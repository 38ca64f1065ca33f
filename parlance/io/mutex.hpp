// One at a time, in the order they came: `const io::mutex::guard turn = co_await mutex.lock();`
//
// For several at a time there is `semaphore`, for a flag that lets everybody pass `event`.
#pragma once

#include <coroutine>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/io/operation.hpp>

namespace parlance::io {

/// For coroutines of one thread: keeps a job of several waits whole. It outlives its guards and those who
/// wait, who are cancelled and destroyed like any other.
class mutex {
 public:
  mutex() noexcept = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  /// Unlocks when it goes.
  class [[nodiscard]] guard {
   public:
    guard(guard&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    guard& operator=(guard&&) = delete;
    ~guard() {
      if (of_) of_->unlock();
    }

   private:
    friend mutex;
    explicit guard(mutex& of) noexcept : of_(&of) {}
    mutex* of_;
  };

  class [[nodiscard]] lock_awaiter final : public operation {
   public:
    explicit lock_awaiter(mutex& of) noexcept : mutex_(of) {}
    lock_awaiter(lock_awaiter&& fresh) noexcept : mutex_(fresh.mutex_) {}
    /// Also when the lock was passed on to it, and it goes before it is resumed.
    ~lock_awaiter() {
      if (holds_) mutex_.unlock();
    }
    bool await_ready() noexcept {
      if (!may_start()) return true;
      if (mutex_.locked_) return false;
      mutex_.locked_ = holds_ = true;
      return true;
    }
    void await_suspend(std::coroutine_handle<> waiter) noexcept {
      suspend(waiter);
      mutex_.waiters_.push_back(*this);
    }
    /// Throws io::error when cancelled.
    guard await_resume() {
      if (error) throw io::error(error, "wait for a turn");
      holds_ = false;
      return guard(mutex_);
    }
    void cancel(std::error_code why) noexcept override {
      link<in_queue>::unlink();
      complete(why);
    }

   private:
    friend mutex;
    mutex& mutex_;
    bool holds_ = false;
  };

  lock_awaiter lock() noexcept { return lock_awaiter(*this); }
  bool locked() const noexcept { return locked_; }

 private:
  void unlock() noexcept {
    if (waiters_.empty()) {
      locked_ = false;
      return;
    }
    auto& next = static_cast<lock_awaiter&>(waiters_.pop_front());
    next.holds_ = true;
    next.complete();
  }

  list<operation, in_queue> waiters_;
  bool locked_ = false;
};

}  // namespace parlance::io
