#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/irc/encode.hpp>
#include <parlance/chat/irc/line_builder.hpp>
#include <parlance/chat/irc/message.hpp>

using namespace parlance::chat;

namespace {

constexpr std::string_view prefix = "alice!~alice@a.host.example";
constexpr form bare{dialect::irc, {}};
constexpr form multiline{dialect::irc, {capability::multiline, capability::batch, capability::message_tags}};

event said(std::string_view text) {
  event e{event::kind::message, {.prefix = prefix, .nick = "alice"}, "#dev", text};
  e.id = 5;
  return e;
}

/// The lines without their ends; each is one that can be sent.
std::vector<std::string> lines_of(const event& what, form shape) {
  std::string out;
  irc::append_event(out, what, shape);
  std::vector<std::string> lines;
  for (std::size_t end; (end = out.find("\r\n")) != std::string::npos; out.erase(0, end + 2)) {
    lines.push_back(out.substr(0, end));
    EXPECT_TRUE(irc::parse(lines.back())) << lines.back();
    EXPECT_TRUE(irc::valid_utf8(lines.back())) << lines.back();
  }
  EXPECT_EQ(out, "");
  return lines;
}

std::string text_of(const std::string& line) { return std::string(irc::parse(line)->param(1)); }

std::string whole(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines)
    if (irc::parse(line)->command == "PRIVMSG") all += text_of(line);
  return all;
}

std::string words(std::size_t bytes) {
  std::string text;
  for (int n = 0; text.size() < bytes; ++n) text += std::to_string(n) + " \u2603 ";
  return text;
}

TEST(irc_encode, says_nothing_in_a_longer_line_however_long_names_are) {
  const std::string nick(200, 'n'), who = nick + "!~user@a.host.example", room = "#" + std::string(199, 'r');
  for (const std::string& text : {words(3000),
                                  "\x01"
                                  "ACTION " +
                                      words(3000) + "\x01"}) {
    event e{event::kind::message, {.prefix = who, .nick = nick}, room, text};
    const std::vector<std::string> lines = lines_of(e, bare);
    for (const std::string& line : lines) EXPECT_LE(line.size() + 2, irc::max_line);
    EXPECT_GT(lines.size(), 30U);
  }
}

TEST(irc_encode, makes_no_question_to_a_client_of_what_it_breaks_off) {
  for (std::size_t before = 300; before < 500; ++before)
    for (const char* asks : {" \x01VERSION\x01", "\x01\x01VERSION\x01", "\u2603\x01PING 1\x01"}) {
      const std::string text = std::string(before, 'x') + asks + std::string(100, 'y');
      for (const form& shape : {bare, multiline}) {
        const std::vector<std::string> lines = lines_of(said(text), shape);
        EXPECT_EQ(whole(lines), text);
        for (const std::string& line : lines) EXPECT_FALSE(text_of(line).starts_with('\x01')) << before;
      }
    }
}

TEST(irc_encode, says_in_one_line_what_fits_in_one) {
  const std::size_t room = irc::max_line - prefix.size() - std::string_view(": PRIVMSG #dev :\r\n").size();
  EXPECT_EQ(lines_of(said(std::string(room, 'x')), bare).size(), 1u);
  EXPECT_EQ(lines_of(said(std::string(room + 1, 'x')), bare).size(), 2u);
}

TEST(irc_encode, breaks_a_text_that_is_too_long_at_spaces_and_loses_nothing) {
  const std::string text = words(4000);
  const auto lines = lines_of(said(text), bare);
  EXPECT_GT(lines.size(), 8u);
  EXPECT_LT(lines.size(), 11u);
  EXPECT_EQ(whole(lines), text);
  EXPECT_TRUE(std::all_of(lines.begin(), lines.end() - 1, [](const auto& l) { return l.ends_with(' '); }));
}

TEST(irc_encode, breaks_a_text_without_spaces_between_characters) {
  std::string text;
  while (text.size() < 3000) text += "\u2603";
  EXPECT_EQ(whole(lines_of(said(text), bare)), text);
}

TEST(irc_encode, tells_a_long_text_as_one_message_of_several_lines_to_those_who_know_such) {
  const std::string text = words(1000);
  const auto lines = lines_of(said(text), multiline);
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_NE(lines[0].find("BATCH +"), std::string::npos);
  EXPECT_NE(lines[0].find("msgid="), std::string::npos);
  EXPECT_EQ(lines[1].find("draft/multiline-concat"), std::string::npos);
  EXPECT_NE(lines[2].find("draft/multiline-concat"), std::string::npos);
  EXPECT_NE(lines[4].find("BATCH -"), std::string::npos);
  EXPECT_EQ(whole(lines), text);
}

TEST(irc_encode, gives_only_the_first_of_several_lines_the_message_id) {
  const form tags{dialect::irc, {capability::message_tags}};
  const auto lines = lines_of(said(std::string(1000, 'x')), tags);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_TRUE(lines[0].starts_with("@msgid="));
  EXPECT_TRUE(lines[1].starts_with(':'));
}

TEST(irc_encode, does_in_several_lines_what_is_too_long_for_one) {
  const std::string text = words(1000);
  const auto lines = lines_of(said("\x01"
                                   "ACTION " +
                                   text + "\x01"),
                              multiline);
  ASSERT_EQ(lines.size(), 3u);
  std::string all;
  for (const std::string& line : lines) {
    std::string one = text_of(line);
    ASSERT_TRUE(one.starts_with("\x01"
                                "ACTION ") &&
                one.ends_with('\x01'))
        << one;
    all += one.substr(8, one.size() - 9);
  }
  EXPECT_EQ(all, text);
}

TEST(irc_encode, cuts_other_questions_to_clients) {
  const auto lines = lines_of(said("\x01"
                                   "PING " +
                                   std::string(1000, 'x') + "\x01"),
                              bare);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(lines[0].ends_with("x\x01"));
}

TEST(irc_encode, breaks_long_lines_of_a_message_that_has_several) {
  const std::string first(600, 'a'), second = "b";
  const std::vector<text_line> all = {{first, false}, {second, false}};
  event e = said(first + '\n' + second);
  e.lines = all;
  EXPECT_EQ(lines_of(e, bare).size(), 3u);
  EXPECT_EQ(whole(lines_of(e, multiline)), first + second);
}

TEST(irc_encode, cuts_everything_else_between_two_characters) {
  std::string text;
  while (text.size() < 600) text += "\u2603";
  for (const auto kind : {event::kind::topic, event::kind::part, event::kind::quit, event::kind::wallops}) {
    event e = said(text);
    e.what = kind;
    const auto lines = lines_of(e, bare);
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_GT(lines[0].size(), irc::max_line - 6);
    EXPECT_LE(lines[0].size(), irc::max_line - 2);
  }
}

}  // namespace
