#include <algorithm>
#include <functional>
#include <random>

#include <parlance/io/timer.hpp>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

// In simulated time, so that these are exact.
class timers : public testing::Test {
 protected:
  static loop_options simulated() { return {.backend = "sim"}; }
  loop here{simulated()};
};

struct alarm final : timer {
  explicit alarm(std::function<void()> then) : what(std::move(then)) {}
  void expire() noexcept override { what(); }
  std::function<void()> what;
};

TEST_F(timers, expire_in_the_order_of_their_moments) {
  std::vector<int> moments(1000);
  for (int i = 0; i < 1000; ++i) moments[static_cast<std::size_t>(i)] = 1 + i / 2;  // each twice
  std::shuffle(moments.begin(), moments.end(), std::mt19937(1));
  std::vector<int> expired;
  std::vector<std::unique_ptr<alarm>> all;
  const time_point start = here.now();
  for (const int moment : moments) {
    all.push_back(std::make_unique<alarm>([&, moment] {
      EXPECT_EQ(here.now(), start + std::chrono::milliseconds(moment));
      expired.push_back(moment);
    }));
    all.back()->arm(start + std::chrono::milliseconds(moment));
  }
  wait(sleep(1s));
  EXPECT_EQ(expired.size(), 1000U);
  EXPECT_TRUE(std::is_sorted(expired.begin(), expired.end()));
}

TEST_F(timers, may_be_disarmed_and_destroyed_in_any_order) {
  std::mt19937 dice(1);
  std::vector<std::unique_ptr<alarm>> all;
  std::size_t expired = 0, due = 0;
  for (int i = 0; i < 1000; ++i) {
    all.push_back(std::make_unique<alarm>([&] { ++expired; }));
    all.back()->arm(here.now() + std::chrono::microseconds(dice() % 1000 + 1));
  }
  std::shuffle(all.begin(), all.end(), dice);
  for (std::unique_ptr<alarm>& each : all) switch (dice() % 3) {
      case 0:
        each.reset();
        break;
      case 1:
        each->disarm();
        EXPECT_FALSE(each->armed());
        break;
      default:
        ++due;
    }
  wait(sleep(1s));
  EXPECT_EQ(expired, due);
}

TEST_F(timers, arming_again_moves_it) {
  const time_point start = here.now();
  std::vector<duration> expired;
  alarm moved([&] { expired.push_back(here.now() - start); });
  moved.arm(start + 10ms);
  moved.arm(start + 30ms);
  moved.arm(start + 20ms);
  EXPECT_EQ(moved.when(), start + 20ms);
  wait(sleep(1s));
  EXPECT_EQ(expired, std::vector<duration>{20ms});
  moved.arm(here.now() + 1ms);
  moved.arm(never);
  wait(sleep(1s));
  EXPECT_EQ(expired.size(), 1U);
}

TEST_F(timers, one_that_expires_may_arm_itself_again) {
  int times = 0;
  alarm again([&] {
    if (++times < 5) again.arm(here.now() + 10ms);
  });
  again.arm(here.now() + 10ms);
  wait(sleep(100ms));
  EXPECT_EQ(times, 5);
}

TEST_F(timers, one_that_arms_itself_for_now_lets_others_go_on) {
  int count = 0;
  std::optional<alarm> again;
  again.emplace([&] {
    if (++count < 1'000'000) again->arm(here.now());
  });
  again->arm(here.now());
  wait(sleep(1ms));
  EXPECT_GT(count, 1);
  EXPECT_LT(count, 100'000);
}

TEST_F(timers, one_that_expires_may_destroy_itself_and_others) {
  auto other = std::make_unique<alarm>([] { ADD_FAILURE() << "was destroyed"; });
  auto self = std::make_unique<alarm>([] {});
  self->what = [&] {
    other.reset();
    self.reset();
  };
  self->arm(here.now() + 1ms);
  other->arm(here.now() + 1ms + 1ns);
  wait(sleep(10ms));
  EXPECT_FALSE(self);
}

TEST_F(timers, one_that_arms_itself_for_a_moment_that_has_passed_takes_nobody_elses_turn) {
  const time_point passed = here.now();
  int count = 0;
  std::optional<alarm> again;
  again.emplace([&] {
    if (++count < 1'000'000) again->arm(passed);
  });
  again->arm(passed);
  wait(sleep(1ms));
  EXPECT_GT(count, 1);
  EXPECT_LT(count, 100'000);
}

TEST_F(timers, that_are_due_may_be_destroyed_disarmed_and_moved_by_one_before_them) {
  int moved = 0;
  auto destroyed = std::make_unique<alarm>([] { ADD_FAILURE() << "was destroyed"; });
  alarm disarmed([] { ADD_FAILURE() << "was disarmed"; }), later([&] { ++moved; });
  const time_point due = here.now() - 1ms;
  alarm first([&] {
    for (const timer* other : {static_cast<timer*>(destroyed.get()), static_cast<timer*>(&later)})
      EXPECT_TRUE(other->armed());
    destroyed.reset();
    disarmed.disarm();
    EXPECT_FALSE(disarmed.armed());
    later.arm(due);
  });
  alarm last([&] { EXPECT_EQ(moved, 0); });  // it is for the next time
  first.arm(due);
  for (alarm* each : {destroyed.get(), &disarmed, &later, &last}) each->arm(due + 1ns);
  wait(sleep(2ms));  // late for all of them
  EXPECT_EQ(moved, 1);
}

TEST_F(timers, moments_that_have_passed_expire_in_the_next_turn) {
  int times = 0;
  alarm late([&] { ++times; });
  late.arm(time_point::min());
  EXPECT_EQ(times, 0);
  wait(yield());
  EXPECT_EQ(times, 1);
}

TEST_F(timers, outlive_their_loop_disarmed) {
  alarm left([] {});
  {
    const loop inner({.backend = "sim"});
    left.arm(inner.now() + 1s);
  }
  EXPECT_FALSE(left.armed());
}

TEST(time, never_overflows) {
  constexpr time_point some{1h};
  static_assert(after(some, unlimited) == never);
  static_assert(after(some, 1s) == some + 1s);
  static_assert(after(time_point::min(), -1s) == time_point::min());
  static_assert(after(some, duration::min()) < some);
  static_assert(after(never, 1ns) == never);
  EXPECT_EQ(after(some, unlimited - 1ns), never);
}

class sleeping : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(sleeping);

TEST_P(sleeping, takes_as_long_as_asked) {
  const time_point start = here.now();
  wait(sleep(20ms));
  EXPECT_GE(here.now() - start, 20ms);
  EXPECT_LT(here.now() - start, test::patience(2s));
}

TEST_P(sleeping, for_no_time_or_less_is_over_at_once) {
  wait(
      []() -> task<void> {
        co_await sleep(0s);
        co_await sleep(-1s);
        co_await sleep(duration::min());
        co_await sleep_until(time_point::min());
      }(),
      2s);
}

TEST_P(sleeping, for_ever_can_be_cancelled) {
  EXPECT_EQ(wait(failure_of(timeout(5ms, []() -> task<void> { co_await sleep(unlimited); }()))),
            errc::timed_out);
  EXPECT_EQ(wait(failure_of(timeout(5ms, []() -> task<void> { co_await sleep(unlimited - 1ns); }()))),
            errc::timed_out);
}

TEST_P(sleeping, for_more_than_a_second_is_not_early_and_not_for_ever) {
  wait([]() -> task<void> {
    const time_point start = loop::current().now();
    co_await sleep(1100ms);
    EXPECT_GE(loop::current().now() - start, 1100ms);
    EXPECT_LT(loop::current().now() - start, test::patience(1101ms));
  }());
}

TEST_P(sleeping, many_wake_in_the_order_of_their_moments) {
  wait([]() -> task<void> {
    std::vector<int> woken;
    scope all;
    const time_point start = loop::current().now();
    for (int i = 0; i < 200; ++i) {
      const int moment = i * 7919 % 200;
      all.spawn([&woken, start, moment]() -> task<void> {
        co_await sleep_until(start + std::chrono::microseconds(100 * moment));
        woken.push_back(moment);
      });
    }
    co_await all.join();
    EXPECT_EQ(woken.size(), 200U);
    EXPECT_TRUE(std::is_sorted(woken.begin(), woken.end()));
  }());
}

// The loop may have stood still for longer than the limit since its last turn.
TEST_P(sleeping, a_limit_counts_from_when_it_is_given) {
  wait(yield());
  if (!here.kernel().simulated()) usleep(600'000);
  wait([]() -> task<void> { co_await sleep(1ms); }(), 500ms);
}

}  // namespace
}  // namespace parlance::io
