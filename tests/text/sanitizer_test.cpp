#include <gtest/gtest.h>

#include <string>

#include <parlance/text/sanitizer.hpp>

using namespace parlance::text;
using namespace std::literals;

namespace {

const std::string unfit = "\xef\xbf\xbd";

std::string in_pieces(std::string_view bytes, std::size_t size) {
  std::string text;
  sanitizer clean;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size())))
    clean.feed(bytes.substr(0, size), text);
  clean.finish(text);
  return text;
}

}  // namespace

TEST(sanitizer, leaves_text_alone) {
  for (const auto text : {"", "hello", "Grüße, Жаба, 蛙, 🐸", "~!@ {}", "a\u200db", "\u200f\u0645"})
    EXPECT_EQ(sanitize(text), text);
}

TEST(sanitizer, replaces_control_characters_and_leaves_escape_sequences_without_effect) {
  EXPECT_EQ(sanitize("\x1b[31mred\x07"), unfit + "[31mred" + unfit);
  EXPECT_EQ(sanitize("a\rb\nc\x7f"), "a" + unfit + "b" + unfit + "c" + unfit);
  EXPECT_EQ(sanitize("\xc2\x9b"
                     "31m"),
            unfit + "31m");  // CSI as one C1 control
}

TEST(sanitizer, replaces_what_turns_the_reading_order_or_breaks_the_line) {
  for (const auto* c : {"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068",
                        "\u2069", "\u2028", "\u2029"})
    EXPECT_EQ(sanitize("a"s + c + "b"), "a" + unfit + "b");
}

TEST(sanitizer, drops_nul_and_the_byte_order_mark_and_makes_a_tab_a_space) {
  EXPECT_EQ(sanitize("\xef\xbb\xbfhi\tyou\0\0"sv), "hi you");
}

TEST(sanitizer, replaces_each_maximal_part_of_a_malformed_sequence_once) {
  // The Unicode Standard, section 3.9, table 3-8 and its neighbours.
  EXPECT_EQ(sanitize("\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64"),
            "a" + unfit + unfit + unfit + "b" + unfit + "c" + unfit + unfit + "d");
  EXPECT_EQ(sanitize("\xc0\xaf"), unfit + unfit);                          // overlong
  EXPECT_EQ(sanitize("\xe0\x9f\xbf"), unfit + unfit + unfit);              // overlong
  EXPECT_EQ(sanitize("\xed\xa0\x80"), unfit + unfit + unfit);              // a surrogate
  EXPECT_EQ(sanitize("\xf4\x90\x80\x80"), unfit + unfit + unfit + unfit);  // beyond U+10FFFF
  EXPECT_EQ(sanitize("\xff\xfe"), unfit + unfit);
  EXPECT_EQ(sanitize("\xe2\x82"), unfit);  // broken off
}

TEST(sanitizer, gives_the_same_for_pieces_as_for_the_whole) {
  const std::string bytes = "h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xb8 \xe2\x82 \xf0\x9f\xc3\xa9\x1b[0m\xff";
  for (std::size_t size = 1; size < bytes.size(); ++size) EXPECT_EQ(in_pieces(bytes, size), sanitize(bytes));
}

TEST(sanitizer, keeps_half_a_character_until_the_rest_comes_or_cannot) {
  std::string text;
  sanitizer clean;
  clean.feed("\xf0\x9f", text);
  EXPECT_EQ(text, "");
  EXPECT_TRUE(clean.within_character());
  clean.feed("\x90\xb8", text);
  EXPECT_EQ(text, "🐸");
  EXPECT_FALSE(clean.within_character());
  clean.feed("\xf0\x9f!", text);
  EXPECT_EQ(text, "🐸" + unfit + "!");
}

TEST(sanitizer, keeps_newlines_of_text_of_many_lines_and_drops_carriage_returns) {
  std::string text;
  sanitizer clean(sanitizer::newlines::keep);
  clean.feed("one\r\ntwo\n\x1b", text);
  EXPECT_EQ(text, "one\ntwo\n" + unfit);
}

TEST(sanitizer, counts_characters_and_those_that_are_unfit) {
  std::string text;
  sanitizer clean;
  clean.feed("né\x01\xff", text);
  EXPECT_EQ(clean.characters(), 4U);
  EXPECT_EQ(clean.replaced(), 2U);
}

TEST(ends_within_character, tells_what_more_bytes_could_complete) {
  EXPECT_TRUE(ends_within_character("h\xc3"));
  EXPECT_TRUE(ends_within_character("\xe2\x82"));
  EXPECT_TRUE(ends_within_character("\xf0\x9f\x90"));
  EXPECT_FALSE(ends_within_character(""));
  EXPECT_FALSE(ends_within_character("h"));
  EXPECT_FALSE(ends_within_character("h\xc3\xa9"));
  EXPECT_FALSE(ends_within_character("\xf0\x9f\x90\xb8"));
  EXPECT_FALSE(ends_within_character("\x80\x80"));
  EXPECT_FALSE(ends_within_character("\xff"));
  EXPECT_FALSE(ends_within_character("\xe0\x80"));  // hopeless already
}
