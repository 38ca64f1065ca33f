#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/silence.hpp>

#include "chat/irc/irc_person.hpp"

using namespace parlance::chat;

namespace {

class silence : public testing::Test {
 protected:
  silence() : bob(f.chat, "bob"), eve(f.chat, "eve") {}

  hub_fixture f{[] {
    settings s;
    s.accounts.nick_reservation = false;
    return s;
  }()};
  irc_person bob, eve;
};

}  // namespace

TEST_F(silence, keeps_private_words_and_invitations_from_who_asked_for_it) {
  EXPECT_EQ(bob.say("SILENCE +eve").find(":bob!"), 0U);
  bob.heard();
  eve.say("CAP REQ :echo-message");
  EXPECT_TRUE(eve.say("PRIVMSG bob :hello?").contains("PRIVMSG bob :hello?"));  // as if it had been heard
  eve.say("NOTICE bob :hello?");
  eve.say("JOIN #a");
  EXPECT_TRUE(eve.say("INVITE bob #a").contains(" 341 "));
  EXPECT_EQ(bob.heard(), "");
  EXPECT_EQ(f.kept.newest(f.chat.conversation_of(*f.chat.people().find("bob"), *f.chat.people().find("eve"))),
            0U);
  bob.say("JOIN #a");
  eve.say("PRIVMSG #a :in a room");
  EXPECT_TRUE(bob.heard().contains("in a room"));
  EXPECT_TRUE(bob.say("SILENCE -eve").contains("SILENCE -eve!*@*"));
  eve.say("PRIVMSG bob :and now?");
  EXPECT_TRUE(bob.heard().contains("and now?"));
}

TEST_F(silence, lists_masks_and_takes_so_many) {
  bob.say("SILENCE a:eve");
  bob.say("SILENCE +*!*@192.0.2.*");
  bob.say("SILENCE +A:EVE");  // it is there
  const std::string all = bob.say("SILENCE");
  EXPECT_TRUE(all.contains(" 271 bob bob a:eve\r\n")) << all;
  EXPECT_TRUE(all.contains(" 271 bob bob *!*@192.0.2.*\r\n")) << all;
  EXPECT_TRUE(all.contains(" 272 bob "));
  EXPECT_TRUE(bob.say("SILENCE -nobody").contains(" 401 "));
  for (std::size_t i = 0; i < most_silenced; ++i) bob.say("SILENCE n" + std::to_string(i));
  EXPECT_TRUE(bob.say("SILENCE one-more").contains(" 511 bob one-more!*@* "));
  EXPECT_TRUE(bob.say("VERSION").contains(" SILENCE=32 "));
}

TEST_F(silence, is_kept_with_an_account_and_not_for_the_next_of_a_nick) {
  f.chat.accounts().create("bob", {}, 0);
  bob.say("SILENCE eve");
  EXPECT_EQ(silenced_of(f.kept, identity_of(*f.chat.people().find("bob"))).size(), 1U);
  bob.log_in("bob");
  EXPECT_TRUE(
      silenced_of(f.kept, identity_of(*f.chat.people().find("bob"))).empty());  // of the guest that it was
  bob.say("SILENCE a:eve");
  bob.say("QUIT");
  irc_person again(f.chat, "bob");
  EXPECT_FALSE(again.say("SILENCE").contains(" 271 "));
  again.log_in("bob");
  EXPECT_TRUE(again.say("SILENCE").contains(" 271 bob bob a:eve"));
}
