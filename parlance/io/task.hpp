// A coroutine that gives a T to the one who awaits it.
//
//   io::task<std::size_t> greet(net::stream& to) {
//     co_await to.send("hello\n");
//     co_return (co_await to.recv()).size();
//   }
//
// It runs only while it is awaited: `co_await greet(s)`, `scope.spawn(greet(s))` or `io::wait(greet(s))`.
// Destroying a task destroys what it has locally and withdraws what it waits for. One awaiter, one thread.
// Arguments by reference must outlive the task; a lambda with captures must, too (`scope::spawn` keeps one
// for you).
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <type_traits>
#include <utility>
#include <variant>

#include <parlance/io/compiler.hpp>
#include <parlance/io/detail/frame_pool.hpp>

namespace parlance::io {

template <class T = void> class task;

namespace detail {

struct promise_base {
  static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { frame_pool::deallocate(frame, size); }

  struct final_awaiter {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) noexcept {
      return done.promise().continuation;
    }
    void await_resume() noexcept {}
  };

  std::suspend_always initial_suspend() noexcept { return {}; }
  final_awaiter final_suspend() noexcept { return {}; }

  std::coroutine_handle<> continuation;
};

template <class T> struct promise : promise_base {
  using stored = std::conditional_t<std::is_reference_v<T>, std::add_pointer_t<T>, T>;

  task<T> get_return_object() noexcept;
  void unhandled_exception() noexcept { result.template emplace<2>(std::current_exception()); }

  template <class U>
    requires std::is_convertible_v<U&&, T>
  void return_value(U&& value) {
    if constexpr (std::is_reference_v<T>)
      result.template emplace<1>(std::addressof(value));
    else
      result.template emplace<1>(std::forward<U>(value));
  }

  T take() {
    if (result.index() == 2) std::rethrow_exception(std::get<2>(std::move(result)));
    if constexpr (std::is_reference_v<T>)
      return static_cast<T>(*std::get<1>(result));
    else
      return std::get<1>(std::move(result));
  }

  std::variant<std::monostate, stored, std::exception_ptr> result;
};

template <> struct promise<void> : promise_base {
  task<void> get_return_object() noexcept;
  void unhandled_exception() noexcept { failure = std::current_exception(); }
  void return_void() noexcept {}
  void take() {
    if (failure) std::rethrow_exception(std::move(failure));
  }

  std::exception_ptr failure;
};

}  // namespace detail

template <class T> class [[nodiscard]] task {
 public:
  using promise_type = detail::promise<T>;

  task(task&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
  task& operator=(task&& other) noexcept {
    if (this != &other) {
      if (frame_) frame_.destroy();
      frame_ = std::exchange(other.frame_, {});
    }
    return *this;
  }
  ~task() {
    if (frame_) frame_.destroy();
  }

  auto operator co_await() && noexcept {
    struct awaiter {
      std::coroutine_handle<promise_type> frame;
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) noexcept {
        frame.promise().continuation = waiter;
        return frame;
      }
      T await_resume() { return frame.promise().take(); }
    };
    return awaiter{frame_};
  }

 private:
  friend promise_type;
  explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

  std::coroutine_handle<promise_type> frame_;
};

namespace detail {

template <class T> task<T> promise<T>::get_return_object() noexcept {
  return task<T>{std::coroutine_handle<promise>::from_promise(*this)};
}
inline task<void> promise<void>::get_return_object() noexcept {
  return task<void>{std::coroutine_handle<promise>::from_promise(*this)};
}

/// What `co_await` makes of an operand: by its own operator, by a free one, or itself.
template <class A> decltype(auto) awaiter_of(A&& awaitable) {
  if constexpr (requires { std::forward<A>(awaitable).operator co_await(); })
    return std::forward<A>(awaitable).operator co_await();
  else if constexpr (requires { operator co_await(std::forward<A>(awaitable)); })
    return operator co_await(std::forward<A>(awaitable));
  else
    return std::forward<A>(awaitable);
}

}  // namespace detail

/// What `co_await` of an A gives.
template <class A> using await_result_t = decltype(detail::awaiter_of(std::declval<A>()).await_resume());

/// What can be awaited.
template <class A>
concept awaitable = requires(A a) { detail::awaiter_of(std::forward<A>(a)).await_resume(); };

namespace detail {

/// What is kept of a T until somebody takes it.
template <class T>
using kept_t = std::conditional_t<
    std::is_void_v<T>, std::monostate,
    std::conditional_t<std::is_reference_v<T>, std::reference_wrapper<std::remove_reference_t<T>>, T>>;

/// Whether an A may be awaited by a frame that goes before the A does: an lvalue that is itself what waits
/// would wait on, for nobody.
template <class A>
concept lendable =
    !std::is_lvalue_reference_v<A> || !std::is_lvalue_reference_v<decltype(awaiter_of(std::declval<A>()))>;

}  // namespace detail

}  // namespace parlance::io
