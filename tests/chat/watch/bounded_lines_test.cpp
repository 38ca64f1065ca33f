#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>

#include <parlance/chat/watch/bounded_lines.hpp>

using namespace parlance::chat;
using namespace std::chrono_literals;

namespace {

class lines_about_callers : public testing::Test {
 protected:
  /// How many of `n` there is a line of.
  std::size_t told(const std::string& address, int n) {
    std::size_t lines = 0;
    for (int i = 0; i < n; ++i) lines += all.take(network::parse(address), now).has_value();
    return lines;
  }

  bounded_lines all{{.most = 25, .per_second = 5}, {.most = 10, .per_second = 1}};
  parlance::io::time_point now{1h};
};

}  // namespace

TEST_F(lines_about_callers, are_so_many_of_one_household_and_the_next_tells_of_those_before) {
  EXPECT_EQ(told("192.0.2.1", 40), 10U);
  EXPECT_EQ(told("192.0.2.2", 5), 5U);
  now += 2s;
  EXPECT_EQ(all.take(network::parse("192.0.2.1"), now), 30U);
  EXPECT_EQ(all.take(network::parse("192.0.2.1"), now), 0U);
}

TEST_F(lines_about_callers, are_of_one_household_whatever_address_of_it_calls) {
  for (int i = 0; i < 40; ++i) all.take(network::parse("2001:db8::" + std::to_string(i)), now);
  now += 1s;
  EXPECT_EQ(all.take(network::parse("2001:db8::ffff"), now), 30U);
}

TEST_F(lines_about_callers, are_bounded_however_many_households_there_are) {
  std::size_t lines = 0;
  for (int i = 0; i < 10'000; ++i) lines += told("2001:db8:0:" + std::to_string(i % 10'000) + "::1", 1);
  EXPECT_EQ(lines, 25U);
}

TEST_F(lines_about_callers, are_summed_up_of_who_does_not_come_again) {
  told("192.0.2.1", 40);
  EXPECT_TRUE(all.take_untold(now).empty());
  now += 1s;
  const auto untold = all.take_untold(now);
  ASSERT_EQ(untold.size(), 1U);
  EXPECT_EQ(untold.front(), std::pair(*network::parse("192.0.2.1"), std::size_t{30}));
  now += 1s;
  EXPECT_TRUE(all.take_untold(now).empty());
}
