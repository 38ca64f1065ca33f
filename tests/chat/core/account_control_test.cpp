#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/accounts/suspension.hpp>
#include <parlance/chat/core/account_control.hpp>

#include "chat/irc/irc_person.hpp"

using namespace parlance::chat;

namespace {

class account_control : public testing::Test {
 protected:
  account_control() {
    f.configured.accounts.nick_reservation = false;
    f.chat.accounts().create("alice", {}, 0);
  }
  const suspension* suspended() {
    its = f.chat.accounts().find("alice");
    return suspension_of(*its, f.chat.clock().seconds());
  }

  hub_fixture f;
  std::optional<account> its;
};

}  // namespace

TEST_F(account_control, puts_out_who_is_logged_in_to_a_suspended_account_and_nobody_else) {
  irc_person alice(f.chat, "alice", "alice"), bob(f.chat, "bob");
  EXPECT_TRUE(suspend_account(f.chat, "ALICE", {.reason = "spam", .by = "root"}));
  EXPECT_TRUE(alice.heard().contains("The account is suspended: spam"));
  EXPECT_EQ(f.chat.people().find("alice"), nullptr);
  EXPECT_NE(f.chat.people().find("bob"), nullptr);
  ASSERT_TRUE(suspended());
  EXPECT_EQ(suspended()->by, "root");
  EXPECT_FALSE(suspend_account(f.chat, "nobody", {}));
}

TEST_F(account_control, ends_a_suspension_by_its_time_or_by_a_word) {
  const std::int64_t now = f.chat.clock().seconds();
  EXPECT_FALSE(lift_suspension(f.chat, "alice"));
  suspend_account(f.chat, "alice", {.until = now + 10});
  EXPECT_TRUE(suspended());
  EXPECT_FALSE(suspension_of(*its, now + 10));
  EXPECT_TRUE(lift_suspension(f.chat, "Alice"));
  EXPECT_FALSE(suspended());
  EXPECT_FALSE(lift_suspension(f.chat, "nobody"));
}

TEST_F(account_control, says_until_when_and_why_an_account_is_suspended) {
  EXPECT_EQ(explain(suspension{.until = 1'800'000'000}),
            "The account is suspended until 2027-01-15T08:00:00Z");
  EXPECT_EQ(explain(suspension{.reason = "spam"}), "The account is suspended: spam");
}
