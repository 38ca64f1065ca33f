// The table of what is kept: each kind of document, and what ends it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/core/correspondence.hpp>
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

class records : public testing::Test {
 protected:
  records() {
    configured.accounts.nick_reservation = false;
    kept = std::make_unique<store>(store_options{.folder = folder.path("history")});
    chat = std::make_unique<hub>(configured, *kept, every_dialect);
    chat->accounts().create("alice", {}, 0);
    alice = std::make_unique<irc_person>(*chat, "alice");
    chat->log_in(*chat->people().find("alice"), "alice");
    alice->say("JOIN #board");
    alice->say("MODE #board +k key");
    identity = identity_of(*chat->people().find("alice"));
    crowd = std::to_string(chat->rooms().find("#board")->crowd);
  }

  /// What such a part of a key says that names something there is, or nothing.
  std::string named(key_part what, bool is_there) const {
    switch (what) {
      case key_part::any:
        return "any";
      case key_part::account:
      case key_part::look:
        return is_there ? "alice" : "nobody";
      case key_part::certificate:
        return std::string(64, is_there ? 'a' : 'b');
      case key_part::identity:
      case key_part::correspondent:
      case key_part::registered:
        return is_there ? identity : "@alice#99";  // of another alice
      case key_part::room:
      case key_part::room_or_person:
        return is_there ? "#board" : "#nowhere";
      case key_part::crowd:
        return is_there ? crowd : "1";
    }
    return "";
  }
  /// The key of a document; `dead`: the part that names nothing, 0: none.
  std::string key(const record_kind& kind, int dead) const {
    std::string all = named(kind.first, dead != 1);
    if (kind.second != key_part::any) all += ' ' + named(kind.second, dead != 2);
    return all;
  }
  void put(const record_kind& kind, int dead) {
    kept->put(kind, key(kind, dead), dead == 0 ? R"("alice")" : R"("nobody")");
  }
  bool has(const record_kind& kind, int dead) { return kept->get(kind, key(kind, dead)).has_value(); }
  void sweep(std::size_t step = 3) {
    for (sweep_place at; !at.is_at_end();) sweep_records(*chat, at, step);
    chat->end_turn();
  }

  io::loop here{{.backend = "sim"}};
  temporary_folder folder;
  settings configured;
  std::unique_ptr<store> kept;
  std::unique_ptr<hub> chat;
  std::unique_ptr<irc_person> alice;
  std::string identity, crowd;
};

}  // namespace

TEST_F(records, last_while_all_that_they_name_is_there) {
  for (const record_kind& kind : record_kinds::all) {
    if (kind.first == key_part::any) continue;
    put(kind, 0);
    sweep(1);
    EXPECT_TRUE(has(kind, 0)) << kind.name;
    for (const int dead : {1, 2}) {
      if (dead == 2 && kind.second == key_part::any) continue;
      put(kind, dead);
      sweep();
      EXPECT_FALSE(has(kind, dead)) << kind.name << ' ' << dead;
    }
  }
}

TEST_F(records, end_with_the_account_and_with_the_room_for_good) {
  for (const record_kind& kind : record_kinds::all)
    if (kind.first != key_part::any) put(kind, 0);
  kept->commit();
  EXPECT_TRUE(chat->drop_account("alice", "dropped"));
  chat->end_turn();
  EXPECT_EQ(chat->rooms().find("#board"), nullptr);
  for (const record_kind& kind : {record_kinds::presence, record_kinds::metadata, record_kinds::read_marker,
                                  record_kinds::talk, record_kinds::account, record_kinds::room})
    EXPECT_FALSE(has(kind, 0)) << kind.name;  // at once
  sweep();
  chat->accounts().create("alice", {}, 0);
  for (const record_kind& kind : record_kinds::all)
    if (kind.first != key_part::any) EXPECT_FALSE(has(kind, 0)) << kind.name;

  alice.reset();
  chat.reset();
  kept.reset();
  kept = std::make_unique<store>(store_options{.folder = folder.path("history")});
  for (const record_kind& kind : record_kinds::all)
    if (kind.first != key_part::any) EXPECT_FALSE(has(kind, 0)) << kind.name;
}

TEST_F(records, go_along_with_a_room_that_gets_another_name) {
  const auto is_room = [](key_part what) {
    return what == key_part::room || what == key_part::room_or_person || what == key_part::registered;
  };
  const std::string other = "@bob#5";  // has come into the room, and is not there
  const auto key_in = [&](const record_kind& kind, const std::string& room, const std::string& who) {
    std::string all = is_room(kind.first) ? room : who;
    if (kind.second != key_part::any) all += ' ' + (is_room(kind.second) ? room : who);
    return all;
  };
  const auto each_key = [&](const std::string& room, const auto& visit) {
    for (const record_kind& kind : record_kinds::all) {
      if (!is_room(kind.first) && !is_room(kind.second)) continue;
      for (const std::string& who : {identity, other})
        for (const char* more : {"", " more"}) visit(kind, key_in(kind, room, who) + more);
    }
  };
  each_key("#board", [&](const record_kind& kind, const std::string& key) { kept->put(kind, key, "1"); });
  each_key("#new",
           [&](const record_kind& kind, const std::string& key) { kept->put(kind, key + " old", "2"); });
  kept->put(record_kinds::read_marker, identity + " #boards", "3");
  EXPECT_TRUE(alice->say("RENAME #board #New").contains("#New"));
  std::size_t found = 0;
  each_key("#new", [&](const record_kind& kind, const std::string& key) {
    EXPECT_EQ(kept->get(kind, key), "1") << kind.name << ' ' << key;
    EXPECT_FALSE(kept->get(kind, key + " old")) << kind.name << ' ' << key;
    ++found;
  });
  EXPECT_GE(found, 12U);
  each_key("#board", [&](const record_kind& kind, const std::string& key) {
    EXPECT_FALSE(kept->get(kind, key)) << kind.name << ' ' << key;
  });
  EXPECT_EQ(kept->get(record_kinds::read_marker, identity + " #boards"), "3");
}

TEST_F(records, of_who_had_no_account_end_when_they_are_gone) {
  const std::string number = std::to_string(chat->people().find("alice")->serial);
  kept->put(record_kinds::talk, number + " 7", R"("bob")");
  sweep();
  EXPECT_TRUE(kept->get(record_kinds::talk, number + " 7"));
  alice->say("QUIT");
  kept->put(record_kinds::talk, number + " 7", R"("bob")");
  sweep();
  EXPECT_FALSE(kept->get(record_kinds::talk, number + " 7"));
}

TEST(record_kinds, are_all_that_is_put) {
  const std::filesystem::path root = std::filesystem::path(PARLANCE_SOURCE_DIR) / "parlance/chat";
  // A document of whatever kind: store.put(KIND, KEY, JSON).
  const std::regex put(R"re(\.put\(([^,()]+),[^;]*;)re");
  const std::regex alias(R"re(record_kind& (\w+) = record_kinds::\w+;)re");
  std::size_t found = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(root)) {
    if (file.path().extension() != ".cpp" || file.path().parent_path().filename() == "store") continue;
    std::ifstream in(file.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    std::smatch known;
    const std::string its_own = std::regex_search(text, known, alias) ? known[1].str() : "";
    for (std::sregex_iterator one(text.begin(), text.end(), put), none; one != none; ++one, ++found) {
      const std::string kind = (*one)[1].str();
      const bool is_of_another = kind.ends_with(".kind");  // which is moved
      EXPECT_TRUE(kind.starts_with("record_kinds::") || kind == its_own || is_of_another)
          << file.path() << ": " << one->str();
    }
  }
  EXPECT_GE(found, 10U);
  for (const record_kind& kind : record_kinds::all)
    EXPECT_EQ(kind.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos);
}
