// Many of the lines are those of https://github.com/ircdocs/parser-tests (CC0).
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include <parlance/chat/irc/message.hpp>

using namespace parlance::chat::irc;

namespace {

using words = std::vector<std::string_view>;
using tag_map = std::map<std::string_view, std::string>;

words params_of(const message& m) { return {m.params().begin(), m.params().end()}; }

tag_map tags_of(const message& m) {
  tag_map all;
  for (const auto& t : m.tags) all.emplace(t.key, t.value());
  return all;
}

parse_error error_of(std::string_view line, line_limits limits = {}) {
  const auto m = parse(line, limits);
  EXPECT_FALSE(m) << line.substr(0, 80);
  return m ? parse_error{0xff} : m.error();
}

}  // namespace

TEST(irc_message, tells_source_command_and_params_apart) {
  struct example {
    std::string_view line, source, command;
    words params;
  };
  const std::vector<example> examples = {
      {"foo bar baz asdf", "", "foo", {"bar", "baz", "asdf"}},
      {":coolguy foo bar baz :asdf quux", "coolguy", "foo", {"bar", "baz", "asdf quux"}},
      {"foo bar baz :", "", "foo", {"bar", "baz", ""}},
      {"foo bar baz ::asdf", "", "foo", {"bar", "baz", ":asdf"}},
      {":coolguy foo bar baz :  asdf quux ", "coolguy", "foo", {"bar", "baz", "  asdf quux "}},
      {":coolguy PRIVMSG bar :lol :) ", "coolguy", "PRIVMSG", {"bar", "lol :) "}},
      {":src JOIN :#chan", "src", "JOIN", {"#chan"}},
      {":src AWAY", "src", "AWAY", {}},
      {":src AWAY ", "src", "AWAY", {}},
      {":cool\tguy foo b\tar", "cool\tguy", "foo", {"b\tar"}},
      {":gravel.mozilla.org 432  #momo :Erroneous Nickname: Illegal",
       "gravel.mozilla.org",
       "432",
       {"#momo", "Erroneous Nickname: Illegal"}},
      {":services.esper.net MODE #foo-bar +o foobar  ",
       "services.esper.net",
       "MODE",
       {"#foo-bar", "+o", "foobar"}},
      {"  NICK  alice", "", "NICK", {"alice"}},
      {"foo a:b c", "", "foo", {"a:b", "c"}}};
  for (const auto& e : examples) {
    const auto m = parse(e.line);
    ASSERT_TRUE(m) << e.line;
    EXPECT_EQ(m->source, e.source) << e.line;
    EXPECT_EQ(m->command, e.command) << e.line;
    EXPECT_EQ(params_of(*m), e.params) << e.line;
    EXPECT_TRUE(m->tags.empty());
  }
}

TEST(irc_message, reads_tags_and_unescapes_their_values) {
  const std::vector<std::pair<std::string_view, tag_map>> examples = {
      {"@a=b;c=32;k;rt=ql7 foo", {{"a", "b"}, {"c", "32"}, {"k", ""}, {"rt", "ql7"}}},
      {R"(@a=b\\and\nk;c=72\s45;d=gh\:764 foo)", {{"a", "b\\and\nk"}, {"c", "72 45"}, {"d", "gh;764"}}},
      {"@c;h=;a=b :quux ab cd", {{"c", ""}, {"h", ""}, {"a", "b"}}},
      {R"(@foo=\\\\\:\\s\s\r\n COMMAND)", {{"foo", "\\\\;\\s \r\n"}}},
      {R"(@tag1=value\\ntest COMMAND)", {{"tag1", "value\\ntest"}}},
      {R"(@tag1=value\1 COMMAND)", {{"tag1", "value1"}}},
      {R"(@tag1=value1\ COMMAND)", {{"tag1", "value1"}}},
      {"@a=b=c COMMAND", {{"a", "b=c"}}},
      {"@;=x;;a= COMMAND", {{"a", ""}}},
      {"@ COMMAND", {}}};
  for (const auto& [line, tags] : examples) {
    const auto m = parse(line);
    ASSERT_TRUE(m) << line;
    EXPECT_EQ(tags_of(*m), tags) << line;
  }
}

TEST(irc_message, keeps_the_last_of_tags_with_the_same_key) {
  const auto m = parse("@tag1=1;tag2=3;tag3=4;tag1=5;vendor/tag2=8 COMMAND");
  ASSERT_TRUE(m);
  EXPECT_EQ(tags_of(*m), (tag_map{{"tag1", "5"}, {"tag2", "3"}, {"tag3", "4"}, {"vendor/tag2", "8"}}));
  EXPECT_EQ(m->tags.size(), 4U);
  EXPECT_EQ(m->find_tag("tag1")->escaped, "5");
  EXPECT_EQ(m->find_tag("TAG1"), nullptr);
}

TEST(irc_message, gives_the_command_in_capital_letters) {
  EXPECT_EQ(parse("pRivMsg x")->verb(), "PRIVMSG");
  EXPECT_EQ(parse("/join x")->verb(), "/JOIN");
  EXPECT_EQ(parse(std::string(17, 'x'))->verb(), "");
}

TEST(irc_message, gives_nothing_for_a_param_that_is_not_there) {
  const auto m = parse("NICK alice");
  EXPECT_EQ(m->param(0), "alice");
  EXPECT_EQ(m->param(1), "");
  EXPECT_EQ(m->param(1000), "");
  EXPECT_EQ(m->param_count(), 1U);
}

TEST(irc_message, refuses_a_line_without_a_command) {
  for (const auto* line : {"", " ", "    "}) EXPECT_EQ(error_of(line), parse_error::empty);
  for (const auto* line : {":src", ":src ", "@tag", "@tag ", "@tag :src ", ":", "@"})
    EXPECT_EQ(error_of(line), parse_error::bad) << line;
  // If these were passed on, they would be read as something else.
  for (const auto* line : {":src :cmd", "@a @b", " @a cmd"})
    EXPECT_EQ(error_of(line), parse_error::bad) << line;
}

TEST(irc_message, refuses_nul_and_line_ends_anywhere) {
  using namespace std::string_view_literals;
  for (const auto line : {"PRIVMSG a :b\0c"sv, "@a=\0 b"sv, "a\r"sv, "a :\nb"sv, "\0"sv})
    EXPECT_EQ(error_of(line), parse_error::bad);
}

TEST(irc_message, bounds_tags_and_the_rest_apart) {
  const auto line = [](std::size_t tags, std::size_t rest) {
    return "@" + std::string(tags, 't') + " X" + std::string(rest - 1, 'x');
  };
  EXPECT_TRUE(parse(line(4094, 510)));
  EXPECT_EQ(error_of(line(4095, 510)), parse_error::tags_too_long);
  EXPECT_EQ(error_of(line(4094, 511)), parse_error::too_long);
  EXPECT_EQ(error_of(std::string(511, 'x')), parse_error::too_long);
  EXPECT_EQ(error_of("@ab c", {.tags = 1}), parse_error::tags_too_long);
  EXPECT_EQ(error_of("@a cd", {.tags = 1, .rest = 1}), parse_error::too_long);
}

TEST(irc_message, bounds_how_many_tags_there_are) {
  std::string tags = "@0";
  for (std::size_t i = 1; i < max_tags; ++i) tags += ";" + std::to_string(i);
  EXPECT_EQ(parse(tags + " X")->tags.size(), max_tags);
  EXPECT_EQ(parse(tags + ";0=again X")->tags.size(), max_tags);
  EXPECT_EQ(error_of(tags + ";more X"), parse_error::tags_too_long);
}

TEST(irc_message, leaves_to_the_last_param_all_that_follows_it) {
  std::string line = "X";
  for (std::size_t i = 0; i < 1000; ++i) line += " p";
  const auto m = parse(line, {.rest = line.size()});
  ASSERT_TRUE(m);
  EXPECT_EQ(m->param_count(), max_params);
  EXPECT_EQ(m->param(max_params - 2), "p");
  EXPECT_EQ(m->param(max_params - 1).size(), line.size() - 2 * max_params);

  std::string colon = "X";
  for (std::size_t i = 1; i < max_params; ++i) colon += " p";
  EXPECT_EQ(parse(colon + " :a b")->param(max_params - 1), "a b");
  EXPECT_EQ(parse(colon + " ")->param_count(), max_params - 1);
}

TEST(irc_message, escapes_tag_values_so_that_they_come_back) {
  EXPECT_EQ(escape_tag("a;b c\\d\re\nf"), R"(a\:b\sc\\d\re\nf)");
  EXPECT_EQ(escape_tag(std::string_view("a\0b", 3)), "ab");
  const std::string every = "; \\\r\n=:sé";
  EXPECT_EQ(unescape_tag(escape_tag(every)), every);
}

TEST(irc_message, knows_tag_keys_and_those_of_clients) {
  for (const auto* key : {"a", "draft/reply", "example.com/key-1", "+typing", "+draft/reply"})
    EXPECT_TRUE(is_tag_key(key)) << key;
  for (const auto* key : {"", "+", "/", "a/", "/a", "+/a", "a/b/c", "a_b", "++a", "a b", "é", "a.b"})
    EXPECT_FALSE(is_tag_key(key)) << key;
  EXPECT_TRUE(is_client_tag("+draft/reply"));
  EXPECT_FALSE(is_client_tag("draft/reply"));
  EXPECT_FALSE(is_client_tag("+"));
}

TEST(irc_message, tells_utf8_from_what_is_none) {
  EXPECT_TRUE(valid_utf8("plain, caf\u00e9, \U0001f600"));
  for (const auto* bad : {"\xff", "caf\xe9", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"})
    EXPECT_FALSE(valid_utf8(bad));
}

TEST(irc_message, truncates_between_characters) {
  const std::string text = "aé\u20ac\U0001f600";  // 1, 2, 3 and 4 bytes
  const std::vector<std::size_t> kept = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (std::size_t bytes = 0; bytes < kept.size(); ++bytes)
    EXPECT_EQ(truncate_utf8(text, bytes).size(), kept[bytes]) << bytes;
  EXPECT_EQ(truncate_utf8(std::string(10, '\x80'), 7).size(), 7U);
}
