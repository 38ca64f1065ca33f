#include <fmt/core.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <parlance/chat/core/account_control.hpp>
#include <parlance/chat/core/forget_command.hpp>
#include <parlance/chat/core/forgetting.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/core/records.hpp>
#include <parlance/chat/store/record_kinds.hpp>

#include "chat/irc/irc_person.hpp"
#include "net/temporary_folder.hpp"

using namespace parlance;
using namespace parlance::chat;
using parlance::net::test::temporary_folder;

namespace {

using texts = std::vector<std::string>;

class forgetting_what_was_said : public testing::Test {
 protected:
  forgetting_what_was_said() {
    configured.accounts.nick_reservation = false;
    start();
    for (const char* name : {"alice", "bob"}) chat->accounts().create(name, {}, 0);
  }
  void start() {
    chat.reset();
    kept.reset();
    kept = std::make_unique<store>(store_options{.folder = folder.path("history")});
    chat = std::make_unique<hub>(configured, *kept, every_dialect);
  }
  std::vector<std::string> said(const std::string& conversation) {
    std::vector<std::string> all;
    for (const stored_entry& e : kept->read(conversation, {.limit = 1000, .kinds = said_kinds}))
      all.push_back(e.text);
    return all;
  }
  bool has_by(const std::string& conversation, const std::string& account) {
    for (const stored_entry& e : kept->read(conversation, {.limit = 1000}))
      if (e.account == account) return true;
    return false;
  }
  /// Of whomever: "alice join", "guest1 quit".
  std::vector<std::string> done_in(const std::string& conversation) {
    std::vector<std::string> all;
    for (const stored_entry& e : kept->read(conversation, {.limit = 1000})) {
      const auto kind = static_cast<event::kind>(e.kind);
      const std::string_view what = kind == event::kind::join      ? " join"
                                    : kind == event::kind::part    ? " part"
                                    : kind == event::kind::quit    ? " quit"
                                    : kind == event::kind::message ? " says"
                                                                   : " does";
      all.push_back(e.source.substr(0, e.source.find('!')) += what);
    }
    return all;
  }
  static void ask(irc_person& who) {
    const std::string asked = who.say("HS FORGET");
    const std::size_t at = asked.rfind("FORGET ");
    ASSERT_NE(at, std::string::npos) << asked;
    EXPECT_TRUE(who.say("HS " + asked.substr(at, asked.find_first_of("\r\n", at) - at))
                    .contains("What you have said is being forgotten"));
  }
  /// All that is kept, of whatever kind, in which that stands; but the audit, which is to say who did what.
  texts kept_with(std::string_view what) {
    texts all;
    const auto look_at = [&](std::string_view where, std::string_view key, std::string_view text) {
      if (text.contains(what) || key.contains(what))
        all.push_back(fmt::format("{} {}: {}", where, key, text));
    };
    for (const record_kind& one : record_kinds::all)
      if (one.name != record_kinds::audit.name)
        kept->each(one, [&](std::string_view key, std::string_view json) { look_at(one.name, key, json); });
    for (std::int64_t row = 0; const auto next = kept->conversation_behind(row); row = next->row)
      for (const stored_entry& e : kept->read(next->name, {.limit = 1000}))
        look_at("said", next->name,
                fmt::format("{} {} {} {} {}", e.source, e.account, e.text, e.tags, e.extra));
    for (const departed& one : chat->departed().all()) look_at("departed", one.nick, one.realname);
    return all;
  }
  /// What one can do in a chat, as whom everything has a word of its own, "zaphod".
  void do_all(irc_person& zaphod, irc_person& bob) {
    for (const char* line : {"JOIN #z", "JOIN #a", "PRIVMSG #a :I am zaphod", "NOTICE #a :zaphod too"})
      zaphod.say(line);
    for (const char* line : {"JOIN #z", "PRIVMSG #a :deploy on friday"}) bob.say(line);
    zaphod.say("@+draft/react=zaphod;+draft/reply=" + msgid_of(kept->newest("#a", said_kinds)) +
               " TAGMSG #a");
    for (const char* line :
         {"PRIVMSG bob :zaphod here", "TOPIC #z :about ships", "MODE #z +b *!*@evil.example",
          "MODE #z +e *!*@good.example", "TBAN #z 7d *!*@other.example", "MODE #z +k zaphod",
          "MODE #z -k zaphod", "MODE #z +v bob", "KICK #z bob :zaphod says so",
          "CAP REQ :draft/read-marker draft/metadata-2", "MARKREAD #a timestamp=2020-01-01T00:00:00.000Z",
          "SILENCE +zaphods!*@*", "METADATA * SET avatar :https://zaphod.example/", "AWAY :zaphod is away",
          "SETNAME :zaphod it is", "NICK zaphod2", "PART #a :so long, zaphod", "JOIN #a", "NICK zaphod"})
      zaphod.say(line);
    zaphod.say("PRIVMSG #z :pin me, zaphod");
    zaphod.say("PRIVMSG #z :pin me");
    EXPECT_TRUE(zaphod.say("CS PIN #z ADD pin me").contains("That is pinned"));
  }
  std::size_t finish(std::size_t most = 3) {
    std::size_t steps = 0;
    for (; chat->forgetting().step(most); ++steps) chat->end_turn();
    return steps;
  }
  std::function<void(std::size_t)> count() {
    return [this](std::size_t all) { removed = all; };
  }

  io::loop here{{.backend = "sim"}};
  temporary_folder folder;
  settings configured;
  std::unique_ptr<store> kept;
  std::unique_ptr<hub> chat;
  std::size_t removed = 0;
};

}  // namespace

TEST_F(forgetting_what_was_said, takes_out_all_that_an_account_has_said_and_nothing_else) {
  irc_person alice(*chat, "alice"), bob(*chat, "bob"), guest(*chat, "guest");
  alice.log_in("alice");
  bob.log_in("bob");
  for (irc_person* who : {&alice, &bob, &guest}) who->say("JOIN #a");
  alice.say("PRIVMSG #a :one");
  bob.say("PRIVMSG #a :two");
  guest.say("PRIVMSG #a :three");
  alice.say("PRIVMSG bob :four");
  bob.say("PRIVMSG alice :five");
  alice.say("TOPIC #a :six");
  const std::string talk = chat->conversation_of(*chat->people().find("alice"), *chat->people().find("bob"));
  chat->forgetting().begin(said_by_account(*chat->accounts().find("alice"), chat->clock().next_id()),
                           count());
  alice.say("PRIVMSG #a :seven");
  finish();
  EXPECT_EQ(said("#a"), (texts{"two", "three", "seven"}));
  EXPECT_EQ(said(talk), texts{"five"});
  EXPECT_GE(removed, 4U);  // what she did, too: she came, and set the topic
  for (const stored_entry& e : kept->read("#a", {.limit = 1000}))
    EXPECT_TRUE(e.account != "alice" || e.text == "seven") << e.text;
  EXPECT_FALSE(kept->first(record_kinds::forget, {}, "\xff"));
}

TEST_F(forgetting_what_was_said, knows_an_account_from_its_first_place_to_the_last) {
  const speaker alice{.key = "@alice#6", .names = {{.account = "alice", .after = 5, .until = 9}}};
  const auto has_said = [&](entry_id id, const char* account) {
    stored_entry said;
    said.id = id;
    said.account = account;
    return alice.has_said(said);
  };
  std::vector<entry_id> hers;
  for (entry_id id = 4; id <= 11; ++id)
    if (has_said(id, "Alice")) hers.push_back(id);
  EXPECT_EQ(hers, (std::vector<entry_id>{6, 7, 8, 9}));
  EXPECT_FALSE(has_said(7, "bob"));
  EXPECT_FALSE(has_said(7, ""));
  EXPECT_TRUE(alice.has_set({.account = "alice", .at = 6}));
  EXPECT_FALSE(alice.has_set({.account = "alice", .at = 5}));
  EXPECT_FALSE(alice.has_set({}));
}

TEST_F(forgetting_what_was_said, goes_on_after_a_restart_and_without_the_account) {
  {
    irc_person alice(*chat, "alice"), bob(*chat, "bob");
    alice.log_in("alice");
    for (const char* room : {"#a", "#b", "#c"}) {
      alice.say(std::string("JOIN ") + room);
      bob.say(std::string("JOIN ") + room);
      for (int i = 0; i < 5; ++i) alice.say(std::string("PRIVMSG ") + room + " :hers");
      bob.say(std::string("PRIVMSG ") + room + " :his");
    }
    chat->forgetting().begin(said_by_account(*chat->accounts().find("alice"), chat->clock().next_id()),
                             count());
    chat->drop_account("alice", "she wants to be forgotten");
    for (int i = 0; i < 3; ++i) chat->forgetting().step(2);
    chat->end_turn();
  }
  start();
  EXPECT_GT(finish(2), 3U);
  for (const char* room : {"#a", "#b", "#c"}) {
    EXPECT_EQ(said(room), texts{"his"}) << room;
    EXPECT_FALSE(has_by(room, "alice"));
  }
}

TEST_F(forgetting_what_was_said, knows_an_account_by_the_names_that_it_had_and_not_others_of_these) {
  irc_person first(*chat, "alice"), other(*chat, "al");
  first.log_in("alice");
  for (irc_person* who : {&first, &other}) who->say("JOIN #a");
  first.say("PRIVMSG #a :before");
  ASSERT_EQ(rename_account(*chat, "alice", "alicia"), std::nullopt);
  first.say("PRIVMSG #a :after");
  chat->accounts().create("alice", {}, chat->clock().seconds());
  other.log_in("alice");
  other.say("PRIVMSG #a :another's");
  chat->forgetting().begin(said_by_account(*chat->accounts().find("alicia"), chat->clock().next_id()),
                           count());
  finish();
  EXPECT_EQ(said("#a"), texts{"another's"});
}

TEST_F(forgetting_what_was_said, of_a_guest_is_what_was_said_since_it_came) {
  irc_person one(*chat, "guest1"), two(*chat, "guest2");
  for (irc_person* who : {&one, &two}) who->say("JOIN #a");
  one.say("PRIVMSG #a :one");
  two.say("PRIVMSG #a :two");
  EXPECT_TRUE(one.say("HS FORGET 12345678").contains("If you want that, say"));
  ask(one);
  finish();
  EXPECT_TRUE(one.heard().contains("what was said is forgotten: 2 entries"));
  EXPECT_EQ(said("#a"), texts{"two"});
}

TEST_F(forgetting_what_was_said, tells_all_who_have_asked_when_it_is_done) {
  irc_person alice(*chat, "alice");
  alice.log_in("alice");
  alice.say("JOIN #a");
  alice.say("PRIVMSG #a :hers");
  int told = 0, told_last = 0;
  const auto tell = [&](std::string_view how) {
    EXPECT_TRUE(how.starts_with("what was said is forgotten")) << how;
    ++told;
  };
  for (int i = 0; i < 2; ++i) {
    forget_account(*chat, "alice", tell);
    ask(alice);
    forget_account(*chat, "alice", tell, 77);
  }
  forget_account(*chat, "alice", [&](std::string_view) { ++told_last; }, 77);
  finish();
  // Each of those who are no client, and of a client what it asked for last.
  EXPECT_EQ(told, 2);
  EXPECT_EQ(told_last, 1);
  const std::string heard = alice.heard();
  EXPECT_EQ(heard.find("is forgotten"), heard.rfind("is forgotten")) << heard;
  EXPECT_NE(heard.find("is forgotten"), std::string::npos) << heard;
}

TEST_F(forgetting_what_was_said, keeps_nothing_of_who_goes_when_it_has_asked) {
  for (const char* how : {"QUIT", "PART #a"}) {
    SCOPED_TRACE(how);
    kept->erase("#a");
    irc_person one(*chat, "guest1"), two(*chat, "guest2");
    for (irc_person* who : {&one, &two}) who->say("JOIN #a");
    ask(one);
    finish();
    one.say(how);
    EXPECT_TRUE(two.heard().contains("guest1!"));  // it is told
    EXPECT_EQ(done_in("#a"), texts{"guest2 join"});
  }
}

TEST_F(forgetting_what_was_said, leaves_nothing_of_a_guest_who_goes_then) {
  irc_person bob(*chat, "bob", "bob"), root(*chat, "root");
  for (irc_person* who : {&bob, &root}) who->say("JOIN #a");
  auto zaphod = std::make_unique<irc_person>(*chat, "zaphod");
  do_all(*zaphod, bob);
  root.say("JOIN #z");  // which is there when the others have gone
  EXPECT_GT(kept_with("zaphod").size(), 20U);
  ask(*zaphod);
  finish();
  zaphod->say("QUIT");
  zaphod.reset();
  for (sweep_place at; !at.is_at_end();) sweep_records(*chat, at, 100);
  chat->end_turn();
  EXPECT_EQ(kept_with("zaphod"), texts{});
  EXPECT_EQ(kept_with("evil.example").size(), 1U);  // what holds for others holds on
  EXPECT_EQ(chat->rooms().find("#z")->topic.text, "about ships");
  EXPECT_TRUE(root.say("TOPIC #z").contains(" 333 root #z " + configured.server.name + " "));
  EXPECT_TRUE(root.say("MODE #z +b").contains(" *!*@evil.example " + configured.server.name + " "));
}

TEST_F(forgetting_what_was_said, goes_on_with_what_an_older_version_has_left) {
  irc_person guest(*chat, "guest1"), two(*chat, "guest2");
  for (irc_person* who : {&guest, &two}) who->say("JOIN #a");
  const auto serial = chat->people().find("guest1")->serial;
  kept->put(record_kinds::forget, std::to_string(serial),
            fmt::format(R"({{"names":[],"serial":{},"last":{},"row":0,"in":0,"at":0,"removed":0}})", serial,
                        chat->clock().next_id()));
  finish();
  EXPECT_EQ(done_in("#a"), texts{"guest2 join"});
}

TEST_F(forgetting_what_was_said, leaves_nothing_of_an_account_that_ends_then) {
  chat->accounts().create("zaphod", {}, chat->clock().seconds());
  irc_person bob(*chat, "bob", "bob"), root(*chat, "root");
  for (irc_person* who : {&bob, &root}) who->say("JOIN #a");
  auto zaphod = std::make_unique<irc_person>(*chat, "zaphod");
  zaphod->say("JOIN #b");  // before it is known who that is
  zaphod->log_in("zaphod");
  do_all(*zaphod, bob);
  root.say("JOIN #z");
  forget_account(*chat, "zaphod", [](std::string_view) {});
  finish();
  chat->drop_account("zaphod", "wants to be forgotten");
  zaphod.reset();
  for (sweep_place at; !at.is_at_end();) sweep_records(*chat, at, 100);
  chat->end_turn();
  EXPECT_EQ(kept_with("zaphod"), texts{});
}

TEST_F(forgetting_what_was_said, leaves_the_names_of_others_and_of_what_is_set_later) {
  irc_person one(*chat, "guest1"), two(*chat, "guest2");
  for (const char* room : {"#a", "#b"}) one.say(std::string("JOIN ") + room);
  two.say("JOIN #c");
  for (irc_person* who : {&one, &two}) who->say(who == &one ? "TOPIC #a :ships" : "TOPIC #c :ships");
  ask(one);
  one.say("TOPIC #b :more ships");
  finish();
  const auto setter = [&](std::string_view room) { return chat->rooms().find(room)->topic.set_by; };
  EXPECT_EQ(setter("#a"), configured.server.name);
  EXPECT_TRUE(setter("#b").starts_with("guest1!"));
  EXPECT_TRUE(setter("#c").starts_with("guest2!"));
}

TEST_F(forgetting_what_was_said, keeps_that_somebody_goes_of_whom_there_is_something_since) {
  struct {
    const char* does;
    texts left;
  } const all[] = {{"PRIVMSG #a :hers", {"guest1 says", "guest1 quit"}},
                   {"JOIN #b", {"guest1 quit"}},
                   {"NICK guest3", {"guest1 does", "guest3 quit"}},
                   {"@+typing=active TAGMSG #a", {}},
                   {"PRIVMSG guest1 :to myself", {}}};
  for (const auto& [does, left] : all) {
    SCOPED_TRACE(does);
    kept->erase("#a");
    irc_person one(*chat, "guest1");
    one.say("JOIN #a");
    ask(one);
    finish();
    one.say(does);
    one.say("QUIT");
    EXPECT_EQ(done_in("#a"), left);
  }
}

TEST_F(forgetting_what_was_said, is_not_undone_by_the_end_of_the_account) {
  irc_person alice(*chat, "alice"), too(*chat, "elsewhere"), bob(*chat, "bob");
  alice.log_in("alice");
  too.log_in("alice");
  for (irc_person* who : {&alice, &too, &bob}) who->say("JOIN #a");
  forget_account(*chat, "alice", [](std::string_view) {});
  finish();
  too.say("PRIVMSG #a :one more");
  forget_account(*chat, "alice", [](std::string_view) {});
  finish();
  chat->drop_account("alice", "she wants to be forgotten");
  chat->end_turn();
  EXPECT_FALSE(has_by("#a", "alice"));
  EXPECT_EQ(done_in("#a"), texts{"bob join"});
}

TEST_F(forgetting_what_was_said, does_not_keep_that_somebody_goes_whose_account_ends) {
  irc_person alice(*chat, "alice"), bob(*chat, "bob");
  bob.say("JOIN #a");
  forget_account(*chat, "alice", [](std::string_view) {});
  finish();
  alice.log_in("alice");
  alice.say("JOIN #a");
  chat->drop_account("alice", "she wants to be forgotten");
  chat->end_turn();
  EXPECT_TRUE(bob.heard().contains("QUIT"));
  EXPECT_EQ(done_in("#a"), (texts{"bob join", "alice join"}));
}

TEST_F(forgetting_what_was_said, follows_a_room_that_gets_another_name_meanwhile) {
  irc_person alice(*chat, "alice");
  alice.log_in("alice");
  for (const char* room : {"#b", "#c"}) {
    alice.say(std::string("JOIN ") + room);
    for (int i = 0; i < 5; ++i) alice.say(std::string("PRIVMSG ") + room + " :hers");
  }
  chat->forgetting().begin(said_by_account(*chat->accounts().find("alice"), chat->clock().next_id()),
                           count());
  chat->forgetting().step(3);
  chat->end_turn();
  alice.say("RENAME #c #a");
  finish();
  EXPECT_EQ(said("#a"), texts{});
  EXPECT_EQ(said("#b"), texts{});
}

TEST_F(forgetting_what_was_said, is_for_oneself_and_for_operators_who_see_to_accounts) {
  irc_person alice(*chat, "alice"), root(*chat, "root");
  alice.log_in("alice");
  alice.say("JOIN #a");
  alice.say("PRIVMSG #a :hers");
  EXPECT_TRUE(root.say("HS FORGET alice").contains("If you want that"));  // a guest's, of what it has said
  root.log_in("bob");
  EXPECT_TRUE(root.say("HS FORGET alice").contains("That is not your account"));
  EXPECT_FALSE(chat->forgetting().step(100));
  chat->people().set_mode(*chat->people().find("root"), 'o', true);
  chat->people().find("root")->permitted = permissions::all();
  EXPECT_TRUE(root.say("HS FORGET alice").contains("What alice has said is being forgotten"));
  finish();
  EXPECT_EQ(said("#a"), texts{});
  EXPECT_TRUE(root.heard().contains("What was said is forgotten"));
}
