#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <parlance/chat/hub.hpp>
#include <parlance/chat/plain.hpp>

using namespace parlance::chat;

namespace {

class listener final : public member {
 public:
  bool receive(const event& what) override {
    if (room_left == 0) return false;
    --room_left;
    heard.push_back(*what.in(plain_line));
    last = what.in(plain_line);
    return true;
  }
  void dismissed(std::string_view why) override { put_out = why; }

  std::vector<std::string> take() { return std::exchange(heard, {}); }

  std::vector<std::string> heard;
  line last;
  std::string put_out;
  std::size_t room_left = 1000;
};

using lines = std::vector<std::string>;

class hub_with_three : public testing::Test {
 protected:
  hub_with_three() {
    chat.enter(alice, "alice");
    chat.enter(bob, "bob");
    chat.enter(carol, "carol");
    for (listener* l : {&alice, &bob, &carol}) l->heard.clear();
  }
  hub chat{limits{}};
  listener alice, bob, carol;
};

}  // namespace

TEST(hub, gives_each_guest_a_name_and_the_lobby) {
  hub chat{limits{}};
  listener first, second;
  EXPECT_EQ(chat.enter(first), outcome::done);
  EXPECT_EQ(chat.enter(second), outcome::done);
  EXPECT_EQ(first.name(), "guest1");
  EXPECT_EQ(second.name(), "guest2");
  EXPECT_EQ(first.speaks_in()->name(), "#lobby");
  EXPECT_EQ(first.take(), lines{"-- guest2 has joined #lobby\n"});
  EXPECT_EQ(second.take(), lines{});
}

TEST(hub, skips_a_guest_name_that_somebody_has_taken) {
  hub chat{limits{}};
  listener first, second;
  chat.enter(first, "Guest1");
  chat.enter(second);
  EXPECT_EQ(second.name(), "guest2");
}

TEST_F(hub_with_three, tells_everybody_else_what_is_said) {
  EXPECT_EQ(chat.say(alice, "hello"), outcome::done);
  EXPECT_EQ(alice.take(), lines{});
  EXPECT_EQ(bob.take(), lines{"alice: hello\n"});
  EXPECT_EQ(carol.take(), lines{"alice: hello\n"});
}

TEST_F(hub_with_three, encodes_once_for_everybody) {
  chat.say(alice, "hello");
  EXPECT_EQ(bob.last.get(), carol.last.get());
}

TEST_F(hub_with_three, lets_a_program_hear_itself) {
  alice.hears_itself = true;
  chat.say(alice, "hello");
  chat.act(alice, "waves");
  chat.whisper(alice, "bob", "psst");
  EXPECT_EQ(alice.take(), (lines{"alice: hello\n", "* alice waves\n", "alice -> bob: psst\n"}));
}

TEST_F(hub_with_three, whispers_to_one_alone) {
  EXPECT_EQ(chat.whisper(alice, "BOB", "psst"), outcome::done);
  EXPECT_EQ(bob.take(), lines{"alice -> bob: psst\n"});
  EXPECT_EQ(carol.take(), lines{});
  EXPECT_EQ(chat.whisper(alice, "dave", "psst"), outcome::no_such_person);
}

TEST_F(hub_with_three, keeps_rooms_apart) {
  EXPECT_EQ(chat.join(alice, "#dev"), outcome::done);
  EXPECT_EQ(chat.join(bob, "#DEV"), outcome::done);
  EXPECT_EQ(alice.take(), lines{"-- bob has joined #dev\n"});
  chat.say(alice, "here");
  EXPECT_EQ(bob.take(), lines{"#dev alice: here\n"});
  EXPECT_EQ(carol.take(), lines{});
  chat.act(bob, "nods");
  EXPECT_EQ(alice.take(), lines{"#dev * bob nods\n"});
}

TEST_F(hub_with_three, joining_again_changes_where_one_speaks) {
  chat.join(alice, "#dev");
  EXPECT_EQ(chat.join(alice, "#lobby"), outcome::already_so);
  chat.say(alice, "back");
  EXPECT_EQ(bob.take(), lines{"alice: back\n"});
}

TEST_F(hub_with_three, leaving_a_room_tells_those_in_it) {
  chat.join(alice, "#dev");
  chat.join(bob, "#dev");
  alice.heard.clear();
  EXPECT_EQ(chat.part(bob, ""), outcome::done);
  EXPECT_EQ(alice.take(), lines{"-- bob has left #dev\n"});
  EXPECT_EQ(bob.speaks_in()->name(), "#lobby");
  EXPECT_EQ(chat.part(bob, "#dev"), outcome::no_such_room);
  EXPECT_EQ(chat.part(bob, "#lobby"), outcome::done);
  EXPECT_EQ(chat.say(bob, "anyone?"), outcome::in_no_room);
  EXPECT_EQ(chat.part(bob, ""), outcome::in_no_room);
}

TEST_F(hub_with_three, an_empty_room_is_no_more_and_the_lobby_stays) {
  chat.join(alice, "#dev");
  EXPECT_EQ(chat.rooms().size(), 2U);
  chat.part(alice, "#dev");
  EXPECT_EQ(chat.rooms().size(), 1U);
  for (listener* l : {&alice, &bob, &carol}) chat.leave(*l);
  EXPECT_NE(chat.find_room("#lobby"), nullptr);
  EXPECT_EQ(chat.size(), 0U);
}

TEST_F(hub_with_three, no_two_share_a_name_whatever_its_case) {
  EXPECT_EQ(chat.rename(alice, "BOB"), outcome::name_taken);
  EXPECT_EQ(chat.rename(alice, "operator"), outcome::name_taken);
  EXPECT_EQ(chat.rename(alice, "no way"), outcome::bad_name);
  EXPECT_EQ(chat.rename(alice, "alice"), outcome::already_so);
  EXPECT_EQ(chat.rename(alice, "Alice"), outcome::done);
  EXPECT_EQ(bob.take(), lines{"-- alice is now Alice\n"});
  EXPECT_EQ(chat.find("aLiCe"), &alice);
}

TEST_F(hub_with_three, a_new_name_is_told_once_to_those_who_share_several_rooms) {
  chat.join(alice, "#dev");
  chat.join(bob, "#dev");
  bob.heard.clear();
  chat.rename(alice, "ann");
  EXPECT_EQ(bob.take(), lines{"-- alice is now ann\n"});
  EXPECT_EQ(chat.find("alice"), nullptr);
}

TEST_F(hub_with_three, tells_why_somebody_is_gone) {
  chat.leave(bob, "connection lost");
  EXPECT_EQ(alice.take(), lines{"-- bob is gone: connection lost\n"});
  EXPECT_FALSE(bob.present());
  chat.leave(bob);
  EXPECT_EQ(alice.take(), lines{});
}

TEST_F(hub_with_three, a_member_that_is_destroyed_has_left) {
  {
    listener dave;
    chat.enter(dave, "dave");
    chat.join(dave, "#dev");
    alice.heard.clear();
  }
  EXPECT_EQ(alice.take(), lines{"-- dave is gone\n"});
  EXPECT_EQ(chat.rooms().size(), 1U);
  chat.say(alice, "still here");
  EXPECT_EQ(bob.take().back(), "alice: still here\n");
}

TEST_F(hub_with_three, puts_out_who_reads_too_slowly_and_nobody_else) {
  bob.room_left = 1;
  chat.say(alice, "one");
  chat.say(alice, "two");
  EXPECT_EQ(bob.put_out, "reads too slowly");
  EXPECT_FALSE(bob.present());
  EXPECT_EQ(carol.take(), (lines{"alice: one\n", "alice: two\n", "-- bob is gone: reads too slowly\n"}));
}

TEST_F(hub_with_three, several_slow_ones_in_one_room_go_together) {
  bob.room_left = carol.room_left = 0;
  chat.say(alice, "one");
  EXPECT_EQ(bob.put_out, "reads too slowly");
  EXPECT_EQ(carol.put_out, "reads too slowly");
  EXPECT_EQ(chat.size(), 1U);
  EXPECT_EQ(alice.put_out, "");
}

TEST_F(hub_with_three, one_who_is_kicked_is_told_why) {
  chat.dismiss(bob, "kicked");
  EXPECT_EQ(bob.put_out, "kicked");
  EXPECT_EQ(alice.take(), lines{"-- bob is gone: kicked\n"});
}

TEST(hub, has_limits) {
  hub chat{{.members = 2, .rooms = 3, .rooms_per_member = 2}};
  listener a, b, c;
  EXPECT_EQ(chat.enter(a), outcome::done);
  EXPECT_EQ(chat.enter(b), outcome::done);
  EXPECT_EQ(chat.enter(c), outcome::full);
  EXPECT_FALSE(c.present());
  EXPECT_EQ(chat.join(a, "#one"), outcome::done);
  EXPECT_EQ(chat.join(a, "#two"), outcome::too_many_rooms);
  EXPECT_EQ(chat.join(b, "#two"), outcome::done);
  chat.part(a, "#one");
  EXPECT_EQ(chat.join(a, "#one"), outcome::done);
  chat.part(b, "#two");
  EXPECT_EQ(chat.join(b, "#bad room"), outcome::bad_room_name);
}

TEST(hub, makes_no_more_rooms_than_fit) {
  hub chat{{.rooms = 2}};
  listener a;
  chat.enter(a);
  EXPECT_EQ(chat.join(a, "#one"), outcome::done);
  EXPECT_EQ(chat.join(a, "#two"), outcome::full);
}

TEST(hub, does_not_tell_a_crowd_of_each_who_comes_and_goes) {
  hub chat{{.announced = 3}};
  std::vector<std::unique_ptr<listener>> crowd;
  for (int i = 0; i < 5; ++i) chat.enter(*crowd.emplace_back(std::make_unique<listener>()));
  EXPECT_EQ(crowd[0]->take().size(), 2U);
  crowd.pop_back();
  EXPECT_EQ(crowd[0]->take(), lines{});
  chat.say(*crowd[1], "hello");
  EXPECT_EQ(crowd[0]->take().size(), 1U);
}

TEST(hub, has_one_operator) {
  hub chat{limits{}};
  listener console, other;
  EXPECT_EQ(chat.enter(other, "operator"), outcome::name_taken);
  EXPECT_EQ(chat.enter_operator(console), outcome::done);
  EXPECT_EQ(console.name(), "operator");
  EXPECT_EQ(chat.enter_operator(other), outcome::name_taken);
}

TEST_F(hub_with_three, everybody_in_a_room_hears_the_same_order) {
  listener watcher;
  chat.enter(watcher, "watcher");
  carol.heard.clear();
  for (int i = 0; i < 50; ++i) chat.say(i % 2 ? alice : bob, std::to_string(i));
  EXPECT_EQ(carol.take(), watcher.take());
}
