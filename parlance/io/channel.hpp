// A queue with a bound between coroutines of one loop, many on either side:
//
//   io::channel<job> jobs(16);
//   co_await jobs.send(job{...});                                       // waits while it is full
//   jobs.close();                                                       // no more will come
//   ...
//   while (std::optional<job> next = co_await jobs.receive()) co_await work_on(*next);
//
// Between threads there is `mailbox`, whose senders never wait. For a flag take `event`, for places without
// values `semaphore`.
#pragma once

#include <cerrno>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include <parlance/io/detail/operation.hpp>
#include <parlance/io/detail/unless_thrown.hpp>
#include <parlance/io/error.hpp>

namespace parlance::io {

/// Holds at most `capacity` values beside those that receivers are about to take (0: each is for one who waits
/// for it). Values come out in the order in which they were sent, and both sides are served in the order they
/// came. It outlives those who wait, who are cancelled and destroyed like any other: a value that could not be
/// sent stays with its sender, and one that was meant for a receiver who goes before it is resumed is the next
/// to come out.
///
/// Each value has its place in memory from `send` on, and is moved twice: there, and to who receives it. When the
/// first throws, or there is no memory, nothing was sent; when the second does, the receiver is told, and the value
/// is the next to come out, as the throwing move has left it.
template <class T> class channel {
  struct letter {
    T value;
    std::unique_ptr<letter> next = {};
  };

 public:
  explicit channel(std::size_t capacity) noexcept : capacity_(capacity) {}
  ~channel() {
    while (first_) first_ = std::move(first_->next);
  }
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;

  class [[nodiscard]] send_operation final : public operation {
   public:
    send_operation(channel& to, std::unique_ptr<letter> what) noexcept
        : value(what->value), to_(to), letter_(std::move(what)) {}
    send_operation(send_operation&& fresh) noexcept
        : value(fresh.value), to_(fresh.to_), letter_(std::move(fresh.letter_)) {}
    bool await_ready() noexcept {
      if (heed_cancellation()) return at_once(true);
      if (!to_.closed_ && !to_.has_room()) return false;
      if (to_.closed_)
        error = from_errno(EPIPE);
      else
        to_.put(std::move(letter_));
      return at_once(true);
    }
    void await_suspend(std::coroutine_handle<> waiter) noexcept {
      if (suspend(waiter)) to_.senders_.push_back(*this);
    }
    /// Throws io::error when cancelled, and EPIPE when the channel is closed; `value` is then still here.
    void await_resume() const {
      if (error) throw io::error(error, "send into a channel");
    }
    void cancel(std::error_code why) noexcept override {
      link<in_queue>::unlink();
      complete(why);
    }
    T& value;

   private:
    friend channel;
    channel& to_;
    std::unique_ptr<letter> letter_;  // until it has gone
  };

  class [[nodiscard]] receive_operation final : public operation {
   public:
    explicit receive_operation(channel& from) noexcept : from_(from) {}
    receive_operation(receive_operation&& fresh) noexcept : from_(fresh.from_) {}
    ~receive_operation() {
      if (called_) from_.call_another();
    }
    bool await_ready() noexcept {
      if (heed_cancellation() || from_.is_over()) return at_once(true);
      if (!from_.has_one()) return false;
      if (from_.called_ == 0 && at_once(true)) return true;
      // Others were called before it, or have waited long for their turn: it is called for the one that is
      // there, as if it had waited.
      from_.call(*this);
      return false;
    }
    void await_suspend(std::coroutine_handle<> waiter) noexcept {
      if (!suspend(waiter)) return;
      if (called_) return complete();
      from_.receivers_.push_back(*this);
    }
    /// Empty: the channel is closed, and nothing is left in it. Throws io::error when cancelled.
    std::optional<T> await_resume() {
      if (error) throw io::error(error, "receive from a channel");
      return from_.take(&called_);
    }
    void cancel(std::error_code why) noexcept override {
      link<in_queue>::unlink();
      complete(why);
    }

   private:
    friend channel;
    channel& from_;
    bool called_ = false;  // for a value
  };

  /// Copies an lvalue, or moves anything else, waits until there is room for it, and puts it in. Without memory it
  /// throws std::bad_alloc, and `value` is as it was.
  send_operation send(const T& value)
    requires std::copy_constructible<T>
  {
    return send_operation(*this, made_of(value));
  }
  send_operation send(T&& value) { return send_operation(*this, made_of(std::move(value))); }
  /// The same without waiting. False, and `value` is as it was, when it is full or closed.
  [[nodiscard]] bool try_send(const T& value)
    requires std::copy_constructible<T>
  {
    return try_put(value);
  }
  [[nodiscard]] bool try_send(T&& value) { return try_put(std::move(value)); }

  /// Waits for the next value; empty: closed, and nothing is left.
  receive_operation receive() noexcept { return receive_operation(*this); }
  /// What is there now; empty when there is nothing, or somebody who came before is about to take his.
  [[nodiscard]] std::optional<T> try_receive() { return called_ == 0 ? take() : std::nullopt; }

  /// No more can be sent: who waits to send is told (EPIPE), and who receives gets what is there and then
  /// nothing. Again: nothing happens.
  void close() noexcept {
    closed_ = true;
    while (!senders_.empty()) senders_.pop_front().complete(from_errno(EPIPE));
    tell_end();
  }
  bool is_closed() const noexcept { return closed_; }
  /// How many values are in it, also those that a receiver is about to take.
  std::size_t size() const noexcept { return size_; }

 private:
  // Values stay in the queue until a receiver takes them when it is resumed. Those of the receivers who were
  // called are not free: while somebody waits to receive there is no free one, and while somebody waits to
  // send there is no room.
  std::size_t free() const noexcept { return size_ - called_; }

  bool has_room() const noexcept { return !receivers_.empty() || (senders_.empty() && free() < capacity_); }
  template <class Value> static std::unique_ptr<letter> made_of(Value&& value) {
    return std::unique_ptr<letter>(new letter{std::forward<Value>(value)});
  }
  template <class Value> bool try_put(Value&& value) {
    if (closed_ || !has_room()) return false;
    put(made_of(std::forward<Value>(value)));
    return true;
  }
  void put(std::unique_ptr<letter> one) noexcept {
    append(std::move(one));
    call_receiver();
  }
  void append(std::unique_ptr<letter> one) noexcept {
    letter* const added = one.get();
    (first_ ? last_->next : first_) = std::move(one);
    last_ = added;
    ++size_;
  }
  void remove_first() noexcept {
    --size_;
    first_ = std::move(first_->next);
  }

  /// Nothing will come: not either from a receiver who was called and goes.
  bool is_over() const noexcept { return closed_ && called_ == 0 && free() == 0; }
  void tell_end() noexcept {
    if (!is_over()) return;
    while (!receivers_.empty()) receivers_.pop_front().complete();
  }

  bool has_one() const noexcept { return free() > 0 || !senders_.empty(); }

  void call_receiver() noexcept {
    if (receivers_.empty()) return;
    auto& next = static_cast<receive_operation&>(receivers_.pop_front());
    call(next);
    next.complete();
  }
  void call(receive_operation& one) noexcept {
    if (free() == 0) let_sender_in();
    one.called_ = true;
    ++called_;
    let_senders_in();
  }
  /// Instead of one who goes.
  void call_another() noexcept {
    --called_;
    call_receiver();
    tell_end();
  }

  /// For one who was called, or not.
  std::optional<T> take(bool* called = nullptr) {
    const bool is_called = called && *called;
    if (!is_called && free() == 0) {
      if (senders_.empty()) return std::nullopt;
      let_sender_in();
    }
    const detail::unless_thrown taken([&]() noexcept {
      remove_first();
      if (is_called) --called_, *called = false;
      let_senders_in();
      tell_end();
    });
    return std::optional<T>(std::in_place, std::move(first_->value));
  }

  /// As many as there is room for, which then nobody takes who comes later.
  void let_senders_in() noexcept {
    while (!senders_.empty() && free() < capacity_) let_sender_in();
  }

  void let_sender_in() noexcept {
    auto& next = static_cast<send_operation&>(senders_.pop_front());
    append(std::move(next.letter_));
    next.complete();
  }

  list<operation, in_queue> senders_, receivers_;
  std::unique_ptr<letter> first_;
  letter* last_ = nullptr;
  std::size_t size_ = 0;
  std::size_t called_ = 0;  // receivers who will take one
  const std::size_t capacity_;
  bool closed_ = false;
};

}  // namespace parlance::io
