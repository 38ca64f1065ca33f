#include <gtest/gtest.h>

#include <chrono>

#include <parlance/chat/accounts/login_guard.hpp>

using namespace parlance::chat;
using namespace std::chrono_literals;
namespace io = parlance::io;

namespace {

class login_guards : public testing::Test {
 protected:
  static constexpr std::size_t most = 5;

  bool tries(const char* from, std::string_view account) {
    return guard_.may_try(network::parse(from), account, most, exempt_, now_);
  }
  bool fails(const char* from, std::string_view account) {
    if (!tries(from, account)) return false;
    guard_.failed(network::parse(from), account);
    return true;
  }
  bool is_right(const char* from, std::string_view account) {
    if (!tries(from, account)) return false;
    guard_.succeeded(network::parse(from), account, now_);
    return true;
  }
  int failures(const char* from, std::string_view account) {
    int count = 0;
    while (count < 1000 && fails(from, account)) ++count;
    return count;
  }

  login_guard guard_;
  networks exempt_{{"127.0.0.0/8"}};
  io::time_point now_{1h};
};

}  // namespace

TEST_F(login_guards, lets_in_a_class_that_logs_in_at_once) {
  for (int round = 0; round < 2; ++round) {
    // Nobody knows yet how they end.
    for (int i = 0; i < 30; ++i)
      EXPECT_TRUE(tries("192.0.2.1", "pupil" + std::to_string(i) + std::to_string(round))) << i;
    for (int i = 0; i < 30; ++i)
      guard_.succeeded(network::parse("192.0.2.1"), "pupil" + std::to_string(i) + std::to_string(round),
                       now_);
  }
  // The same for the server's own password.
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(tries("192.0.2.1", "")) << i;
  for (int i = 0; i < 30; ++i) guard_.succeeded(network::parse("192.0.2.1"), "", now_);
  for (int i = 0; i < static_cast<int>(most); ++i) EXPECT_TRUE(fails("192.0.2.1", "x" + std::to_string(i)));
  EXPECT_FALSE(fails("192.0.2.1", "y"));
}

TEST_F(login_guards, lets_a_network_owe_what_all_failed_at_once) {
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(tries("192.0.2.1", "a" + std::to_string(i)));
  for (int i = 0; i < 30; ++i) guard_.failed(network::parse("192.0.2.1"), "a" + std::to_string(i));
  EXPECT_FALSE(fails("192.0.2.1", "b"));
  now_ += 25 * 6s;
  EXPECT_FALSE(fails("192.0.2.1", "b"));
  now_ += 2 * 6s;
  EXPECT_TRUE(fails("192.0.2.1", "b"));
}

TEST_F(login_guards, bounds_what_one_network_fails_at_over_all_accounts) {
  EXPECT_TRUE(fails("192.0.2.1", "alice"));
  EXPECT_TRUE(fails("192.0.2.1", "bob"));
  EXPECT_EQ(failures("192.0.2.1", "carol"), 3);
  EXPECT_FALSE(fails("192.0.2.1", {})) << "the server's own password is no other";
  EXPECT_TRUE(fails("192.0.2.2", "alice"));
}

TEST_F(login_guards, takes_a_household_of_ipv6_for_one) {
  EXPECT_EQ(failures("2001:db8::1", "alice"), 5);
  EXPECT_FALSE(fails("2001:db8::ffff:1", "bob"));
  EXPECT_TRUE(fails("2001:db8:0:1::1", "bob"));
}

TEST_F(login_guards, grows_back) {
  failures("192.0.2.1", "alice");
  now_ += 6s + 1ms;
  EXPECT_EQ(failures("192.0.2.1", "alice"), 1);
  now_ += 1h;
  EXPECT_EQ(failures("192.0.2.1", "alice"), 5);
}

TEST_F(login_guards, asks_nothing_of_who_is_right) {
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(is_right("192.0.2.1", "alice"));
  EXPECT_EQ(failures("192.0.2.1", "alice"), 12);
  EXPECT_FALSE(is_right("192.0.2.1", "alice")) << "once too many were wrong, right is refused, too";
}

TEST_F(login_guards, asks_nothing_of_who_was_not_tried) {
  const auto not_tried = [&](const char* from) {
    if (!tries(from, "alice")) return false;
    guard_.not_tried(network::parse(from), "alice", now_);
    return true;
  };
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(not_tried("192.0.2.1"));
  EXPECT_EQ(failures("192.0.2.1", "alice"), 5);
  EXPECT_FALSE(not_tried("192.0.2.1"));
}

TEST_F(login_guards, gives_an_account_back_only_what_was_taken) {
  const auto guesses = [&](bool with_others) {
    int count = 0;
    for (int i = 0; i < 100; ++i) {
      const std::string from = "198.51.100." + std::to_string(i);
      // Two that were not tried between two that were: those were free, as the others' are.
      for (int j = 0; j < 4; ++j) {
        if (!fails(from.c_str(), "bob")) break;
        ++count;
        for (int k = 0; with_others && k < 10; ++k)
          if (tries(from.c_str(), "bob")) guard_.not_tried(network::parse(from), "bob", now_);
      }
    }
    return count;
  };
  const int without = guesses(false);
  guard_ = login_guard();
  EXPECT_EQ(guesses(true), without);
  EXPECT_EQ(without, 100 * 2 + 30);
}

TEST_F(login_guards, counts_those_that_are_under_way) {
  for (int i = 0; i < 12; ++i) EXPECT_TRUE(tries("192.0.2.1", "alice"));
  EXPECT_FALSE(tries("192.0.2.1", "alice")) << "a hundred at once are no hundred guesses";
  // Nor are they at as many accounts.
  int count = 12;
  while (count < 1000 && tries("192.0.2.1", "a" + std::to_string(count))) ++count;
  EXPECT_EQ(count, static_cast<int>(most + login_guard::most_pending));
}

TEST_F(login_guards, lets_all_wait_who_may_be_right) {
  const auto asks = [&](const char* from, std::string_view account) {
    return guard_.may_ask(network::parse(from), account, most, exempt_, now_);
  };
  for (int i = 0; i < 12; ++i) EXPECT_TRUE(tries("192.0.2.1", "alice"));
  EXPECT_TRUE(asks("192.0.2.1", "alice")) << "nobody knows yet how they end";
  EXPECT_TRUE(asks("192.0.2.1", "bob"));
  for (int i = 0; i < 12; ++i) guard_.failed(network::parse("192.0.2.1"), "alice");
  EXPECT_FALSE(asks("192.0.2.1", "alice"));
  EXPECT_FALSE(asks("192.0.2.1", "bob")) << "its network has failed too often";
  EXPECT_TRUE(asks("198.51.100.7", "alice"));
  failures("127.0.0.1", "alice");
  EXPECT_FALSE(asks("127.0.0.1", "alice")) << "exempt networks, too, fail at one account so often only";
  EXPECT_TRUE(asks("127.0.0.1", "bob"));
}

TEST_F(login_guards, lets_nobody_wait_at_an_account_that_was_failed_at_too_often) {
  for (int i = 0; i < 50; ++i) failures(("192.0.2." + std::to_string(i)).c_str(), "alice");
  EXPECT_TRUE(guard_.may_ask(network::parse("203.0.113.9"), "alice", most, exempt_, now_)) << "two are free";
  failures("203.0.113.9", "alice");
  EXPECT_FALSE(guard_.may_ask(network::parse("203.0.113.9"), "alice", most, exempt_, now_));
}

TEST_F(login_guards, bounds_what_an_account_is_failed_at_from_everywhere) {
  int count = 0;
  for (int i = 0; i < 200; ++i)
    count += fails(("192.0.2." + std::to_string(i)).c_str(), i % 2 ? "Alice" : "alice");
  EXPECT_EQ(count, 200) << "once each is not the account's affair";
  count = 0;
  for (int i = 0; i < 200; ++i)
    for (int n = 0; n < 5; ++n) count += fails(("192.0.2." + std::to_string(i)).c_str(), "alice");
  EXPECT_EQ(count, 200 + 30);
  EXPECT_TRUE(fails("192.0.2.201", "bob"));
}

TEST_F(login_guards, lets_an_owner_in_at_a_new_address_whoever_else_fails) {
  for (int i = 0; i < 50; ++i) failures(("192.0.2." + std::to_string(i)).c_str(), "alice");
  EXPECT_EQ(failures("203.0.113.9", "alice"), 2);
  EXPECT_TRUE(is_right("203.0.113.10", "alice"));
}

TEST_F(login_guards, takes_long_names_that_begin_alike_for_one) {
  for (std::size_t more = 0; more < 10; ++more)
    failures(("192.0.2." + std::to_string(more)).c_str(), std::string(64 + 100 * more, 'a'));
  EXPECT_EQ(failures("203.0.113.9", std::string(5000, 'A')), 2) << "the account's 30 are used up";
  EXPECT_EQ(failures("203.0.113.10", std::string(63, 'a')), 5);
}

TEST_F(login_guards, lets_an_owner_in_whose_account_is_being_guessed_at) {
  EXPECT_TRUE(is_right("198.51.100.7", "alice"));
  for (int i = 0; i < 200; ++i) failures(("192.0.2." + std::to_string(i)).c_str(), "alice");
  EXPECT_TRUE(is_right("198.51.100.7", "alice"));
  EXPECT_EQ(failures("198.51.100.7", "alice"), 12) << "and bounds the two of them all the same";
}

TEST_F(login_guards, lets_in_who_logged_in_from_there_before_whoever_else_fails_there) {
  EXPECT_TRUE(is_right("198.51.100.7", "alice"));
  EXPECT_EQ(failures("198.51.100.7", "bob"), 5);
  EXPECT_FALSE(fails("198.51.100.7", "carol"));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(is_right("198.51.100.7", "alice"));
  EXPECT_FALSE(fails("198.51.100.7", "carol")) << "which gives nothing back to those who fail";
}

TEST_F(login_guards, leaves_something_of_an_account_to_the_others_whatever_one_network_does) {
  const auto attack = [&] {
    return guard_.may_try(network::parse("192.0.2.1"), "alice", 1000, exempt_, now_);
  };
  int taken = 0;
  for (int second = 0; second < 3600; ++second, now_ += 1s) taken += attack();
  EXPECT_EQ(taken, 12 + 179);
  EXPECT_TRUE(fails("198.51.100.7", "alice"));
}

TEST_F(login_guards, does_not_bound_exempt_networks_but_by_account) {
  EXPECT_EQ(failures("127.0.0.1", {}), 1000);
  EXPECT_EQ(failures("127.0.0.1", "alice"), 12);
  EXPECT_EQ(failures("127.0.0.2", "alice"), 12);
  EXPECT_EQ(failures("127.0.0.3", "alice"), 12);
  EXPECT_EQ(failures("127.0.0.4", "alice"), 2) << "30 in all, and two of each";
}

TEST_F(login_guards, bounds_nothing_when_the_limit_is_zero) {
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(guard_.may_try(network::parse("192.0.2.1"), "alice", 0, exempt_, now_));
}
