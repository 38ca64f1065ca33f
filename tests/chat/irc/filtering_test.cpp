#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include <parlance/chat/core/audit.hpp>
#include <parlance/chat/core/filters.hpp>

#include "chat/irc/irc_person.hpp"

using namespace parlance::chat;

namespace {

using action = filter::action;

settings open_to_all() {
  settings s;
  s.accounts.nick_reservation = false;
  return s;
}

class filtering : public testing::Test {
 protected:
  filtering() : bob(f.chat, "bob"), eve(f.chat, "eve") {
    eve.say("CAP REQ :echo-message message-tags setname standard-replies draft/metadata-3");
    for (irc_person* one : {&bob, &eve}) one->say("JOIN #a");
    heard();
  }
  void add(std::string_view pattern, action does, std::string_view where = "*", std::int64_t length = 600) {
    ASSERT_EQ(f.chat.filters().add({.pattern = std::string(pattern),
                                    .does = does,
                                    .looks_at = std::string(where),
                                    .length = length,
                                    .reason = "because"}),
              "");
  }
  /// What bob hears.
  std::string heard() { return bob.heard(); }
  person* eves() { return f.chat.people().find("eve"); }
  bool is_kept(std::string_view text) {
    return std::ranges::any_of(f.kept.read("#a", {}), [&](const stored_entry& e) { return e.text == text; });
  }

  hub_fixture f{open_to_all()};
  irc_person bob, eve;
};

}  // namespace

TEST_F(filtering, blocks_what_is_said_and_says_why) {
  add("spam", action::block);
  EXPECT_TRUE(
      eve.say("PRIVMSG #a :some SPAM").contains(" 404 eve #a :Your message has been blocked: because"));
  EXPECT_TRUE(eve.say("PRIVMSG bob :spam").contains(" 531 eve bob :Your message has been blocked: because"));
  EXPECT_EQ(eve.say("NOTICE #a :spam"), "");  // a notice is never answered
  EXPECT_TRUE(eve.say("@+draft/react=sp\\sam;+draft/reply=x TAGMSG #a").contains("TAGMSG"));
  EXPECT_TRUE(eve.say("@+draft/react=a\\sspam;+draft/reply=x TAGMSG #a").contains(" 404 "));
  EXPECT_TRUE(eve.say("@+typing=active TAGMSG #a").contains("TAGMSG"));
  const std::string bobs = heard();
  EXPECT_FALSE(bobs.contains("spam") || bobs.contains("SPAM")) << bobs;
  EXPECT_FALSE(is_kept("some SPAM"));
  EXPECT_TRUE(eve.say("PRIVMSG #a :some ham").contains("some ham"));
  EXPECT_TRUE(heard().contains("some ham"));
  EXPECT_EQ(f.chat.count.filtered.value(), 4U);
}

TEST_F(filtering, blocks_silently_so_that_it_looks_as_if_it_had_been_said) {
  add("spam", action::silent);
  irc_person other(f.chat, "other");
  for (const char* line : {"PRIVMSG #a :spam", "NOTICE #a :spam", "PRIVMSG bob :spam"}) {
    const std::string told = eve.say(line);
    EXPECT_TRUE(told.contains("eve!") && told.contains(":spam") && told.contains("msgid=")) << told;
  }
  EXPECT_EQ(heard(), "");
  EXPECT_FALSE(is_kept("spam"));
  EXPECT_EQ(f.kept.newest(f.chat.conversation_of(*f.chat.people().find("bob"), *eves())), 0U);
}

TEST_F(filtering, warns_operators_who_want_to_know_and_may_and_not_of_what_was_said) {
  add("spam", action::warn);
  irc_person boss(f.chat, "boss"), helper(f.chat, "helper");
  for (const char* nick : {"boss", "helper"}) {
    person& who = *f.chat.people().find(nick);
    f.chat.people().set_mode(who, 'o', true);
    f.chat.people().set_mode(who, 's', true);
    who.permitted = nick == std::string_view("boss") ? permissions({"filters"}) : permissions({"inspect"});
  }
  helper.heard();  // that it is welcome
  EXPECT_TRUE(eve.say("PRIVMSG #a :so much spam").contains("so much spam"));
  EXPECT_TRUE(heard().contains("so much spam"));
  const std::string told = boss.heard();
  EXPECT_TRUE(told.contains("*** filter 1 (warn): messages of eve!~eve@") &&
              told.contains("[192.0.2.1] to #a"))
      << told;
  EXPECT_FALSE(told.contains("so much"));
  EXPECT_EQ(helper.heard(), "");
  for (int n = 0; n < 100; ++n) eve.say("PRIVMSG #a :spam");
  std::size_t lines = 0;
  const std::string all = boss.heard();
  for (std::size_t at = 0; (at = all.find("*** filter", at)) != all.npos; ++at) ++lines;
  EXPECT_LE(lines, 20U);
  EXPECT_EQ(f.chat.filters().all()[0].found, 101U);
}

TEST_F(filtering, puts_its_sayer_out) {
  add("spam", action::kill);
  irc_person third(f.chat, "third");
  third.say("JOIN #a");
  const std::string told = eve.say("PRIVMSG bob,third,#a :spam");
  EXPECT_TRUE(told.contains("ERROR :Closing link: (192.0.2.1) [Filtered: because]")) << told;
  EXPECT_FALSE(eves());
  const std::string bobs = heard();
  EXPECT_TRUE(bobs.contains("QUIT :Filtered: because")) << bobs;
  EXPECT_FALSE(bobs.contains(":spam"));
  EXPECT_FALSE(third.heard().contains(":spam"));
  EXPECT_EQ(f.chat.count.filtered.value(), 1U);
  const std::vector<deed> all = deeds(f.kept);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].who, "filter 1");
  EXPECT_EQ(all[0].does, "kill");
  EXPECT_TRUE(f.chat.bans().all().empty());
}

TEST_F(filtering, keeps_its_sayer_out_for_a_time) {
  add("spam", action::ban, "p", 600);
  eve.say("PRIVMSG #a :spam");
  EXPECT_FALSE(eves());
  ASSERT_EQ(f.chat.bans().all().size(), 1U);
  const server_ban& ban = f.chat.bans().all()[0].ban;
  EXPECT_EQ(ban.mask, "192.0.2.1");
  EXPECT_EQ(ban.reason, "because");
  EXPECT_EQ(ban.set_by, "filter 1");
  EXPECT_EQ(ban.expires, ban.set_at + 600);
  EXPECT_FALSE(f.chat.people().find("bob"));  // who comes from there, too
}

TEST_F(filtering, looks_at_topics_nicks_reasons_away_messages_and_what_one_tells_of_oneself) {
  add("spam", action::block);
  EXPECT_TRUE(bob.say("TOPIC #a :spam").contains(" 404 bob #a "));
  EXPECT_EQ(f.chat.rooms().find("#a")->topic.text, "");
  EXPECT_TRUE(eve.say("NICK spammer").contains(" 432 eve spammer :That nickname has been blocked: because"));
  EXPECT_TRUE(eve.say("AWAY :spam").contains(" 400 "));
  EXPECT_EQ(eves()->away, "");
  EXPECT_TRUE(
      eve.say("SETNAME :spam").contains("FAIL SETNAME INVALID_REALNAME :That has been blocked: because"));
  EXPECT_TRUE(eve.say("METADATA * SET status :spam").contains("FAIL METADATA INVALID_VALUE status "));
  EXPECT_EQ(eves()->metadata.values.size(), 0U);
  bob.say("MODE #a +i");
  irc_person knocker(f.chat, "knocker");
  EXPECT_TRUE(knocker.say("KNOCK #a :spam").contains(" 404 "));
  heard();
  eve.say("PART #a :spam");
  EXPECT_TRUE(heard().contains(":eve!~eve@") && !eves()->is_in(*f.chat.rooms().find("#a")));
  bob.say("MODE #a -i");
  eve.say("JOIN #a");
  heard();
  EXPECT_TRUE(eve.say("QUIT :spam").contains("[Quit]"));
  EXPECT_TRUE(heard().ends_with("QUIT :Quit\r\n"));
}

TEST_F(filtering, lets_nobody_in_whose_names_are_not_to_be_said) {
  add("spam", action::block, "kg");
  irc_person one(f.chat, "spammer");
  EXPECT_TRUE(one.greeting().contains("[Filtered: because]"));
  EXPECT_FALSE(one.greeting().contains(" 001 "));
  f.chat.filters().remove("1");
  add("^nice$", action::ban, "g");
  irc_person two(f.chat, "nice");
  EXPECT_TRUE(two.greeting().contains("[Filtered: because]"));
  EXPECT_EQ(f.chat.bans().all().size(), 1U);
}

TEST_F(filtering, holds_for_neither_the_console_nor_operators_with_that_permission) {
  add("spam", action::ban);
  person& boss = *eves();
  f.chat.people().set_mode(boss, 'o', true);
  boss.permitted = permissions({"filters"});
  EXPECT_TRUE(eve.say("PRIVMSG #a :spam").contains(":spam"));
  boss.permitted = permissions({"kill"});
  window console(f.chat, plain_form, "console");
  f.chat.enter_operator(console);
  EXPECT_EQ(f.chat.say(console, "#a", {.text = "spam"}), outcome::done);
  EXPECT_EQ(heard().find("Filtered"), std::string::npos);
  eve.say("PRIVMSG #a :spam");
  EXPECT_FALSE(eves());
}

TEST_F(filtering, looks_at_plain_callers_alike) {
  window caller(f.chat);
  caller.enter("caller");
  caller.take();
  add("spam", action::block);
  EXPECT_EQ(f.chat.say(caller, "#lobby", {.text = "spam"}), outcome::filtered);
  EXPECT_EQ(f.chat.rename(*caller.who(), "spam", &caller), outcome::name_filtered);
  EXPECT_EQ(f.chat.filters().why, "because");
}

TEST_F(filtering, is_for_operators_who_may) {
  EXPECT_TRUE(eve.say("FILTER LIST").contains(" 481 "));
  person& boss = *eves();
  f.chat.people().set_mode(boss, 'o', true);
  boss.own().oper = "root";
  boss.permitted = permissions({"kill"});
  EXPECT_TRUE(eve.say("FILTER ADD a block *").contains(" 723 eve filters "));
  boss.permitted = permissions({"filters"});
  EXPECT_TRUE(eve.say("FILTER ADD sp\\s?am ban pn 1h :bad for all")
                  .contains("NOTICE eve :*** filter 1 ban pn 3600s sp\\s?am"));
  EXPECT_TRUE(eve.say("FILTER ADD sp\\s?am").contains("*** filters have LIST, ADD"));
  EXPECT_TRUE(eve.say("FILTER ADD a dance *").contains("dance is none of warn"));
  EXPECT_TRUE(eve.say("FILTER ADD a kill x").contains("WHERE is * or letters of p (messages)"));
  EXPECT_TRUE(eve.say("FILTER ADD a( kill *").contains("that is no pattern: "));
  EXPECT_TRUE(eve.say("FILTER ADD a ban *").contains("filter 2 ban * 86400s a"));
  EXPECT_TRUE(eve.say("FILTER TEST :this is SPAM").contains("filter 1 ban"));
  EXPECT_TRUE(eve.say("FILTER TEST :it is hm").contains("no filter is found in that"));
  const std::string list = eve.say("FILTER");
  EXPECT_TRUE(list.contains("bad for all by root at ")) << list;
  EXPECT_TRUE(list.contains("filters: 2"));
  EXPECT_TRUE(eve.say("FILTER DEL 1").contains("filter 1 is no more"));
  EXPECT_TRUE(eve.say("FILTER DEL 1").contains("there is no such filter"));
  EXPECT_EQ(f.chat.filters().all().size(), 1U);
  EXPECT_EQ(deeds(f.kept).front().does, "filters");
}
