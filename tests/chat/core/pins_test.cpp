#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <parlance/chat/core/event.hpp>
#include <parlance/chat/core/pins.hpp>
#include <parlance/chat/core/records.hpp>
#include <parlance/chat/core/room_control.hpp>
#include <parlance/chat/plain/plain.hpp>

#include "chat/irc/irc_person.hpp"

using namespace parlance::chat;

namespace {

class pins : public testing::Test {
 protected:
  pins() : alice(f.chat, "alice"), bob(f.chat, "bob") {
    for (irc_person* one : {&alice, &bob}) one->say("JOIN #a");
    alice.say("PRIVMSG #a :the first");
    bob.say(
        "PRIVMSG #a :deploy on \x02"
        "Friday\x02");
    alice.say("PRIVMSG #a :the last");
  }
  room& a() { return *f.chat.rooms().find("#a"); }
  std::vector<std::string> all(std::string_view nick = "alice") {
    std::vector<std::string> lines;
    for (const pinned_message& one : pins_of(f.chat, *f.chat.people().find(nick), a()))
      lines.push_back(line_of(one));
    return lines;
  }
  std::string newest() { return msgid_of(f.kept.newest("#a", found_kinds)); }

  hub_fixture f{[] {
    settings s;
    s.accounts.nick_reservation = false;
    return s;
  }()};
  irc_person alice, bob;
};

using lines = std::vector<std::string>;

}  // namespace

TEST_F(pins, are_made_and_taken_off_by_operators_of_the_room_and_told_to_it) {
  EXPECT_TRUE(alice.say("CS PIN #a").contains(":Nothing is pinned in #a\r\n"));
  EXPECT_TRUE(bob.say("CS PIN #a ADD friday").contains(":Only operators of #a pin something\r\n"));
  EXPECT_TRUE(alice.say("CS PIN #a ADD on friday").contains(":That is pinned in #a\r\n"));
  EXPECT_TRUE(bob.heard().contains("NOTICE #a :alice has pinned: <bob> deploy on Friday\r\n"));
  EXPECT_TRUE(alice.say("CS PIN #a ADD on friday").contains(":That is pinned already\r\n"));
  EXPECT_TRUE(alice.say("CS PIN #a ADD " + newest()).contains(":That is pinned in #a\r\n"));
  EXPECT_TRUE(alice.say("CS PIN #a ADD nothing like it").contains(":Nothing like that was said in #a\r\n"));
  EXPECT_TRUE(alice.say("CS PIN #a ADD 0000000000001").contains(":Nothing like that"));
  const std::string told = bob.say("CS PIN #a");
  EXPECT_TRUE(told.contains(":1: <bob> deploy on Friday\r\n") && told.contains(":2: <alice> the last\r\n"))
      << told;
  EXPECT_TRUE(bob.say("CS PIN #a DEL 1").contains("Only operators"));
  EXPECT_TRUE(alice.say("CS PIN #a DEL 3").contains(":There is no such pin\r\n"));
  EXPECT_TRUE(alice.say("CS PIN #a DEL 1").contains(":That is not pinned in #a any more\r\n"));
  EXPECT_EQ(all(), lines{"1: <alice> the last"});
  EXPECT_TRUE(alice.say("CS PIN #a DEL " + newest()).contains("not pinned"));
  EXPECT_FALSE(f.kept.get("pins", "#a"));
}

TEST_F(pins, are_shown_behind_the_topic_to_who_comes_in) {
  alice.say("TOPIC #a :it");
  alice.say("CS PIN #a ADD friday");
  irc_person carol(f.chat, "carol");
  const std::string told = carol.say("JOIN #a");
  const std::size_t topic = told.find(" 332 "),
                    shown = told.find("NOTICE carol :[#a] Pinned 1: <bob> deploy on Friday\r\n");
  EXPECT_LT(topic, shown);
  EXPECT_NE(shown, std::string::npos) << told;
  window dave(f.chat);
  dave.enter("dave");
  EXPECT_TRUE(respond(dave, "/join a").text.ends_with("-- pinned 1: <bob> deploy on Friday\n"));
  EXPECT_EQ(respond(dave, "/pin").text, "-- 1: <bob> deploy on Friday\n");
  EXPECT_EQ(respond(dave, "/pin last").text, "-- only operators of #a pin something\n");
  alice.say("MODE #a +o dave");
  EXPECT_EQ(respond(dave, "/pin last").text, "-- that is pinned in #a\n");
  EXPECT_EQ(respond(dave, "/unpin 1").text, "-- that is not pinned in #a any more\n");
  EXPECT_EQ(respond(dave, "/join a").text, "-- you are in #a and speak there; 3 others are here\n");
  EXPECT_EQ(all(), lines{"1: <alice> the last"});
}

TEST_F(pins, end_with_their_messages_and_the_room) {
  for (const char* what : {"first", "friday", "last"}) alice.say(std::string("CS PIN #a ADD ") + what);
  alice.say("CAP REQ :draft/message-redaction");
  alice.say("REDACT #a " + newest());
  EXPECT_EQ(all(), (lines{"1: <alice> the first", "2: <bob> deploy on Friday"}));
  alice.say("CAP REQ :draft/channel-rename");
  EXPECT_TRUE(alice.say("RENAME #a #b").contains("RENAME #a #b"));
  EXPECT_TRUE(alice.say("CS PIN #b").contains("2: <bob> deploy on Friday"));
  purge_room(f.chat, f.chat.people().find("alice")->as_source(), "#b", {.by = "root", .reason = "why"});
  f.chat.end_turn();
  sweep_place all_of_them;
  sweep_records(f.chat, all_of_them, 1000);
  EXPECT_FALSE(f.kept.get("pins", "#b"));
}

TEST_F(pins, of_what_was_said_before_one_came_are_for_those_who_may_read_it) {
  alice.say("CS PIN #a ADD friday");
  f.configured.history.before_join = before_join::joined;
  irc_person carol(f.chat, "carol");
  EXPECT_FALSE(carol.say("JOIN #a").contains("Friday"));
  EXPECT_TRUE(carol.say("CS PIN #a").contains("Nothing is pinned in #a"));
  EXPECT_EQ(all().size(), 1U);
}

TEST_F(pins, are_so_many_at_most_of_which_those_whose_messages_are_gone_do_not_count) {
  for (std::size_t n = 0; n < most_pins; ++n) {
    alice.say("PRIVMSG #a :number " + std::to_string(n));
    EXPECT_TRUE(alice.say("CS PIN #a ADD " + newest()).contains("is pinned"));
  }
  EXPECT_TRUE(alice.say("CS PIN #a ADD first").contains("#a has 20 pins"));
  f.kept.remove("#a", f.kept.newest("#a", found_kinds));
  EXPECT_TRUE(alice.say("CS PIN #a ADD first").contains("is pinned"));
  EXPECT_EQ(all().size(), most_pins);
}
