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

TEST_F(queries_of_irc, are_of_so_many_names_as_one_command_may_have) {
  irc_person alice(chat, "alice");
  const std::size_t most = chat.configured().limits.targets;
  std::string names = "n0";
  for (std::size_t n = 1; n < most + 3; ++n) names += ",n" + std::to_string(n);
  EXPECT_EQ(count(alice.say("WHOWAS " + names), " 369 "), most);
  EXPECT_EQ(count(alice.say("WHOIS " + names), " 318 "), most);
}
