#include <gtest/gtest.h>

#include <parlance/chat/base/words.hpp>

using namespace parlance::chat;

TEST(words, are_taken_with_all_spaces_behind_them) {
  std::string_view rest = "one   two three";
  EXPECT_EQ(take_word(rest), "one");
  EXPECT_EQ(take_word(rest), "two");
  EXPECT_EQ(rest, "three");
  EXPECT_EQ(take_word(rest), "three");
  EXPECT_EQ(take_word(rest), "");
}

TEST(words, are_empty_before_a_space) {
  std::string_view rest = "  one";
  EXPECT_EQ(take_word(rest), "");
  EXPECT_EQ(rest, "one");
}

TEST(items, may_be_empty) {
  std::string_view rest = "a,,b";
  EXPECT_EQ(take_item(rest, ','), "a");
  EXPECT_EQ(take_item(rest, ','), "");
  EXPECT_EQ(take_item(rest, ','), "b");
  EXPECT_EQ(rest, "");
}

TEST(items, that_are_empty_are_not_among_all) {
  EXPECT_EQ(items_of(",a,,b,", ','), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_TRUE(items_of("", ',').empty());
}
