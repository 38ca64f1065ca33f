#include <gtest/gtest.h>

#include <parlance/chat/core/people.hpp>
#include <parlance/chat/core/room_rules.hpp>

namespace {

using namespace parlance::chat;

class room_rules : public testing::Test {
 protected:
  room_rules() { all.rename(who, "bob", "user", "host.example"); }

  people all;
  person& who = all.add("bob");
  room dev{"#dev"};
};

list_entry entry(std::string mask, entry_id id = 0) { return {std::move(mask), "op", 0, id}; }

TEST_F(room_rules, let_everybody_into_an_open_room) { EXPECT_EQ(may_join(who, dev, {}), outcome::done); }

TEST_F(room_rules, ask_for_the_key) {
  dev.password = "k";
  EXPECT_EQ(may_join(who, dev, {}), outcome::wrong_key);
  EXPECT_EQ(may_join(who, dev, "K"), outcome::wrong_key);
  EXPECT_EQ(may_join(who, dev, "k"), outcome::done);
}

TEST_F(room_rules, keep_out_who_is_banned_but_for_an_exception_or_an_invitation) {
  dev.bans.push_back(entry("*!*@*.example"));
  EXPECT_EQ(may_join(who, dev, {}), outcome::banned);
  dev.exceptions.push_back(entry("bob!*@*"));
  EXPECT_EQ(may_join(who, dev, {}), outcome::done);
  dev.exceptions.clear();
  who.serial = 7;
  dev.invited.push_back({7, 10});
  EXPECT_EQ(may_join(who, dev, {}), outcome::done);
}

TEST_F(room_rules, keep_out_the_invited_by_a_newer_ban_whatever_they_were_called_then) {
  who.serial = 7;
  dev.modes.set('i');
  dev.bans.push_back(entry("*!*@*", 9));
  dev.invited.push_back({7, 10});
  dev.bans.push_back(entry("rob!*@*", 11));
  EXPECT_EQ(may_join(who, dev, {}), outcome::done);
  all.rename(who, "rob", "user", "host.example");
  EXPECT_EQ(may_join(who, dev, {}), outcome::banned);
  dev.exceptions.push_back(entry("rob!*@*"));
  EXPECT_EQ(may_join(who, dev, {}), outcome::done);
}

TEST_F(room_rules, let_the_invited_into_an_invite_only_room) {
  dev.modes.set('i');
  EXPECT_EQ(may_join(who, dev, {}), outcome::invite_only);
  dev.invitations.push_back(entry("bob!*@*"));
  EXPECT_EQ(may_join(who, dev, {}), outcome::done);
}

TEST_F(room_rules, let_only_those_with_an_account_into_a_room_for_the_registered) {
  dev.modes.set('R');
  EXPECT_EQ(may_join(who, dev, {}), outcome::registered_only);
  who.account = "bob";
  EXPECT_EQ(may_join(who, dev, {}), outcome::done);
}

TEST_F(room_rules, let_the_founder_the_console_and_who_is_expected_in_whatever_is_set) {
  dev.modes.set('i');
  dev.password = "k";
  dev.bans.push_back(entry("*!*@*", 10));
  who.account = "bob";
  dev.founder_account = "Bob";
  EXPECT_EQ(may_join(who, dev, {}), outcome::done);
  dev.founder_account.clear();
  dev.expected.push_back({"@bob", no_rank, 20});
  EXPECT_EQ(may_join(who, dev, {}), outcome::done);
  dev.expected.back().since = 5;  // the ban is newer than the start before which it was there
  EXPECT_EQ(may_join(who, dev, {}), outcome::banned);
  who.is_console = true;
  EXPECT_EQ(may_join(who, dev, {}), outcome::done);
}

TEST_F(room_rules, give_who_is_expected_what_it_had_unless_it_was_banned_since) {
  who.account = "Bob";
  all.rename(who, "other", "user", "host.example");
  dev.ranked_accounts.push_back({"bob", 0, voice});
  dev.expected.push_back({"@bob", channel_operator, 20});
  EXPECT_EQ(ranks_on_coming(who, dev), voice | channel_operator);
  for (const char* mask : {"a:bob", "bob!*@*", "*!*@host.example"}) {
    dev.bans = {entry(mask, 20)};  // it was there in spite of it
    EXPECT_EQ(ranks_on_coming(who, dev), voice | channel_operator) << mask;
    dev.bans = {entry(mask, 21)};
    EXPECT_EQ(ranks_on_coming(who, dev), voice) << mask;
    dev.exceptions = {entry("other!*@*")};
    EXPECT_EQ(ranks_on_coming(who, dev), voice | channel_operator) << mask;
    dev.exceptions.clear();
  }
  dev.bans = {entry("eve!*@*", 21), entry("m:bob!*@*", 21)};
  EXPECT_EQ(ranks_on_coming(who, dev), voice | channel_operator);
}

TEST_F(room_rules, hear_nobody_from_outside_where_that_is_set) {
  EXPECT_EQ(may_speak(who, dev), outcome::done);
  dev.modes.set('n');
  EXPECT_EQ(may_speak(who, dev), outcome::cannot_speak);
}

TEST_F(room_rules, hear_those_with_a_rank_or_an_account_where_that_is_asked_for) {
  dev.modes.set('m');
  EXPECT_EQ(may_speak(who, dev), outcome::cannot_speak);
  dev.modes.set('m', false);
  dev.modes.set('M');
  EXPECT_EQ(may_speak(who, dev), outcome::cannot_speak);
  who.account = "bob";
  EXPECT_EQ(may_speak(who, dev), outcome::done);
}

TEST_F(room_rules, hear_nobody_who_is_banned_or_muted_but_for_an_exception) {
  for (const char* mask : {"bob!*@*", "m:bob!*@*"}) {
    dev.bans = {entry(mask)};
    EXPECT_EQ(may_speak(who, dev), outcome::cannot_speak) << mask;
    dev.exceptions = {entry("*!*@host.example")};
    EXPECT_EQ(may_speak(who, dev), outcome::done) << mask;
    dev.exceptions.clear();
  }
}

}  // namespace
