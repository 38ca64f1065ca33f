#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <parlance/chat/accounts/logins.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>

using namespace parlance::chat;
namespace io = parlance::io;

namespace {

class logins_of_a_chat : public testing::Test {
 public:
  logins_of_a_chat() {
    bounds_.failed_logins = 3;
    tried_.on_failure = [this](const caller& from, std::string_view account, std::string_view why) {
      told_.push_back(from.address + " " + std::string(account) + ": " + std::string(why));
    };
  }
  /// Waits, and holds its turn until all others have come to an end of theirs.
  io::task<void> ask(std::shared_ptr<password_work::asker> who) {
    const auto turn = co_await tried_.turn_to_work(alice_, "alice", std::move(who));
    turn ? ++served_ : ++refused_;
    if (turn) co_await leave_;
  }

  io::loop loop_{{.backend = "sim"}};
  limits bounds_;
  counter failures_;
  networks exempt_{bounds_.exempt};
  logins tried_{bounds_, exempt_, failures_};
  caller alice_{.address = "192.0.2.1", .from = "192.0.2.1:5"};
  std::vector<std::string> told_;
  io::event leave_;
  int served_ = 0, refused_ = 0;
};

}  // namespace

TEST_F(logins_of_a_chat, count_and_tell_each_failure_once) {
  ASSERT_TRUE(tried_.may_try(alice_, "alice"));
  tried_.was_wrong(alice_, "alice", "wrong password");
  tried_.failed(alice_, "", "no name");
  EXPECT_EQ(told_, (std::vector<std::string>{"192.0.2.1 alice: wrong password", "192.0.2.1 : no name"}));
  EXPECT_EQ(failures_.value(), 2U);
}

TEST_F(logins_of_a_chat, refuse_who_has_failed_too_often_and_tell_that_as_a_failure) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(tried_.may_try(alice_, "alice"));
    tried_.was_wrong(alice_, "alice", "wrong password");
  }
  EXPECT_FALSE(tried_.may_try(alice_, "alice"));
  EXPECT_EQ(told_.back(), "192.0.2.1 alice: too many failures");
  EXPECT_EQ(failures_.value(), 4U);
}

TEST_F(logins_of_a_chat, take_nothing_for_what_was_right_or_not_tried) {
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(tried_.may_try(alice_, "alice"));
    i % 2 ? tried_.was_right(alice_, "alice") : tried_.not_tried(alice_, "alice");
  }
  EXPECT_EQ(failures_.value(), 0U);
}

TEST_F(logins_of_a_chat, follow_bounds_that_change) {
  bounds_.failed_logins = 0;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(tried_.may_try(alice_, "alice"));
    tried_.was_wrong(alice_, "alice", "wrong password");
  }
}

TEST_F(logins_of_a_chat, turn_away_who_gives_up_waiting_and_tell_nobody) {
  std::size_t full = 0;
  tried_.on_full_line = [&](const caller&, std::size_t refused) { full += refused; };
  io::wait([](logins_of_a_chat& t) -> io::task<void> {
    io::scope all;
    for (unsigned i = 0; i < password_work::at_once; ++i)
      all.spawn(t.ask(std::make_shared<password_work::asker>()));
    const auto late = std::make_shared<password_work::asker>();
    all.spawn(t.ask(late));
    EXPECT_EQ(t.tried_.hashing.waiting(), 1U);
    late->gives_up.set();
    t.leave_.set();
    co_await all.join();
  }(*this));
  EXPECT_EQ(served_, static_cast<int>(password_work::at_once));
  EXPECT_EQ(refused_, 1);
  EXPECT_EQ(full, 0U);
}

TEST_F(logins_of_a_chat, tell_of_a_full_line_once_in_a_while) {
  std::size_t told = 0;
  tried_.on_full_line = [&](const caller&, std::size_t) { ++told; };
  io::wait([](logins_of_a_chat& t) -> io::task<void> {
    io::scope all;
    for (std::size_t i = 0; i < password_work::most_of_household + password_work::at_once + 5; ++i)
      all.spawn(t.ask(std::make_shared<password_work::asker>()));
    t.leave_.set();
    co_await all.join();
  }(*this));
  EXPECT_EQ(refused_, 5);
  EXPECT_EQ(told, 1U);
}
