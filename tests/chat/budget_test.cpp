#include <gtest/gtest.h>

#include <chrono>

#include <parlance/chat/budget.hpp>

using namespace std::chrono_literals;

TEST(budget, is_spent_and_grows_back) {
  parlance::chat::budget of{.most = 10, .per_second = 2};
  parlance::io::time_point now{100s};
  EXPECT_TRUE(of.take(4, now));
  EXPECT_TRUE(of.take(6, now));
  EXPECT_FALSE(of.take(1, now));
  EXPECT_TRUE(of.take(1, now + 1s));
  EXPECT_TRUE(of.take(10, now + 1h));
  EXPECT_FALSE(of.take(1, now + 1h));
}

TEST(budget, lets_what_costs_too_much_be_done_and_paid_later) {
  parlance::chat::budget of{.most = 10, .per_second = 2};
  parlance::io::time_point now{100s};
  EXPECT_TRUE(of.take(30, now));
  EXPECT_FALSE(of.take(1, now + 9s));
  EXPECT_TRUE(of.take(1, now + 11s));
}
