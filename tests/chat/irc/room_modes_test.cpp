#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <parlance/chat/core/room_modes.hpp>
#include <parlance/chat/core/room_records.hpp>

#include "chat/irc/irc_person.hpp"

using namespace parlance::chat;

namespace {

/// Of each kind of parameter, one that can be set.
const std::map<std::string, std::string, std::less<>> examples = {
    {"", ""},        {"mask", "eve!*@*"}, {"key", "secret"}, {"room", "#other"},
    {"number", "7"}, {"seconds", "7"},    {"nick", "bob"}};

class room_mode_table : public testing::TestWithParam<room_mode> {
 protected:
  room_mode_table() : alice(f.chat, "alice"), bob(f.chat, "bob") {
    for (const char* line : {"JOIN #other", "JOIN #a"}) alice.say(line);
    bob.say("JOIN #a");
  }

  std::string change(char sign) const { return std::string{sign, GetParam().letter}; }
  std::string example() const { return examples.find(GetParam().parameter)->second; }
  room& a() { return *f.chat.rooms().find("#a"); }

  hub_fixture f;
  irc_person alice, bob;
};

bool has(const std::string& text, std::string_view part) { return text.contains(part); }

}  // namespace

TEST_P(room_mode_table, is_set_told_shown_and_taken_away) {
  const room_mode& mode = GetParam();
  ASSERT_TRUE(examples.contains(mode.parameter)) << mode.parameter;
  if (a().modes.has(mode.letter)) alice.say("MODE #a " + change('-'));
  // Who is there first is its operator; a founder has an account.
  if (mode.least == founder) f.chat.rooms().try_ranks(a(), *f.chat.people().find("alice"), founder);
  const std::string set = change('+') + (example().empty() ? "" : " " + example());
  EXPECT_TRUE(has(alice.say("MODE #a " + set), " MODE #a " + set + "\r\n")) << set;
  if (mode.kind == mode_kind::list)
    EXPECT_TRUE(has(alice.say("MODE #a " + change('+')), " #a eve!*@* "));
  else if (mode.kind == mode_kind::prefix)
    EXPECT_TRUE(has(alice.say("NAMES #a"), prefixes_of(rank_of(mode.letter), false) + "bob"));
  else
    EXPECT_TRUE(has(alice.say("MODE #a"), example() + "\r\n"));
  if (mode.kind != mode_kind::prefix) EXPECT_TRUE(is_set(a(), mode));
  const std::string gone = change('-') + (mode.kind == mode_kind::set_parameter ? "" : " " + example());
  EXPECT_TRUE(has(alice.say("MODE #a " + gone), " MODE #a " + change('-'))) << gone;
  if (mode.kind != mode_kind::prefix) EXPECT_FALSE(is_set(a(), mode));
}

TEST_P(room_mode_table, is_for_those_of_the_rank_alone) {
  const std::string line = "MODE #a " + change('+') + " " + example();
  EXPECT_TRUE(has(bob.say(line), " 482 bob #a ")) << line;
}

TEST_P(room_mode_table, is_kept_and_a_room_with_it_is_not_as_it_was_made) {
  const room_mode& mode = GetParam();
  if (mode.kind == mode_kind::prefix) return;
  room before("#b");
  before.modes = a().modes;
  before.founder_account = "alice";
  ASSERT_FALSE(is_set(before, mode) && !before.modes.has(mode.letter));
  if (mode.kind == mode_kind::flag)
    before.modes.set(mode.letter, !before.modes.has(mode.letter));
  else if (mode.kind == mode_kind::list)
    (before.*std::get<room_mode::masks>(mode.value)).push_back({"eve!*@*", "alice", 1});
  else
    set_value(before, mode, example());
  const auto after = from_record(to_record(before));
  ASSERT_TRUE(after);
  EXPECT_EQ(is_set(*after, mode), is_set(before, mode));
  EXPECT_EQ(value_of(*after, mode), value_of(before, mode));
  before.founder_account.clear();
  EXPECT_FALSE(before.is_as_made());
  room other("#c");
  other.take_settings(std::move(*after));
  EXPECT_EQ(to_record(other).contains("eve"), mode.kind == mode_kind::list);
  EXPECT_EQ(is_set(other, mode), is_set(*from_record(to_record(other)), mode));
}

TEST_P(room_mode_table, closes_the_room_when_it_says_so) {
  const room_mode& mode = GetParam();
  if (mode.kind == mode_kind::prefix) return;
  alice.say("MODE #a " + change('+') + " " + example());
  EXPECT_EQ(a().is_closed(), mode.closes != closing::nothing);
  a().expected.push_back({"@carol", no_rank, 0});
  alice.say("MODE #a " + change('-') + " " + example());
  EXPECT_FALSE(a().is_closed());
  EXPECT_FALSE(a().expected.empty());
  alice.say("MODE #a " + change('+') + " " + example());
  EXPECT_EQ(a().expected.empty(), mode.closes == closing::joining);
}

INSTANTIATE_TEST_SUITE_P(each, room_mode_table, testing::ValuesIn(room_modes()),
                         [](const auto& one) { return std::string{one.param.letter}; });

TEST(room_mode_letters, are_each_one_mode) {
  std::set<char> letters;
  for (const room_mode& mode : room_modes()) EXPECT_TRUE(letters.insert(mode.letter).second) << mode.letter;
  EXPECT_EQ(letters_of(mode_kind::prefix), rank_letters);
}

TEST(room_mode_letters, of_forwarding_are_for_all_who_are_kept_out) {
  for (const char* closed : {"+k key", "+i", "+l 1", "+R", "+b *!*@*"}) {
    hub_fixture f;
    irc_person alice(f.chat, "alice"), bob(f.chat, "bob");
    for (const std::string& line : {std::string("JOIN #a"), std::string("JOIN #b"),
                                    std::string("MODE #a +f #b"), std::string("MODE #a ") + closed})
      alice.say(line);
    const std::string told = bob.say("JOIN #a wrong");
    EXPECT_TRUE(has(told, " 470 bob #a #b ") && has(told, " JOIN #b")) << closed << told;
  }
}

TEST(room_mode_letters, are_told_to_who_comes) {
  hub_fixture f;
  irc_person alice(f.chat, "alice");
  const std::string told = alice.say("VERSION");
  for (const char* token : {" CHANMODES=Ibe,k,Wfl,CKMRUimnstu ", " PREFIX=(qohv)~@%+ ", " STATUSMSG=~@%+ ",
                            " EXCEPTS=e ", " INVEX=I ", " MAXLIST=I:100,b:100,e:100 "})
    EXPECT_TRUE(has(told, token)) << token << told;
  EXPECT_TRUE(has(alice.greeting(), " BRTiosw CIKMRUWbefhiklmnoqstuv IWbefhkloqv\r\n")) << alice.greeting();
}
