#include <gtest/gtest.h>

#include <string>

#include <parlance/http/cookies/cookie.hpp>

namespace parlance::http {
namespace {

using namespace std::chrono_literals;

constexpr wall_time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 29);

std::string date(std::string_view text) {
  const auto when = parse_cookie_date(text);
  return when ? std::to_string(when->time_since_epoch().count()) : "none";
}

TEST(parse_set_cookie, reads_what_servers_say) {
  const auto said = parse_set_cookie(
      "id = a=b ; Path=/docs;Domain=.Example.COM; secure ; HttpOnly=yes; SAMESITE=Strict; Unknown=x", now);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->name, "id");
  EXPECT_EQ(said->value, "a=b");
  EXPECT_EQ(said->path, "/docs");
  EXPECT_EQ(said->domain, "example.com");
  EXPECT_TRUE(said->secure);
  EXPECT_TRUE(said->http_only);
  EXPECT_EQ(said->same_site, same_site::strict);
  EXPECT_FALSE(said->expires);
}

TEST(parse_set_cookie, keeps_quotation_marks_and_takes_a_value_without_a_name) {
  EXPECT_EQ(parse_set_cookie("a=\"b\"")->value, "\"b\"");
  EXPECT_EQ(parse_set_cookie("just this")->name, "");
  EXPECT_EQ(parse_set_cookie("just this")->value, "just this");
  EXPECT_EQ(parse_set_cookie("=x")->value, "x");
  EXPECT_EQ(parse_set_cookie("x=")->name, "x");
}

TEST(parse_set_cookie, refuses_what_is_none) {
  for (const char* text : {"", ";", "=", " = ;Path=/", "a\tb=c", "a=b\x01"})
    EXPECT_FALSE(parse_set_cookie(text)) << text;
  EXPECT_TRUE(parse_set_cookie("n=" + std::string(4095, 'v')));
  EXPECT_FALSE(parse_set_cookie("n=" + std::string(4096, 'v')));
}

TEST(parse_set_cookie, passes_over_attributes_that_are_too_long) {
  const auto said =
      parse_set_cookie("a=b; Path=/" + std::string(1024, 'p') + "; Domain=" + std::string(1025, 'd'));
  EXPECT_FALSE(said->path);
  EXPECT_EQ(said->domain, "");
}

TEST(parse_set_cookie, takes_the_last_of_each_attribute_and_max_age_before_a_date) {
  const auto said = parse_set_cookie(
      "a=b; Max-Age=5; Path=/a; Path=/b; Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:01 GMT", now);
  EXPECT_EQ(said->expires, now + 10s);
  EXPECT_EQ(said->path, "/b");
  EXPECT_FALSE(parse_set_cookie("a=b; Path=/a; Path=b")->path);
}

TEST(parse_set_cookie, keeps_none_for_longer_than_400_days) {
  EXPECT_EQ(parse_set_cookie("a=b; Max-Age=99999999999999999999", now)->expires, now + max_cookie_age);
  EXPECT_EQ(parse_set_cookie("a=b; Expires=Fri, 31 Dec 9999 23:59:59 GMT", now)->expires,
            now + max_cookie_age);
}

TEST(parse_set_cookie, takes_a_max_age_that_is_not_above_zero_as_over) {
  for (const char* age : {"0", "-1", "-99999999999999999999"})
    EXPECT_EQ(parse_set_cookie(std::string("a=b; Max-Age=") + age, now)->expires, wall_time::min()) << age;
  for (const char* age : {"", "-", "+1", "1.5", "soon"})
    EXPECT_FALSE(parse_set_cookie(std::string("a=b; Max-Age=") + age, now)->expires) << age;
}

TEST(parse_cookie_date, takes_all_forms_that_are_about) {
  // The seconds are those of date(1).
  for (const char* text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "6 november 94 8:49:37", "08:49:37 1994 06 Nov", "Sun, 06-Nov-1994 08:49:37x GMT"})
    EXPECT_EQ(date(text), "784111777") << text;
  EXPECT_EQ(date("Fri, 01 Jan 2038 00:00:00 GMT"), "2145916800");
  EXPECT_EQ(date("1 Jan 69 0:0:0"), "3124224000");
  EXPECT_EQ(date("1 Jan 70 0:0:0"), "0");
  EXPECT_EQ(date("1 Jan 99 0:0:0"), "915148800");
}

// RFC 6265 5.1.1: they are the only ones.
TEST(parse_cookie_date, has_its_parts_between_delimiters) {
  const auto expected = parse_cookie_date("Sun, 06 Nov 1994 08:49:37 GMT");
  ASSERT_TRUE(expected);
  for (int c = 0; c < 256; ++c) {
    const std::string between(1, static_cast<char>(c));
    const bool is_delimiter = c == 0x09 || (c >= 0x20 && c <= 0x2f) || (c >= 0x3b && c <= 0x40) ||
                              (c >= 0x5b && c <= 0x60) || (c >= 0x7b && c <= 0x7e);
    const auto got = parse_cookie_date("Sun" + between + "06" + between + "Nov" + between + "1994" + between +
                                       "08:49:37" + between + "GMT");
    EXPECT_EQ(got, is_delimiter ? expected : std::nullopt) << c;
  }
}

TEST(parse_cookie_date, refuses_what_is_none) {
  for (const char* text :
       {"", "soon", "31 Feb 2020 00:00:00", "1 Jan 2020", "1 Jan 2020 24:00:00", "1 Jan 2020 00:60:00",
        "1 Jan 1600 00:00:00", "1 Jan 20200 00:00:00", "32 Jan 2020 00:00:00", "0 Jan 2020 00:00:00",
        "1 Foo 2020 00:00:00", "1 Jan 2020 00:00:000"})
    EXPECT_EQ(date(text), "none") << text;
}

TEST(domain_matches, is_the_same_or_below_by_whole_labels) {
  EXPECT_TRUE(domain_matches("example.com", "example.com"));
  EXPECT_TRUE(domain_matches("a.b.example.com", "example.com"));
  EXPECT_FALSE(domain_matches("badexample.com", "example.com"));
  EXPECT_FALSE(domain_matches("com", "example.com"));
  EXPECT_FALSE(domain_matches("127.0.0.1", "0.0.1"));
  EXPECT_TRUE(domain_matches("127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(domain_matches("a.", ""));
}

TEST(path_matches, is_by_whole_segments) {
  EXPECT_TRUE(path_matches("/a/b", "/a"));
  EXPECT_TRUE(path_matches("/a/", "/a/"));
  EXPECT_TRUE(path_matches("/a", "/"));
  EXPECT_FALSE(path_matches("/ab", "/a"));
  EXPECT_FALSE(path_matches("/a", "/a/"));
  EXPECT_EQ(default_cookie_path("/a/b/c"), "/a/b");
  EXPECT_EQ(default_cookie_path("/a"), "/");
  EXPECT_EQ(default_cookie_path("/"), "/");
}

}  // namespace
}  // namespace parlance::http
