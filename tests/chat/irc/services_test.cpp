#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/irc/services.hpp>

#include "chat/irc/irc_person.hpp"

using namespace parlance::chat;
using namespace parlance::chat::irc;

namespace {

std::string notice_of(const service& whom, const std::string& text) {
  return ":" + std::string(whom.nick) + "!" + std::string(whom.nick) +
         "@parlance.local NOTICE alice :" + text;
}

std::string line_of(const service& whom, const service_command& c, std::size_t words) {
  std::string line = "PRIVMSG " + std::string(whom.nick) + " :" + std::string(c.name);
  for (std::size_t i = 0; i < words; ++i) line += " word";
  return line;
}

}  // namespace

TEST(services, tell_how_a_command_is_used_to_who_says_too_little_or_too_much) {
  hub_fixture f;
  irc_person alice(f.chat, "alice");
  f.chat.people().set_mode(*f.chat.people().find("alice"), 'o', true);
  f.chat.people().find("alice")->permitted = permissions::all();
  for (const service* whom : all_services())
    for (const service_command& c : whom->commands) {
      const std::string use = notice_of(*whom, "Use: " + std::string(c.name));
      EXPECT_TRUE(alice.say(line_of(*whom, c, c.most + 1)).starts_with(use)) << c.name;
      if (c.least != 0) EXPECT_TRUE(alice.say(line_of(*whom, c, c.least - 1)).starts_with(use)) << c.name;
    }
}

TEST(services, end_a_client_only_by_its_number) {
  hub_fixture f;
  irc_person alice(f.chat, "alice");
  f.chat.accounts().create("alice", {}, 0);
  alice.log_in("alice");
  for (const char* line : {"NS SESSIONS END", "NS SESSIONS STOP 1", "NS SESSIONS STOP"})
    EXPECT_TRUE(alice.say(line).contains("Use: SESSIONS, or SESSIONS END number")) << line;
  EXPECT_TRUE(alice.say("NS SESSIONS END 4711").contains("Your account has no such client"));
  EXPECT_TRUE(alice.say("NS SESSIONS").contains("NOTICE alice :"));
}

TEST(services, help_with_all_their_commands_and_with_each) {
  hub_fixture f;
  irc_person alice(f.chat, "alice");
  for (const service* whom : all_services()) {
    const std::string all = alice.say("PRIVMSG " + std::string(whom->nick) + " :help");
    for (const service_command& c : whom->commands) {
      const std::string one =
          alice.say("PRIVMSG " + std::string(whom->nick) + " :help " + std::string(c.name));
      EXPECT_TRUE(one.starts_with(notice_of(*whom, std::string(c.name)))) << one;
      EXPECT_TRUE(one.contains(c.about)) << one;
      EXPECT_EQ(all.contains(one), !c.needs) << all << one;
    }
    EXPECT_TRUE(
        alice.say("PRIVMSG " + std::string(whom->nick) + " :help secret").contains("no such command"));
    EXPECT_FALSE(alice.say("PRIVMSG " + std::string(whom->nick) + " :secret").contains("secret"));
  }
}

TEST(services, refuse_to_others_what_is_for_operators) {
  hub_fixture f;
  irc_person alice(f.chat, "alice");
  for (const service* whom : all_services())
    for (const service_command& c : whom->commands)
      if (c.needs)
        EXPECT_TRUE(alice.say(line_of(*whom, c, c.least)).contains("That is for operators of the server"));
}
