#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/core/room_modes.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/person_modes.hpp>

#include "chat/irc/irc_person.hpp"

using namespace parlance::chat;

TEST(help, tells_about_every_command) {
  hub_fixture f;
  irc_person alice(f.chat, "alice");
  for (const irc::command& c : irc::all_commands()) {
    const std::string told = alice.say("HELP " + std::string(c.name));
    EXPECT_TRUE(told.contains(" 704 alice ")) << c.name << ": " << told;
  }
}

TEST(commands, are_found_by_their_names_and_by_nothing_else) {
  for (const irc::command& c : irc::all_commands()) {
    EXPECT_EQ(irc::find_command(c.name), &c);
    EXPECT_EQ(irc::find_command(std::string(c.name) + "X"), nullptr);
  }
  for (const char* other : {"", "@", "[", "Z", "PRIV", "privmsg", "\xff"})
    EXPECT_EQ(irc::find_command(other), nullptr) << other;
}

TEST(help, lists_all_modes) {
  hub_fixture f;
  irc_person alice(f.chat, "alice");
  const std::string of_rooms = alice.say("HELP CMODE"), of_people = alice.say("HELP umode");
  for (const room_mode& mode : room_modes()) EXPECT_TRUE(of_rooms.contains(mode.about)) << of_rooms;
  for (const irc::person_mode& mode : irc::person_modes)
    EXPECT_TRUE(of_people.contains(mode.about)) << of_people;
}
