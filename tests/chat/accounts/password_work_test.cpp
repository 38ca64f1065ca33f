#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <parlance/chat/accounts/password_work.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>

using namespace parlance::chat;
using namespace std::chrono_literals;
namespace io = parlance::io;

namespace {

class password_works : public testing::Test {
 public:
  io::task<void> work(std::string who, std::string from, bool is_known = false) {
    const std::optional<password_work::turn> turn = co_await work_.wait(network::parse(from), is_known);
    if (!turn) {
      ++refused_;
      co_return;
    }
    done_ += who;
    co_await io::sleep(lasts_);
  }

  io::loop loop_{{.backend = "sim"}};
  password_work work_;
  std::string done_;
  std::size_t refused_ = 0;
  io::duration lasts_ = 1s;
};

}  // namespace

TEST_F(password_works, are_few_at_a_time) {
  io::wait([](password_works& t) -> io::task<void> {
    io::scope all;
    for (int i = 0; i < 10; ++i) all.spawn(t.work("a", "192.0.2.1"));
    for (unsigned i = 1; i <= 5; ++i) {
      EXPECT_EQ(t.done_.size(), i * password_work::at_once);
      EXPECT_EQ(t.work_.working(), password_work::at_once);
      EXPECT_EQ(t.work_.waiting(), 10 - i * password_work::at_once);
      co_await io::sleep(1s + 10ms);
    }
    co_await all.join();
    EXPECT_EQ(t.work_.working(), 0U);
  }(*this));
}

TEST_F(password_works, go_in_turn_by_network) {
  io::wait([](password_works& t) -> io::task<void> {
    io::scope all;
    for (int i = 0; i < 6; ++i) all.spawn(t.work("a", "192.0.2.1"));
    for (int i = 0; i < 2; ++i) all.spawn(t.work("b", "2001:db8::" + std::to_string(i)));
    all.spawn(t.work("c", "192.0.2.3"));
    co_await all.join();
  }(*this));
  EXPECT_EQ(done_, "aaabcabaa");
}

TEST_F(password_works, put_who_asks_again_behind_who_has_waited) {
  io::wait([](password_works& t) -> io::task<void> {
    io::scope all;
    for (int i = 0; i < 2; ++i) all.spawn(t.work("-", "192.0.2.9"));
    for (int i = 0; i < 4; ++i) all.spawn(t.work("a", "192.0.2.1"));
    all.spawn([](password_works& one) -> io::task<void> {
      for (int i = 0; i < 4; ++i) co_await one.work("b", "192.0.2.2");
    }(t));
    co_await all.join();
  }(*this));
  EXPECT_EQ(done_, "--abaaabbb");
}

TEST_F(password_works, put_the_known_before_strangers) {
  io::wait([](password_works& t) -> io::task<void> {
    io::scope all;
    for (int i = 0; i < 4; ++i) all.spawn(t.work("a", "192.0.2.1"));
    all.spawn(t.work("b", "192.0.2.2"));
    for (int i = 0; i < 2; ++i) all.spawn(t.work("k", "192.0.2.1", true));
    all.spawn(t.work("l", "192.0.2.3", true));
    co_await all.join();
  }(*this));
  EXPECT_EQ(done_, "aaklakba");
}

TEST_F(password_works, are_not_kept_from_strangers_by_who_asks_again_and_again) {
  io::wait([](password_works& t) -> io::task<void> {
    io::scope all;
    for (int i = 0; i < 4; ++i)
      all.spawn([](password_works& one) -> io::task<void> {
        while (!one.done_.contains('b')) co_await one.work("k", "192.0.2.1", true);
      }(t));
    co_await io::sleep(10s);
    all.spawn(t.work("b", "192.0.2.2"));
    co_await io::timeout(10s, all.join());
  }(*this));
}

TEST_F(password_works, refuse_who_would_wait_too_long) {
  lasts_ = 10ms;
  io::wait([](password_works& t) -> io::task<void> {
    constexpr std::size_t most = password_work::most_of_household;
    io::scope all;
    for (std::size_t i = 0; i < password_work::at_once + most + 3; ++i) all.spawn(t.work("a", "192.0.2.1"));
    EXPECT_EQ(t.refused_, 3U);  // of that household
    for (std::size_t i = 0; i < password_work::most_waiting; ++i)
      all.spawn(t.work("b", "198.51.100." + std::to_string(i % 200)));
    co_await io::yield();  // some of them were refused later
    EXPECT_EQ(t.refused_, 3 + most);
    EXPECT_EQ(t.work_.waiting(), password_work::most_waiting);
    // Strangers take no place of the known.
    all.spawn(t.work("k", "192.0.2.1", true));
    EXPECT_EQ(t.refused_, 3 + most);
    co_await io::sleep(t.lasts_ + 1ms);
    EXPECT_TRUE(t.done_.starts_with("aak")) << t.done_;
    all.spawn(t.work("c", "203.0.113.1"));
    EXPECT_EQ(t.refused_, 3 + most);  // there is room again
    co_await all.join();
  }(*this));
  EXPECT_EQ(work_.waiting(), 0U);
}

TEST_F(password_works, make_room_for_who_has_fewer_waiting_where_several_fill_the_line) {
  lasts_ = 10ms;
  io::wait([](password_works& t) -> io::task<void> {
    constexpr std::size_t most = password_work::most_of_household;
    io::scope all;
    for (std::size_t i = 0; i < password_work::at_once; ++i) all.spawn(t.work("-", "203.0.113.9"));
    for (std::size_t i = 0; i < password_work::most_waiting; ++i)
      all.spawn(
          t.work(std::string(1, static_cast<char>('a' + i / most)), "192.0.2." + std::to_string(i / most)));
    EXPECT_EQ(t.refused_, 0U);
    EXPECT_EQ(t.work_.waiting(), password_work::most_waiting);
    for (int i = 0; i < 3; ++i) all.spawn(t.work("X", "203.0.113.1"));
    co_await io::yield();
    EXPECT_EQ(t.refused_, 3U);  // of the others
    EXPECT_EQ(t.work_.waiting(), password_work::most_waiting);
    all.spawn(t.work("a", "192.0.2.0"));  // who has most himself
    co_await io::yield();
    EXPECT_EQ(t.refused_, 4U);
    co_await io::sleep(2 * t.lasts_ + 5ms);
    EXPECT_EQ(t.done_, "--abXa");
    co_await all.join();
    EXPECT_EQ(std::ranges::count(t.done_, 'X'), 3);
    EXPECT_EQ(t.done_.size(), password_work::at_once + password_work::most_waiting);
  }(*this));
  EXPECT_EQ(work_.waiting(), 0U);
}

TEST_F(password_works, refuse_at_once_who_would_wait_longer_than_clients_do) {
  lasts_ = 1120ms;
  io::wait([](password_works& t) -> io::task<void> {
    const auto ask = [&](io::scope& in, int how_many, bool is_known) {
      for (int i = 0; i < how_many; ++i) in.spawn(t.work("x", "192.0.2." + std::to_string(i), is_known));
    };
    co_await t.work("x", "192.0.2.1");  // so long it takes: 80 fit in, two at a time
    io::scope all;
    ask(all, 120, false);
    EXPECT_EQ(t.refused_, 38U);
    co_await all.join();
    EXPECT_EQ(t.refused_, 38U);
    EXPECT_EQ(t.done_.size(), 83U);
    // Strangers have a third of it where the known wait, too.
    ask(all, 2 + 120, true);
    EXPECT_EQ(t.refused_, 38U + 40);
    ask(all, 120, false);
    EXPECT_EQ(t.refused_, 38U + 40 + 94);
    all.cancel();
    co_await all.join();
  }(*this));
}

TEST_F(password_works, refuse_who_has_waited_longer_than_clients_do) {
  io::wait([](password_works& t) -> io::task<void> {
    io::scope all;
    for (int i = 0; i < 200; ++i) all.spawn(t.work("x", "192.0.2." + std::to_string(i)));
    EXPECT_EQ(t.refused_, 0U);  // it is not known how long it takes
    co_await io::sleep(password_work::longest_wait + 1s + 10ms);
    EXPECT_EQ(t.work_.waiting(), 0U);
    EXPECT_EQ(t.done_.size() + t.refused_, 200U);
    co_await all.join();
  }(*this));
}

TEST_F(password_works, pass_over_who_gave_up) {
  io::wait([](password_works& t) -> io::task<void> {
    auto some = std::make_unique<io::scope>();
    io::scope others;
    others.spawn(t.work("a", "192.0.2.1"));
    others.spawn(t.work("a", "192.0.2.1"));
    some->spawn(t.work("x", "192.0.2.2"));
    some->spawn(t.work("x", "192.0.2.2"));
    others.spawn(t.work("b", "192.0.2.3"));
    co_await io::sleep(10ms);
    some.reset();
    EXPECT_EQ(t.work_.waiting(), 1U);
    co_await others.join();
  }(*this));
  EXPECT_EQ(done_, "aab");
}

TEST_F(password_works, give_a_turn_back_that_nobody_takes_any_more) {
  io::wait([](password_works& t) -> io::task<void> {
    auto waits = std::make_unique<io::scope>();
    {
      std::vector<std::optional<password_work::turn>> taken;
      taken.push_back(co_await t.work_.wait({}, false));
      taken.push_back(co_await t.work_.wait({}, false));
      waits->spawn(t.work("x", "192.0.2.2"));
      EXPECT_EQ(t.work_.waiting(), 1U);
    }
    // It has been given its turn, and is destroyed before it goes on.
    waits.reset();
    EXPECT_EQ(t.work_.working(), 0U);
    co_await t.work("b", "192.0.2.3");
  }(*this));
  EXPECT_EQ(done_, "b");
}
