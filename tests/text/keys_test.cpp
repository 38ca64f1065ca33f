#include <gtest/gtest.h>

#include <string>

#include <parlance/text/keys.hpp>

using namespace parlance::text;
using namespace std::literals;

namespace {

TEST(without_keys, leaves_what_was_typed) {
  EXPECT_EQ(without_keys("\x1b[A\x1bOP\x1b[3~/login alice x"), "/login alice x");
  // telnet's negotiation
  EXPECT_EQ(without_keys("\xff\xfd\x03\xff\xfb\x18/register x"), "/register x");
  EXPECT_EQ(without_keys("a\xff\xfa\x18\x01\x02\xff\xf0"
                         "b\xff\xf1"
                         "c"),
            "abc");
  EXPECT_EQ(without_keys("a\xff\xfa\x18"), "a");
  EXPECT_EQ(without_keys("a\xff\xfd"), "a");
  EXPECT_EQ(without_keys("a\xff"), "a\xff");
  EXPECT_EQ(without_keys("a\x1b[1;5Cb\x1b[31mred\x1b[0m"), "abred");
  EXPECT_EQ(without_keys("cut \x1b["), "cut ");
  // F1 of Linux's console; keys with Shift and Control of old terminals.
  EXPECT_EQ(without_keys("\x1b[[A/login alice x"), "/login alice x");
  EXPECT_EQ(without_keys("\x1bO2A/login alice x"), "/login alice x");
  EXPECT_EQ(without_keys("\x1bO1;2P/login alice x"), "/login alice x");
  // What a terminal answers, or a program sends one: OSC, DCS.
  EXPECT_EQ(without_keys("\x1b]11;rgb:0/0/0\x1b\\/login a x"), "/login a x");
  EXPECT_EQ(without_keys("\x1bP>|xterm(388)\x1b\\hi\x1b]0;title\x07 all"), "hi all");
  EXPECT_EQ(without_keys("a\x1b]0;cut"), "a");
  EXPECT_EQ(without_keys("\x1b"
                         "b/login a x"),
            "/login a x");                                          // Alt-b
  EXPECT_EQ(without_keys("\x1b(Bns identify x"), "ns identify x");  // tput sgr0
  EXPECT_EQ(without_keys("\x1b[M !!hello"), "hello");               // xterm's mouse
  EXPECT_EQ(without_keys("\xc2\x9b"
                         "1;2chello \xc2\x9d"
                         "0;t\xc2\x9c"
                         "all"),
            "hello all");
  EXPECT_EQ(without_keys("caf\u00e9 \u00a3 5"), "caf\u00e9 \u00a3 5");
  // The mark of UTF-16, and no DONT of telnet.
  EXPECT_EQ(without_keys(std::string_view("\xff\xfeP\0A\0", 6)), std::string_view("P\0A\0", 4));
  EXPECT_EQ(without_keys("cut \x1bO"), "cut ");
  EXPECT_EQ(without_keys("alone \x1b"), "alone \x1b");
  EXPECT_EQ(without_keys("\x1bx"), "");
  EXPECT_EQ(without_keys("\x1b"), "\x1b");
  EXPECT_EQ(without_keys(""), "");
}

TEST(ends_within_key, waits_for_the_end_of_what_has_begun) {
  for (const std::string_view part : {"\x1b[", "\x1b[1;", "\x1bO", "\x1b]11;rgb", "\x1bP>|x", "a\xff",
                                      "\xff\xfd", "\xff\xfa\x18xt", "\xff\xfd\x03\xff", "\x1b[A\x1b["})
    EXPECT_TRUE(ends_within_key(part)) << testing::PrintToString(part);
  for (const std::string_view part : {"", "a", "\x1b[A", "\x1bOP", "\x1b]0;t\x07", "\x1b]0;t\x1b\\",
                                      "\xc2\x9d"
                                      "0;t\xc2\x9c",
                                      "\xff\xfd\x03", "\xff\xfa\x18xt\xff\xf0", "\x1b[Ahello", "\xffx",
                                      "\xff\xf7", "\xff\xfd\x03hello", "\x1b"})
    EXPECT_FALSE(ends_within_key(part)) << testing::PrintToString(part);
}

TEST(without_keys, leaves_out_what_was_erased) {
  EXPECT_EQ(without_keys("helo\blo"), "hello");
  EXPECT_EQ(without_keys("wordz\x7f"), "word");
  EXPECT_EQ(without_keys("Grü\bue"), "Grue");
  EXPECT_EQ(without_keys("\b\x7fx\b\b\bok"), "ok");
  EXPECT_EQ(without_keys("wordz\xff\xf7 no\xff\xf8ok"), "ok");
  EXPECT_EQ(without_keys("wordz\xff\xf7s"), "words");
  EXPECT_EQ(without_keys("hello\x15/login alice x"), "/login alice x");
  EXPECT_EQ(without_keys("hm so \x17/login"), "hm /login");
  EXPECT_EQ(without_keys("hm \x17\x17/login"), "/login");
}

}  // namespace
