#include <gtest/gtest.h>

#include <chrono>

#include <parlance/chat/base/stint.hpp>
#include <parlance/chat/door/message_rate.hpp>
#include <parlance/io/wait.hpp>

using namespace parlance::chat;
using namespace std::chrono_literals;
namespace io = parlance::io;

namespace {

limits bounds_of_two_connections() {
  limits bounds;
  bounds.message_rate = 10;
  bounds.message_burst = 50;
  bounds.connections_per_address = 2;
  return bounds;
}

/// How many lines one says at once that has come now and is free from then on.
int said_at_once(io::time_point free_from, const limits& bounds, io::time_point now) {
  int count = 0;
  while (free_from <= now) free_from = after_message(free_from, 1, bounds, now), ++count;
  return count;
}

}  // namespace

TEST(message_rate, lets_a_burst_go_and_then_so_many_a_second) {
  const limits bounds = bounds_of_two_connections();
  io::time_point now{1h}, free_from{};
  EXPECT_EQ(said_at_once(free_from, bounds, now), 51);
  for (int i = 0; i < 51; ++i) free_from = after_message(free_from, 1, bounds, now);
  EXPECT_EQ(free_from, now + 100ms);
  now += 1s;
  EXPECT_EQ(said_at_once(free_from, bounds, now), 10);
}

TEST(message_rate, takes_what_is_cheap_for_less) {
  const limits bounds = bounds_of_two_connections();
  const io::time_point now{1h};
  EXPECT_EQ(after_message(now, 0.1, bounds, now), now + 10ms);
  EXPECT_EQ(after_message(now, 0, bounds, now), now);
}

TEST(message_rate, gives_who_calls_again_no_new_burst) {
  const limits bounds = bounds_of_two_connections();
  const network home = *network::parse("192.0.2.1");
  network_bursts bursts;
  const io::time_point now{1h};
  int said = 0;
  for (int i = 0; i < 1000; ++i) {
    io::time_point free_from = bursts.take(home, bounds, now);
    for (; free_from <= now; ++said) free_from = after_message(free_from, 1, bounds, now);
    bursts.give_back(home, free_from, bounds, now);
  }
  // Those of its two connections, and where each goes over by a part of one.
  EXPECT_GE(said, 100);
  EXPECT_LE(said, 104);
  // From then on what two connections may say in a second.
  EXPECT_GT(bursts.take(home, bounds, now), now);
  EXPECT_EQ(bursts.take(*network::parse("192.0.2.2"), bounds, now), now - 5s);
}

TEST(message_rate, lets_each_of_a_crowd_that_calls_again_wait_for_its_turn) {
  const limits bounds = bounds_of_two_connections();
  const network home = *network::parse("192.0.2.1");
  network_bursts bursts;
  const io::time_point now{1h};
  for (int i = 0; i < 2; ++i) EXPECT_EQ(bursts.take(home, bounds, now), now - 5s);
  for (int i = 1; i <= 10; ++i) EXPECT_EQ(bursts.take(home, bounds, now), now + i * 50ms);
  // Who waits a while finds it all again.
  EXPECT_EQ(bursts.take(home, bounds, now + 1min), now + 1min - 5s);
}

TEST(message_rate, gives_back_what_was_not_used) {
  const limits bounds = bounds_of_two_connections();
  const network home = *network::parse("192.0.2.1");
  network_bursts bursts;
  const io::time_point now{1h};
  for (int i = 0; i < 1000; ++i) {
    const io::time_point free_from = bursts.take(home, bounds, now);
    EXPECT_EQ(free_from, now - 5s);
    bursts.give_back(home, free_from, bounds, now);
  }
}

TEST(message_rate, forgets_networks_to_which_nothing_is_owed) {
  const limits bounds = bounds_of_two_connections();
  network_bursts bursts;
  const io::time_point now{1h};
  for (int i = 0; i < 70'000; ++i)
    bursts.take(*network::parse("10." + std::to_string(i >> 16) + "." + std::to_string((i >> 8) & 255) + "." +
                                std::to_string(i & 255)),
                bounds, now + i * 1ms);
  EXPECT_LE(bursts.size(), 65'536U);
}

TEST(stints, begin_anew_with_each_turn_of_the_loop) {
  const io::loop here({.backend = "epoll"});
  io::wait([]() -> io::task<void> {
    co_await io::yield();
    stint its;
    EXPECT_FALSE(its.is_over(1ms));
    const auto until = std::chrono::steady_clock::now() + 3ms;
    while (std::chrono::steady_clock::now() < until) continue;
    EXPECT_TRUE(its.is_over(1ms));
    EXPECT_FALSE(its.is_over(1h));
    co_await io::yield();
    EXPECT_FALSE(its.is_over(1ms));
  }());
}
