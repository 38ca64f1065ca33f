// Tasks that run beside the code that started them, and never longer than it.
//
//   io::scope callers{io::log_errors};
//   for (;;) callers.spawn(talk(co_await listener.accept()));
//
// One that gives something has a handle, which is awaited for it:
//
//   io::scope both;
//   io::child<std::string> page = both.run(fetch("/"));
//   co_await greet(caller);
//   co_await caller.send(co_await page);
//
// Leaving the scope cancels and joins whatever is still in it: each child's frame is destroyed where it
// waits, with its locals, and nothing of it is left with the kernel. `cancel` then `join` is the polite way:
// children see io::errc::cancelled at their wait and may say their last words. As every wait of a child that
// is cancelled fails, those need a shield, and a limit of their own:
//
//   } catch (const io::error& e) {       // in which nothing can be awaited
//     if (e.code() != io::errc::cancelled) throw;
//   }
//   co_await io::shield(io::timeout(1s, caller.send("bye\n")));
//
// Whose failure is it? By default a child's exception (other than being cancelled with its scope) cancels its
// siblings and is thrown by `join`, for children that are parts of one job. A scope that has failed so takes
// no more: `spawn` and `run` throw that first failure too, so that an accept loop ends with the reason. Code
// that waits in the scope for something else goes on until it joins. A scope made with a handler gives each
// exception to it instead, which must not throw, and goes on, for children that are strangers to each other,
// like the callers of a server. The failure of one that has a handle is for who awaits that. A failure that
// nobody has been told when the scope goes, by `spawn`, `run`, `join` or a handle, is printed on stderr, as
// log_errors does.
// One thread. A child must not destroy the scope that it is in, nor its own handle.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include <parlance/io/context.hpp>
#include <parlance/io/detail/unless_thrown.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/task.hpp>

namespace parlance::io {

struct in_scope;
struct in_handles;
class scope;
template <class T> class child;

/// Prints what an exception says on stderr, one line. Needs no memory, which may be what it tells of.
void log_errors(std::exception_ptr failure) noexcept;

namespace detail {

/// What a child that gives something, its scope and its handle know of each other. Whoever goes first tells
/// the others.
class child_handle : public link<in_handles> {
 public:
  /// Whether it has ended.
  bool is_done() const noexcept { return done_; }

 protected:
  explicit child_handle(scope& in) noexcept;
  child_handle(child_handle&& other) noexcept;
  ~child_handle();

  void check_not_awaited() const;
  void throw_failure();

  operation* waiter_ = nullptr;
  bool awaited_ = false;

 private:
  friend class io::scope;
  void over() noexcept;
  void left_alone() noexcept;

  scope* scope_;                // null once it has gone
  void* frame_ = nullptr;       // of the child, while it runs
  std::exception_ptr failure_;  // until it is told
  bool done_ = false;
  bool cut_off_ = false;  // destroyed with its scope
};

/// What a child has given. Moved before all else of its handle, for that may throw.
template <class T> struct child_value {
  std::optional<kept_t<T>> value_;
};

}  // namespace detail

class scope {
 public:
  using error_handler = std::function<void(std::exception_ptr)>;

  scope() = default;
  explicit scope(error_handler handler) : handler_(std::move(handler)) {}
  ~scope();
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;

  /// Starts a child at once: it runs until its first wait before this returns.
  void spawn(task<void> one) { start(carry_out(std::move(one))); }

  /// The same for a callable and its arguments, which live as long as the child does and are passed as
  /// lvalues: a coroutine takes what cannot be copied, as the guard of a semaphore, by reference.
  template <class F, class... Args>
    requires std::is_invocable_r_v<task<void>, F&, Args&...>
  void spawn(F callable, Args... args) {
    start(call(std::move(callable), std::move(args)...));
  }

  /// Starts a child that gives something: whatever can be awaited, an lvalue where it is, but for operations,
  /// which are given away. See `child`.
  template <awaitable A>
    requires detail::lendable<A>
  child<await_result_t<A>> run(A&& what);

  /// Cancels every child, and each that is spawned later.
  void cancel(std::error_code why = errc::cancelled) noexcept { context_.cancel(why); }

  /// Waits until no child is left, then throws the first failure, if there was one that nobody was told of yet
  /// (by `spawn`, `run` or a join).
  task<void> join();

  std::size_t size() const noexcept { return size_; }

 private:
  struct entry {
    struct promise_type : link<in_scope> {
      static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
      static void operator delete(void* frame, std::size_t size) noexcept {
        frame_pool::deallocate(frame, size);
      }

      entry get_return_object() noexcept {
        return {std::coroutine_handle<promise_type>::from_promise(*this)};
      }
      std::suspend_always initial_suspend() noexcept { return {}; }
      auto final_suspend() noexcept {
        struct awaiter {
          bool await_ready() noexcept { return false; }
          void await_suspend(std::coroutine_handle<promise_type> done) noexcept {
            scope* of = done.promise().owner;
            detail::child_handle* awaited = done.promise().handle;
            done.destroy();
            if (awaited) awaited->over();
            of->finished();
          }
          void await_resume() noexcept {}
        };
        return awaiter{};
      }
      void return_void() noexcept {}
      void unhandled_exception() noexcept {
        if (handle)
          handle->failure_ = std::current_exception();
        else
          owner->failed(std::current_exception());
      }

      scope* owner = nullptr;
      detail::child_handle* handle = nullptr;
    };
    std::coroutine_handle<promise_type> frame;
  };
  friend class detail::child_handle;

  /// Tells a coroutine its own promise.
  struct myself {
    bool await_ready() noexcept { return false; }
    bool await_suspend(std::coroutine_handle<entry::promise_type> me) noexcept {
      promise = &me.promise();
      return false;
    }
    entry::promise_type& await_resume() noexcept { return *promise; }
    entry::promise_type* promise = nullptr;
  };

  static entry carry_out(task<void> t) { co_await std::move(t); }
  template <class F, class... Args> static entry call(F callable, Args... args) {
    co_await callable(args...);
  }
  /// `A` is a reference to what is awaited where it is, or the type of what is kept in the frame.
  template <class A> static entry answer(A what) {
    using result = await_result_t<A>;
    entry::promise_type& me = co_await myself{};
    if constexpr (std::is_void_v<result>) {
      co_await static_cast<A&&>(what);
      static_cast<child<result>*>(me.handle)->value_.emplace();
    } else {
      result got = co_await static_cast<A&&>(what);
      static_cast<child<result>*>(me.handle)->value_.emplace(std::forward<result>(got));
    }
  }

  void start(entry fresh, detail::child_handle* handle = nullptr);
  void end(entry::promise_type& one) noexcept;
  void finished() noexcept;
  void failed(std::exception_ptr failure) noexcept;

  context context_;
  list<entry::promise_type, in_scope> children_;
  list<detail::child_handle, in_handles> handles_;
  std::size_t size_ = 0;
  error_handler handler_;
  std::exception_ptr failure_;
  bool told_ = false;  // somebody has heard of the failure
  event empty_;
};

/// The handle of a child that gives a T: `co_await` it, once, for that, or for what the child threw; with
/// io::errc::cancelled when its scope has gone before. A wait that is cancelled or destroyed leaves the child
/// alone. When the handle goes, a child that is not done is destroyed where it waits; a failure that nobody
/// awaited is then the scope's. May be moved while nobody waits. What moving the value out throws, its waiter is told,
/// and it can be awaited again.
template <class T> class [[nodiscard]] child final : detail::child_value<T>, public detail::child_handle {
 public:
  /// Throws what moving its value does; then nothing has changed.
  child(child&& other) noexcept(std::is_nothrow_move_constructible_v<detail::kept_t<T>>) = default;
  child& operator=(child&&) = delete;

  class [[nodiscard]] awaiter final : public operation {
   public:
    explicit awaiter(child& of) noexcept : of_(of) {}
    awaiter(awaiter&& fresh) noexcept : of_(fresh.of_) {}
    ~awaiter() {
      if (of_.waiter_ == this) of_.waiter_ = nullptr;
    }
    /// Throws std::logic_error when the child is awaited already, or was.
    bool await_ready() {
      of_.check_not_awaited();
      return at_once(heed_cancellation() || of_.is_done());
    }
    void await_suspend(std::coroutine_handle<> waiter) noexcept {
      suspend(waiter);
      if (!error) of_.waiter_ = this;  // also one that is over, and takes it with the next turn
    }
    T await_resume() {
      if (of_.waiter_ == this) of_.waiter_ = nullptr;
      if (error) throw io::error(error, "wait for a child");
      of_.throw_failure();
      if constexpr (!std::is_void_v<T>) {
        const detail::unless_thrown taken([this]() noexcept { of_.awaited_ = true; });
        return static_cast<T>(*std::move(of_.value_));
      } else {
        of_.awaited_ = true;
      }
    }
    void cancel(std::error_code why) noexcept override {
      of_.waiter_ = nullptr;
      complete(why);
    }

   private:
    child& of_;
  };
  awaiter operator co_await() noexcept { return awaiter(*this); }

 private:
  friend scope;
  explicit child(scope& in) noexcept : child_handle(in) {}
};

template <awaitable A>
  requires detail::lendable<A>
child<await_result_t<A>> scope::run(A&& what) {
  child<await_result_t<A>> handle(*this);
  start(answer<A>(std::forward<A>(what)), &handle);
  return handle;
}

}  // namespace parlance::io
