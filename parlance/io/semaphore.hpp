// So many at a time, in the order they came:
//
//   io::semaphore sixteen(16);
//   ...
//   const io::semaphore::guard place = co_await sixteen.acquire();   // given back when it goes
//   co_await fetch(url);
//
// For one at a time there is `mutex`, for a flag that lets everybody pass `event`, and for values that are
// handed over `channel`.
#pragma once

#include <coroutine>
#include <cstddef>
#include <optional>
#include <utility>

#include <parlance/io/detail/operation.hpp>
#include <parlance/io/error.hpp>

namespace parlance::io {

/// Counts places. For coroutines of one thread. It outlives its guards and those who wait, who are cancelled
/// and destroyed like any other.
class semaphore {
 public:
  explicit semaphore(std::size_t places) noexcept : free_(places) {}
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;

  /// One place, given back when it goes.
  class [[nodiscard]] guard {
   public:
    guard(guard&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    guard& operator=(guard&&) = delete;
    ~guard() {
      if (of_) of_->release();
    }

   private:
    friend semaphore;
    explicit guard(semaphore& of) noexcept : of_(&of) {}
    semaphore* of_;
  };

  class [[nodiscard]] acquire_awaiter final : public operation {
   public:
    explicit acquire_awaiter(semaphore& of) noexcept : semaphore_(of) {}
    acquire_awaiter(acquire_awaiter&& fresh) noexcept : semaphore_(fresh.semaphore_) {}
    /// Also when a place was passed on to it, and it goes before it is resumed.
    ~acquire_awaiter() {
      if (holds_) semaphore_.release();
    }
    bool await_ready() noexcept { return at_once(heed_cancellation() || (holds_ = semaphore_.take())); }
    void await_suspend(std::coroutine_handle<> waiter) noexcept {
      if (suspend(waiter)) semaphore_.waiters_.push_back(*this);
    }
    /// Throws io::error when cancelled.
    guard await_resume() {
      if (error) throw io::error(error, "wait for a place");
      holds_ = false;
      return guard(semaphore_);
    }
    void cancel(std::error_code why) noexcept override {
      link<in_queue>::unlink();
      complete(why);
    }

   private:
    friend semaphore;
    semaphore& semaphore_;
    bool holds_ = false;
  };

  /// Waits for a place, behind all who came before.
  acquire_awaiter acquire() noexcept { return acquire_awaiter(*this); }
  /// A place that is free now; empty when there is none.
  [[nodiscard]] std::optional<guard> try_acquire() noexcept {
    if (!take()) return std::nullopt;
    return guard(*this);
  }
  /// How many places are free. While some are, nobody waits.
  std::size_t free() const noexcept { return free_; }

 private:
  bool take() noexcept {
    if (free_ == 0) return false;
    --free_;
    return true;
  }
  void release() noexcept {
    if (waiters_.empty()) {
      ++free_;
      return;
    }
    auto& next = static_cast<acquire_awaiter&>(waiters_.pop_front());
    next.holds_ = true;
    next.complete();
  }

  list<operation, in_queue> waiters_;
  std::size_t free_;
};

}  // namespace parlance::io
