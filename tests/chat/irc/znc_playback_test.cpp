// What *playback shows: where, of which times, and to whom.
#include <gtest/gtest.h>

#include <chrono>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/io/timer.hpp>
#include <parlance/io/wait.hpp>

#include "chat/irc/irc_person.hpp"

using namespace parlance::chat;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

/// "TARGET TEXT" of each message that was told, but for what *playback itself says or is told.
strings messages(std::string_view told) {
  strings all;
  for (const auto part : std::views::split(told, std::string_view("\r\n"))) {
    const std::string_view line(part);
    const std::size_t at = line.find(" PRIVMSG ");
    if (at == std::string_view::npos || line.contains("*playback")) continue;
    std::string one(line.substr(at + 9));
    all.push_back(one.erase(one.find(':'), 1));
  }
  return all;
}

class znc_playback : public testing::Test {
 protected:
  znc_playback() {
    for (irc_person* one : {&alice, &bob}) {
      one->say("CAP REQ :server-time message-tags batch znc.in/playback");
      one->say("JOIN #a");
    }
    for (int i = 0; i < 5; ++i) {
      parlance::io::wait(parlance::io::sleep(10ms));
      bob.say("PRIVMSG #a :line " + std::to_string(i));
      times.push_back(f.chat.clock().milliseconds());
    }
    parlance::io::wait(parlance::io::sleep(10ms));
    bob.say("PRIVMSG alice :in private");
    parlance::io::wait(parlance::io::sleep(10ms));
    alice.heard();
  }
  std::string seconds(std::size_t which) const {
    return std::to_string(times[which] / 1000) + "." + std::to_string(times[which] % 1000 + 1000).substr(1);
  }
  std::string play(const std::string& what) { return alice.say("PRIVMSG *playback :" + what); }

  hub_fixture f;
  irc_person alice{f.chat, "alice"}, bob{f.chat, "bob"};
  std::vector<std::uint64_t> times;
};

const strings all_lines{"#a line 0", "#a line 1", "#a line 2", "#a line 3", "#a line 4"};

strings with_private(strings lines) {
  lines.emplace_back("alice in private");
  return lines;
}

}  // namespace

TEST_F(znc_playback, shows_everything_that_one_may_read) {
  EXPECT_EQ(messages(play("PLAY *")), with_private(all_lines));
  EXPECT_EQ(messages(play("play * 0")), with_private(all_lines));
  EXPECT_EQ(messages(play("PLAY #a")), all_lines);
  EXPECT_EQ(messages(play("PLAY BOB")), with_private({}));
  EXPECT_EQ(messages(play("PLAY #A,bob")), with_private(all_lines));
}

TEST_F(znc_playback, shows_what_lies_between_two_times) {
  EXPECT_EQ(messages(play("PLAY #a " + seconds(2))), (strings{"#a line 3", "#a line 4"}));
  EXPECT_EQ(messages(play("PLAY #a " + seconds(0) + " " + seconds(3))), (strings{"#a line 1", "#a line 2"}));
  EXPECT_EQ(messages(play("PLAY #a 0 " + seconds(1))), strings{"#a line 0"});
  EXPECT_EQ(messages(play("PLAY * " + seconds(4))), with_private({}));
  EXPECT_EQ(messages(play("PLAY * " + std::to_string(times[4] / 1000 + 3600))), strings());
}

TEST_F(znc_playback, comes_in_a_batch_with_its_times) {
  const std::string told = play("PLAY #a");
  EXPECT_TRUE(told.contains(" BATCH +")) << told;
  EXPECT_TRUE(told.contains(" znc.in/playback #a\r\n")) << told;
  EXPECT_TRUE(told.contains("time=")) << told;
  EXPECT_FALSE(play("PLAY nobody").contains("BATCH"));
}

TEST_F(znc_playback, shows_nothing_of_rooms_that_one_may_not_read) {
  irc_person eve(f.chat, "eve");
  EXPECT_EQ(messages(eve.say("PRIVMSG *playback :PLAY #a")), strings());
  EXPECT_EQ(messages(eve.say("PRIVMSG *playback :PLAY *")), strings());
  EXPECT_EQ(messages(eve.say("PRIVMSG *playback :PLAY bob,alice")), strings());
  EXPECT_FALSE(eve.say("PRIVMSG *playback :LIST #a,bob").contains(" PRIVMSG eve "));
}

TEST_F(znc_playback, lists_where_something_was_said_and_when) {
  const std::string told = play("LIST");
  EXPECT_TRUE(told.contains("PRIVMSG alice :#a " + seconds(0) + " " + seconds(4) + "\r\n")) << told;
  EXPECT_TRUE(told.contains("PRIVMSG alice :bob ")) << told;
  EXPECT_FALSE(play("LIST bob").contains("#a")) << told;
}

TEST_F(znc_playback, refuses_times_that_are_none) {
  for (const char* wrong : {"x", "-1", "1e5", "inf", "nan", "99999999999999", "1.5.2", "0x10"}) {
    const std::string told = play(std::string("PLAY * ") + wrong);
    EXPECT_TRUE(told.contains("NOTICE alice :A time is seconds since 1970")) << told;
    EXPECT_EQ(messages(told), strings());
  }
}

TEST_F(znc_playback, is_paid_for) {
  alice.say("CAP REQ :echo-message");
  bool refused = false;
  for (int i = 0; i < 100'000 && !refused; ++i)
    refused = play("PLAY *,*,*,*").contains("Please wait a while") || play("PLAY *").contains("Please wait");
  EXPECT_TRUE(refused);
}

TEST_F(znc_playback, is_not_offered_where_nothing_is_kept) {
  settings none;
  none.history.enabled = false;
  store kept{store_options{}};
  hub chat{none, kept, every_dialect};
  irc_person carol(chat, "carol");
  EXPECT_FALSE(carol.say("CAP LS 302").contains("znc.in/playback"));
  EXPECT_TRUE(carol.say("PRIVMSG *playback :PLAY *").contains("Nothing is kept here"));
}
