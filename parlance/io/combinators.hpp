// Several waits as one:
//
//   auto [page, picture] = co_await io::all(fetch("/"), fetch("/logo.png"));   // both
//   auto mirror = co_await io::any(fetch_from(a), fetch_from(b));              // the first that succeeds
//   auto what = co_await io::race(caller.recv(), stop);                        // the first that ends
//   if (what.index() == 0) use(std::get<0>(what));
//
//   std::vector<io::task<std::string>> many;
//   std::vector<std::string> pages = co_await io::all(std::move(many));
//
// The parts are anything that can be awaited: an lvalue is awaited where it is, anything else is kept.
// Operations are kept, and so cannot be lvalues, for the losers among them go. They begin in order, when the
// whole is awaited, and run beside each other on this thread, each in a context of its own below the current
// one. As soon as the answer is known, before anything else runs, the other parts are destroyed where they
// wait, and those that have not begun never do. What had arrived at them is not lost: as whenever a wait is
// destroyed, it is there for the next. What a part had made of it already, as a task that ended with a value
// before another one failed, goes with the part. Parts that should say last words go into a `scope`, which is
// cancelled and joined.
//
// Cancelling or a deadline reaches the waits of the parts, and the rules below decide. Destroying the whole
// destroys the parts. A part that gives nothing (void) gives std::monostate here, a reference is a
// std::reference_wrapper. Each part costs one coroutine frame, and nothing else is allocated but the vector
// of results, before the parts begin: without memory none does, and std::bad_alloc is thrown. What moving a
// part's value throws is its failure as long as it is the part that does so; when the answer is given out, it is
// thrown instead, and the values go.
#pragma once

#include <cerrno>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <parlance/io/context.hpp>
#include <parlance/io/detail/frame_pool.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/list.hpp>
#include <parlance/io/task.hpp>

namespace parlance::io {

/// Which of several, by its place among them, and what it gave.
template <class T> struct indexed {
  std::size_t index;
  T value;
};

namespace detail {

/// What is kept of what an A gives.
template <class A> using part_result_t = kept_t<await_result_t<A>>;

struct in_parts;
class parts;

struct part_base : link<in_parts> {
  std::coroutine_handle<> frame;
  std::size_t index = 0;
  parts* whole = nullptr;
  context limits;
};

/// The parts of one wait, which end with it. Awaiting it begins them, and is over when the answer is known.
class parts {
 public:
  enum class rule : unsigned char { all, any, race };
  explicit parts(rule its) noexcept : rule_(its) {}
  parts(const parts&) = delete;
  parts& operator=(const parts&) = delete;
  ~parts() {
    destroy(begun_);
    destroy(fresh_);
  }

  void add(part_base& fresh) noexcept {
    fresh.whole = this;
    fresh.index = count_++;
    fresh_.push_back(fresh);
  }
  /// Calls `f` with each part that is left, in order.
  template <class F> void for_each(F&& f) { begun_.for_each(std::forward<F>(f)); }

  // For the parts. `ended` is the last that one does.
  void failed(std::exception_ptr why) noexcept {
    if (!failure_) failure_ = std::move(why);
  }
  /// Whose turn it is next: the one who waits for the whole, at once, as what a part has brought would be
  /// lost if that was destroyed in between.
  std::coroutine_handle<> ended(part_base& part, bool succeeded) noexcept {
    ++ended_;
    if (rule_ == rule::race || succeeded == (rule_ == rule::any)) {
      if (succeeded) failure_ = nullptr;  // of those that `any` passed over
      part.unlink();
      destroy(begun_);
      destroy(fresh_);
      begun_.push_back(part);
      settled_ = true;
    } else if (ended_ == count_) {
      settled_ = true;
    }
    if (!settled_ || !waiter_) return std::noop_coroutine();
    running = context_;
    return std::exchange(waiter_, nullptr);
  }

  auto operator co_await() noexcept {
    struct awaiter {
      parts& of;
      bool await_ready() noexcept { return of.begin(); }
      void await_suspend(std::coroutine_handle<> waiter) noexcept {
        of.waiter_ = waiter;
        of.context_ = &context::current();
      }
      /// Throws the failure that decided.
      void await_resume() const {
        if (of.failure_) std::rethrow_exception(of.failure_);
      }
    };
    return awaiter{*this};
  }

 private:
  using list_of_parts = list<part_base, in_parts>;

  bool begin() noexcept {
    while (!settled_ && !fresh_.empty()) {
      part_base& next = fresh_.pop_front();
      begun_.push_back(next);
      context::enter inside(next.limits);
      next.frame.resume();
    }
    return settled_ || count_ == 0;
  }
  static void destroy(list_of_parts& all) noexcept {
    while (!all.empty()) all.pop_front().frame.destroy();
  }

  list_of_parts fresh_, begun_;
  std::coroutine_handle<> waiter_;
  context* context_ = nullptr;  // of the one who waits
  std::exception_ptr failure_;  // the first, while it counts
  std::size_t count_ = 0, ended_ = 0;
  rule rule_;
  bool settled_ = false;
};

/// The coroutine of one part. Its frame belongs to the whole once it is added to that.
template <class T> struct part {
  struct promise_type : part_base {
    static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
    static void operator delete(void* at, std::size_t size) noexcept { frame_pool::deallocate(at, size); }

    part get_return_object() noexcept {
      frame = std::coroutine_handle<promise_type>::from_promise(*this);
      return {this};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct ending {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> done) noexcept {
          promise_type& self = done.promise();
          return self.whole->ended(self, self.value.has_value());
        }
        void await_resume() noexcept {}
      };
      return ending{};
    }
    template <class U> void return_value(U&& result) { value.emplace(std::forward<U>(result)); }
    void unhandled_exception() noexcept { whole->failed(std::current_exception()); }

    std::optional<T> value;
  };
  promise_type* promise;
};

template <class A> part<part_result_t<A>> run_part(A what) {
  if constexpr (std::is_void_v<await_result_t<A>>) {
    co_await static_cast<A&&>(what);
    co_return std::monostate{};
  } else {
    co_return co_await static_cast<A&&>(what);
  }
}

template <class A> auto& add_part(parts& to, A&& what) {
  auto* promise = run_part<A>(std::forward<A>(what)).promise;
  to.add(*promise);
  return *promise;
}

template <class T> using part_promise = typename part<T>::promise_type;

// `A` is a reference to what is awaited where it is, or the type of what is kept in the frame.
template <class... A> task<std::tuple<part_result_t<A>...>> all_of(A... what) {
  parts whole(parts::rule::all);
  const std::tuple<part_promise<part_result_t<A>>&...> each{add_part<A>(whole, static_cast<A&&>(what))...};
  co_await whole;
  co_return std::apply([](auto&... one) { return std::tuple<part_result_t<A>...>(*std::move(one.value)...); },
                       each);
}

/// The value of the one that decided, as the alternative of its place.
template <class Variant, class... T, std::size_t... place>
Variant value_of_winner(parts& whole, std::index_sequence<place...>) {
  std::optional<Variant> value;
  whole.for_each([&](part_base& won) {
    static_cast<void>(
        ((won.index == place &&
          (value.emplace(std::in_place_index<place>, *std::move(static_cast<part_promise<T>&>(won).value)),
           true)) ||
         ...));
  });
  return *std::move(value);
}

template <class... A> task<std::variant<part_result_t<A>...>> first_of(parts::rule which, A... what) {
  parts whole(which);
  (static_cast<void>(add_part<A>(whole, static_cast<A&&>(what))), ...);
  co_await whole;
  co_return value_of_winner<std::variant<part_result_t<A>...>, part_result_t<A>...>(
      whole, std::index_sequence_for<A...>());
}

template <class A> task<indexed<part_result_t<A>>> first_of_vector(parts::rule which, std::vector<A> what) {
  if (what.empty()) throw error(from_errno(EINVAL), "wait for the first of none");
  parts whole(which);
  for (A& one : what) add_part<A>(whole, std::move(one));
  co_await whole;
  std::optional<indexed<part_result_t<A>>> value;
  whole.for_each([&](part_base& won) {
    value.emplace(won.index, *std::move(static_cast<part_promise<part_result_t<A>>&>(won).value));
  });
  co_return *std::move(value);
}

template <class A>
using all_of_vector_t =
    std::conditional_t<std::is_void_v<await_result_t<A>>, void, std::vector<part_result_t<A>>>;

}  // namespace detail

/// Awaits all of them, and gives a tuple of what they give. The first failure is thrown.
template <awaitable... A>
  requires(detail::lendable<A> && ...)
task<std::tuple<detail::part_result_t<A>...>> all(A&&... parts) {
  return detail::all_of<A...>(std::forward<A>(parts)...);
}

/// The same for any number of one kind: gives a vector, in their order, and nothing for those that give
/// nothing. Of none: at once.
template <awaitable A> task<detail::all_of_vector_t<A>> all(std::vector<A> parts) {
  detail::parts whole(detail::parts::rule::all);
  for (A& one : parts) detail::add_part<A>(whole, std::move(one));
  if constexpr (std::is_void_v<await_result_t<A>>) {
    co_await whole;
  } else {
    std::vector<detail::part_result_t<A>> values;
    values.reserve(parts.size());
    co_await whole;
    whole.for_each([&](detail::part_base& one) {
      values.push_back(*std::move(static_cast<detail::part_promise<detail::part_result_t<A>>&>(one).value));
    });
    co_return values;
  }
}

/// Awaits the first that succeeds, and gives a variant: `index()` tells which it was. Failures are passed
/// over as long as another part may succeed; when all have failed, the first failure is thrown. For several
/// ways to one end.
template <awaitable... A>
  requires(sizeof...(A) > 0 && (detail::lendable<A> && ...))
task<std::variant<detail::part_result_t<A>...>> any(A&&... parts) {
  return detail::first_of<A...>(detail::parts::rule::any, std::forward<A>(parts)...);
}

/// The same for any number of one kind: gives its index, and its value. Of none: throws io::error (EINVAL).
template <awaitable A> task<indexed<detail::part_result_t<A>>> any(std::vector<A> parts) {
  return detail::first_of_vector<A>(detail::parts::rule::any, std::move(parts));
}

/// Awaits the first that ends, and gives what it gives, as `any` does, or throws what it throws. For waits
/// for different things: a failure is an answer, too. Of several that could end at once it is any: an event
/// that is set may go before a recv whose bytes have arrived, on each backend in other cases; they stay there.
template <awaitable... A>
  requires(sizeof...(A) > 0 && (detail::lendable<A> && ...))
task<std::variant<detail::part_result_t<A>...>> race(A&&... parts) {
  return detail::first_of<A...>(detail::parts::rule::race, std::forward<A>(parts)...);
}

/// The same for any number of one kind: gives its index, and its value. Of none: throws io::error (EINVAL).
template <awaitable A> task<indexed<detail::part_result_t<A>>> race(std::vector<A> parts) {
  return detail::first_of_vector<A>(detail::parts::rule::race, std::move(parts));
}

}  // namespace parlance::io
