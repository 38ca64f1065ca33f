// Waiting for what another thread brings: the base of `blocking` and `run_on`, and of others that send work
// away and want its answer.
//
//   class lookup final : public io::awaiting<std::string> {
//    public:
//     lookup() noexcept : awaiting("wait for the answer") {}
//     bool await_ready() noexcept { return heed_cancellation(); }
//     void await_suspend(std::coroutine_handle<> waiter) {
//       std::thread([back = ask(waiter)]() mutable { back.give("42"); }).detach();
//     }
//   };
//   std::string answer = co_await lookup();
#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <parlance/io/detail/operation.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/task.hpp>

namespace parlance::io {

/// Awaits a T, or what is thrown instead. Cancelling or destroying the wait abandons the work: it goes on to
/// its end, and what it gives comes here to be dropped.
template <class T> class awaiting : public operation {
  // Each side has a share in it. Only the other thread writes, and only until it has posted that it is done.
  struct answer {
    std::optional<detail::kept_t<T>> value;
    std::exception_ptr failure;
    awaiting* waiter = nullptr;  // of the home thread only; null once it is abandoned
  };

  struct arrival final : post_queue::item {
    explicit arrival(std::shared_ptr<answer> of) : to(std::move(of)) {}
    void run(std::unique_ptr<post_queue::item>) override {
      if (to->waiter) to->waiter->complete();
    }
    std::shared_ptr<answer> to;
  };

 public:
  awaiting(awaiting&&) noexcept = default;

  /// The end that goes to the other thread. Whatever happens there, the one who waits is answered when it
  /// goes: with what it was given, or else with errc::cancelled.
  class reply {
   public:
    reply(reply&&) noexcept = default;
    reply& operator=(reply&&) = delete;
    ~reply() {
      if (!post_) return;
      answer& to = *post_->to;
      if (!to.value && !to.failure) to.failure = unanswered();
      if (home_) home_->push(std::move(post_));
    }

    /// What is awaited; nothing for void.
    template <class... V> void give(V&&... value) { post_->to->value.emplace(std::forward<V>(value)...); }
    void fail(std::exception_ptr why) noexcept { post_->to->failure = std::move(why); }

    /// Gives what `call` gives, or fails with what it throws.
    template <class F> void give_result_of(F& call) noexcept {
      try {
        if constexpr (std::is_void_v<T>)
          call(), give();
        else
          give(call());
      } catch (...) {
        fail(std::current_exception());
      }
    }

   private:
    friend awaiting;
    std::exception_ptr unanswered() const noexcept {
      try {
        throw io::error(errc::cancelled, doing_);
      } catch (...) {  // or without memory, which that needs
        return std::current_exception();
      }
    }
    std::unique_ptr<arrival> post_;
    std::shared_ptr<post_queue> home_;
    const char* doing_;
    reply(std::unique_ptr<arrival> post, std::shared_ptr<post_queue> home, const char* doing) noexcept
        : post_(std::move(post)), home_(std::move(home)), doing_(doing) {}
  };

  /// Throws what the other thread threw, and io::error when cancelled.
  T await_resume() {
    if (error) throw io::error(error, doing_);
    if (answer_->failure) std::rethrow_exception(answer_->failure);
    if constexpr (!std::is_void_v<T>) return static_cast<T>(*std::move(answer_->value));
  }
  void cancel(std::error_code why) noexcept final {
    abandon();
    complete(why);
  }

 protected:
  /// `doing`: for errors, a literal.
  explicit awaiting(const char* doing) noexcept : doing_(doing) {}
  ~awaiting() { abandon(); }

  /// From await_suspend.
  reply ask(std::coroutine_handle<> waiter) {
    reply to_be_sent = ask();
    suspend(waiter);
    answer_->waiter = this;
    to_be_sent.home_ = loop::current().posts();
    return to_be_sent;
  }
  /// From await_ready, when the answer is given on the spot.
  reply ask() {
    answer_ = std::make_shared<answer>();
    return reply(std::make_unique<arrival>(answer_), nullptr, doing_);
  }

 private:
  void abandon() noexcept {
    if (answer_) answer_->waiter = nullptr;
  }
  const char* doing_;
  std::shared_ptr<answer> answer_;
};

}  // namespace parlance::io
