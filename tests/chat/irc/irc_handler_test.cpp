#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/door/dialects.hpp>
#include <parlance/chat/irc/irc_handler.hpp>
#include <parlance/chat/plain/plain_handler.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/loop.hpp>

using namespace parlance;
using parlance::chat::irc::cost_of_message;

TEST(cost_of_message, counts_the_targets_of_a_list) {
  EXPECT_EQ(cost_of_message("JOIN #a"), 1);
  EXPECT_EQ(cost_of_message("JOIN #a,#b,#c k1,k2,k3"), 3);
  EXPECT_EQ(cost_of_message("join :#a,#b"), 2);
  EXPECT_EQ(cost_of_message("@label=a,b,c :me!u@h PaRT   #a,#b :bye, all, of you"), 2);
  EXPECT_EQ(cost_of_message("PRIVMSG a,b,c,d :one, two"), 4);
  EXPECT_EQ(cost_of_message("KICK #a,b c,d,e :f,g"), 3);
}

TEST(cost_of_message, is_one_for_what_has_no_list) {
  EXPECT_EQ(cost_of_message("TOPIC #a,b :one, two"), 1);
  EXPECT_EQ(cost_of_message("NOSUCHCOMMANDATALL a,b"), 1);
  EXPECT_EQ(cost_of_message("KICK"), 1);
  EXPECT_EQ(cost_of_message(""), 1);
}

TEST(cost_of_message, is_little_for_what_keeps_a_client_alive) {
  EXPECT_LT(cost_of_message("PING a,b,c"), 1);
  EXPECT_LT(cost_of_message("PONG :x"), 1);
}

namespace {

class cost_of_what_rooms_keep : public testing::Test, chat::connection {
 protected:
  void deliver(chat::outgoing) override {}
  void end() override {}
  chat::caller somebody() { return {.address = "192.0.2.1", .from = "192.0.2.1:1"}; }
  /// Of the last of the lines.
  static double cost(chat::protocol_handler& of, const std::string& lines) {
    double last = 0;
    of.feed(lines);
    while (of.next()) last = of.cost();
    return last;
  }

  io::loop here_{{.backend = "sim"}};
  chat::settings configured_;
  chat::store kept_{{}};
  chat::hub chat_{configured_, kept_, chat::every_dialect};
  chat::connection& wire_ = *this;
};

}  // namespace

TEST_F(cost_of_what_rooms_keep, is_one_for_each_room_of_who_takes_another_nick_or_leaves_all) {
  chat::irc::irc_handler alice(chat_, wire_, somebody());
  cost(alice, "NICK alice\r\nUSER a 0 * :a\r\n");
  EXPECT_EQ(cost(alice, "NICK ally\r\n"), 1);
  cost(alice, "JOIN #a,#b,#c,#d\r\nJOIN #e\r\n");
  EXPECT_EQ(cost(alice, "NICK alice\r\n"), 5);
  EXPECT_EQ(cost(alice, "NICK alice\r\n"), 1) << "it is called so already";
  EXPECT_EQ(cost(alice, "TOPIC #a :x\r\n"), 1);
  EXPECT_EQ(cost(alice, "JOIN 0\r\n"), 5);
  chat::plain_handler bob(chat_, wire_, somebody());
  cost(bob, "/nick bob\n/join #a\n/join #b\n");
  EXPECT_EQ(cost(bob, "/nick bobby\n"), 3) << "the lobby, too";
}
