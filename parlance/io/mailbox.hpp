// How loops talk: any thread puts values in, the loop that made it takes them out, in order.
//
//   io::mailbox<order> orders;                                       // on the loop that receives
//   if (!orders.address().try_put(order{...})) say_that_it_is_full();  // on any thread
//   order next = co_await orders.take();
//
// Who puts never waits. Between coroutines of one loop take `channel`, where they do.
#pragma once

#include <atomic>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <parlance/io/detail/operation.hpp>
#include <parlance/io/detail/unless_thrown.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::io {

/// Holds at most `capacity` values that were put in and not taken out. Take from it on the loop that made it, and
/// destroy it on that loop's thread; a `sender` may outlive it. One coroutine takes at a time; a second throws
/// std::logic_error, and so does taking on another loop.
template <class T> class mailbox {
  struct box {
    explicit box(std::size_t room) : capacity(room) {}
    const std::size_t capacity;
    std::atomic<std::size_t> count = 0;
    mailbox* owner = nullptr;  // of the loop's thread only
  };

  // Stays what it is where it arrives, so that nothing there can fail.
  struct letter final : post_queue::item {
    letter(std::shared_ptr<box> to, T&& what) : into(std::move(to)), value(std::move(what)) {}
    void run(std::unique_ptr<post_queue::item> self) override {
      if (!into->owner) return;
      static_cast<void>(self.release());
      into->owner->arrived(*this);
    }
    std::shared_ptr<box> into;
    T value;
  };

 public:
  /// The end that others hold. Copies are for other threads to keep.
  class sender {
   public:
    /// From any thread. Copies an lvalue, and moves anything else. False when it is full, and then `value` is
    /// as it was, or when its loop is gone. Throws what copying or moving it does, and std::bad_alloc: then
    /// nothing was put.
    [[nodiscard]] bool try_put(const T& value) const
      requires std::copy_constructible<T>
    {
      return try_put(T(value));
    }
    [[nodiscard]] bool try_put(T&& value) const {
      if (box_->count.fetch_add(1, std::memory_order_relaxed) >= box_->capacity) {
        box_->count.fetch_sub(1, std::memory_order_relaxed);
        return false;
      }
      std::unique_ptr<letter> made;
      try {
        made = std::make_unique<letter>(box_, std::move(value));
      } catch (...) {
        box_->count.fetch_sub(1, std::memory_order_relaxed);  // or its place would be lost for good
        throw;
      }
      return to_->push(std::move(made));
    }

   private:
    friend mailbox;
    sender(std::shared_ptr<post_queue> to, std::shared_ptr<box> into)
        : to_(std::move(to)), box_(std::move(into)) {}
    std::shared_ptr<post_queue> to_;
    std::shared_ptr<box> box_;
  };

  explicit mailbox(std::size_t capacity = 65536)
      : box_(std::make_shared<box>(capacity)), posts_(loop::current().posts()) {
    box_->owner = this;
  }
  ~mailbox() {
    box_->owner = nullptr;
    while (first_) remove_first();
  }
  mailbox(const mailbox&) = delete;
  mailbox& operator=(const mailbox&) = delete;

  sender address() const { return sender(posts_, box_); }
  [[nodiscard]] bool try_put(const T& value) const
    requires std::copy_constructible<T>
  {
    return address().try_put(value);
  }
  [[nodiscard]] bool try_put(T&& value) const { return address().try_put(std::move(value)); }

  class [[nodiscard]] take_operation final : public operation {
   public:
    explicit take_operation(mailbox& from) noexcept : from_(from) {}
    take_operation(take_operation&&) noexcept = default;
    ~take_operation() {
      if (from_.taker_ == this) from_.taker_ = nullptr;
    }
    /// Throws std::logic_error while another one takes, and on another loop than its own.
    bool await_ready() {
      if (loop::current().posts() != from_.posts_)
        throw std::logic_error("a mailbox is taken from on another loop than its own");
      if (from_.taker_) throw std::logic_error("two take from one mailbox: one coroutine takes at a time");
      return at_once(heed_cancellation() || from_.first_);
    }
    void await_suspend(std::coroutine_handle<> waiter) noexcept {
      suspend(waiter);
      from_.taker_ = this;
    }
    T await_resume() {
      if (from_.taker_ == this) from_.taker_ = nullptr;
      if (error) throw io::error(error, "take from a mailbox");
      const detail::unless_thrown taken([this]() noexcept { from_.remove_first(); });
      return std::move(from_.first_->value);
    }
    void cancel(std::error_code why) noexcept override {
      from_.taker_ = nullptr;
      complete(why);
    }

   private:
    friend mailbox;
    mailbox& from_;
  };

  /// Waits for the next value. What is not taken stays: because the wait was cancelled, or because moving it has
  /// thrown, which the waiter is told.
  take_operation take() noexcept { return take_operation(*this); }

 private:
  void arrived(letter& next) noexcept {
    next.next = nullptr;
    if (first_)
      last_->next = &next;
    else
      first_ = &next;
    last_ = &next;
    if (taker_ && taker_->waiting()) taker_->complete();
  }
  void remove_first() noexcept {
    const std::unique_ptr<letter> taken(std::exchange(first_, static_cast<letter*>(first_->next)));
    box_->count.fetch_sub(1, std::memory_order_relaxed);
  }

  std::shared_ptr<box> box_;
  std::shared_ptr<post_queue> posts_;
  letter *first_ = nullptr, *last_ = nullptr;  // those that have arrived
  take_operation* taker_ = nullptr;            // until it goes on
};

}  // namespace parlance::io
