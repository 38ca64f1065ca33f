#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <parlance/http/base/error.hpp>
#include <parlance/http/client/pool.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>

#include "io/support.hpp"

namespace parlance::http::test {
namespace {

using namespace std::chrono_literals;
using io::sleep;
using io::task;

/// One that takes so many requests at a time, and ends when a test says so.
class fake_connection final : public connection {
 public:
  explicit fake_connection(std::size_t capacity) : capacity_(capacity) {}
  std::unique_ptr<request_stream> begin(outgoing) override {
    throw std::logic_error("nothing is asked here");
  }
  bool available() const noexcept override { return !ended_.is_set(); }
  std::size_t capacity() const noexcept override { return capacity_; }
  task<void> until_unfit() override { co_await ended_; }
  const net::stream& below() const noexcept override { std::terminate(); }
  void end() { ended_.set(); }

 private:
  const std::size_t capacity_;
  io::event ended_;
};

/// Requests by the first letter of their hosts, in the order in which they are served.
class asking {
 public:
  explicit asking(pool_limits limits, std::size_t capacity = 1)
      : connections(std::make_shared<pool>(limits)), capacity_(capacity) {}

  task<lease> take(std::string host) {
    lease place = co_await connections->take({.to = {.host = host}}, capacity_ > 1);
    if (!place.get()) {
      dialled += host.front();
      if (dialling != 0ms) co_await sleep(dialling);
      auto fresh = std::make_unique<fake_connection>(capacity_);
      last = fresh.get();
      place.settle(std::move(fresh));
    }
    served += host.front();
    co_return place;
  }

  task<void> ask(std::string host, io::duration work = 1ms) {
    const lease place = co_await take(std::move(host));
    co_await sleep(work);
  }

  void ask_often(io::scope& all, std::size_t times, const std::string& host, io::duration work = 1ms) {
    for (std::size_t i = 0; i < times; ++i) all.spawn(ask(host, work));
  }

  std::shared_ptr<pool> connections;
  std::string dialled, served;
  io::duration dialling = 0ms;
  fake_connection* last = nullptr;

 private:
  const std::size_t capacity_;
};

std::string of(std::size_t times, char host) { return std::string(times, host); }

class pool_turns : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(pool_turns);

TEST_P(pool_turns, go_round_where_all_wait_for_the_same_place) {
  io::wait([]() -> task<void> {
    asking each({.in_all = 1});
    io::scope all;
    each.ask_often(all, 40, "a", 0ms);
    each.ask_often(all, 3, "b", 0ms);
    each.ask_often(all, 1, "c", 0ms);
    co_await all.join();
    EXPECT_EQ(each.served, of(32, 'a') + "bbbc" + of(8, 'a'));
    EXPECT_EQ(each.dialled, "abca");
    EXPECT_EQ(each.connections->size(), 1U);
  }());
}

TEST_P(pool_turns, are_not_ended_for_who_cannot_have_the_place) {
  io::wait([]() -> task<void> {
    asking each({.per_route = 1, .in_all = 2});
    io::scope all;
    each.ask_often(all, 80, "a", 0ms);
    each.ask_often(all, 80, "b", 0ms);
    co_await all.join();
    EXPECT_EQ(std::ranges::count(each.served, 'a'), 80);
    EXPECT_EQ(each.dialled, "ab");
  }());
}

TEST_P(pool_turns, are_not_ended_for_ones_own_route) {
  io::wait([]() -> task<void> {
    asking each({.in_all = 1});
    io::scope all;
    each.ask_often(all, 80, "a", 0ms);
    co_await all.join();
    EXPECT_EQ(each.dialled, "a");
  }());
}

TEST(pool_turn, is_over_after_a_second) {
  const io::loop here({.backend = "sim"});
  io::wait([]() -> task<void> {
    asking each({.in_all = 1});
    io::scope all;
    each.ask_often(all, 10, "a", 300ms);
    each.ask_often(all, 2, "b", 300ms);
    co_await all.join();
    EXPECT_EQ(each.served, "aaaabbaaaaaa");
    EXPECT_EQ(each.dialled, "aba");
  }());
}

TEST(pool_turn, begins_when_a_connection_is_used_again) {
  const io::loop here({.backend = "sim"});
  io::wait([]() -> task<void> {
    asking each({.in_all = 1});
    co_await each.ask("a");
    co_await sleep(5s);
    io::scope all;
    each.ask_often(all, 3, "a");
    each.ask_often(all, 1, "b");
    co_await all.join();
    EXPECT_EQ(each.served, "aaaab");
  }());
}

TEST(pool_turn, of_many_requests_at_a_time_ends_too) {
  const io::loop here({.backend = "sim"});
  io::wait([]() -> task<void> {
    asking each({.in_all = 1}, 4);
    each.dialling = 1ms;
    io::scope all;
    // There is always one under way.
    each.ask_often(all, 7, "a", 300ms);
    for (int i = 0; i < 20; ++i)
      all.spawn([&each, i]() -> task<void> {
        co_await sleep(i * 150ms);
        co_await each.ask("a", 300ms);
      });
    co_await sleep(10ms);
    all.spawn(each.ask("b"));
    co_await sleep(1800ms);
    EXPECT_TRUE(each.served.contains('b')) << each.served;
    co_await all.join();
    EXPECT_EQ(each.dialled, "aba");
    EXPECT_EQ(each.served.size(), 28U);
  }());
}

TEST_P(pool_turns, cost_no_walk_over_those_who_wait) {
  // 20,000 walks over 20,000 places, with another walk in each, would last for hours.
  io::wait([]() -> task<void> {
    constexpr std::size_t routes = 20'000;
    asking each({.in_all = 16, .waiting = routes});
    io::scope all;
    for (std::size_t i = 0; i < routes; ++i) all.spawn(each.ask("h" + std::to_string(i), 0ms));
    co_await io::test::eventually([&] { return each.served.size() > 100; });
    co_await all.join();
    EXPECT_EQ(each.served.size(), routes);
  }());
}

TEST_P(pool_turns, are_for_those_who_still_wait) {
  io::wait([]() -> task<void> {
    asking each({.in_all = 1});
    {
      const lease held = co_await each.take("a");
      io::scope given_up;
      each.ask_often(given_up, 1, "b");
      io::scope waits;
      EXPECT_EQ(each.connections->waiting(), 1U);
      given_up.spawn(each.ask("c"));
      EXPECT_EQ(each.connections->waiting(), 2U);
    }
    EXPECT_EQ(each.connections->waiting(), 0U);
    co_await each.ask("a");
    EXPECT_EQ(each.served, "aa");
    EXPECT_EQ(each.dialled, "a");
  }());
}

TEST_P(pool_turns, pass_over_one_who_is_served_and_gives_up) {
  io::wait([]() -> task<void> {
    asking each({.in_all = 1});
    io::scope all;
    {
      io::scope gives_up;
      {
        const lease held = co_await each.take("a");
        gives_up.spawn(each.ask("b"));
        all.spawn(each.ask("c"));
      }
      // The place is b's, who has not gone on yet.
      EXPECT_EQ(each.connections->waiting(), 2U);
    }
    co_await all.join();
    EXPECT_EQ(each.served, "ac");
  }());
}

// --- one route

TEST_P(pool_turns, are_taken_in_order_within_a_route) {
  io::wait([]() -> task<void> {
    asking each({.per_route = 2});
    std::vector<int> order;
    io::scope all;
    for (int i = 0; i < 9; ++i)
      all.spawn([&each, &order, i]() -> task<void> {
        const lease place = co_await each.take("a");
        order.push_back(i);
        co_await sleep(1ms);
      });
    co_await all.join();
    EXPECT_TRUE(std::ranges::is_sorted(order));
    EXPECT_EQ(each.dialled, "aa");
  }());
}

TEST_P(pool_turns, of_those_who_wait_for_what_the_first_connection_is) {
  io::wait([]() -> task<void> {
    for (const std::size_t capacity : {1U, 3U}) {
      asking each({.per_route = 4}, capacity);
      // As https: what it can do shows with the first one.
      lease first = co_await each.connections->take({.to = {.host = "a"}}, true);
      io::scope all;
      each.ask_often(all, 6, "a", 1h);
      EXPECT_EQ(each.connections->waiting(), 6U);
      EXPECT_EQ(each.connections->size(), 1U);
      first.settle(std::make_unique<fake_connection>(capacity));
      // As many as there may be of this route; or two more on it, and the rest on others.
      const std::size_t served = capacity == 1 ? 3 : 6;
      co_await io::test::eventually([&] { return each.served.size() == served; });
      EXPECT_EQ(each.connections->waiting(), 6U - served);
      EXPECT_EQ(each.connections->size(), capacity == 1 ? 4U : 3U);
    }
  }());
}

TEST_P(pool_turns, are_dialled_side_by_side_where_nothing_is_shared) {
  io::wait([]() -> task<void> {
    asking each({.per_route = 4});
    each.dialling = 1h;
    lease first = co_await each.connections->take({.to = {.host = "a"}}, true);
    io::scope all;
    each.ask_often(all, 5, "a");
    first.settle(std::make_unique<fake_connection>(1));
    co_await io::test::eventually([&] { return each.dialled == "aaa"; });
  }());
}

TEST_P(pool_turns, prefer_the_connection_that_was_used_last) {
  io::wait([]() -> task<void> {
    asking each({});
    fake_connection* one = nullptr;
    {
      const lease a = co_await each.take("a");
      one = each.last;
      {
        const lease b = co_await each.take("a");
        EXPECT_NE(each.last, one);
      }
    }
    EXPECT_EQ((co_await each.take("a")).get(), one);
    EXPECT_EQ(each.connections->idle(), 2U);
  }());
}

TEST_P(pool_turns, find_the_place_of_one_that_has_ended) {
  io::wait([]() -> task<void> {
    asking each({.in_all = 1});
    co_await each.ask("a");
    each.last->end();
    EXPECT_EQ(each.connections->idle(), 1U);  // nobody has looked yet
    co_await each.ask("a");
    EXPECT_EQ(each.dialled, "aa");
    EXPECT_EQ(each.connections->size(), 1U);
    each.last->end();
    co_await io::test::eventually([&] { return each.connections->size() == 0; });
    EXPECT_EQ(each.connections->idle(), 0U);
  }());
}

TEST_P(pool_turns, come_when_one_of_a_full_route_ends) {
  io::wait([]() -> task<void> {
    asking each({.per_route = 1});
    co_await each.ask("a");
    each.last->end();
    co_await each.ask("a");  // of one route there may be no more
    EXPECT_EQ(each.dialled, "aa");
  }());
}

// --- what is kept

TEST_P(pool_turns, close_what_was_idle_for_the_longest) {
  io::wait([]() -> task<void> {
    asking each({.in_all = 3});
    for (const char* host : {"a", "b", "c", "a", "d", "a", "c", "b"}) co_await each.ask(host, 0ms);
    EXPECT_EQ(each.dialled, "abcdb");
    EXPECT_EQ(each.connections->size(), 3U);
    EXPECT_EQ(each.connections->idle(), 3U);
  }());
}

TEST(pool_keeps, as_many_for_as_long_as_it_may) {
  const io::loop here({.backend = "sim"});
  io::wait([]() -> task<void> {
    asking each({.idle = 2, .idle_time = 10s});
    for (const char* host : {"a", "b", "c"}) {
      co_await each.ask(host, 0ms);
      co_await sleep(3s);
    }
    EXPECT_EQ(each.connections->size(), 2U);
    co_await sleep(3900ms);  // b's end is at 13 s
    EXPECT_EQ(each.connections->size(), 2U);
    co_await sleep(200ms);
    EXPECT_EQ(each.connections->size(), 1U);
    co_await each.ask("c", 0ms);  // which begins anew
    co_await sleep(9s);
    EXPECT_EQ(each.connections->idle(), 1U);
    co_await sleep(2s);
    EXPECT_EQ(each.connections->size(), 0U);
  }());
}

TEST_P(pool_turns, go_on_when_it_is_closed) {
  io::wait([]() -> task<void> {
    asking each({.in_all = 1});
    co_await each.ask("a");
    io::scope all;
    {
      const lease held = co_await each.take("b");
      each.ask_often(all, 2, "b");
      all.spawn(each.ask("c"));
      each.connections->close();
    }
    co_await all.join();
    EXPECT_EQ(each.served, "abbcb");  // nothing is used twice any more
    EXPECT_EQ(each.connections->size(), 0U);
  }());
}

}  // namespace
}  // namespace parlance::http::test
