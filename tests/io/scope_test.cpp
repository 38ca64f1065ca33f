#include <stdexcept>

#include <parlance/io/event.hpp>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

class scopes : public testing::Test {
 protected:
  watchdog patience;
  loop here{{.backend = "sim"}};
};

/// Counts how many there are, to see frames go.
struct counted {
  explicit counted(int& of) : count(&of) { ++*count; }
  counted(counted&& other) noexcept : count(other.count) { ++*count; }
  counted(const counted& other) : count(other.count) { ++*count; }
  ~counted() { --*count; }
  int* count;
};

task<void> fail_with(std::string text) {
  co_await yield();
  throw std::runtime_error(text);
}

TEST_F(scopes, a_child_runs_until_its_first_wait_before_spawn_returns) {
  wait([]() -> task<void> {
    int steps = 0;
    scope children;
    children.spawn([&]() -> task<void> {
      ++steps;
      co_await yield();
      ++steps;
    });
    EXPECT_EQ(steps, 1);
    EXPECT_EQ(children.size(), 1U);
    co_await children.join();
    EXPECT_EQ(steps, 2);
    EXPECT_EQ(children.size(), 0U);
  }());
}

TEST_F(scopes, joining_none_is_over_at_once) {
  scope empty;
  wait(empty.join());
}

TEST_F(scopes, leaving_one_destroys_what_is_in_it) {
  int alive = 0;
  {
    scope children;
    event never_set;
    for (int i = 0; i < 10; ++i)
      children.spawn(
          [&never_set](counted) -> task<void> {
            co_await never_set;
            ADD_FAILURE() << "nobody set it";
          },
          counted(alive));
    wait(yield());
    EXPECT_GE(alive, 10);
  }
  EXPECT_EQ(alive, 0);
}

TEST_F(scopes, the_callable_and_its_arguments_live_as_long_as_the_child) {
  int alive = 0;
  wait([&]() -> task<void> {
    scope children;
    std::string heard;
    {
      const std::string captured(100, 'c');
      children.spawn(
          [&heard, captured, here = counted(alive)](std::string& argument) -> task<void> {
            co_await yield();
            heard = captured + argument;
          },
          std::string(100, 'a'));
    }
    co_await children.join();
    EXPECT_EQ(heard, std::string(100, 'c') + std::string(100, 'a'));
  }());
  EXPECT_EQ(alive, 0);
}

TEST_F(scopes, join_throws_the_first_failure_and_cancels_the_others) {
  wait([]() -> task<void> {
    scope children;
    std::error_code sibling;
    children.spawn(
        [&]() -> task<void> { sibling = co_await failure_of([]() -> task<void> { co_await sleep(1h); }()); });
    children.spawn(fail_with("first"));
    children.spawn(fail_with("second"));
    std::string thrown;
    try {
      co_await children.join();
    } catch (const std::runtime_error& e) {
      thrown = e.what();
    }
    EXPECT_EQ(thrown, "first");
    EXPECT_EQ(sibling, errc::cancelled);
    co_await children.join();  // thrown once
  }());
}

TEST_F(scopes, a_child_that_fails_before_its_first_wait_fails_the_scope) {
  wait([]() -> task<void> {
    scope children;
    children.spawn([]() -> task<void> {
      throw std::runtime_error("at once");
      co_return;
    });
    EXPECT_EQ(children.size(), 0U);
    EXPECT_THROW(co_await children.join(), std::runtime_error);
  }());
}

TEST_F(scopes, being_cancelled_with_its_scope_is_no_failure) {
  wait([]() -> task<void> {
    scope children;
    children.spawn([]() -> task<void> { co_await sleep(1h); });
    children.cancel();
    co_await children.join();
  }());
}

TEST_F(scopes, another_failure_after_a_cancellation_is_one) {
  wait([]() -> task<void> {
    scope children;
    children.spawn([]() -> task<void> {
      try {
        co_await sleep(1h);
      } catch (const error&) {
        throw std::runtime_error("while ending");
      }
    });
    children.cancel();
    EXPECT_THROW(co_await children.join(), std::runtime_error);
  }());
}

TEST_F(scopes, with_a_handler_it_goes_on) {
  wait([]() -> task<void> {
    std::vector<std::string> heard;
    scope strangers([&](std::exception_ptr failure) {
      try {
        std::rethrow_exception(failure);
      } catch (const std::exception& e) {
        heard.emplace_back(e.what());
      }
    });
    bool went_on = false;
    strangers.spawn([&]() -> task<void> {
      co_await sleep(10ms);
      went_on = true;
    });
    strangers.spawn(fail_with("one"));
    strangers.spawn(fail_with("two"));
    co_await strangers.join();
    EXPECT_TRUE(went_on);
    EXPECT_EQ(heard, (std::vector<std::string>{"one", "two"}));
  }());
}

TEST_F(scopes, a_failure_that_nobody_joined_is_told_on_stderr) {
  testing::internal::CaptureStderr();
  {
    scope left;
    left.spawn(fail_with("the last words"));
    wait(yield());
    wait(yield());
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "the last words\n");
}

TEST_F(scopes, children_may_spawn_children) {
  wait([]() -> task<void> {
    scope family;
    int born = 0;
    const auto child = [&](auto& self, int generation) -> task<void> {
      ++born;
      co_await yield();
      if (generation < 5)
        for (int i = 0; i < 2; ++i) family.spawn(self(self, generation + 1));
    };
    family.spawn(child(child, 1));
    co_await family.join();
    EXPECT_EQ(born, 31);
  }());
}

TEST_F(scopes, a_child_spawned_into_a_cancelled_scope_fails_at_its_first_wait) {
  wait([]() -> task<void> {
    scope children;
    children.cancel();
    std::error_code failed;
    children.spawn(
        [&]() -> task<void> { failed = co_await failure_of([]() -> task<void> { co_await yield(); }()); });
    EXPECT_EQ(failed, errc::cancelled);
    co_await children.join();
  }());
}

TEST_F(scopes, a_cancelled_join_leaves_the_children_alone) {
  wait([]() -> task<void> {
    scope children;
    bool done = false;
    children.spawn([&]() -> task<void> {
      co_await sleep(50ms);
      done = true;
    });
    EXPECT_EQ(co_await failure_of(timeout(10ms, children.join())), errc::timed_out);
    EXPECT_FALSE(done);
    co_await children.join();
    EXPECT_TRUE(done);
  }());
}

TEST_F(scopes, are_cancelled_with_the_context_that_they_were_made_in) {
  wait([]() -> task<void> {
    std::error_code deep;
    const auto nested = [&]() -> task<void> {
      scope outer;
      outer.spawn([&]() -> task<void> {
        scope inner;
        inner.spawn([&]() -> task<void> {
          deep = co_await failure_of([]() -> task<void> { co_await sleep(1h); }());
        });
        co_await shield(inner.join());
      });
      co_await shield(outer.join());
    };
    co_await timeout(10ms, nested());
    EXPECT_EQ(deep, errc::timed_out);
  }());
}

TEST_F(scopes, one_that_has_failed_refuses_the_next_child_with_its_failure) {
  testing::internal::CaptureStderr();
  std::string thrown;
  int accepted = 0;
  wait([&]() -> task<void> {
    scope callers;
    try {
      for (;; ++accepted) {
        co_await sleep(1ms);
        callers.spawn(accepted == 3 ? fail_with("the fourth caller")
                                    : []() -> task<void> { co_await sleep(1h); }());
      }
    } catch (const std::runtime_error& e) {
      thrown = e.what();
    }
    bool ran = false;
    EXPECT_THROW(callers.spawn([&]() -> task<void> {
      ran = true;
      co_return;
    }),
                 std::runtime_error);
    EXPECT_FALSE(ran);
    co_await callers.join();  // it is told already
    EXPECT_THROW(callers.spawn(fail_with("again")), std::runtime_error);
  }());
  EXPECT_EQ(thrown, "the fourth caller");
  EXPECT_EQ(accepted, 4);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(scopes, one_with_a_handler_or_one_that_was_cancelled_refuses_nobody) {
  wait([]() -> task<void> {
    int failures = 0, born = 0;
    const auto count = [&]() -> task<void> {
      ++born;
      co_return;
    };
    scope strangers([&](std::exception_ptr) { ++failures; }), called_off;
    strangers.spawn(fail_with("one"));
    co_await strangers.join();
    strangers.spawn(count);
    called_off.cancel();
    called_off.spawn(count);
    EXPECT_EQ(failures, 1);
    EXPECT_EQ(born, 2);
  }());
}

}  // namespace
}  // namespace parlance::io
