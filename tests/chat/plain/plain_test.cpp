#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <parlance/chat/plain/plain.hpp>

#include "chat/core/window.hpp"

using namespace parlance::chat;

namespace {

class plain_dialect : public hub_fixture, public testing::Test {
 protected:
  plain_dialect() {
    alice.enter("alice");
    bob.enter("bob");
    chat.end_turn();
    alice.heard.clear();
  }
  std::string ask(std::string_view message) { return respond(alice, message).text; }
  std::string heard(window& by) {
    chat.end_turn();
    return std::exchange(by.heard, {});
  }

  window alice{chat}, bob{chat};
};

}  // namespace

TEST_F(plain_dialect, greets_with_the_name_and_the_number_of_others) {
  const std::string greeting = plain_greeting(*alice.who());
  EXPECT_NE(greeting.find("You are alice; 1 other is here."), std::string::npos) << greeting;
  EXPECT_NE(greeting.find("/help"), std::string::npos);
}

TEST_F(plain_dialect, says_acts_and_whispers_without_an_answer) {
  EXPECT_EQ(ask("hello"), "");
  EXPECT_EQ(ask("/me waves"), "");
  EXPECT_EQ(ask("/to bob psst"), "");
  EXPECT_EQ(ask("//slash"), "");
  EXPECT_EQ(heard(bob), "alice: hello\n* alice waves\nalice -> bob: psst\nalice: /slash\n");
}

TEST_F(plain_dialect, shows_what_was_said_to_who_comes_in_once_and_not_to_programs) {
  respond(bob, "/join dev");
  respond(bob, "a word before");
  chat.end_turn();
  EXPECT_TRUE(respond(alice, "/join dev").past.contains("a word before"));
  EXPECT_EQ(respond(alice, "/join dev").past, "");
  window program(chat, form(dialect::plain, {}, framing::lines, true));
  program.enter("program");
  EXPECT_EQ(respond(program, "/join dev").past, "");
}

TEST_F(plain_dialect, answers_every_command) {
  EXPECT_EQ(ask("/nick ann"), "-- you are now ann\n");
  EXPECT_EQ(ask("/nick bob"), "-- the name bob is taken\n");
  EXPECT_TRUE(ask("/nick 7").starts_with("-- a name is up to 32 bytes of"));
  EXPECT_EQ(ask("/who"), "-- in #lobby: ann (you), bob\n");
  EXPECT_EQ(ask("/join dev"), "-- you are in #dev and speak there; nobody else is here yet\n");
  EXPECT_EQ(ask("/rooms"), "-- rooms: #dev (1), #lobby (2)\n");
  EXPECT_EQ(ask("/who"), "-- in #dev: ann (you)\n");
  EXPECT_EQ(ask("/leave"), "-- you have left #dev and speak in #lobby\n");
  EXPECT_EQ(ask("/leave dev"), "-- you are in no room called #dev\n");
  EXPECT_EQ(ask("/to dave hi"), "-- nobody here is called dave\n");
  EXPECT_EQ(ask("/to bob"), "-- /to needs more: /to NAME TEXT\n");
  EXPECT_EQ(ask("/dance now"), "-- there is no /dance; /help tells what there is, and //dance says it\n");
  EXPECT_EQ(ask("/leave"), "-- you have left #lobby and are in no room; /join #lobby is the way back\n");
  EXPECT_TRUE(ask("hello").starts_with("-- you are in no room"));
  EXPECT_TRUE(ask("/who").starts_with("-- you are in no room"));
}

TEST_F(plain_dialect, helps_with_every_command) {
  const std::string help = ask("/help");
  for (const auto* word :
       {"/nick", "/to", "/me", "/who", "/rooms", "/join", "/leave", "//", "/quit", "Q or q"})
    EXPECT_NE(help.find(word), std::string::npos) << word;
}

TEST_F(plain_dialect, says_goodbye_to_who_leaves) {
  for (const auto* word : {"/quit", "Q", "q"}) {
    const plain_answer answer = respond(alice, word);
    EXPECT_TRUE(answer.leaves);
    EXPECT_EQ(answer.text, "-- Goodbye, alice.\n");
  }
}

TEST_F(plain_dialect, nobody_can_say_a_line_that_looks_like_the_servers_or_anothers) {
  for (const auto* forged : {"-- bob is gone", "bob: hi", "* bob dances"}) {
    heard(bob);
    ask(forged);
    const std::string line = heard(bob);
    EXPECT_TRUE(line.starts_with("alice: ")) << line;
  }
}

TEST_F(plain_dialect, quotes_no_half_a_character) {
  const std::string name = "/to " + std::string(31, 'x') + "\u00e9 hi";
  EXPECT_EQ(ask(name), "-- nobody here is called " + std::string(31, 'x') + "\n");
  const std::string command = "/" + std::string(30, 'x') + "\u00e9";
  EXPECT_TRUE(ask(command).starts_with("-- there is no /" + std::string(30, 'x') + ";"));
}

TEST(plain_dialect_lists, are_bounded) {
  settings chosen;
  chosen.limits.listed = 3;
  hub_fixture f{chosen};
  std::vector<std::unique_ptr<window>> crowd;
  for (int i = 0; i < 5; ++i) crowd.emplace_back(std::make_unique<window>(f.chat))->enter();
  const std::string who = respond(*crowd[0], "/who").text;
  EXPECT_NE(who.find(" and 2 more\n"), std::string::npos) << who;
}

TEST_F(plain_dialect, silences_whom_one_does_not_want_to_hear_in_private) {
  EXPECT_EQ(ask("/silence"), "-- you hear everybody\n");
  EXPECT_EQ(ask("/silence bob"), "-- you hear nothing of bob in private any more\n");
  EXPECT_EQ(respond(bob, "/to alice hello?").text, "");
  EXPECT_EQ(heard(alice), "");
  EXPECT_EQ(ask("/silence"), "-- you do not hear in private: bob!*@*\n");
  EXPECT_EQ(ask("/silence -bob"), "-- you hear bob again\n");
  EXPECT_EQ(ask("/silence -bob"), "-- bob is not among those whom you do not hear\n");
  EXPECT_EQ(ask("/silence m:x"), "-- say whom, as in /silence NAME, or /silence -NAME\n");
  respond(bob, "/to alice and now?");
  EXPECT_EQ(heard(alice), "bob -> alice: and now?\n");
}
