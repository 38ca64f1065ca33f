#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>

#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/room_records.hpp>
#include <parlance/chat/door/dialects.hpp>
#include <parlance/chat/irc/irc_client.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/loop.hpp>

#include "chat/irc/irc_person.hpp"
#include "net/temporary_folder.hpp"

using namespace parlance;
using namespace parlance::chat;
using parlance::net::test::temporary_folder;

namespace {

class registered_rooms : public testing::Test {
 protected:
  registered_rooms() {
    configured.accounts.nick_reservation = false;
    start();
    for (const char* name : {"Alice", "bob", "carol"}) chat->accounts().create(name, {}, 0);
  }
  ~registered_rooms() override { stop(); }

  void start() {
    kept = std::make_unique<store>(store_options{.folder = folder.path("history")});
    chat = std::make_unique<hub>(configured, *kept, every_dialect);
  }
  void stop() {
    chat.reset();
    kept.reset();
  }
  void restart() {
    stop();
    start();
  }

  /// #a, which alice has made and registered.
  std::string founded() {
    irc_person alice(*chat, "alice", "Alice");
    alice.say("JOIN #a");
    for (const char* line : {"TOPIC #a :mine", "MODE #a +sklbeI key 9 eve ~m:x ~a:y", "CS AMODE #a +o bob"})
      alice.say(line);
    return alice.say("PRIVMSG chanserv :Register #a") + alice.say("CS AMODE #a +o bob");
  }

  io::loop here{{.backend = "sim"}};
  temporary_folder folder;
  settings configured;
  std::unique_ptr<store> kept;
  std::unique_ptr<hub> chat;
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_F(registered_rooms, make_their_founder_one_at_once) {
  const std::string told = founded();
  EXPECT_TRUE(has(told, ":ChanServ!ChanServ@parlance.local MODE #a +q alice\r\n")) << told;
  EXPECT_TRUE(has(told, ":ChanServ!ChanServ@parlance.local MODE #a -o alice\r\n")) << told;
}

TEST_F(registered_rooms, are_left_by_whom_their_founder_puts_out) {
  irc_person alice(*chat, "alice", "Alice"), bob(*chat, "bob"), carol(*chat, "carol");
  for (irc_person* one : {&alice, &bob, &carol}) one->say("JOIN #a");
  alice.say("CS REGISTER #a");
  alice.say("MODE #a +o bob");
  EXPECT_TRUE(bob.say("KICK #a alice").contains(" 482 bob #a "));
  EXPECT_TRUE(alice.say("KICK #a bob").contains(" KICK #a bob "));
  EXPECT_TRUE(alice.say("KICK #a carol").contains(" KICK #a carol "));
}

TEST_F(registered_rooms, show_their_founder_as_ever_after) {
  irc_person alice(*chat, "alice", "Alice");
  alice.say("CAP REQ :multi-prefix");
  alice.say("JOIN #a");
  alice.say("CS REGISTER #a");
  const std::string before = alice.say("NAMES #a");
  EXPECT_TRUE(has(before, "#a :~alice\r\n")) << before;
  alice.say("PART #a");
  EXPECT_TRUE(has(alice.say("JOIN #a"), "#a :~alice\r\n"));
}

TEST_F(registered_rooms, outlive_their_people_and_the_server) {
  founded();
  ASSERT_NE(chat->rooms().find("#a"), nullptr);
  const std::string before = to_record(*chat->rooms().find("#a"));
  restart();
  ASSERT_NE(chat->rooms().find("#A"), nullptr);
  EXPECT_EQ(to_record(*chat->rooms().find("#a")), before);
  EXPECT_EQ(chat->rooms().find("#a")->bans.at(0).mask, "eve!*@*");
}

TEST_F(registered_rooms, give_ranks_to_accounts_and_to_nobody_else) {
  founded();
  restart();
  irc_person eve(*chat, "eve"), carol(*chat, "carol"), bob(*chat, "bobby", "BOB"),
      alice(*chat, "al", "alice");
  EXPECT_TRUE(has(eve.say("JOIN #a key"), " 474 eve #a "));
  EXPECT_TRUE(has(carol.say("JOIN #a"), " 475 carol #a "));
  EXPECT_TRUE(has(carol.say("JOIN #a key"), " 353 carol @ #a carol\r\n") ||
              has(carol.say("NAMES #a"), "#a :carol\r\n"));
  EXPECT_TRUE(has(bob.say("JOIN #a key"), "@bobby"));
  EXPECT_TRUE(has(alice.say("JOIN #a"), "~al"));
  EXPECT_TRUE(has(alice.say("MODE #a +q bobby"), "MODE #a +q bobby"));
  EXPECT_TRUE(has(carol.say("CS OP #a"), "no operator of #a"));
  EXPECT_TRUE(has(alice.say("CS AMODE #a +v carol"), "carol +v in #a"));
  EXPECT_TRUE(has(alice.say("CS AMODE #a +v nobody-here"), "no such account"));
}

TEST_F(registered_rooms, belong_to_accounts_and_not_to_others_of_their_names) {
  founded();
  std::string record = *kept->get("room", "#a");
  for (const char* name : {"Alice", "bob"}) {
    chat->accounts().remove(name);  // as if nothing else had been known of it
    chat->accounts().create(name, {}, 0);
  }
  restart();
  {
    irc_person bob(*chat, "bob", "bob"), alice(*chat, "alice", "alice");
    EXPECT_TRUE(has(alice.say("JOIN #a"), " 475 alice #a "));
    EXPECT_TRUE(has(bob.say("JOIN #a key"), "#a :bob\r\n"));
    EXPECT_TRUE(has(bob.say("CS OP #a"), "no operator of #a"));
    alice.say("JOIN #a key");
    EXPECT_TRUE(has(alice.say("CS UNREGISTER #a"), "belongs to Alice"));
  }
  // As older versions kept it.
  for (const char* key : {R"("founder_number":)", R"("rank_numbers":)"})
    record.replace(record.find(key) + 1, 1, "x");
  kept->put("room", "#a", record);
  kept->commit();
  restart();
  irc_person bob(*chat, "bob", "bob"), alice(*chat, "alice", "alice");
  EXPECT_TRUE(has(alice.say("JOIN #a"), "~alice"));
  EXPECT_TRUE(has(bob.say("JOIN #a key"), "@bob"));
}

TEST_F(registered_rooms, are_like_others_once_they_are_given_up) {
  founded();
  {
    irc_person bob(*chat, "bob", "bob"), alice(*chat, "alice", "alice");
    EXPECT_TRUE(has(bob.say("CS UNREGISTER #a"), "belongs to Alice"));
    alice.say("JOIN #a");
    EXPECT_TRUE(has(alice.say("CS UNREGISTER #a"), "MODE #a +o-q alice alice\r\n"));
    EXPECT_TRUE(has(alice.say("CS INFO #a"), "no registered channel"));
    alice.say("PART #a");
    EXPECT_EQ(chat->rooms().find("#a"), nullptr);
  }
  restart();
  EXPECT_EQ(chat->rooms().find("#a"), nullptr);
}

TEST_F(registered_rooms, are_kept_under_their_new_name) {
  founded();
  {
    irc_person bob(*chat, "bob", "bob"), alice(*chat, "alice", "alice");
    bob.say("JOIN #a key");
    EXPECT_TRUE(has(bob.say("RENAME #a #b"), " 482 bob #a "));
    alice.say("JOIN #a");
    alice.say("PRIVMSG #a :before");
    alice.say("METADATA #a SET url :https://example.org/");
    EXPECT_TRUE(has(alice.say("RENAME #a #B"), "JOIN #B\r\n"));
  }
  EXPECT_FALSE(kept->get("metadata", "#a"));
  EXPECT_TRUE(kept->get("metadata", "#b"));
  EXPECT_TRUE(kept->read("#a", {}).empty());
  EXPECT_FALSE(kept->read("#b", {}).empty());
  restart();
  EXPECT_EQ(chat->rooms().find("#a"), nullptr);
  ASSERT_NE(chat->rooms().find("#b"), nullptr);
  EXPECT_EQ(chat->rooms().find("#b")->founder_account, "Alice");
}

TEST_F(registered_rooms, are_so_many_for_an_account) {
  irc_person alice(*chat, "alice", "alice");
  for (int i = 0; i < 20; ++i) {
    const std::string name = "#" + std::to_string(i);
    alice.say("JOIN " + name);
    EXPECT_TRUE(has(alice.say("CS REGISTER " + name), "is registered to alice now"));
  }
  alice.say("JOIN #one-more");
  EXPECT_TRUE(has(alice.say("CS REGISTER #one-more"), "An account can have 20 channels"));
}

TEST(room_records, are_refused_when_they_are_none) {
  for (const char* text : {"", "{", "[]", "null", "{}", R"({"name":"#a"})", R"({"name":7,"founder":"a"})"})
    EXPECT_EQ(from_record(text), nullptr) << text;
}

TEST(room_records, that_are_damaged_stop_the_start) {
  io::loop here{{.backend = "sim"}};
  store kept({});
  kept.put("room", "#a", "{}");
  const settings configured;
  EXPECT_THROW(hub(configured, kept, every_dialect), store_error);
}
