#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/percent.hpp>

namespace parlance::http {
namespace {

std::vector<std::string_view> elements(std::string_view text) {
  std::vector<std::string_view> result;
  while (auto element = next_element(text)) result.push_back(*element);
  return result;
}

TEST(next_element, splits_at_commas_outside_quotes_and_skips_empty_elements) {
  using list = std::vector<std::string_view>;
  EXPECT_EQ(elements(""), list{});
  EXPECT_EQ(elements(" , ,\t"), list{});
  EXPECT_EQ(elements("a"), list{"a"});
  EXPECT_EQ(elements(",a , b;q=\"x,y\" ,, c"), (list{"a", "b;q=\"x,y\"", "c"}));
  EXPECT_EQ(elements("\"a\\\",b\",c"), (list{"\"a\\\",b\"", "c"}));
  EXPECT_EQ(elements("\"never,closed"), list{"\"never,closed"});
  EXPECT_EQ(elements("\"\\"), list{"\"\\"});
}

TEST(parse_decimal, takes_digits_only_and_what_fits_63_bits) {
  EXPECT_EQ(parse_decimal("0"), 0U);
  EXPECT_EQ(parse_decimal("007"), 7U);
  EXPECT_EQ(parse_decimal("9223372036854775807"), 9223372036854775807U);
  for (const auto* text : {"", "+1", "-1", " 1", "1 ", "1.0", "0x1", "9223372036854775808",
                           "18446744073709551616", "99999999999999999999999999"}) {
    EXPECT_EQ(parse_decimal(text), std::nullopt) << text;
  }
}

TEST(is_token, is_true_of_names_only) {
  EXPECT_TRUE(is_token("Content-Type"));
  EXPECT_TRUE(is_token("!#$%&'*+-.^_`|~09azAZ"));
  for (const auto* text : {"",   " ",  "a b", "a:", "a\t", "(", ")", "<", ">", "@",    ",",   ";",
                           "\\", "\"", "/",   "[",  "]",   "?", "=", "{", "}", "\x7f", "\x80"}) {
    EXPECT_FALSE(is_token(text)) << text;
  }
}

TEST(in_quotes, shows_what_a_terminal_would_hide) {
  EXPECT_EQ(in_quotes("a\x1b[2J\xff"), "\"a\\x1b[2J\\xff\"");
  EXPECT_EQ(in_quotes(std::string(61, 'a')), "\"" + std::string(60, 'a') + "...\"");
}

TEST(percent_encode, encodes_what_the_set_says) {
  EXPECT_EQ(percent_encode("a b/c?d&e=f+g%\xc3\xa4'", encode_set::component),
            "a%20b%2Fc%3Fd%26e%3Df%2Bg%25%C3%A4'");
  EXPECT_EQ(percent_encode("a b/c?d%41", encode_set::path), "a%20b/c%3Fd%41");
  EXPECT_EQ(percent_encode("-_.~!'()*", encode_set::component), "-_.~!'()*");
}

TEST(percent_decode, leaves_what_is_no_escape) {
  EXPECT_EQ(percent_decode("%41%4a%4B"), "AJK");
  EXPECT_EQ(percent_decode("%%41%4%zz%4"), "%A%4%zz%4");
  EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
}

}  // namespace
}  // namespace parlance::http
