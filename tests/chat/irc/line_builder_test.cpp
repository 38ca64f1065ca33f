#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include <parlance/chat/irc/line_builder.hpp>

using namespace parlance::chat::irc;
using namespace std::string_view_literals;

namespace {

template <class... Params>
std::string line(std::string_view source, std::string_view command, Params... params) {
  std::string out;
  append_message(out, source, command, params...);
  return out;
}

}  // namespace

TEST(irc_line_builder, puts_a_colon_before_the_last_param_only_when_it_needs_one) {
  EXPECT_EQ(line("", "foo", "bar", "baz", "asdf"), "foo bar baz asdf\r\n");
  EXPECT_EQ(line("src", "AWAY"), ":src AWAY\r\n");
  EXPECT_EQ(line("src", "AWAY", ""), ":src AWAY :\r\n");
  EXPECT_EQ(line("coolguy", "foo", "bar", "asdf quux"), ":coolguy foo bar :asdf quux\r\n");
  EXPECT_EQ(line("", "foo", "bar", ":asdf"), "foo bar ::asdf\r\n");
  EXPECT_EQ(line("", "foo", "b\tar", "  "), "foo b\tar :  \r\n");
  EXPECT_EQ(line("", "foo", "a:b"), "foo a:b\r\n");
}

TEST(irc_line_builder, appends_to_what_is_there) {
  std::string out = "before";
  append_message(out, "", "PING", "x");
  line_builder(out).tag("a").command("PONG").end();
  EXPECT_EQ(out, "beforePING x\r\n@a PONG\r\n");
}

TEST(irc_line_builder, lets_no_param_break_out_of_its_place) {
  EXPECT_EQ(line("", "X", "", "a b", ":c", "d\re", "f\ng", "h\0i"sv, "j"), "X * * * * * * j\r\n");
  EXPECT_EQ(line("", "X", "a\r\nQUIT"), "X :a  QUIT\r\n");
  EXPECT_EQ(line("", "X", "a\0b"sv), "X :a b\r\n");
}

TEST(irc_line_builder, writes_tags_with_their_values_escaped) {
  std::string out;
  line_builder(out)
      .tag("time", "2030-01-01T00:00:00.000Z")
      .tag("+example.com/x", "b\\a;n d")
      .tag("k")
      .escaped_tag("l", R"(a\sb)")
      .source("src")
      .command("TAGMSG")
      .end("#lobby");
  EXPECT_EQ(out, R"(@time=2030-01-01T00:00:00.000Z;+example.com/x=b\\a\:n\sd;k;l=a\sb :src TAGMSG #lobby)"
                 "\r\n");
}

TEST(irc_line_builder, writes_numerics_with_three_digits_and_a_client) {
  std::string out;
  line_builder(out).source("s").numeric(numeric::RPL_WELCOME, "alice").end("Hello there");
  line_builder(out).source("s").numeric(numeric::ERR_INPUTTOOLONG, "").end("Too long");
  EXPECT_EQ(out, ":s 001 alice :Hello there\r\n:s 417 * :Too long\r\n");
}

TEST(irc_line_builder, cuts_a_line_that_is_too_long_between_two_characters) {
  std::string text;
  while (text.size() < 100000) text += "\u00e9";
  for (const auto* room : {"#a", "#ab"}) {
    const std::string out = line("src", "PRIVMSG", room, " " + text);
    EXPECT_LE(out.size(), max_line);
    EXPECT_GE(out.size(), max_line - 1);
    EXPECT_TRUE(out.ends_with("\u00e9\r\n"));
  }
  EXPECT_EQ(line("", "X", std::string(10000, 'x')).size(), max_line);
  EXPECT_EQ(line("", "X", std::string(10000, 'x'), "y").size(), max_line);
}

TEST(irc_line_builder, does_not_count_tags_as_a_part_of_the_line) {
  std::string out;
  line_builder(out).tag("a", std::string(4000, 'x')).command("X").end(std::string(600, ' '));
  EXPECT_EQ(out.size(), 4004 + max_line);
}

TEST(irc_numeric, has_three_digits) {
  static_assert(digits(numeric::RPL_WELCOME) == std::array{'0', '0', '1'});
  static_assert(digits(numeric::RPL_SASLMECHS) == std::array{'9', '0', '8'});
}
