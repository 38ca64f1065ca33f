#include <gtest/gtest.h>

#include <chrono>
#include <optional>

#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/base/network.hpp>
#include <parlance/chat/base/shared_budget.hpp>

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

namespace {

const std::optional<parlance::chat::network> one = parlance::chat::network::parse("192.0.2.1");
const std::optional<parlance::chat::network> another = parlance::chat::network::parse("192.0.2.2");

}  // namespace

TEST(shared_budget, is_not_used_up_by_one_network) {
  parlance::chat::shared_budget of({.most = 100, .per_second = 10}, {.most = 10, .per_second = 1});
  parlance::io::time_point now{100s};
  EXPECT_TRUE(of.take(one, 6, now));
  EXPECT_TRUE(of.take(one, 6, now));
  EXPECT_FALSE(of.has(one, now));
  EXPECT_FALSE(of.take(one, 6, now));
  EXPECT_TRUE(of.take(another, 6, now));
  EXPECT_TRUE(of.take(std::nullopt, 6, now));
  EXPECT_FALSE(of.has(one, now + 1s));
  EXPECT_TRUE(of.has(one, now + 3s));
  EXPECT_EQ(of.size(), 2U);
}

TEST(shared_budget, counts_the_addresses_of_a_household_as_one) {
  parlance::chat::shared_budget of({.most = 100, .per_second = 10}, {.most = 10, .per_second = 1});
  parlance::io::time_point now{100s};
  EXPECT_TRUE(of.take(parlance::chat::network::parse("2001:db8::1"), 20, now));
  EXPECT_FALSE(of.take(parlance::chat::network::parse("2001:db8::2"), 1, now));
  EXPECT_TRUE(of.take(parlance::chat::network::parse("2001:db8:0:1::2"), 1, now));
}

TEST(shared_budget, bounds_all_together) {
  parlance::chat::shared_budget of({.most = 15, .per_second = 10}, {.most = 10, .per_second = 1});
  parlance::io::time_point now{100s};
  of.owe(one, 8, now);
  of.owe(another, 8, now);
  EXPECT_FALSE(of.take(std::nullopt, 1, now));
  EXPECT_FALSE(of.take(one, 1, now));
  // Who has used little is not kept waiting by them.
  EXPECT_TRUE(of.take(parlance::chat::network::parse("192.0.2.3"), 6, now));
  EXPECT_FALSE(of.take(parlance::chat::network::parse("192.0.2.3"), 1, now));
  EXPECT_TRUE(of.take(std::nullopt, 1, now + 2s));
}
