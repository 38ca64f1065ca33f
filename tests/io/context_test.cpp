#include <chrono>
#include <thread>

#include <parlance/io/event.hpp>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

class contexts : public testing::Test {
 protected:
  watchdog patience;
  loop here{{.backend = "sim"}};
};

task<void> sleep_long() { co_await sleep(1h); }

TEST_F(contexts, cancelling_one_reaches_its_descendants_and_nobody_else) {
  wait([]() -> task<void> {
    context root, child(&root), grandchild(&child), sibling;
    std::error_code of_root, of_grandchild, of_sibling;
    scope waiting;
    const auto start = [&](context& in, std::error_code& result) {
      waiting.spawn([&]() -> task<void> { result = co_await failure_of(run_in(in, sleep_long())); });
    };
    start(root, of_root);
    start(grandchild, of_grandchild);
    start(sibling, of_sibling);
    root.cancel(errc::timed_out);
    co_await yield();
    EXPECT_EQ(of_root, errc::timed_out);
    EXPECT_EQ(of_grandchild, errc::timed_out);
    EXPECT_FALSE(of_sibling);
    EXPECT_EQ(child.cancelled(), errc::timed_out);
    EXPECT_FALSE(sibling.cancelled());
    sibling.cancel();
    co_await waiting.join();
  }());
}

TEST_F(contexts, the_first_reason_stays) {
  context c;
  c.cancel(errc::timed_out);
  c.cancel(errc::cancelled);
  EXPECT_EQ(c.cancelled(), errc::timed_out);
}

TEST_F(contexts, no_reason_is_a_cancellation) {
  context c;
  c.cancel(std::error_code());
  EXPECT_EQ(c.cancelled(), errc::cancelled);
}

TEST_F(contexts, a_child_of_a_cancelled_one_is_cancelled) {
  context c;
  c.cancel();
  const context child(&c);
  EXPECT_EQ(child.cancelled(), errc::cancelled);
}

TEST_F(contexts, a_child_cancelled_before_keeps_its_reason) {
  context parent, child(&parent);
  child.cancel(errc::timed_out);
  parent.cancel();
  EXPECT_EQ(child.cancelled(), errc::timed_out);
}

TEST_F(contexts, every_later_wait_fails_before_it_starts) {
  wait([]() -> task<void> {
    context c;
    const auto many = [&]() -> task<void> {
      c.cancel();
      for (int i = 0; i < 3; ++i) EXPECT_EQ(co_await failure_of(sleep_long()), errc::cancelled);
    };
    co_await run_in(c, many());
    co_await yield();  // outside again
  }());
}

TEST_F(contexts, a_limit_of_no_time_is_over_before_anything_starts) {
  wait([]() -> task<void> {
    bool started = false;
    const auto start = [&]() -> task<void> {
      started = true;
      co_return;
    };
    EXPECT_EQ(co_await failure_of(timeout(0s, start())), errc::timed_out);
    EXPECT_EQ(co_await failure_of(timeout(-1s, start())), errc::timed_out);
    EXPECT_EQ(co_await failure_of(timeout(0s, shield(start()))), errc::timed_out);
    EXPECT_FALSE(started);
  }());
}

TEST_F(contexts, a_deadline_covers_many_waits) {
  wait([]() -> task<void> {
    const time_point start = loop::current().now();
    const auto many = []() -> task<void> {
      for (;;) co_await sleep(30ms);
    };
    EXPECT_EQ(co_await failure_of(timeout(100ms, many())), errc::timed_out);
    EXPECT_EQ(loop::current().now() - start, 100ms);
  }());
}

TEST_F(contexts, the_nearest_deadline_wins) {
  wait([]() -> task<void> {
    const time_point start = loop::current().now();
    EXPECT_EQ(co_await failure_of(timeout(10ms, timeout(1s, sleep_long()))), errc::timed_out);
    EXPECT_EQ(loop::current().now() - start, 10ms);
    EXPECT_EQ(co_await failure_of(timeout(1s, timeout(10ms, sleep_long()))), errc::timed_out);
    EXPECT_EQ(loop::current().now() - start, 20ms);
  }());
}

TEST_F(contexts, a_deadline_may_be_moved_and_taken_back) {
  wait([]() -> task<void> {
    context c;
    c.set_deadline(loop::current().now() + 10ms);
    c.set_deadline(loop::current().now() + 50ms);
    co_await sleep(20ms);
    EXPECT_FALSE(c.cancelled());
    c.set_deadline(never);
    co_await sleep(1s);
    EXPECT_FALSE(c.cancelled());
    c.set_deadline(loop::current().now());
    EXPECT_EQ(c.cancelled(), errc::timed_out);
  }());
}

TEST_F(contexts, a_deadline_outlives_the_loop_that_kept_it) {
  context limits;
  {
    const loop outer({.backend = "epoll"});
    const loop inner({.backend = "sim"});
    limits.set_deadline(inner.now() + 10ms);
    wait(sleep(4ms));
  }
  const time_point start = here.now();
  EXPECT_EQ(wait(failure_of(run_in(limits, sleep_long()))), errc::timed_out);
  EXPECT_GT(here.now(), start + 1ms);
  EXPECT_LT(here.now(), start + 7ms);
}

TEST(nested_contexts, a_deadline_that_outlives_its_loop_comes_no_sooner) {
  const loop outer({.backend = "epoll"});
  wait([]() -> task<void> {
    context limits;
    const auto start = std::chrono::steady_clock::now();
    {
      const loop inner({.backend = "epoll"});
      limits.set_deadline(inner.now() + 300ms);
      std::this_thread::sleep_for(150ms);
    }
    EXPECT_EQ(co_await failure_of(run_in(limits, sleep_long())), errc::timed_out);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 299ms);
  }());
}

TEST(nested_contexts, a_wait_inside_an_entered_one_belongs_to_it) {
  const loop outer({.backend = "sim"}), inner({.backend = "sim"});
  context limits;
  const context::enter inside(limits);
  wait(yield());
  EXPECT_EQ(&context::current(), &limits);
  limits.cancel();
  EXPECT_THROW(wait(yield()), error);
}

TEST(nested_contexts, the_one_in_which_a_loop_was_made_is_current_again_when_it_ends) {
  const loop outer({.backend = "sim"});
  wait([]() -> task<void> {
    context limits;
    co_await run_in(limits, [](const context& own) -> task<void> {
      {
        const loop inner({.backend = "sim"});
        EXPECT_NE(&context::current(), &own);
        wait(yield());
      }
      EXPECT_EQ(&context::current(), &own);
      co_return;
    }(limits));
  }());
}

TEST_F(contexts, a_shield_keeps_cancellation_out) {
  wait([]() -> task<void> {
    bool finished = false;
    const auto last_words = [&]() -> task<void> {
      co_await failure_of(sleep_long());
      co_await shield(sleep(50ms));
      finished = true;
    };
    co_await timeout(10ms, last_words());
    EXPECT_TRUE(finished);
  }());
}

TEST_F(contexts, a_value_comes_through_in_time) {
  const auto answer = []() -> task<int> {
    co_await sleep(5ms);
    co_return 42;
  };
  EXPECT_EQ(wait(timeout(1s, answer())), 42);
  EXPECT_EQ(wait(answer(), 1s), 42);
  EXPECT_THROW(wait(answer(), 1ms), error);
}

TEST_F(contexts, what_had_succeeded_is_delivered_after_the_deadline) {
  wait([]() -> task<void> {
    const auto two_steps = []() -> task<int> {
      event set;
      set.set();
      co_await set;
      co_return 1;
    };
    EXPECT_EQ(co_await timeout(1ms, two_steps()), 1);
  }());
}

TEST_F(contexts, the_context_of_a_coroutine_is_its_own_after_each_wait) {
  wait([]() -> task<void> {
    context a, b;
    const auto stays = [](context& own) -> task<void> {
      for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(&context::current(), &own);
        co_await yield();
      }
      EXPECT_EQ(&context::current(), &own);
    };
    scope both;
    both.spawn(run_in(a, stays(a)));
    both.spawn(run_in(b, stays(b)));
    context& outer = context::current();
    co_await both.join();
    EXPECT_EQ(&context::current(), &outer);
  }());
}

TEST_F(contexts, a_wait_inside_an_entered_one_belongs_to_it) {
  context limits;
  const context::enter inside(limits);
  wait(yield());
  wait(yield());
  EXPECT_EQ(&context::current(), &limits);
  limits.cancel();
  EXPECT_THROW(wait(yield()), error);
}

}  // namespace
}  // namespace parlance::io
