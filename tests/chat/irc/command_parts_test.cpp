// Commands of several parts of which some work long: each part waits for those before it (irc_client::in_order).
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>

#include <parlance/chat/accounts/accounts.hpp>
#include <parlance/io/wait.hpp>

#include "chat/irc/irc_person.hpp"

using namespace parlance;
using namespace parlance::chat;

namespace {

class command_parts : public testing::Test {
 protected:
  command_parts() {
    f.chat.spawn = [this](io::task<void> what) { works.push_back(std::move(what)); };
    account_secrets its;
    its.hash =
        "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$"
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";  // of some password, and quick
    f.chat.accounts().create("alice", its, 0);
    guest.say("CAP REQ :batch draft/multiline");
  }
  /// Does the work that was begun first, and gives what the guest is told by that.
  std::string finish_one() {
    io::task<void> first = std::move(works.front());
    works.pop_front();
    io::wait(std::move(first));
    return guest.heard();
  }
  /// The lines in one message to NickServ.
  std::string tell_nickserv(std::initializer_list<const char*> lines) {
    guest.say("BATCH +1 draft/multiline NickServ");
    for (const char* line : lines) guest.say(std::string("@batch=1 PRIVMSG NickServ :") + line);
    return guest.say("BATCH -1");
  }

  hub_fixture f{[] {
    settings s;
    s.accounts.nick_reservation = false;
    return s;
  }()};
  irc_person guest{f.chat, "guest"}, bob{f.chat, "bob"};
  std::deque<io::task<void>> works;
};

}  // namespace

TEST_F(command_parts, wait_for_each_that_works_before_them) {
  EXPECT_EQ(tell_nickserv({"IDENTIFY alice wrong", "IDENTIFY alice other", "HELP"}), "");
  ASSERT_EQ(works.size(), 1U);
  const std::string first = finish_one();
  EXPECT_TRUE(first.contains("password")) << first;
  EXPECT_FALSE(first.contains("IDENTIFY")) << first;  // which the help has
  ASSERT_EQ(works.size(), 1U);
  const std::string rest = finish_one();
  EXPECT_TRUE(rest.find("password") < rest.find("IDENTIFY")) << rest;
  EXPECT_TRUE(works.empty());
}

TEST_F(command_parts, are_not_done_when_one_before_them_has_ended_the_client) {
  bob.heard();
  std::string told;
  for (int i = 0; i < 20 && !told.contains("ERROR"); ++i) {
    EXPECT_EQ(bob.heard(), "");
    guest.say("PRIVMSG NickServ,bob :IDENTIFY alice wrong" + std::to_string(i));
    ASSERT_EQ(works.size(), 1U);
    told = finish_one();
    if (!told.contains("ERROR")) EXPECT_TRUE(bob.heard().contains("PRIVMSG bob"));
  }
  EXPECT_TRUE(told.contains("Too many failed logins")) << told;
  EXPECT_FALSE(bob.heard().contains("PRIVMSG bob"));
}
