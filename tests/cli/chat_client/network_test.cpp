#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <parlance/io/loop.hpp>

#include <cli/chat/model/network.hpp>
#include <cli/chat/model/text.hpp>

namespace parlance::cli {
namespace {

/// A network whose server is the test.
struct network_case : testing::Test, chat_network::observer {
  void changed() override {}
  void has_output() override {}
  void called(chat_network&, conversation& where, const chat_entry& what) override {
    calls.push_back(where.name + ": " + what.text);
  }
  void opened(chat_network&, conversation& which) override { shown = which.name; }
  void dropped(chat_network&, conversation& which) override { dropped_name = which.name; }
  void kept_out(chat_network&, const std::string& room, const std::string& why) override {
    kept_out_of = room + ": " + why;
  }
  void disconnect(chat_network&, std::optional<std::uint16_t>) override {}
  void encrypted(chat_network&, std::uint64_t) override {}

  void come_in(const std::string& capabilities =
                   "batch draft/chathistory draft/multiline=max-bytes=400,max-lines=5 "
                   "draft/read-marker echo-message labeled-response message-tags "
                   "server-time") {
    network.connecting();
    network.connected(true, false);
    say(":s CAP * LS :" + capabilities);
    std::string names = capabilities;
    if (const auto at = names.find('='); at != names.npos) names.erase(at, names.find(' ', at) - at);
    say(":s CAP * ACK :" + names);
    say(":s 001 ann :hi");
    say(":s 005 ann CASEMAPPING=ascii PREFIX=(ov)@+ CHANMODES=b,k,l,imnt :x");
    say(":s 422 ann :none");
  }
  void say(const std::string& line) { network.received(line + "\r\n"); }
  std::string sent() { return network.session().take_output(); }
  /// The label of the last line that has one and in which `word` is.
  std::string label_of(const std::string& lines, const std::string& word) {
    const std::size_t at = lines.rfind(word);
    if (at == lines.npos) return "none";
    const std::size_t begin = lines.rfind("label=", at) + 6;
    return lines.substr(begin, lines.find_first_of("; ", begin) - begin);
  }
  /// Answers the request for history in which `word` is.
  void answer(const std::string& word, const std::vector<std::string>& lines) {
    asked += sent();
    const std::string label = label_of(asked, word);
    ASSERT_NE(label, "none") << word << " in " << asked;
    say("@label=" + label + " :s BATCH +h chathistory #a");
    for (const std::string& line : lines) say("@batch=h;" + line);
    say(":s BATCH -h");
  }
  static std::string message(int id, const std::string& text, const std::string& nick = "bob") {
    return "msgid=" + std::to_string(id) + ";time=2026-11-30T08:00:" + (id % 60 < 10 ? "0" : "") +
           std::to_string(id % 60) + ".000Z :" + nick + "!u@h PRIVMSG #a :" + text;
  }
  std::vector<std::string> texts(const std::string& room = "#a") {
    std::vector<std::string> all;
    for (const auto& one : network.find(room)->entries())
      if (one->is_said()) all.push_back(one->text);
    return all;
  }
  void join() {
    sent();
    say("@time=2026-11-30T07:59:00.000Z :ann!u@h JOIN #a");
    answer("CHATHISTORY LATEST #a", {message(1, "one")});
  }

  chat_network network{"there", {.nick = "ann"}, {"#a"}, *this};
  std::vector<std::string> calls;
  std::string shown, dropped_name, asked, kept_out_of;
};

using network_of_a_client = network_case;
using list = std::vector<std::string>;

TEST_F(network_of_a_client, comes_into_its_rooms_with_what_was_said_there) {
  come_in();
  EXPECT_TRUE(sent().contains("JOIN #a\r\n"));
  join();
  EXPECT_EQ(shown, "#a");
  EXPECT_EQ(texts(), list{"one"});
  say(":s 353 ann = #a :@bob +carl ann");
  EXPECT_EQ(network.find("#A")->people("@+").front()->nick, "bob");
  say(":s MODE #a +o-o ann bob");
  EXPECT_EQ(network.find("#a")->people("@+").front()->nick, "ann");
}

TEST_F(network_of_a_client, counts_what_is_not_seen_and_calls_for_what_is_meant) {
  come_in();
  join();
  say("@" + message(2, "hello"));
  say("@" + message(3, "hello Ann!"));
  say("@" + message(4, "annual"));
  const conversation& room = *network.find("#a");
  EXPECT_EQ(room.unread, 3U);
  EXPECT_EQ(room.mentions, 1U);
  EXPECT_EQ(calls, list{"#a: hello Ann!"});
  network.look_at(network.find("#a"));
  EXPECT_EQ(room.unread, 0U);
  sent();
  network.tick(io::loop::current().now() + std::chrono::seconds(3));
  EXPECT_TRUE(sent().contains("MARKREAD #a timestamp=2026-11-30T08:00:04.000Z"));
}

TEST_F(network_of_a_client, what_was_missed_comes_once_and_in_order) {
  come_in();
  join();
  say("@" + message(2, "two"));
  network.lost("gone", std::chrono::seconds(1));
  EXPECT_EQ(network.status(), chat_network::state::lost);
  come_in();
  EXPECT_TRUE(sent().contains("JOIN #a\r\n"));
  say("@time=2026-11-30T08:00:04.500Z :ann!u@h JOIN #a");
  say("@" + message(5, "five"));  // said before the history comes
  answer("CHATHISTORY AFTER #a msgid=2", {message(3, "three"), message(4, "four"), message(5, "five")});
  EXPECT_EQ(texts(), (list{"one", "two", "three", "four", "five"}));
}

TEST_F(network_of_a_client, a_loss_while_it_catches_up_begins_at_the_same_place) {
  come_in();
  join();
  network.lost("gone", {});
  come_in();
  say("@time=2026-11-30T08:00:08.500Z :ann!u@h JOIN #a");
  say("@" + message(9, "nine"));
  network.lost("gone again", {});
  come_in();
  say(":ann!u@h JOIN #a");
  answer("CHATHISTORY AFTER #a msgid=1", {message(8, "eight"), message(9, "nine")});
  EXPECT_EQ(texts(), (list{"one", "eight", "nine"}));
}

TEST_F(network_of_a_client, what_one_says_is_pending_until_it_is_kept_or_refused) {
  come_in();
  join();
  sent();
  conversation& room = *network.find("#a");
  network.say(room, "mine");
  const std::string line = sent();
  EXPECT_TRUE(line.contains(" PRIVMSG #a mine\r\n")) << line;
  ASSERT_EQ(room.pending.size(), 1U);
  say("@label=" + label_of(line, "mine") +
      ";msgid=7;time=2026-11-30T08:00:07.000Z :ann!u@h PRIVMSG #a :mine");
  EXPECT_TRUE(room.pending.empty());
  EXPECT_EQ(texts(), (list{"one", "mine"}));
  network.say(room, "not this");
  say("@label=" + label_of(sent(), "not this") + " :s 404 ann #a :Cannot send");
  ASSERT_EQ(room.pending.size(), 1U);
  EXPECT_EQ(room.pending[0].refused, "Cannot send");
  network.again(room, 0);
  EXPECT_TRUE(sent().contains("not this"));
}

TEST_F(network_of_a_client, what_a_lost_connection_left_open_is_found_or_said_again) {
  come_in();
  join();
  conversation& room = *network.find("#a");
  network.say(room, "kept");
  network.say(room, "lost");
  network.lost("gone", {});
  network.say(room, "meanwhile");
  come_in();
  sent();
  say(":ann!u@h JOIN #a");
  answer("CHATHISTORY AFTER #a msgid=1", {message(2, "kept", "ann")});
  answer("CHATHISTORY AFTER #a msgid=2", {});
  const std::string said = sent();
  EXPECT_FALSE(said.contains("kept"));
  EXPECT_LT(said.find("lost"), said.find("meanwhile"));
  EXPECT_EQ(room.pending.size(), 2U);
}

TEST_F(network_of_a_client, without_a_history_nobody_knows_and_nothing_is_said_twice) {
  come_in("echo-message labeled-response message-tags");
  say(":ann!u@h JOIN #a");
  conversation& room = *network.find("#a");
  network.say(room, "said?");
  network.lost("gone", {});
  come_in("echo-message labeled-response message-tags");
  say(":ann!u@h JOIN #a");
  ASSERT_EQ(room.pending.size(), 1U);
  EXPECT_TRUE(room.pending[0].refused);
  EXPECT_FALSE(sent().contains("said?"));
}

TEST_F(network_of_a_client, a_server_of_rfc_1459_is_spoken_to_slowly_and_tells_nothing_back) {
  network.connecting();
  network.connected(true, false);
  say(":s 001 ann :hi");
  say(":s 376 ann :end");
  say(":ann!u@h JOIN #a");
  sent();
  conversation& room = *network.find("#a");
  network.say(room, "1\n2\n3\n4\n5\n6\n7\n8");
  const std::string at_once = sent();
  EXPECT_TRUE(at_once.contains("PRIVMSG #a 5\r\n"));
  EXPECT_FALSE(at_once.contains("PRIVMSG #a 8\r\n"));
  EXPECT_FALSE(room.pending.empty());
  for (int i = 1; i <= 4; ++i) network.tick(io::loop::current().now() + i * std::chrono::seconds(2));
  EXPECT_TRUE(room.pending.empty());
  EXPECT_EQ(texts().size(), 8U);
}

TEST_F(network_of_a_client, many_lines_are_as_few_messages_as_the_server_allows) {
  come_in();
  join();
  EXPECT_EQ(network.messages_in("a\nb\n\nc"), 1U);
  EXPECT_EQ(network.messages_in("1\n2\n3\n4\n5\n6"), 2U);
  EXPECT_EQ(network.messages_in(std::string(390, 'x') + "\n" + std::string(20, 'y')), 2U);
  network.say(*network.find("#a"), "a\nb");
  const std::string lines = sent();
  EXPECT_TRUE(lines.contains("draft/multiline #a\r\n"));
  EXPECT_TRUE(lines.contains(" PRIVMSG #a b\r\n"));
}

TEST_F(network_of_a_client, reactions_and_what_is_taken_back) {
  come_in();
  join();
  say("@+draft/react=👍;+draft/reply=1 :bob!u@h TAGMSG #a");
  say("@+draft/react=👍;+draft/reply=1 :carl!u@h TAGMSG #a");
  const chat_entry& one = *network.find("#a")->find("1");
  ASSERT_TRUE(one.more);
  EXPECT_EQ(one.more->reactions.front().second.size(), 2U);
  say("@+draft/unreact=👍;+draft/reply=1 :bob!u@h TAGMSG #a");
  EXPECT_EQ(one.more->reactions.front().second, list{"carl"});
  say(":bob!u@h REDACT #a 1");
  EXPECT_TRUE(one.is_redacted);
  EXPECT_EQ(one.text, "");
}

TEST_F(network_of_a_client, its_memory_has_a_bound) {
  come_in();
  join();
  for (int i = 0; i < 100'500; ++i)
    say("@msgid=x" + std::to_string(i) + ";time=2026-11-30T09:00:00.000Z :bob!u@h PRIVMSG #a :text");
  EXPECT_LE(network.find("#a")->entries().size(), chat_network::most_entries);
  EXPECT_EQ(network.find("#a")->entries().back()->id, "x100499");
  EXPECT_FALSE(network.find("#a")->find("x1"));
}

TEST_F(network_of_a_client, its_memory_has_a_bound_in_bytes_too) {
  come_in();
  join();
  const std::string text(15'000, 'x');
  for (int i = 0; i < 6000; ++i) say(":bob!u@h PRIVMSG #a :" + text);
  EXPECT_LE(network.find("#a")->bytes(), chat_network::most_bytes);
  EXPECT_GT(network.find("#a")->bytes(), chat_network::most_bytes / 2);
  network.find("#a")->shorten(0);
  EXPECT_EQ(network.find("#a")->bytes(), 0U);
}

TEST_F(network_of_a_client, a_message_beyond_all_measure_is_cut) {
  come_in();
  join();
  say(":bob!u@h BATCH +b draft/multiline #a");
  for (int i = 0; i < 20; ++i) say("@batch=b :bob!u@h PRIVMSG #a :" + std::string(5000, 'x'));
  say("BATCH -b");
  EXPECT_LT(texts().back().size(), 17'000U);
  EXPECT_TRUE(texts().back().ends_with(" bytes more)")) << texts().back().substr(16'000);
}

TEST_F(network_of_a_client, what_is_missing_is_asked_for_until_nothing_comes) {
  come_in();
  join();
  network.lost("gone", {});
  come_in();
  say(":ann!u@h JOIN #a");
  // Less than was asked for, as the server's own limits are.
  answer("CHATHISTORY AFTER #a msgid=1", {message(2, "two")});
  EXPECT_FALSE(network.find("#a")->is_current);
  answer("CHATHISTORY AFTER #a msgid=2", {message(3, "three")});
  answer("CHATHISTORY AFTER #a msgid=3", {});
  EXPECT_TRUE(network.find("#a")->is_current);
  EXPECT_EQ(texts(), (list{"one", "two", "three"}));
}

TEST_F(network_of_a_client, a_history_that_is_refused_is_asked_for_in_another_way_and_later) {
  come_in();
  join();
  network.lost("gone", {});
  come_in();
  say(":ann!u@h JOIN #a");
  const auto refuse = [&](const std::string& word) {
    asked += sent();
    ASSERT_NE(label_of(asked, word), "none") << word << " in " << asked;
    say("@label=" + label_of(asked, word) + " :s FAIL CHATHISTORY MESSAGE_ERROR AFTER #a :Please wait");
  };
  refuse("CHATHISTORY AFTER #a msgid=1");
  refuse("CHATHISTORY AFTER #a timestamp=2026-11-30T08:00:00.999Z");
  asked.clear();
  EXPECT_FALSE(sent().contains("CHATHISTORY"));
  network.tick(io::loop::current().now() + std::chrono::seconds(3));
  EXPECT_FALSE(network.find("#a")->is_current);
  answer("CHATHISTORY AFTER #a msgid=1", {message(2, "two")});
  answer("CHATHISTORY AFTER #a msgid=2", {});
  EXPECT_EQ(texts(), (list{"one", "two"}));
}

TEST_F(network_of_a_client, one_who_never_gets_it_talks_all_the_same) {
  come_in();
  say(":ann!u@h JOIN #a");
  for (int i = 0; i < 4; ++i) {
    asked = sent();
    ASSERT_TRUE(asked.contains("CHATHISTORY LATEST #a")) << i;
    say("@label=" + label_of(asked, "CHATHISTORY LATEST #a") + " :s FAIL CHATHISTORY MESSAGE_ERROR :No");
    EXPECT_EQ(network.find("#a")->is_current, i == 3);
    network.tick(io::loop::current().now() + std::chrono::seconds(30));
  }
}

TEST_F(network_of_a_client, a_time_in_the_far_future_moves_nothing_else_there) {
  come_in();
  join();
  say("@msgid=f;time=9999-12-31T00:00:00.000Z :bob!u@h PRIVMSG #a :far");
  say("@msgid=g;time=-999-99-99T00:00:00.000Z :bob!u@h PRIVMSG #a :near");
  constexpr wall_time two_days = 2 * 86'400'000;
  EXPECT_LT(network.find("#a")->entries().back()->time, now_on_the_wall() + two_days);
  say(":s MARKREAD #a timestamp=garbage");
  EXPECT_EQ(network.find("#a")->unread, 2U);
}

TEST_F(network_of_a_client, those_who_are_ignored_are_neither_shown_nor_counted) {
  come_in();
  join();
  say(":s 353 ann = #a :@bob carl ann");
  say("@" + message(2, "ann, read this", "carl"));
  network.set_ignored({"bob!*@*", "*!*@spam.example"});
  const conversation& room = *network.find("#a");
  EXPECT_TRUE(room.find("1")->is_ignored);
  EXPECT_EQ(room.unread, 1U);
  calls.clear();
  say("@" + message(3, "ann!", "Bob"));
  say("@msgid=4 :new!u@spam.example PRIVMSG #a :ann!");
  say(":bob!u@h PRIVMSG ann :psst");
  say("@+draft/react=👍;+draft/reply=2 :bob!u@h TAGMSG #a");
  say("@+typing=active :bob!u@h TAGMSG #a");
  say(":bob!u@h INVITE ann #b");
  EXPECT_EQ(room.unread, 1U);
  EXPECT_EQ(calls, list{});
  EXPECT_FALSE(network.find("bob"));
  EXPECT_FALSE(room.find("2")->more);
  EXPECT_TRUE(room.typing.empty());
  EXPECT_TRUE(network.server().entries().empty() ||
              !network.server().entries().back()->text.contains("invites"));
  say("@" + message(5, "bob is away", "carl"));
  EXPECT_EQ(room.unread, 2U);
  network.set_ignored({});
  EXPECT_FALSE(room.find("3")->is_ignored);
  say("@" + message(6, "again"));
  EXPECT_EQ(room.unread, 3U);
}

TEST_F(network_of_a_client, a_talk_that_one_who_is_ignored_began_is_not_opened) {
  network.set_ignored({"bob!*@*"});
  come_in();
  asked = sent();
  const std::string label = label_of(asked, "CHATHISTORY TARGETS");
  say("@label=" + label + " :s BATCH +t draft/chathistory-targets");
  say("@batch=t :s CHATHISTORY TARGETS Bob 2026-11-30T08:00:00.000Z");
  say("@batch=t :s CHATHISTORY TARGETS carl 2026-11-30T08:00:00.000Z");
  say(":s BATCH -t");
  EXPECT_FALSE(network.find("bob"));
  EXPECT_TRUE(network.find("carl"));
}

TEST_F(network_of_a_client, who_is_put_out_of_the_server_comes_back_into_the_rooms) {
  come_in();
  join();
  say(":ann!u@h QUIT :Killed");
  ASSERT_TRUE(network.find("#a"));
  network.lost("gone", {});
  come_in();
  EXPECT_TRUE(sent().contains("JOIN #a\r\n"));
}

TEST_F(network_of_a_client, a_server_that_lets_nobody_in_is_left) {
  network.connecting();
  network.connected(true, false);
  const io::time_point began = io::loop::current().now();
  const io::time_point next = network.tick(began);
  EXPECT_FALSE(network.is_dead());
  EXPECT_LE(next, began + std::chrono::seconds(61));
  network.tick(began + std::chrono::seconds(61));
  EXPECT_TRUE(network.is_dead());
}

TEST_F(network_of_a_client, talks_that_a_server_makes_up_have_a_bound) {
  come_in();
  asked = sent();
  const std::string label = label_of(asked, "CHATHISTORY TARGETS");
  say("@label=" + label + " :s BATCH +t draft/chathistory-targets");
  for (int i = 0; i < 2000; ++i)
    say("@batch=t :s CHATHISTORY TARGETS u" + std::to_string(i) + " 2026-11-30T08:00:00.000Z");
  say(":s BATCH -t");
  EXPECT_EQ(network.conversations().size(), chat_network::most_conversations);
}

TEST_F(network_of_a_client, a_part_takes_the_room_away_and_a_kick_leaves_it_to_be_read) {
  come_in();
  join();
  say(":op!u@h KICK #a ann :out");
  EXPECT_FALSE(network.find("#a")->is_joined);
  say(":ann!u@h JOIN #a");
  say(":ann!u@h PART #a");
  EXPECT_EQ(dropped_name, "#a");
  EXPECT_FALSE(network.find("#a"));
}

TEST_F(network_case, a_room_that_does_not_let_one_in_is_told_with_the_reason) {
  come_in();
  say(":s 474 ann #shut :you are banned");
  EXPECT_EQ(kept_out_of, "#shut: you are banned");
  say(":ann!a@h JOIN #a");
  say(":s 403 ann #a :a refusal of something else");
  EXPECT_EQ(kept_out_of, "#shut: you are banned");
  say(":bob!b@h KICK #a ann :enough");
  EXPECT_EQ(kept_out_of, "#a: bob has put you out: enough");
}

TEST(text_of_a_client, colours_are_those_of_the_page) {
  // As web/src/text/colour.js has them.
  EXPECT_EQ(colour_of("alice"), 11U);
  EXPECT_EQ(colour_of("Alice"), 11U);
  EXPECT_EQ(colour_of("bob"), 8U);
  EXPECT_EQ(colour_of("Zoë"), 3U);
}

TEST(text_of_a_client, links) {
  const auto found = [](std::string_view text) {
    list all;
    for (const text_link& one : links_in(text)) all.emplace_back(text.substr(one.at, one.size));
    return all;
  };
  EXPECT_EQ(found("see (https://a.example/b_(c)), or #dev."), (list{"https://a.example/b_(c)", "#dev"}));
  EXPECT_EQ(found("xhttps://a.example a#b javascript:x http://"), list{});
}

TEST(text_of_a_client, styles_and_controls_go) {
  EXPECT_EQ(shown_text("\x02"
                       "a\x03"
                       "04,05b\x0f"
                       "c\x1b[m"),
            "abc\ufffd[m");
}

TEST(text_of_a_client, splits_between_characters) {
  EXPECT_EQ(split_text("ab👩‍👩‍👧c", 4), (list{"ab", "👩‍👩‍👧", "c"}));
}

}  // namespace
}  // namespace parlance::cli
