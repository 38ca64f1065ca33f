#include <gtest/gtest.h>

#include <chrono>

#include <parlance/chat/core/account_control.hpp>
#include <parlance/chat/core/account_expiry.hpp>

#include "chat/irc/irc_person.hpp"

using namespace parlance::chat;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t a_day = 86'400;

class account_expiry : public testing::Test {
 protected:
  account_expiry() {
    f.configured.accounts.nick_reservation = false;
    f.configured.accounts.expire_after = std::chrono::days(30);
    for (const char* name : {"alice", "bob", "carol"}) f.chat.accounts().create(name, {}, now());
  }
  std::int64_t now() { return f.chat.clock().seconds(); }
  /// As if it had been used last so long ago; 0: by a version that did not remember it.
  void used(const char* name, std::int64_t at) {
    account its = *f.chat.accounts().find(name);
    its.used = at;
    f.chat.accounts().update(its);
  }
  void walk() {
    for (expiry_place at; !at.is_at_end;) expire_accounts(f.chat, at, 2);
    f.chat.end_turn();
  }
  bool has(const char* name) { return f.chat.accounts().exists(name); }

  hub_fixture f;
};

}  // namespace

TEST_F(account_expiry, ends_those_that_nobody_has_used_for_so_long) {
  used("alice", now() - 31 * a_day);
  used("bob", now() - 29 * a_day);
  walk();
  EXPECT_FALSE(has("alice"));
  EXPECT_TRUE(has("bob"));
  EXPECT_TRUE(has("carol"));  // just made
}

TEST_F(account_expiry, remembers_a_use_once_a_day) {
  const std::int64_t first = now();
  used("alice", first);
  f.chat.accounts().is_used("alice", first + a_day - 1);
  EXPECT_EQ(f.chat.accounts().find("alice")->used, first);
  f.chat.accounts().is_used("alice", first + a_day);
  EXPECT_EQ(f.chat.accounts().find("alice")->used, first + a_day);
}

TEST_F(account_expiry, is_off_unless_the_configuration_says_so) {
  EXPECT_EQ(settings().accounts.expire_after, parlance::io::duration::zero());
  f.configured.accounts.expire_after = {};
  used("alice", now() - 10'000 * a_day);
  walk();
  EXPECT_TRUE(has("alice"));
}

TEST_F(account_expiry, counts_from_now_on_for_those_of_which_it_is_not_known) {
  used("alice", 0);
  walk();
  EXPECT_TRUE(has("alice"));
  EXPECT_EQ(f.chat.accounts().find("alice")->used, now());
}

TEST_F(account_expiry, spares_who_is_connected_and_who_is_suspended) {
  irc_person alice(f.chat, "alice");
  alice.log_in("alice");
  used("alice", now() - 40 * a_day);
  suspend_account(f.chat, "bob", {});
  used("bob", now() - 40 * a_day);
  walk();
  EXPECT_EQ(f.chat.accounts().find("alice")->used, now());
  EXPECT_TRUE(has("bob"));
}

TEST_F(account_expiry, knows_when_somebody_has_logged_in_last) {
  used("alice", now() - 20 * a_day);
  irc_person alice(f.chat, "alice");
  alice.log_in("alice");
  EXPECT_EQ(f.chat.accounts().find("alice")->used, now());
  used("alice", now() - 100);
  alice.log_in("");
  alice.log_in("alice");
  EXPECT_EQ(f.chat.accounts().find("alice")->used, now() - 100);  // by the day, so that it costs nothing
}

TEST_F(account_expiry, has_those_go_who_stay_without_being_connected) {
  f.configured.accounts.expire_after = {};
  f.configured.accounts.always_on_expires_after = std::chrono::days(7);
  for (const char* name : {"alice", "bob"}) {
    account its = *f.chat.accounts().find(name);
    its.always_on = true;
    f.chat.accounts().update(its);
    irc_person here(f.chat, name);
    here.log_in(name);
  }
  f.chat.end_turn();
  used("alice", now() - 8 * a_day);
  used("bob", now() - 6 * a_day);
  ASSERT_TRUE(f.chat.people().find("alice") && f.chat.people().find("bob"));
  walk();
  EXPECT_FALSE(f.chat.people().find("alice"));
  EXPECT_TRUE(f.chat.people().find("bob"));
  EXPECT_TRUE(has("alice"));
  // Once connected it stays again.
  {
    irc_person again(f.chat, "alice");
    again.log_in("alice");
  }
  f.chat.end_turn();
  EXPECT_TRUE(f.chat.people().find("alice"));
}
