#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <parlance/chat/core/room_run.hpp>

using namespace parlance::chat;

namespace {

void encode_plain(std::string& out, const event& what, form) { (out += what.text) += ' '; }
/// Shows nothing of who comes and goes.
void encode_irc(std::string& out, const event& what, form shape) {
  if (what.is_said())
    (out += shape.has(capability::message_tags) ? "@irc:" : "irc:").append(what.text) += ' ';
}
constexpr encoders encode{encode_plain, encode_irc};

constexpr form irc_form{dialect::irc, {}};
constexpr form tagged_form{dialect::irc, {capability::message_tags}};

event said(std::string_view text) { return {.what = event::kind::message, .who = {}, .text = text, .id = 1}; }
event came(std::string_view who) { return {.what = event::kind::join, .who = {}, .text = who}; }

class room_runs : public testing::Test {
 protected:
  room_runs() {
    irc.set_shape(irc_form);
    for (run_reader* r : {&alice, &bob, &irc}) r->begin(lobby);
  }
  void say(std::string_view text) { lobby.append(encode, said(text)); }
  void say_but(run_reader& by, std::string_view text) {
    by.catch_up(lobby);
    say(text);
    by.skip(lobby);
  }
  static void tell(run_reader& to, std::string_view bytes, bool conditional = false,
                   std::string instead = {}) {
    to.append([&](std::string& out) { out += bytes; }, conditional, std::move(instead));
  }
  static std::string text_of(const outgoing& batch) {
    std::string all;
    for (const piece& p : batch.pieces()) all += p.view();
    return all;
  }
  outgoing rest_of(run_reader& r) {
    r.take_rest(lobby);
    return r.hand_over();
  }
  std::string heard(run_reader& r) { return text_of(rest_of(r)); }
  std::string heard_unkept(run_reader& r) {
    outgoing batch = rest_of(r);
    batch.drop_conditional();
    return text_of(batch);
  }

  room_run lobby;
  run_reader alice, bob, irc;
};

}  // namespace

TEST_F(room_runs, are_encoded_once_for_each_form_and_shared_by_all_who_read_it) {
  say("one");
  say("two");
  const outgoing to_alice = rest_of(alice), to_bob = rest_of(bob), to_irc = rest_of(irc);
  EXPECT_EQ(text_of(to_alice), "one two ");
  EXPECT_EQ(text_of(to_irc), "irc:one irc:two ");
  ASSERT_EQ(to_alice.pieces().size(), 1U);
  EXPECT_EQ(to_alice.pieces()[0].of, to_bob.pieces()[0].of);
  EXPECT_NE(to_alice.pieces()[0].of, to_irc.pieces()[0].of);
}

TEST_F(room_runs, come_in_order_with_what_one_is_told_alone) {
  say("1");
  alice.catch_up(lobby);
  tell(alice, "2 ");
  say("3");
  EXPECT_EQ(heard(alice), "1 2 3 ");
  EXPECT_EQ(heard(bob), "1 3 ");
}

TEST_F(room_runs, leave_out_what_one_skips) {
  say("1");
  say_but(alice, "2");
  say_but(bob, "3");
  say_but(alice, "4");
  EXPECT_EQ(heard(alice), "1 3 ");
  EXPECT_EQ(heard(bob), "1 2 4 ");
  EXPECT_EQ(heard(irc), "irc:1 irc:2 irc:3 irc:4 ");
}

TEST_F(room_runs, begin_where_one_comes_in_and_end_where_one_goes) {
  say("before");
  run_reader late;
  late.begin(lobby);
  EXPECT_FALSE(late.is_idle());
  say("between");
  bob.end(lobby);
  say("after");
  EXPECT_EQ(heard(late), "between after ");
  EXPECT_EQ(text_of(bob.hand_over()), "before between ");
}

TEST_F(room_runs, begin_anew_for_one_who_was_the_only_one_to_read_a_form_and_comes_back) {
  say("a long text");
  irc.end(lobby);
  say("missed");
  irc.begin(lobby);
  say("now");
  EXPECT_EQ(heard(irc), "irc:a long text irc:now ");
}

TEST_F(room_runs, change_form_in_the_middle) {
  say("1");
  tell(irc, "(before) ");
  irc.end(lobby);
  irc.set_shape(tagged_form);
  irc.begin(lobby);
  say("2");
  irc.end(lobby);
  irc.set_shape(plain_form);
  irc.begin(lobby);
  say("3");
  EXPECT_EQ(heard(irc), "(before) irc:1 @irc:2 3 ");
  EXPECT_EQ(heard(alice), "1 2 3 ");
}

TEST_F(room_runs, of_several_rooms_are_apart) {
  room_run other;
  alice.begin(other);
  say("1");
  other.append(encode, said("2"));
  alice.catch_up(lobby);
  say("3");
  alice.take_rest(other);
  EXPECT_EQ(heard(alice), "1 2 3 ");
}

TEST_F(room_runs, lose_only_what_must_be_kept_and_is_not) {
  lobby.append(encode, came("carol"));
  say("a secret");
  lobby.append(encode, came("dave"));
  alice.catch_up(lobby);
  tell(alice, "past ", true, "instead ");
  tell(alice, "pong ");
  say("another");
  EXPECT_EQ(heard_unkept(alice), "carol dave instead pong ");
  EXPECT_EQ(heard_unkept(bob), "carol dave ");
  EXPECT_EQ(heard_unkept(irc), "");
}

TEST_F(room_runs, lose_the_same_to_who_has_skipped_a_part) {
  say("1");
  say_but(alice, "2");
  lobby.append(encode, came("carol"));
  say("3");
  EXPECT_EQ(heard_unkept(alice), "carol ");
}

TEST_F(room_runs, end_with_the_turn) {
  say("old");
  EXPECT_TRUE(lobby.is_begun());
  EXPECT_EQ(heard(alice), "old ");
  bob.catch_up(lobby);
  bob.hand_over();
  lobby.end();
  EXPECT_FALSE(lobby.is_begun());
  EXPECT_TRUE(alice.is_idle());
  EXPECT_TRUE(bob.is_idle());
  say("new");
  EXPECT_EQ(heard(alice), "new ");
  EXPECT_EQ(heard(bob), "new ");
}

TEST_F(room_runs, do_not_change_once_they_are_handed_over) {
  say("old");
  const outgoing batch = rest_of(alice);
  lobby.end();
  say("new");
  EXPECT_EQ(text_of(batch), "old ");
}

TEST_F(room_runs, need_nothing_of_who_takes_them_at_the_end) {
  say("1");
  EXPECT_TRUE(alice.is_idle());
  EXPECT_EQ(alice.size(), 0U);
  alice.take_rest(lobby);
  EXPECT_EQ(alice.size(), 2U);
}
