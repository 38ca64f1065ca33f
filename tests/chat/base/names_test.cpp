#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/base/names.hpp>

using namespace parlance::chat;

TEST(names, are_letters_digits_and_what_irc_allows_in_a_nickname) {
  for (const auto* good : {"a", "alice", "Bob7", "_x_", "[away]", "a-b", "^", "x{y}|z`\\"})
    EXPECT_TRUE(is_name(good, 32)) << good;
  for (const auto* bad : {"", "7up", "-dash", "a b", "a:b", "a,b", "#a", "a.b", "zoë", "a\n", "a\x01", "*"})
    EXPECT_FALSE(is_name(bad, 32)) << bad;
}

TEST(names, have_a_length) {
  EXPECT_TRUE(is_name(std::string(32, 'a'), 32));
  EXPECT_FALSE(is_name(std::string(33, 'a'), 32));
}

TEST(room_names, start_with_a_number_sign) {
  for (const auto* good : {"#a", "#lobby", "#2", "#a-b_c.d+e", "##", "#\u00e9", "#c/c++"})
    EXPECT_TRUE(is_room_name(good, 32)) << good;
  for (const auto* bad : {"", "#", "lobby", "#a b", "#a,b", "#a:b", "#a*", "#a\x07", "#\xff", "#\u202e"})
    EXPECT_FALSE(is_room_name(bad, 32)) << bad;
  EXPECT_TRUE(is_room_name("#" + std::string(31, 'a'), 32));
  EXPECT_FALSE(is_room_name("#" + std::string(32, 'a'), 32));
}

TEST(names, that_differ_only_in_case_are_the_same) {
  EXPECT_TRUE(same_name("Alice", "aLICE"));
  EXPECT_EQ(hash_name("Alice"), hash_name("aLICE"));
  EXPECT_FALSE(same_name("alice", "alic"));
  EXPECT_FALSE(same_name("[a]", "{a}"));  // not so, although RFC 1459 says it: no client of today folds them
}

TEST(names, that_would_be_misread_are_reserved) {
  EXPECT_TRUE(is_reserved("Operator"));
  EXPECT_TRUE(is_reserved("server"));
  for (const auto* service : {"NickServ", "nickserv", "NS", "cs", "AuthServ"})
    EXPECT_TRUE(is_reserved(service));
  EXPECT_FALSE(is_reserved("operators"));
}
