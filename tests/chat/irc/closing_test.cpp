// What a client is told last.
#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/irc/line_builder.hpp>

#include "chat/irc/irc_person.hpp"

using namespace parlance::chat;

TEST(closing_link, is_a_line_of_irc_however_long_the_reason_is) {
  hub_fixture f;
  irc_person alice(f.chat, "alice");
  alice.heard();
  f.chat.remove(*f.chat.people().find("alice"),
                std::string(399, 'x') + std::string(100, 'y') + "\u00e9\u00e9");
  const std::string heard = alice.heard();
  EXPECT_EQ(heard.size(), irc::max_line) << heard;
  EXPECT_TRUE(heard.starts_with("ERROR :Closing link: (192.0.2.1) [xxx") && heard.ends_with("y]\r\n"))
      << heard;
}
