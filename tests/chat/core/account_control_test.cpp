#include <gtest/gtest.h>

#include <string>
#include <utility>

#include <parlance/chat/accounts/suspension.hpp>
#include <parlance/chat/core/account_control.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/core/records.hpp>
#include <parlance/chat/store/record_kinds.hpp>

#include "chat/irc/irc_person.hpp"
#include "chat/store/faulty_vfs.hpp"
#include "net/temporary_folder.hpp"

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

TEST_F(account_control, gives_an_account_another_name_and_keeps_what_is_its_own) {
  f.chat.accounts().create("bob", {}, 0);
  account its_before = *f.chat.accounts().find("alice");
  f.chat.accounts().add_certificate(its_before, std::string(64, 'a'));
  irc_person alice(f.chat, "alice"), bob(f.chat, "bob");
  alice.log_in("alice");
  bob.log_in("bob");
  const std::string identity = identity_of(*f.chat.people().find("alice"));
  for (const char* line : {"JOIN #a", "CS REGISTER #a", "CS AMODE #a +o bob", "MODE #a +be a:alice m:a:ALICE",
                           "METADATA * SET url :x", "PRIVMSG bob :hello"})
    alice.say(line);
  // Of one before, that had the name, too.
  f.chat.rooms().find("#a")->ranked_accounts.push_back({"alice", 4711, voice});
  EXPECT_EQ(rename_account(f.chat, "Alice", "alicia"), std::nullopt);
  EXPECT_EQ(f.chat.rooms().find("#a")->ranked_accounts.back().name, "alice");
  EXPECT_TRUE(alice.heard().contains(" NICK "));
  const person* const now = f.chat.people().find("alicia");
  ASSERT_NE(now, nullptr);
  EXPECT_EQ(now->account, "alicia");
  EXPECT_EQ(identity_of(*now), identity);
  const std::optional<account> renamed = f.chat.accounts().find("alicia");
  ASSERT_TRUE(renamed);
  EXPECT_EQ(identity_of(*renamed), identity);
  EXPECT_EQ(f.chat.accounts().find_by_identity(identity)->name, "alicia");
  EXPECT_EQ(f.chat.accounts().owner_of(std::string(64, 'a')), "alicia");
  EXPECT_FALSE(f.chat.accounts().exists("alice"));
  const room& r = *f.chat.rooms().find("#a");
  EXPECT_TRUE(r.is_founded_by(*now));
  EXPECT_EQ(r.founder_account, "alicia");
  ASSERT_EQ(r.bans.size(), 1U);
  EXPECT_EQ(r.bans[0].mask, "a:alicia");
  EXPECT_EQ(r.exceptions.at(0).mask, "m:a:alicia");
  EXPECT_EQ(r.ranked_accounts.at(0).name, "bob");
  EXPECT_TRUE(alice.say("METADATA * GET url").contains(" :x"));
  EXPECT_TRUE(bob.say("CAP REQ :batch draft/chathistory").contains("ACK"));
  EXPECT_TRUE(bob.say("CHATHISTORY LATEST alicia * 10").contains("hello"));
  for (sweep_place at; !at.is_at_end();) sweep_records(f.chat, at, 10);
  EXPECT_TRUE(bob.say("CHATHISTORY LATEST alicia * 10").contains("hello"));
}

TEST_F(account_control, does_not_take_the_next_of_an_old_name_for_who_had_it) {
  irc_person alice(f.chat, "alice");
  alice.log_in("alice");
  alice.say("CAP REQ :draft/message-redaction message-tags");
  alice.say("JOIN #a");
  alice.say("PRIVMSG #a :mine");
  const entry_id said = f.kept.newest("#a", said_kinds);
  EXPECT_FALSE(rename_account(f.chat, "alice", "alicia"));
  alice.say("PART #a");
  f.chat.accounts().create("alice", {}, f.chat.clock().seconds());
  irc_person next(f.chat, "alice");
  next.log_in("alice");
  EXPECT_NE(identity_of(*f.chat.people().find("alice")), identity_of(*f.chat.people().find("alicia")));
  const auto what = f.kept.find("#a", said);
  ASSERT_TRUE(what);
  EXPECT_TRUE(is_of_account(*f.chat.accounts().find("alicia"), *what));
  EXPECT_FALSE(is_of_account(*f.chat.accounts().find("alice"), *what));
}

TEST_F(account_control, refuses_names_that_are_taken_or_none) {
  f.chat.accounts().create("bob", {}, 0);
  irc_person eve(f.chat, "eve");
  EXPECT_EQ(rename_account(f.chat, "nobody", "x"), "there is no account nobody");
  EXPECT_EQ(rename_account(f.chat, "alice", "bob"), "bob is another account, or looks like one");
  EXPECT_EQ(rename_account(f.chat, "alice", "eve"), "somebody is called eve now");
  EXPECT_EQ(rename_account(f.chat, "alice", "NickServ"), "NickServ cannot be the name of an account");
  EXPECT_EQ(rename_account(f.chat, "alice", "9"), "9 cannot be the name of an account");
  EXPECT_EQ(rename_account(f.chat, "alice", "Alice"), std::nullopt);
  EXPECT_EQ(f.chat.accounts().find("alice")->name, "Alice");
}

TEST_F(account_control, is_silenced_under_its_other_name_too) {
  for (const char* name : {"bob", "carol"}) f.chat.accounts().create(name, {}, 0);
  irc_person alice(f.chat, "alice"), bob(f.chat, "bob"), carol(f.chat, "carol"), guest(f.chat, "guest");
  alice.log_in("alice");
  bob.log_in("bob");
  carol.log_in("carol");
  bob.say("SILENCE +a:Alice");
  bob.say("SILENCE +eve");
  carol.say("SILENCE +a:al*");
  guest.say("SILENCE +a:alice");
  EXPECT_EQ(rename_account(f.chat, "alice", "wonder"), std::nullopt);
  for (irc_person* who : {&bob, &carol, &guest}) who->heard();
  alice.say("PRIVMSG bob,carol,guest :hello");
  EXPECT_FALSE(bob.heard().contains("hello"));
  EXPECT_FALSE(guest.heard().contains("hello"));
  EXPECT_TRUE(carol.heard().contains("hello"));  // it has named no account
  EXPECT_TRUE(bob.say("SILENCE").contains("a:wonder"));
  EXPECT_TRUE(bob.say("SILENCE").contains("eve!*@*"));
  EXPECT_TRUE(bob.say("SILENCE -a:wonder").contains("SILENCE -a:wonder"));
  alice.say("PRIVMSG bob :hello");
  EXPECT_TRUE(bob.heard().contains("hello"));
}

namespace {

/// How many of what belongs to an account have its name of before, and how many its other one, after a restart, when the
/// disk broke at the nth thing that it was asked for.
std::pair<int, int> names_after(unsigned nth, bool& was_told) {
  const parlance::net::test::temporary_folder folder;
  parlance::chat::test::faulty_vfs disk;
  settings configured;
  {
    parlance::io::loop here{{.backend = "sim"}};
    store kept{{.folder = folder.path("history"), .vfs = disk.name()}};
    hub chat{configured, kept, every_dialect};
    for (const char* name : {"alice", "bob"}) chat.accounts().create(name, {}, 0);
    irc_person alice(chat, "al"), bob(chat, "bo");
    alice.log_in("alice");
    bob.log_in("bob");
    alice.say("NICK alice");
    bob.say("SILENCE +a:alice");
    for (const char* line : {"NS SET ALWAYS-ON on", "JOIN #a", "CS REGISTER #a"}) alice.say(line);
    disk.fail({.nth = nth, .how = parlance::chat::test::disk_fault::broken, .lasting = true});
    try {
      was_told = !rename_account(chat, "alice", "alicia");
    } catch (const store_error&) {
      was_told = false;
    }
  }  // and the process is killed
  disk.mend();
  store kept{{.folder = folder.path("history")}};
  std::pair<int, int> has{};
  const auto count = [&](bool before, bool after) {
    has.first += before;
    has.second += after;
    EXPECT_NE(before, after);
  };
  for (const record_kind& kind : {record_kinds::account, record_kinds::presence})
    count(kept.get(kind, "alice").has_value(), kept.get(kind, "alicia").has_value());
  const auto names = [&](const record_kind& kind, std::string_view what) {
    bool is_there = false;
    kept.each(kind, [&](std::string_view, std::string_view json) { is_there |= json.contains(what); });
    return is_there;
  };
  count(names(record_kinds::silence, "a:alice\""), names(record_kinds::silence, "a:alicia\""));
  count(names(record_kinds::presence, R"("account":"alice")"),
        names(record_kinds::presence, R"("account":"alicia")"));
  count(names(record_kinds::presence, R"("nick":"alice")"),
        names(record_kinds::presence, R"("nick":"alicia")"));
  count(names(record_kinds::room, "\"alice\""), names(record_kinds::room, "\"alicia\""));
  return has;
}

}  // namespace

TEST(account_names, are_all_changed_or_none_however_far_the_disk_comes) {
  bool was_told = false;
  for (unsigned nth = 1; !was_told && nth < 100; ++nth) {
    const auto [before, after] = names_after(nth, was_told);
    EXPECT_TRUE(before == 0 || after == 0) << nth << ": " << before << " of before, " << after << " of after";
    if (was_told) EXPECT_EQ(before, 0);
  }
  EXPECT_TRUE(was_told);
}
