// Tasks that run beside the code that started them, and never longer than it.
//
//   io::scope callers{io::log_errors};
//   for (;;) callers.spawn(talk(co_await listener.accept()));
//
// Leaving the scope cancels and joins whatever is still in it: each child's frame is destroyed where it
// waits, with its locals, and nothing of it is left with the kernel. `cancel` then `join` is the polite way:
// children see io::errc::cancelled at their wait and may say their last words.
//
// Whose failure is it? By default a child's exception (other than being cancelled with its scope) cancels its
// siblings and is thrown by `join`, for children that are parts of one job. A scope made with a handler gives
// each exception to it instead and goes on, for children that are strangers to each other, like the callers
// of a server. One thread. A child must not destroy the scope that it is in.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

#include <parlance/io/context.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/task.hpp>

namespace parlance::io {

struct in_scope;

/// Prints what an exception says on stderr, one line.
void log_errors(std::exception_ptr failure);

class scope {
 public:
  using error_handler = std::function<void(std::exception_ptr)>;

  scope() = default;
  explicit scope(error_handler handler) : handler_(std::move(handler)) {}
  ~scope();
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;

  /// Starts a child at once: it runs until its first wait before this returns.
  void spawn(task<void> child) { start(run(std::move(child))); }

  /// The same for a callable and its arguments, which live as long as the child does.
  template <class F, class... Args>
    requires std::is_invocable_r_v<task<void>, F&, Args&...>
  void spawn(F callable, Args... args) {
    start(call(std::move(callable), std::move(args)...));
  }

  /// Cancels every child, and each that is spawned later.
  void cancel(std::error_code why = errc::cancelled) noexcept { context_.cancel(why); }

  /// Waits until no child is left, then throws the first failure, if there was one.
  task<void> join();

  std::size_t size() const noexcept { return size_; }

 private:
  struct child {
    struct promise_type : link<in_scope> {
      static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
      static void operator delete(void* frame, std::size_t size) noexcept {
        frame_pool::deallocate(frame, size);
      }

      child get_return_object() noexcept {
        return {std::coroutine_handle<promise_type>::from_promise(*this)};
      }
      std::suspend_always initial_suspend() noexcept { return {}; }
      auto final_suspend() noexcept {
        struct awaiter {
          bool await_ready() noexcept { return false; }
          void await_suspend(std::coroutine_handle<promise_type> done) noexcept {
            scope* of = done.promise().owner;
            done.destroy();
            of->finished();
          }
          void await_resume() noexcept {}
        };
        return awaiter{};
      }
      void return_void() noexcept {}
      void unhandled_exception() noexcept { owner->failed(std::current_exception()); }

      scope* owner = nullptr;
    };
    std::coroutine_handle<promise_type> frame;
  };

  static child run(task<void> t) { co_await std::move(t); }
  template <class F, class... Args> static child call(F callable, Args... args) {
    co_await callable(args...);
  }

  void start(child c);
  void finished() noexcept;
  void failed(std::exception_ptr failure) noexcept;

  context context_;
  list<child::promise_type, in_scope> children_;
  std::size_t size_ = 0;
  error_handler handler_;
  std::exception_ptr failure_;
  event empty_;
};

}  // namespace parlance::io
