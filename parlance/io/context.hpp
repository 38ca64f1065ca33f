// What running code has been told about when to stop: a node in a tree of cancellation and deadlines.
//
//   io::context room;
//   callers.spawn(io::run_in(room, talk(std::move(caller))));
//   ...
//   room.cancel();                       // every wait inside ends with io::errc::cancelled, now and later
//
// Every wait belongs to the context that is current when it begins. Cancelling a context ends the waits in it
// and in its descendants; what had already succeeded is still delivered, and every later wait in it fails
// before it starts, so a cancellation cannot be missed between two steps. A context belongs to one thread.
//
// So code that catches failures and tries again must not take its own end for one more, or it tries for ever:
//
//   } catch (const io::error&) {
//     if (io::context::current().cancelled()) throw;   // a limit further in has let this one be
//   }
#pragma once

#include <system_error>

#include <parlance/io/error.hpp>
#include <parlance/io/list.hpp>
#include <parlance/io/time.hpp>
#include <parlance/io/timer.hpp>

namespace parlance::io {

class context;
class operation;
struct in_context;
struct in_parent;

namespace detail {
/// The context of the code that is running; null before the thread's first loop. For those who resume
/// coroutines, too.
extern constinit thread_local context* running;
}  // namespace detail

class context : public link<in_parent> {
 public:
  /// A child of the current context, cancelled with it.
  context() : context(&current()) {}
  /// A child of `parent`; of nothing when it is null, which shields from every cancellation from above.
  explicit context(context* parent);
  ~context();

  /// Ends every wait in this context and below, and each that would begin later. The first reason stays.
  void cancel(std::error_code why = errc::cancelled) noexcept;

  /// Cancels with errc::timed_out at `when`; a moment that has passed does so at once. `never` takes it back.
  /// The current loop keeps it, and when that ends before, the one that is current then: as long as was left,
  /// whatever time it is there. With the thread's last loop it is gone.
  void set_deadline(time_point when);

  /// Why waits in this context must not begin; empty while they may.
  const std::error_code& cancelled() const noexcept { return why_; }

  /// The context of the code that is running on this thread.
  /// Before the thread's first loop it makes that, and throws as loop::current does.
  static context& current() { return detail::running ? *detail::running : first(); }

  /// Makes a context current for a block. Never keep one across a co_await: the code that runs meanwhile is
  /// another's. `run_in` is the way to run a task in a context.
  class enter {
   public:
    explicit enter(context& inner) noexcept;
    ~enter();
    enter(const enter&) = delete;
    enter& operator=(const enter&) = delete;

   private:
    context* outer_;
  };

  /// For awaiters: a wait that cancel() shall reach while it is in this context.
  void add(operation& waiting) noexcept;

 private:
  friend struct wait_list;
  struct expiry final : timer {
    explicit expiry(context& of) : owner(of) {}
    void expire() noexcept override { owner.cancel(errc::timed_out); }
    void outlive(time_point end, time_point now, timer_heap& around) noexcept override;
    context& owner;
  };

  static context& first();
  /// Those of this thread that are nobody's children.
  static list<context, in_parent>& roots() noexcept;
  void mark(std::error_code why) noexcept;
  void end_waits() noexcept;

  std::error_code why_;
  list<operation, in_context> operations_;
  list<context, in_parent> children_;
  expiry expiry_{*this};
};

}  // namespace parlance::io
