// Some of the masks are those of https://github.com/ircdocs/parser-tests (CC0).
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include <parlance/chat/core/mask.hpp>

using namespace parlance::chat;

TEST(mask, matches_any_text_with_a_star_and_one_character_with_a_question_mark) {
  EXPECT_TRUE(matches("*@127.0.0.1", "coolguy!ab@127.0.0.1"));
  EXPECT_FALSE(matches("*@127.0.0.1", "coolguy!ab@127.0.0.5"));
  EXPECT_TRUE(matches("cool*@*", "cool132!ab@example.com"));
  EXPECT_FALSE(matches("cool*@*", "koolguy!ab@127.0.0.5"));
  EXPECT_FALSE(matches("cool!*@*", "coolguy!ab@127.0.0.1"));
  EXPECT_TRUE(matches("cool!?username@*", "cool!~username@127.0.0.1"));
  EXPECT_FALSE(matches("cool!?username@*", "cool!username@127.0.0.1"));
  EXPECT_TRUE(matches("cool!a?*@*", "cool!abc@127.0.0.1"));
  EXPECT_FALSE(matches("cool!a?*@*", "cool!a@127.0.0.1"));
  EXPECT_TRUE(matches("cool[guy]!*@*", "cool[guy]!a@example.com"));
  EXPECT_FALSE(matches("cool[guy]!*@*", "coolg!ab@127.0.0.1"));
  EXPECT_TRUE(matches("*a*b*c", "xaabbabcabc"));
  EXPECT_FALSE(matches("*a*b*c", "xaabbabcab"));
}

TEST(mask, matches_the_whole_text) {
  EXPECT_TRUE(matches("", ""));
  EXPECT_TRUE(matches("***", ""));
  EXPECT_FALSE(matches("?", ""));
  EXPECT_FALSE(matches("", "a"));
  EXPECT_FALSE(matches("a", "ab"));
  EXPECT_FALSE(matches("ab", "a"));
  EXPECT_FALSE(matches("?*?", "a"));
}

TEST(mask, does_not_care_for_case) {
  EXPECT_TRUE(matches("ALICE!*@*.Example.ORG", "alice!a@x.example.org"));
  EXPECT_FALSE(matches("a[", "A{"));
  EXPECT_TRUE(matches("\xff", "\xff"));
  EXPECT_FALSE(matches("\xff", "\xfe"));
}

TEST(mask, is_of_any_script) {
  EXPECT_TRUE(matches("ИВАН!*@*", "Иван!~u@host"));
  EXPECT_TRUE(matches("zo?!*@*", "Zoë!~u@host"));
  EXPECT_FALSE(matches("zo?\?!*@*", "Zoë!~u@host"));
  EXPECT_TRUE(matches("*Á*", "xáx"));
  EXPECT_TRUE(matches("?", "\xff"));
  EXPECT_FALSE(matches("Ivan!*@*", "Иван!~u@host"));
  // Typed as a keyboard may have it, which names never are.
  EXPECT_EQ(normalise_mask("Jose\u0301"), "José!*@*");
}

TEST(mask, takes_a_wildcard_after_a_backslash_for_itself) {
  EXPECT_TRUE(matches("a\\*b", "a*b"));
  EXPECT_FALSE(matches("a\\*b", "axb"));
  EXPECT_TRUE(matches("\\?", "?"));
  EXPECT_FALSE(matches("\\?", "x"));
  EXPECT_TRUE(matches("*\\*", "ab*"));
  EXPECT_FALSE(matches("*\\*", "ab"));
  EXPECT_TRUE(matches("foo\\bar", "foo\\bar"));
  EXPECT_TRUE(matches("foo\\", "foo\\"));
  EXPECT_TRUE(
      matches(std::string_view("foo\\*").substr(0, 4), "foo\\"));  // what lies behind it is not its own
}

TEST(mask, takes_no_more_time_than_the_product_of_the_lengths) {
  std::string mask, text(100'000, 'a');
  while (mask.size() < max_mask) mask += "*a";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(matches(mask + "b", text));
  EXPECT_FALSE(matches("*" + std::string(max_mask, 'a') + "b", text));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(mask, knows_whether_it_has_wildcards) {
  EXPECT_TRUE(has_wildcards("a*"));
  EXPECT_TRUE(has_wildcards("?"));
  EXPECT_FALSE(has_wildcards("a\\*\\?\\"));
  EXPECT_FALSE(has_wildcards(""));
}

TEST(mask, normalises_what_people_write) {
  const auto normal = [](std::string_view text) { return normalise_mask(text).value_or("<none>"); };
  EXPECT_EQ(normal("alice"), "alice!*@*");
  EXPECT_EQ(normal("alice!bob"), "alice!bob@*");
  EXPECT_EQ(normal("bob@host"), "*!bob@host");
  EXPECT_EQ(normal("alice!bob@host"), "alice!bob@host");
  EXPECT_EQ(normal("*.example.org"), "*!*@*.example.org");
  EXPECT_EQ(normal("2001:db8::*"), "*!*@2001:db8::*");
  EXPECT_EQ(normal("!@"), "*!*@*");
  EXPECT_EQ(normal("@host"), "*!*@host");
  EXPECT_EQ(normal("alice!"), "alice!*@*");
  EXPECT_EQ(normal("*"), "*!*@*");
  EXPECT_EQ(normal("al\\ice"), "al\\ice!*@*");
  EXPECT_EQ(normal("alice!bob@a@b"), "alice!bob@a@b");
}

TEST(mask, makes_one_star_of_many_that_follow_each_other) {
  EXPECT_EQ(normalise_mask("a***b!**@***"), "a*b!*@*");
  EXPECT_EQ(normalise_mask("a\\***"), "a\\**!*@*");
  EXPECT_EQ(normalise_mask("*?*?*"), "*?*?*!*@*");
}

TEST(mask, refuses_a_mask_that_is_empty_or_too_long_or_could_not_stand_in_a_line) {
  using namespace std::string_view_literals;
  for (const auto text : {""sv, "a b"sv, "a\rb"sv, "a\0b"sv, "a\x7f"sv}) EXPECT_FALSE(normalise_mask(text));
  EXPECT_TRUE(normalise_mask(std::string(max_mask - 4, 'a')));
  EXPECT_FALSE(normalise_mask(std::string(max_mask - 3, 'a')));
  EXPECT_FALSE(normalise_mask("alice", 8));
  EXPECT_TRUE(normalise_mask("alice", 9));
  EXPECT_TRUE(normalise_mask("a" + std::string(150, '*')));
}
