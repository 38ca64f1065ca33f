// The people of closed rooms as they are kept: see also tests/cli/irc_closed_rooms_restart_test.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/crowd.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/records.hpp>
#include <parlance/chat/door/dialects.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/loop.hpp>

#include "chat/irc/irc_person.hpp"
#include "net/temporary_folder.hpp"

using namespace parlance;
using namespace parlance::chat;
using parlance::net::test::temporary_folder;

namespace {

std::vector<std::string> keys(store& in) {
  std::vector<std::string> all;
  in.each("crowd", [&](std::string_view key, std::string_view) { all.emplace_back(key); });
  return all;
}

settings with_any_nick() {
  settings made;
  made.accounts.nick_reservation = false;
  return made;
}

/// A server on a folder.
struct server_on {
  explicit server_on(const std::string& in) : kept({.folder = in}), chat(configured, kept, every_dialect) {}

  room& board() { return *chat.rooms().find("#board"); }
  void sweep() {
    for (sweep_place at; !at.is_at_end();) sweep_records(chat, at, 2);
    chat.end_turn();
  }
  std::vector<std::string> expected() {
    std::vector<std::string> who;
    for (const room::absentee& a : board().expected) who.push_back(a.identity + ' ' + letters_of(a.ranks));
    std::ranges::sort(who);
    return who;
  }

  settings configured = with_any_nick();
  store kept;
  hub chat;
};

class crowds : public testing::Test {
 protected:
  crowds() {
    for (const char* name : {"alice", "bob"}) server.chat.accounts().create(name, {}, 0);
  }

  std::unique_ptr<irc_person> somebody(const std::string& nick, std::string_view account = {}) {
    auto made = std::make_unique<irc_person>(server.chat, nick);
    if (!account.empty()) server.chat.log_in(*server.chat.people().find(nick), account);
    return made;
  }
  std::string identity(std::string_view name) {
    return identity_of_account(name, server.chat.accounts().find(name)->number);
  }

  /// What the next server finds when this one is killed now.
  std::unique_ptr<server_on> killed() {
    const std::string copy = folder.path("killed" + std::to_string(++copies));
    std::filesystem::copy(folder.path("history"), copy);
    std::filesystem::remove(copy + "/chat.db-shm");
    return std::make_unique<server_on>(copy);
  }

  io::loop here{{.backend = "sim"}};
  temporary_folder folder;
  server_on server{folder.path("history")};
  int copies = 0;
};

}  // namespace

TEST_F(crowds, cost_one_document_for_who_comes_and_for_who_goes) {
  const auto alice = somebody("alice", "alice");
  alice->say("JOIN #board");
  alice->say("MODE #board +k key");
  const std::string record = *server.kept.get("room", "#board");
  std::vector<std::string> before = keys(server.kept);
  EXPECT_EQ(before.size(), 1U);
  const auto bob = somebody("bob", "bob");
  const auto guest = somebody("guest");
  bob->say("JOIN #board key");
  guest->say("JOIN #board key");
  EXPECT_EQ(keys(server.kept).size(), 3U);
  guest->say("PART #board");
  bob->say("QUIT");
  EXPECT_EQ(keys(server.kept), before);
  EXPECT_EQ(server.kept.get("room", "#board"), record);  // which nobody has written for them
}

TEST_F(crowds, are_expected_with_their_ranks_after_any_number_of_kills) {
  const auto alice = somebody("alice", "alice"), bob = somebody("bob", "bob"),
             other = somebody("bobby", "bob"), guest = somebody("guest");
  for (const auto* who : {&alice, &bob, &other, &guest}) (*who)->say("JOIN #board");
  alice->say("MODE #board +k key");
  alice->say("MODE #board +v bob");
  alice->say("MODE #board +h bobby");
  const std::string of_guest = std::to_string(server.chat.people().find("guest")->serial);
  const std::vector<std::string> all = {of_guest + ' ', identity("alice") + " o", identity("bob") + " hv"};
  const auto next = killed();
  EXPECT_EQ(next->expected(), all);
  const entry_id since = next->board().expected.front().since;
  EXPECT_NE(since, 0U);
  next->chat.end_turn();
  next->sweep();
  EXPECT_EQ(keys(next->kept).size(), 3U);  // of an account one
  std::filesystem::copy(next->kept.options().folder, folder.path("again"));
  server_on again(folder.path("again"));
  EXPECT_EQ(again.expected(), all);
  EXPECT_EQ(again.board().expected.front().since, since);
}

TEST_F(crowds, are_no_more_when_the_room_is_open_and_are_others_when_it_is_closed_again) {
  const auto alice = somebody("alice", "alice"), bob = somebody("bob", "bob");
  for (const auto* who : {&alice, &bob}) (*who)->say("JOIN #board");
  alice->say("MODE #board +k key");
  const entry_id first = server.board().crowd;
  alice->say("MODE #board -k key");
  EXPECT_EQ(server.board().crowd, 0U);
  bob->say("PART #board");
  alice->say("MODE #board +k key");
  EXPECT_GT(server.board().crowd, first);
  EXPECT_EQ(killed()->expected(), std::vector{identity("alice") + " o"});
  EXPECT_EQ(keys(server.kept).size(), 3U);
  server.sweep();
  EXPECT_EQ(keys(server.kept).size(), 1U);
  alice->say("PART #board");
  server.sweep();
  EXPECT_EQ(keys(server.kept).size(), 0U);
}

TEST_F(crowds, are_others_when_somebody_who_was_expected_is_not_and_else_the_same) {
  const auto alice = somebody("alice", "alice"), bob = somebody("bob", "bob");
  for (const auto* who : {&alice, &bob}) (*who)->say("JOIN #board");
  alice->say("MODE #board +k key");
  const entry_id first = server.board().crowd;
  alice->say("MODE #board +i");  // nobody was expected, so nobody is left out
  EXPECT_EQ(server.board().crowd, first);
  const auto next = killed();
  const entry_id second = next->board().crowd;
  irc_person again(next->chat, "alice");
  next->chat.log_in(*next->chat.people().find("alice"), "alice");
  again.say("JOIN #board key");
  EXPECT_EQ(next->board().crowd, second);
  EXPECT_EQ(next->expected(), std::vector{identity("bob") + " "});
  again.say("MODE #board +k other");
  EXPECT_GT(next->board().crowd, second);
  EXPECT_EQ(next->expected(), std::vector<std::string>{});
}

TEST_F(crowds, know_who_logs_in_there_by_its_account_alone) {
  const auto alice = somebody("alice", "alice"), guest = somebody("guest");
  for (const auto* who : {&alice, &guest}) (*who)->say("JOIN #board");
  alice->say("MODE #board +k key");
  server.chat.log_in(*server.chat.people().find("guest"), "bob");
  server.chat.end_turn();
  EXPECT_EQ(killed()->expected(), (std::vector{identity("alice") + " o", identity("bob") + " "}));
  server.chat.drop_account("bob", "dropped");
  server.chat.end_turn();
  EXPECT_EQ(killed()->expected(), std::vector{identity("alice") + " o"});
}

TEST_F(crowds, are_taken_out_of_the_records_of_older_versions) {
  server.kept.put("room", "#board",
                  R"({"name":"#board","founder":"","created":1,"begins_after":7,"modes":"int","ranks":{},)"
                  R"("topic":{"text":"","by":"","at":0},"people":{"Alice":"o","nobody":"o","bob":""},)"
                  R"("since":{"bob":5},"guests":{"v":2},"maker":""})");
  server.kept.commit();
  const auto next = killed();
  std::vector<std::string> who = next->expected();
  ASSERT_EQ(who.size(), 4U);
  EXPECT_TRUE(who[0].ends_with(" v") && who[1].ends_with(" v") && who[0] != who[1]);
  EXPECT_EQ(who[2], identity("alice") + " o");
  EXPECT_EQ(who[3], identity("bob") + " ");
  EXPECT_EQ(next->board().find_expected(identity("bob"))->since, 5U);
  next->chat.end_turn();
  EXPECT_EQ(keys(next->kept).size(), 4U);
  EXPECT_EQ(next->kept.get("room", "#board")->find("people"), std::string::npos);
}
