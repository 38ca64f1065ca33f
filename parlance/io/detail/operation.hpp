// Something that a coroutine waits for: the base of every awaiter that the loop resumes.
//
// Its life: fresh -> (started) -> waiting -> complete -> resumed; or fresh -> over, and the waiter goes on at
// once, but for every so many in a turn of the loop, or one coroutine would keep all others waiting. It lies
// in the frame of the coroutine that awaits it. It may be destroyed at any moment, which withdraws it: each
// final class's destructor makes sure that nobody, the kernel above all, still knows its address.
#pragma once

#include <coroutine>
#include <string>
#include <system_error>

#include <parlance/io/context.hpp>
#include <parlance/io/list.hpp>

namespace parlance::io {

struct in_queue;
class loop;

class operation : public link<in_queue>, public link<in_context> {
 public:
  operation() noexcept = default;
  /// Only a fresh one may be moved: then nobody knows its address.
  operation(operation&&) noexcept {}
  operation& operator=(operation&&) = delete;

  /// Asks a waiting operation to end early with `why`. It completes soon after: with `why`, or with the
  /// success that came first. Called by contexts; never twice.
  virtual void cancel(std::error_code why) noexcept = 0;

  /// It is over: the loop resumes the waiter in this or the next turn. The result is in the derived class.
  void complete() noexcept;
  void complete(std::error_code why) noexcept {
    error = why;
    complete();
  }

  bool waiting() const noexcept { return state_ == state::waiting; }

  /// What it waits for, for `list_waits`: "descriptor 7". Empty: its type says all.
  virtual std::string subject() const { return {}; }

  /// For queues of operations that have not begun: true, with `error` set, when its context was cancelled
  /// meanwhile; then it must not begin.
  bool heed_cancellation_in_queue() noexcept {
    error = context_->cancelled();
    return static_cast<bool>(error);
  }

  /// How it ended; empty for success.
  std::error_code error;

 protected:
  ~operation() = default;

  /// First of all: true, with `error` set, in a context that is cancelled; then it must not start.
  bool heed_cancellation() noexcept {
    error = context::current().cancelled();
    return static_cast<bool>(error);
  }

  /// The answer of await_ready for one that is `over`, or not: no also when it has gone on at once often
  /// enough in this turn. Then `suspend` completes it, and nothing else may be done there.
  bool at_once(bool over) noexcept { return over && may_go_on(); }

  /// From await_suspend. False: it was over before, and is complete now.
  bool suspend(std::coroutine_handle<> waiter) noexcept;
  /// What `suspend` will say, the other way round.
  bool over() const noexcept { return state_ == state::over; }

  /// Of a waiting operation: the loop in which it waits, which need not be the current one where loops nest.
  loop& home() const noexcept;

 private:
  friend class loop;
  friend struct wait_list;
  enum class state : unsigned char { fresh, over, waiting, complete };

  bool may_go_on() noexcept;

  std::coroutine_handle<> waiter_;
  context* context_ = nullptr;
  loop* loop_ = nullptr;
  state state_ = state::fresh;
};

inline void context::add(operation& waiting) noexcept { operations_.push_back(waiting); }

}  // namespace parlance::io
