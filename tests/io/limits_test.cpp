// timeout, timeout_at, shield, run_in and wait take whatever can be awaited: tasks, operations, events,
// locks, lvalues, and awaitables of others.
#include <parlance/io/event.hpp>
#include <parlance/io/mutex.hpp>

#include "io/support.hpp"

namespace parlance::io::test {
namespace {

class limits : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(limits);

/// Has a free operator.
struct of_others {
  event* flag;
};
event::awaiter operator co_await(const of_others& awaited) noexcept {
  return awaited.flag->operator co_await();
}

/// Fails before it waits, or when it begins to.
struct failing {
  bool when_asked;
  bool await_ready() const {
    if (when_asked) throw std::runtime_error("not ready");
    return false;
  }
  void await_suspend(std::coroutine_handle<>) const { throw std::runtime_error("not begun"); }
  void await_resume() const {}
};

TEST_P(limits, end_the_wait_for_an_event) {
  wait([]() -> task<void> {
    event flag;
    EXPECT_EQ(co_await failure_of(timeout(1ms, flag)), errc::timed_out);
    EXPECT_EQ(co_await failure_of(timeout_at(loop::current().now(), flag)), errc::timed_out);
    flag.set();
    co_await timeout(1s, flag);
    EXPECT_EQ(co_await failure_of(timeout(0s, flag)), errc::timed_out);
  }());
}

TEST_P(limits, end_the_wait_for_a_lock) {
  wait([]() -> task<void> {
    mutex m;
    {
      const mutex::guard turn = co_await timeout(1s, m.lock());
      const auto late = [&]() -> task<void> { const mutex::guard other = co_await timeout(1ms, m.lock()); };
      EXPECT_EQ(co_await failure_of(late()), errc::timed_out);
    }
    EXPECT_FALSE(m.locked());
  }());
}

TEST_P(limits, end_the_wait_of_an_operation_that_is_asked_afterwards) {
  wait([]() -> task<void> {
    ends tcp = co_await connected();
    recv_operation none(*tcp.a);
    co_await timeout(1ms, none);
    EXPECT_EQ(none.error, errc::timed_out);
    co_await send_all(*tcp.b, "x");
    EXPECT_EQ(co_await timeout(30s, recv_operation(*tcp.a)), "x");
  }());
}

TEST_P(limits, end_the_wait_for_what_has_a_free_operator) {
  static_assert(awaitable<of_others> && awaitable<of_others&> && awaitable<const of_others&>);
  static_assert(std::is_void_v<await_result_t<of_others>>);
  static_assert(!awaitable<int> && !awaitable<task<void>&>);
  wait([]() -> task<void> {
    event flag;
    const of_others theirs{&flag};
    EXPECT_EQ(co_await failure_of(timeout(1ms, theirs)), errc::timed_out);
    EXPECT_EQ(co_await failure_of(timeout(1ms, of_others{&flag})), errc::timed_out);
    context called_off;
    called_off.cancel();
    EXPECT_EQ(co_await failure_of(run_in(called_off, theirs)), errc::cancelled);
    flag.set();
    co_await shield(theirs);
    co_await run_in(context::current(), of_others{&flag});
  }());
  event set;
  set.set();
  wait(of_others{&set});
  wait(set, 1s);
}

TEST_P(limits, keep_what_is_no_lvalue_and_leave_lvalues_where_they_are) {
  wait([]() -> task<void> {
    const auto made_here = [](event& flag) { return timeout(30s, of_others{&flag}); };
    event flag;
    task<void> later = made_here(flag);
    flag.set();
    co_await std::move(later);
    // A reference that is given is the one that comes.
    int here = 0;
    const auto refer = [&]() -> task<int&> {
      co_await yield();
      co_return here;
    };
    EXPECT_EQ(&co_await timeout(30s, refer()), &here);
    EXPECT_EQ(&co_await shield(refer()), &here);
    const auto only = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(3); };
    EXPECT_EQ(*co_await run_in(context::current(), only()), 3);
  }());
}

TEST_P(limits, count_from_the_call_not_from_the_wait) {
  wait([]() -> task<void> {
    event never_set;
    task<void> late = timeout(5ms, never_set);
    co_await sleep(10ms);
    const time_point start = loop::current().now();
    EXPECT_EQ(co_await failure_of(std::move(late)), errc::timed_out);
    EXPECT_LT(loop::current().now() - start, test::patience(1ms));
  }());
}

TEST_P(limits, are_left_behind_whatever_happens_inside) {
  wait([]() -> task<void> {
    const context* here = &context::current();
    context inner;
    const auto try_it = [&](auto what) -> task<bool> {
      bool thrown = false;
      try {
        co_await run_in(inner, std::move(what));
      } catch (const std::runtime_error&) {
        thrown = true;
      }
      EXPECT_EQ(&context::current(), here);
      co_return thrown;
    };
    EXPECT_FALSE(co_await try_it(yield()));
    EXPECT_FALSE(co_await try_it(sleep(0s)));
    EXPECT_TRUE(co_await try_it(failing{true}));
    EXPECT_TRUE(co_await try_it(failing{false}));
    EXPECT_TRUE(co_await try_it([]() -> task<void> {
      co_await yield();
      throw std::runtime_error("later");
    }()));
    // Destroyed while it waits, by somebody who is in another context.
    {
      scope left;
      left.spawn([&]() -> task<void> { co_await run_in(inner, sleep(1h)); });
      co_await yield();
    }
    EXPECT_EQ(&context::current(), here);
  }());
}

}  // namespace
}  // namespace parlance::io::test
