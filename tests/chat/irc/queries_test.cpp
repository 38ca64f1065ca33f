// Asking for people.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "chat/irc/irc_person.hpp"

using namespace parlance::chat;

namespace {

class queries_of_irc : public hub_fixture, public testing::Test {
 protected:
  static std::size_t count(std::string_view in, std::string_view what) {
    std::size_t all = 0;
    for (std::size_t at = in.find(what); at != in.npos; at = in.find(what, at + 1)) ++all;
    return all;
  }
};

}  // namespace

TEST_F(queries_of_irc, by_an_address_are_for_operators_where_others_see_a_name_in_its_place) {
  irc_person alice(chat, "alice"), bob(chat, "bob");
  ASSERT_FALSE(chat.people().find("bob")->host().contains("192.0.2"));
  EXPECT_EQ(count(alice.say("WHO 192.0.2.? h"), " 352 "), 0U);
  chat.people().set_mode(*chat.people().find("alice"), 'o', true);
  chat.people().find("alice")->permitted = permissions::all();
  EXPECT_EQ(count(alice.say("WHO 192.0.2.? h"), " 352 "), 2U);
}

TEST_F(queries_of_irc, what_the_server_can_do_is_told_in_lines_of_so_many_words) {
  irc_person alice(chat, "alice");
  std::string_view all = alice.greeting();
  std::size_t lines = 0;
  for (; !all.empty(); all.remove_prefix(all.find('\n') + 1)) {
    const std::string_view line = all.substr(0, all.find('\n') + 1);
    if (!line.contains(" 005 alice ")) continue;
    ++lines;
    const std::size_t tokens = count(line.substr(0, line.find(" :are")), " ") - 2;
    EXPECT_TRUE(tokens >= 1 && tokens <= 13)
        << line;  // RPL_ISUPPORT: no more than fit with the nick and the text
    EXPECT_LE(line.size(), 512U);
  }
  EXPECT_GT(lines, 1U);
}

TEST_F(queries_of_irc, are_of_so_many_names_as_one_command_may_have) {
  irc_person alice(chat, "alice");
  const std::size_t most = chat.configured().limits.targets;
  std::string names = "n0";
  for (std::size_t n = 1; n < most + 3; ++n) names += ",n" + std::to_string(n);
  EXPECT_EQ(count(alice.say("WHOWAS " + names), " 369 "), most);
  EXPECT_EQ(count(alice.say("WHOIS " + names), " 318 "), most);
}
