#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/core/room_control.hpp>
#include <parlance/chat/core/room_records.hpp>
#include <parlance/chat/core/room_rules.hpp>

#include "chat/irc/irc_person.hpp"

using namespace parlance::chat;
using namespace std::chrono_literals;

namespace {

class room_control : public testing::Test {
 protected:
  room_control() : alice(f.chat, "alice"), bob(f.chat, "bob"), eve(f.chat, "eve") {
    for (const char* name : {"alice", "bob"}) f.chat.accounts().create(name, {}, 0);
    alice.log_in("alice");
    bob.log_in("bob");
    for (irc_person* who : {&alice, &bob, &eve}) who->say("JOIN #a");
    alice.say("CS REGISTER #a");
    for (irc_person* who : {&alice, &bob, &eve}) who->heard();
  }
  room& a() { return *f.chat.rooms().find("#a"); }
  unsigned char ranks_of(const char* nick) { return a().ranks_of(*f.chat.people().find(nick)); }
  void make_operator(const char* nick) {
    f.chat.people().set_mode(*f.chat.people().find(nick), 'o', true);
    f.chat.people().find(nick)->permitted = permissions::all();
  }
  void go_on(std::chrono::seconds by) {
    const auto later = f.chat.clock().seconds() + by.count();
    for (list_entry& e : a().bans)
      if (e.expires != 0 && e.expires <= later) e.expires = f.chat.clock().seconds();
  }

  hub_fixture f{[] {
    settings s;
    s.accounts.nick_reservation = false;
    return s;
  }()};
  irc_person alice, bob, eve;
};

}  // namespace

TEST_F(room_control, goes_to_another_founder_when_that_accepts) {
  EXPECT_TRUE(bob.say("CS TRANSFER #a bob").contains("#a belongs to alice"));
  EXPECT_TRUE(bob.say("CS TRANSFER ACCEPT #a").contains("Nobody offers you that channel"));
  EXPECT_TRUE(alice.say("CS TRANSFER #a nobody").contains("There is no such account"));
  EXPECT_TRUE(alice.say("CS TRANSFER #a bob").contains("#a is offered to bob"));
  EXPECT_TRUE(bob.heard().contains("alice offers you the channel #a"));
  EXPECT_EQ(from_record(to_record(a()))->offered_to.account, "bob");
  EXPECT_EQ(a().founder_account, "alice");
  EXPECT_TRUE(eve.say("CS TRANSFER ACCEPT #a").contains("Nobody offers you that channel"));
  EXPECT_TRUE(bob.say("CS TRANSFER ACCEPT #a").contains("#a belongs to bob now"));
  EXPECT_EQ(a().founder_account, "bob");
  EXPECT_EQ(ranks_of("bob"), founder);
  EXPECT_EQ(ranks_of("alice"), channel_operator);
  EXPECT_TRUE(a().offered_to.account.empty());
  const std::string told = eve.heard();
  EXPECT_TRUE(told.contains("MODE #a +q bob")) << told;
  EXPECT_TRUE(told.contains("MODE #a +o-q alice alice")) << told;
  EXPECT_TRUE(alice.say("CS UNREGISTER #a").contains("#a belongs to bob"));
}

TEST_F(room_control, is_not_taken_by_the_next_of_the_name_that_it_was_offered_to) {
  alice.say("CS TRANSFER #a bob");
  f.chat.drop_account("bob", "gone");
  f.chat.end_turn();
  f.chat.accounts().create("bob", {}, f.chat.clock().seconds());
  irc_person next(f.chat, "bob");
  next.log_in("bob");
  EXPECT_TRUE(next.say("CS TRANSFER ACCEPT #a").contains("Nobody offers you that channel"));
}

TEST_F(room_control, is_cleared_of_people_and_of_its_lists) {
  alice.say("MODE #a +bbbb a!*@* b!*@* c!*@* d!*@*");
  alice.say("MODE #a +be e!*@* f!*@*");
  EXPECT_TRUE(eve.say("CS CLEAR #a BANS").contains("#a belongs to alice"));
  EXPECT_TRUE(alice.say("CS CLEAR #a everything").contains("What can be cleared is"));
  const std::string told = alice.say("CS CLEAR #a bans");
  EXPECT_TRUE(told.contains("MODE #a -bbbb a!*@* b!*@* c!*@* d!*@*")) << told;
  EXPECT_TRUE(told.contains("MODE #a -b e!*@*")) << told;
  EXPECT_TRUE(told.contains("#a: bans cleared, 5")) << told;
  EXPECT_EQ(a().exceptions.size(), 1U);
  EXPECT_TRUE(alice.say("CS CLEAR #a users start again").contains("#a: users cleared, 2"));
  EXPECT_TRUE(eve.heard().contains("KICK #a eve :start again"));
  EXPECT_EQ(a().seats().size(), 1U);
}

TEST_F(room_control, is_ended_for_good_with_what_was_said_there) {
  alice.say("PRIVMSG #a :spam");
  EXPECT_TRUE(alice.say("CS PURGE #a").contains("That is for operators of the server"));
  make_operator("eve");
  EXPECT_TRUE(eve.say("CS PURGE #lobby").contains("That is no channel that can be purged"));
  EXPECT_TRUE(eve.say("CS PURGE #A bought followers").contains("#A is ended"));
  EXPECT_EQ(f.chat.rooms().find("#a"), nullptr);
  EXPECT_EQ(f.kept.newest("#a"), 0U);
  EXPECT_TRUE(alice.say("JOIN #a").contains(" 403 alice #a :That channel was closed by operators"));
  alice.say("JOIN #b");
  EXPECT_TRUE(alice.say("RENAME #b #a").contains("403") || f.chat.rooms().find("#a") == nullptr);
  EXPECT_TRUE(eve.say("CS PURGE").contains("#a (by ): bought followers"));
  EXPECT_TRUE(eve.say("CS UNPURGE #a").contains("It can be made again"));
  EXPECT_TRUE(eve.say("CS UNPURGE #a").contains("That channel is not purged"));
  EXPECT_TRUE(alice.say("JOIN #a").contains("JOIN"));
  EXPECT_TRUE(a().founder_account.empty());
}

TEST_F(room_control, takes_bans_back_whose_time_is_over) {
  EXPECT_TRUE(bob.say("TBAN #a 1h eve").contains(" 482 "));
  EXPECT_TRUE(alice.say("TBAN #a soon eve").contains(" 696 "));
  EXPECT_TRUE(alice.say("TBAN #a 1h eve").contains("MODE #a +b eve!*@*"));
  alice.say("MODE #a +b mallory");
  EXPECT_TRUE(alice.say("TBAN #a 2h mallory").contains(" 696 "));
  alice.say("TBAN #a 2h eve");  // for longer
  ASSERT_EQ(a().bans.size(), 2U);
  EXPECT_EQ(from_record(to_record(a()))->bans[1].expires, a().bans[1].expires);
  EXPECT_EQ(a().bans[1].expires, f.chat.clock().seconds() + 7200);
  go_on(1h);
  lift_timed_bans(f.chat);
  EXPECT_EQ(a().bans.size(), 2U);
  go_on(2h);
  lift_timed_bans(f.chat);
  ASSERT_EQ(a().bans.size(), 1U);
  EXPECT_EQ(a().bans[0].mask, "mallory!*@*");
  EXPECT_TRUE(alice.heard().contains("MODE #a -b eve!*@*"));
}

TEST_F(room_control, is_slow_for_those_without_a_rank) {
  using parlance::io::time_point;
  alice.say("MODE #a +W 30");
  const time_point start{};
  const person& e = *f.chat.people().find("eve");
  EXPECT_EQ(may_speak_now(e, a(), start), outcome::done);
  EXPECT_EQ(may_speak_now(e, a(), start + 29s), outcome::too_soon);
  EXPECT_EQ(may_speak_now(e, a(), start + 30s), outcome::done);
  EXPECT_EQ(may_speak_now(*f.chat.people().find("alice"), a(), start), outcome::done);
  EXPECT_EQ(may_speak_now(*f.chat.people().find("alice"), a(), start), outcome::done);
  alice.say("MODE #a -W");
  EXPECT_EQ(may_speak_now(e, a(), start + 30s), outcome::done);
  for (const char* wrong : {"0", "21601", "x"})
    EXPECT_TRUE(alice.say(std::string("MODE #a +W ") + wrong).contains(" 696 ")) << wrong;
}

TEST_F(room_control, tells_who_says_too_much_in_a_slow_one_and_does_not_count_typing) {
  alice.say("MODE #a +W 30");
  eve.say("CAP REQ :message-tags");
  EXPECT_EQ(eve.say("@+typing=active TAGMSG #a"), "");
  EXPECT_EQ(eve.say("PRIVMSG #a :one"), "");
  EXPECT_TRUE(eve.say("PRIVMSG #a :two").contains(" 404 eve #a :Cannot send to channel (+W)"));
  eve.say("PART #a");
  eve.say("JOIN #a");
  EXPECT_TRUE(eve.say("NOTICE #a :two").empty() && f.kept.read("#a", {.kinds = said_kinds}).size() == 1U);
}

TEST_F(room_control, forgets_sooner_than_the_server_where_its_founder_says_so) {
  for (const char* text : {"one", "two", "three"}) alice.say(std::string("PRIVMSG #a :") + text);
  EXPECT_TRUE(eve.say("CS RETENTION #a 1h").contains("#a belongs to alice"));
  EXPECT_TRUE(alice.say("CS RETENTION #a soon").contains("Say for how long"));
  EXPECT_TRUE(alice.say("CS RETENTION #a").contains("is kept as long as elsewhere here"));
  EXPECT_TRUE(alice.say("CS RETENTION #a 1h").contains("is kept for 3600 s"));
  EXPECT_EQ(from_record(to_record(a()))->retention, 3600);
  EXPECT_FALSE(forget_old_of_rooms(f.chat, 2));
  EXPECT_EQ(f.kept.read("#a", {.kinds = said_kinds}).size(), 3U);
  EXPECT_TRUE(alice.say("CS RETENTION #a default").contains("as long as elsewhere here"));
  EXPECT_EQ(a().retention, 0);
}

TEST_F(room_control, takes_old_entries_out_and_no_younger_ones) {
  // Of an hour before the first that there can be.
  const entry_id old = f.kept.times().place_of(f.chat.clock().now()) - 7'200'000'000;
  for (const entry_id id : {old, old + 1})
    f.kept.append("#b", {.id = id, .kind = 1, .source = "eve!e@h", .text = "long ago"});
  eve.say("JOIN #b");
  eve.say("PRIVMSG #b :now");
  f.chat.rooms().find("#b")->retention = 3600;
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(forget_old_of_rooms(f.chat, 1));
  EXPECT_FALSE(forget_old_of_rooms(f.chat, 1));
  const auto left = f.kept.read("#b", {.kinds = said_kinds});
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].text, "now");
}
