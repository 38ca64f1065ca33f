#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/playback.hpp>

#include "chat/core/window.hpp"
#include "chat/store/faulty_vfs.hpp"
#include "net/temporary_folder.hpp"

using namespace parlance::chat;

namespace {

using lines = std::vector<std::string>;

constexpr form irc_form{dialect::irc, {}};
constexpr form tagged_form{dialect::irc, {capability::message_tags}};

class hub_with_three : public hub_fixture, public testing::Test {
 protected:
  hub_with_three() {
    alice.enter("alice");
    bob.enter("bob");
    carol.enter("carol");
    chat.end_turn();
    for (window* w : {&alice, &bob, &carol}) w->heard.clear();
  }
  void say(window& by, std::string_view text) {
    EXPECT_EQ(chat.say(by, by.who()->speaks_in->name(), {.text = text}), outcome::done);
  }

  window alice{chat}, bob{chat}, carol{chat};
};

settings with_limits(limits bounds) {
  settings all;
  all.limits = std::move(bounds);
  return all;
}

}  // namespace

TEST(hub, gives_each_guest_a_name_and_the_lobby) {
  hub_fixture f;
  window first{f.chat}, second{f.chat};
  EXPECT_EQ(first.enter(), outcome::done);
  EXPECT_EQ(second.enter(), outcome::done);
  EXPECT_EQ(first.who()->nick(), "guest1");
  EXPECT_EQ(second.who()->nick(), "guest2");
  EXPECT_EQ(first.who()->speaks_in->name(), "#lobby");
  EXPECT_EQ(first.take(), lines{"-- guest2 has joined #lobby"});
  EXPECT_EQ(second.take(), lines{});
}

TEST(hub, skips_a_guest_name_that_somebody_has_taken) {
  hub_fixture f;
  window first{f.chat}, second{f.chat};
  first.enter("Guest1");
  second.enter();
  EXPECT_EQ(second.who()->nick(), "guest2");
}

TEST(hub, a_nick_is_taken_before_its_owner_is_there_and_nobody_can_reach_it) {
  hub_fixture f;
  window first{f.chat}, second{f.chat};
  EXPECT_EQ(f.chat.claim(first, "alice"), outcome::done);
  EXPECT_EQ(f.chat.people().find("alice"), nullptr);
  EXPECT_EQ(second.enter("ALICE"), outcome::name_taken);
  EXPECT_EQ(f.chat.claim(first, "ann"), outcome::done);
  EXPECT_EQ(second.enter("alice"), outcome::done);
}

TEST_F(hub_with_three, tells_everybody_else_what_is_said) {
  say(alice, "hello");
  EXPECT_EQ(alice.take(), lines{});
  EXPECT_EQ(bob.take(), lines{"alice: hello"});
  EXPECT_EQ(carol.take(), lines{"alice: hello"});
}

TEST_F(hub_with_three, tells_nothing_before_the_turn_ends) {
  say(alice, "hello");
  EXPECT_EQ(bob.heard, "");
  chat.end_turn();
  EXPECT_EQ(bob.heard, "alice: hello\n");
}

TEST_F(hub_with_three, a_turn_of_a_room_is_one_run_that_all_who_read_alike_share) {
  window dave{chat, irc_form};
  dave.enter("dave");
  chat.end_turn();
  for (window* w : {&bob, &carol, &dave}) w->runs.clear();
  say(alice, "one");
  say(alice, "two");
  chat.end_turn();
  ASSERT_EQ(bob.runs.size(), 1U);
  EXPECT_EQ(bob.runs, carol.runs);
  ASSERT_EQ(dave.runs.size(), 1U);
  EXPECT_NE(dave.runs, bob.runs);
}

TEST_F(hub_with_three, one_who_spoke_in_between_hears_the_rest_in_order) {
  say(alice, "1");
  say(bob, "2");
  say(carol, "3");
  say(bob, "4");
  EXPECT_EQ(bob.take(), (lines{"alice: 1", "carol: 3"}));
  EXPECT_EQ(carol.take(), (lines{"alice: 1", "bob: 2", "bob: 4"}));
}

TEST_F(hub_with_three, what_is_told_to_one_comes_after_what_its_rooms_were_told) {
  say(alice, "before");
  chat.say(alice, "bob", {.text = "psst"});
  say(alice, "after");
  EXPECT_EQ(bob.take(), (lines{"alice: before", "alice -> bob: psst", "alice: after"}));
}

TEST_F(hub_with_three, one_who_comes_in_during_a_turn_hears_it_from_there_on) {
  say(alice, "before");
  window dave{chat};
  dave.enter("dave");
  say(alice, "after");
  EXPECT_EQ(dave.take(), lines{"alice: after"});
}

TEST_F(hub_with_three, one_who_leaves_during_a_turn_has_heard_it_up_to_there) {
  say(alice, "before");
  chat.part(*bob.who(), *bob.who()->speaks_in, {}, &bob);
  say(alice, "after");
  EXPECT_EQ(bob.take(), lines{"alice: before"});
}

TEST_F(hub_with_three, a_change_of_form_takes_effect_in_the_middle_of_a_turn) {
  window dave{chat, irc_form};
  dave.enter("dave");
  dave.take();
  say(alice, "before");
  dave.reshape(tagged_form);
  say(alice, "after");
  const lines heard = dave.take();
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_TRUE(heard[0].starts_with(":alice!"));
  EXPECT_TRUE(heard[1].starts_with("@msgid="));
}

TEST_F(hub_with_three, lets_a_program_hear_itself) {
  alice.echoes = true;
  say(alice, "hello");
  chat.say(alice, "bob", {.text = "psst"});
  EXPECT_EQ(alice.take(), (lines{"alice: hello", "alice -> bob: psst"}));
}

TEST_F(hub_with_three, whispers_to_one_alone) {
  EXPECT_EQ(chat.say(alice, "BOB", {.text = "psst"}), outcome::done);
  EXPECT_EQ(bob.take(), lines{"alice -> bob: psst"});
  EXPECT_EQ(carol.take(), lines{});
  EXPECT_EQ(chat.say(alice, "dave", {.text = "psst"}), outcome::no_such_person);
}

TEST_F(hub_with_three, keeps_rooms_apart) {
  EXPECT_EQ(chat.join(*alice.who(), "#dev", {}, &alice), outcome::done);
  EXPECT_EQ(chat.join(*bob.who(), "#DEV", {}, &bob), outcome::done);
  EXPECT_EQ(alice.take(), lines{"-- bob has joined #dev"});
  say(alice, "here");
  EXPECT_EQ(bob.take(), lines{"#dev alice: here"});
  EXPECT_EQ(carol.take(), lines{});
}

TEST_F(hub_with_three, an_empty_room_is_no_more_and_the_lobby_stays) {
  chat.join(*alice.who(), "#dev", {}, &alice);
  EXPECT_EQ(chat.rooms().all().size(), 2U);
  chat.part(*alice.who(), *chat.rooms().find("#dev"), {}, &alice);
  chat.end_turn();
  EXPECT_EQ(chat.rooms().all().size(), 1U);
  for (window* w : {&alice, &bob, &carol}) chat.leave(*w);
  chat.end_turn();
  EXPECT_NE(chat.rooms().find("#lobby"), nullptr);
  EXPECT_TRUE(chat.people().all().empty());
}

TEST_F(hub_with_three, who_makes_a_room_is_its_operator_and_nobody_is_that_of_the_lobby) {
  chat.join(*alice.who(), "#dev", {}, &alice);
  chat.join(*bob.who(), "#dev", {}, &bob);
  const room& dev = *chat.rooms().find("#dev");
  EXPECT_EQ(dev.ranks_of(*alice.who()), channel_operator);
  EXPECT_EQ(dev.ranks_of(*bob.who()), no_rank);
  EXPECT_EQ(chat.rooms().find("#lobby")->ranks_of(*alice.who()), no_rank);
}

TEST_F(hub_with_three, no_two_share_a_name_whatever_its_case) {
  person& who = *alice.who();
  EXPECT_EQ(chat.rename(who, "BOB"), outcome::name_taken);
  EXPECT_EQ(chat.rename(who, "operator"), outcome::name_taken);
  EXPECT_EQ(chat.rename(who, "no way"), outcome::bad_name);
  EXPECT_EQ(chat.rename(who, "alice"), outcome::already_so);
  EXPECT_EQ(chat.rename(who, "Alice"), outcome::done);
  EXPECT_EQ(bob.take(), lines{"-- alice is now Alice"});
  EXPECT_EQ(chat.people().find("aLiCe"), &who);
}

TEST_F(hub_with_three, a_new_name_is_told_once_to_those_who_share_several_rooms) {
  chat.join(*alice.who(), "#dev", {}, &alice);
  chat.join(*bob.who(), "#dev", {}, &bob);
  bob.take();
  chat.rename(*alice.who(), "ann");
  EXPECT_EQ(bob.take(), lines{"-- alice is now ann"});
  EXPECT_EQ(chat.people().find("alice"), nullptr);
}

TEST_F(hub_with_three, tells_why_somebody_is_gone) {
  chat.leave(bob, "Connection lost");
  EXPECT_EQ(alice.take(), lines{"-- bob is gone: Connection lost"});
  EXPECT_EQ(bob.who(), nullptr);
  chat.leave(bob);
  EXPECT_EQ(alice.take(), lines{});
}

TEST_F(hub_with_three, a_client_that_is_destroyed_has_left) {
  {
    window dave{chat};
    dave.enter("dave");
    chat.join(*dave.who(), "#dev", {}, &dave);
    alice.take();
  }
  EXPECT_EQ(alice.take(), lines{"-- dave is gone"});
  EXPECT_EQ(chat.rooms().all().size(), 1U);
}

TEST_F(hub_with_three, one_who_is_put_out_is_told_why_and_ends) {
  chat.remove(*bob.who(), "kicked");
  EXPECT_EQ(alice.take(), lines{"-- bob is gone: kicked"});
  EXPECT_EQ(bob.put_out, "kicked");
  EXPECT_TRUE(bob.ended);
}

TEST_F(hub_with_three, several_clients_of_one_person_see_the_same_conversation) {
  window desk{chat};
  chat.attach(desk, *alice.who());
  say(bob, "hello");
  say(alice, "from the telephone");
  EXPECT_EQ(desk.take(), (lines{"bob: hello", "alice: from the telephone"}));
  EXPECT_EQ(alice.take(), lines{"bob: hello"});
  chat.leave(alice);
  EXPECT_EQ(bob.take(), lines{"alice: from the telephone"});
  EXPECT_NE(chat.people().find("alice"), nullptr);
  chat.leave(desk);
  EXPECT_EQ(bob.take(), lines{"-- alice is gone"});
}

TEST_F(hub_with_three, a_person_who_stays_needs_no_client) {
  alice.who()->always_on = true;
  person& who = *alice.who();
  chat.leave(alice);
  say(bob, "anyone?");
  EXPECT_EQ(bob.take(), lines{});
  EXPECT_TRUE(who.is_in(*chat.rooms().find("#lobby")));
  window back{chat};
  chat.attach(back, who);
  say(bob, "welcome back");
  EXPECT_EQ(back.take(), lines{"bob: welcome back"});
}

TEST_F(hub_with_three, everything_that_is_said_is_kept_in_the_order_in_which_it_is_heard) {
  for (int i = 0; i < 50; ++i) say(i % 2 ? alice : bob, std::to_string(i));
  const lines heard = carol.take();
  lines kept_lines;
  for (const stored_entry& e : kept.read("#lobby", {.limit = 50, .kinds = kind_bit(1)}))
    kept_lines.push_back(e.source.substr(0, e.source.find('!')) + ": " + e.text);
  EXPECT_EQ(heard, kept_lines);
}

TEST(hub, has_limits) {
  hub_fixture f{with_limits({.members = 2, .rooms = 3, .rooms_per_member = 2})};
  window a{f.chat}, b{f.chat}, c{f.chat};
  EXPECT_EQ(a.enter(), outcome::done);
  EXPECT_EQ(b.enter(), outcome::done);
  EXPECT_EQ(c.enter(), outcome::full);
  EXPECT_EQ(c.who(), nullptr);
  EXPECT_EQ(f.chat.join(*a.who(), "#one"), outcome::done);
  EXPECT_EQ(f.chat.join(*a.who(), "#two"), outcome::too_many_rooms);
  EXPECT_EQ(f.chat.join(*b.who(), "#bad room"), outcome::bad_room_name);
  EXPECT_EQ(f.chat.join(*b.who(), "#two"), outcome::done);
  f.chat.part(*a.who(), *f.chat.rooms().find("#one"));
  f.chat.end_turn();
  EXPECT_EQ(f.chat.join(*a.who(), "#three"), outcome::done);
}

TEST(hub, does_not_tell_people_in_a_crowd_of_each_who_comes_and_goes) {
  hub_fixture f{with_limits({.announced = 3})};
  std::vector<std::unique_ptr<window>> crowd;
  for (int i = 0; i < 5; ++i) crowd.emplace_back(std::make_unique<window>(f.chat))->enter();
  EXPECT_EQ(crowd[0]->take().size(), 2U);
  crowd.pop_back();
  EXPECT_EQ(crowd[0]->take(), lines{});
}

TEST(hub, has_one_operator_by_several_windows) {
  hub_fixture f;
  window console{f.chat}, other{f.chat};
  EXPECT_EQ(other.enter("operator"), outcome::name_taken);
  f.chat.enter_operator(console);
  EXPECT_EQ(console.who()->nick(), "operator");
  f.chat.enter_operator(other);
  EXPECT_EQ(other.who(), console.who());
  f.chat.dismiss(other, "nobody puts it out");
  EXPECT_EQ(console.who()->clients().size(), 2U);
}

namespace {

/// What a hub leaves behind when the disk is full, and when it works again.
class hub_on_a_full_disk : public testing::Test {
 protected:
  hub_on_a_full_disk() { begin(); }

  /// The next start, on a disk that works.
  void restart() {
    windows.clear();
    chat.reset();
    kept.reset();
    disk.mend();
    begin();
  }
  void begin() {
    kept = std::make_unique<store>(store_options{.folder = folder.path(""), .vfs = disk.name()});
    chat.emplace(configured, *kept, every_dialect);
  }
  window& come(std::string_view nick) {
    windows.push_back(std::make_unique<window>(*chat));
    windows.back()->enter(nick);
    return *windows.back();
  }
  void fill_disk() { disk.fail({.nth = 1, .how = test::disk_fault::full, .lasting = true}); }
  /// A room of somebody's who has an account, which is for the invited, and in which something was said.
  room& closed_room(window& by) {
    EXPECT_TRUE(chat->accounts().create(by.who()->nick(), {}, 1));
    chat->log_in(*by.who(), by.who()->nick());
    chat->join(*by.who(), "#board");
    room& made = *chat->rooms().find("#board");
    made.modes.set('i');
    chat->rooms().keep(made);
    chat->say(by, "#board", {.text = "a secret"});
    by.take();
    return made;
  }
  std::size_t said_in(std::string_view name) { return kept->read(name, {.kinds = said_kinds}).size(); }
  /// How much of what was said there somebody can read who just comes.
  std::size_t told_to_a_stranger(std::string_view name) {
    window stranger(*chat);
    stranger.enter("mallory");
    return chat->join(*stranger.who(), name) == outcome::done ? said_in(name) : 0;
  }

  parlance::io::loop loop{{.backend = "sim"}};
  parlance::net::test::temporary_folder folder;
  test::faulty_vfs disk;
  settings configured;
  std::unique_ptr<store> kept;
  std::optional<hub> chat;
  std::vector<std::unique_ptr<window>> windows;
};

}  // namespace

TEST_F(hub_on_a_full_disk, makes_an_account_when_there_is_space) {
  window& bea = come("bea");
  bea.take();
  fill_disk();
  EXPECT_THROW(chat->accounts().create("bea", {}, 1), store_error);
  EXPECT_FALSE(chat->accounts().exists("bea"));
  bea.take();
  disk.mend();
  bea.take();
  EXPECT_TRUE(chat->accounts().create("bea", {}, 1));
  restart();
  EXPECT_TRUE(chat->accounts().exists("bea"));
}

TEST_F(hub_on_a_full_disk, a_room_keeps_its_name) {
  window& alice = come("alice");
  room& board = closed_room(alice);
  fill_disk();
  ASSERT_THROW(chat->rename_room(alice.who()->as_source(), board, "#secret", ""), store_error);
  for (const std::string& told : alice.take()) EXPECT_EQ(told.find("#secret"), std::string::npos) << told;
  EXPECT_EQ(chat->rooms().find("#board"), &board);
  EXPECT_EQ(board.name(), "#board");
  EXPECT_EQ(chat->rooms().find("#secret"), nullptr);
  EXPECT_EQ(told_to_a_stranger("#board"), 0U);
  EXPECT_EQ(said_in("#board"), 1U);
  disk.mend();
  alice.take();
  ASSERT_EQ(chat->rename_room(alice.who()->as_source(), board, "#secret", ""), outcome::done);
  alice.take();
  restart();
  EXPECT_EQ(told_to_a_stranger("#board"), 0U);
  EXPECT_EQ(told_to_a_stranger("#secret"), 0U);
  EXPECT_EQ(said_in("#secret"), 1U);
}

TEST_F(hub_on_a_full_disk, the_next_account_of_a_name_is_another) {
  window &alice = come("alice"), &gus = come("gus");
  ASSERT_TRUE(chat->accounts().create("alice", {}, 1));
  chat->log_in(*alice.who(), "alice");
  ASSERT_EQ(chat->say(gus, "alice", {.text = "old"}), outcome::done);
  const std::string before = identity_of(*alice.who());
  // What somebody forgot to erase with the account.
  const std::string left = chat->conversation_of(*gus.who(), *alice.who());
  alice.take();
  ASSERT_TRUE(chat->drop_account("alice", "no more"));
  kept->append(left, {.id = kept->next_id(std::chrono::system_clock::now()), .kind = 1, .text = "left"});
  window& next = come("alice");
  ASSERT_TRUE(chat->accounts().create("alice", {}, 1));
  chat->log_in(*next.who(), "alice");
  EXPECT_NE(identity_of(*next.who()), before);
  ASSERT_EQ(chat->say(gus, "alice", {.text = "new"}), outcome::done);
  const auto talk = find_history(*chat, *next.who(), "gus");
  ASSERT_TRUE(talk);
  const auto read = read_history(*chat, *talk, {});
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].text, "new");
}

TEST_F(hub_on_a_full_disk, a_registered_room_keeps_its_name) {
  window& alice = come("alice");
  room& board = closed_room(alice);
  board.founder_account = "alice";
  chat->rooms().keep_now(board);
  alice.take();
  fill_disk();
  ASSERT_THROW(chat->rename_room(alice.who()->as_source(), board, "#secret", ""), store_error);
  restart();
  EXPECT_EQ(chat->rooms().find("#secret"), nullptr);
  ASSERT_NE(chat->rooms().find("#board"), nullptr);
  EXPECT_EQ(chat->rooms().find("#board")->founder_account, "alice");
}

TEST_F(hub_on_a_full_disk, an_account_is_dropped_with_all_that_it_had) {
  window &alice = come("alice"), &bob = come("bob");
  room& board = closed_room(alice);
  board.founder_account = "alice";
  board.topic.text = "which is kept";
  chat->rooms().keep(board);
  board.modes.set('i', false);
  ASSERT_EQ(chat->join(*bob.who(), "#board"), outcome::done);
  chat->rooms().try_ranks(board, *bob.who(), founder);
  chat->say(bob, "alice", {.text = "a private word"});
  const std::string its = identity_of(*alice.who());
  bob.take();
  fill_disk();
  // What it gives up in rooms is told to others all the same, and it is kept as soon as anything can be.
  EXPECT_THROW(chat->drop_account("alice", "no more"), store_error);
  bob.take();
  disk.mend();
  bob.take();
  restart();
  EXPECT_FALSE(chat->accounts().exists("alice"));
  std::size_t talks = 0;
  each_talk(*kept, its, [&](std::string_view, std::string_view) { ++talks; });
  EXPECT_EQ(talks, 0U);
}
