#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/core/listings.hpp>
#include <parlance/io/time.hpp>

#include "chat/irc/irc_person.hpp"

using namespace parlance::chat;
namespace io = parlance::io;

namespace {

const network address = *network::parse("192.0.2.1");  // of whoever speaks here

class listed : public testing::Test {
 protected:
  void learn(std::optional<listed_are> what) {
    const io::time_point now = f.loop.now();
    std::optional<listing> its;
    if (what) its = listing{.list = "drones", .what = *what, .reason = "it is one"};
    f.chat.listed().learn(address, its, io::after(now, listings::holds), now);
  }
  bool comes_in(const std::string& nick) {
    irc_person one(f.chat, nick);
    told = one.greeting();
    return told.contains(" 001 ");
  }

  hub_fixture f;
  std::string told;
};

}  // namespace

TEST_F(listed, who_is_on_no_list_comes_in) {
  EXPECT_TRUE(comes_in("ann"));
  learn({});
  EXPECT_TRUE(f.chat.listed().is_known(address, f.loop.now()));
  EXPECT_TRUE(comes_in("ben"));
}

TEST_F(listed, who_is_refused_is_told_why) {
  learn(listed_are::refused);
  EXPECT_FALSE(comes_in("ann"));
  EXPECT_TRUE(told.contains(" 465 ann :Your address is listed at drones: it is one\r\n")) << told;
  EXPECT_TRUE(told.contains("ERROR :"));
}

TEST_F(listed, who_needs_an_account_is_told_so_and_makes_none) {
  learn(listed_are::with_accounts);
  EXPECT_FALSE(comes_in("ann"));
  EXPECT_TRUE(told.contains("log in to an account (SASL): it is one")) << told;
  f.chat.settings_changed(f.configured);  // and is asked for again
  irc_person bob(f.chat, "bob");
  EXPECT_TRUE(bob.greeting().contains(" 001 "));
  learn(listed_are::with_accounts);
  EXPECT_TRUE(bob.say("NS REGISTER secret").contains("on a list"));
}

TEST_F(listed, who_is_marked_comes_in_and_operators_see_it) {
  irc_person boss(f.chat, "boss");
  person& who = *f.chat.people().find("boss");
  for (const char mode : {'o', 's'}) f.chat.people().set_mode(who, mode, true);
  who.permitted = permissions({"inspect"});
  learn(listed_are::marked);
  irc_person eve(f.chat, "eve");
  EXPECT_TRUE(eve.greeting().contains(" 001 "));
  EXPECT_TRUE(boss.heard().contains("*** eve!~eve@"));
  EXPECT_TRUE(boss.say("WHOIS eve").contains(" 320 boss eve :is listed at drones: it is one"));
  EXPECT_FALSE(eve.say("WHOIS eve").contains(" 320 "));
}

TEST_F(listed, answers_are_so_many_at_most) {
  const io::time_point now = f.loop.now();
  listings all;
  for (std::size_t n = 0; n <= listings::most; ++n)
    all.learn(*network::parse("10." + std::to_string(n >> 16) + "." + std::to_string(n >> 8 & 255) + "." +
                              std::to_string(n & 255)),
              {}, io::after(now, listings::holds), now);
  EXPECT_FALSE(all.is_known(*network::parse("10.0.0.1"), now));
  EXPECT_TRUE(all.is_known(*network::parse("10.0.78.32"), now));
  all.learn(address, {}, now, now);
  EXPECT_FALSE(all.is_known(address, now));
}
