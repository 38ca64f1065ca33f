#include <gtest/gtest.h>

#include <string>

#include <parlance/http/client/hsts.hpp>

namespace parlance::http {
namespace {

using namespace std::chrono_literals;

constexpr wall_time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 29);

url at(std::string_view text) { return url::parse(text).value(); }

void say(hsts& strict, std::string_view from, std::string_view field, wall_time when = now) {
  field_list fields;
  fields.append("strict-transport-security", field);
  strict.learn(at(from), fields, when);
}

TEST(parse_hsts, reads_the_forms_of_its_standard) {
  EXPECT_EQ(parse_hsts("max-age=10", now), (hsts::policy{.until = now + 10s}));
  EXPECT_EQ(parse_hsts(" Max-Age = \"10\" ; includesubdomains ; preload; x=\"a;b\"", now),
            (hsts::policy{.until = now + 10s, .and_below = true}));
  EXPECT_EQ(parse_hsts("max-age=0", now)->until, wall_time::min());
  EXPECT_GT(parse_hsts("max-age=99999999999999999999999", now)->until, now + std::chrono::years(500));
}

TEST(parse_hsts, refuses_what_makes_no_sense) {
  for (const char* field : {"", "includeSubDomains", "max-age", "max-age=", "max-age=-1", "max-age=1x",
                            "max-age=1; max-age=2", "max-age=\"1\"2", "max-age=1; includeSubDomains=x",
                            "max-age=1; includeSubDomains; includeSubDomains", "max-age=1; a b"})
    EXPECT_FALSE(parse_hsts(field, now)) << field;
}

TEST(hsts, turns_http_into_https_for_hosts_that_said_so) {
  hsts strict;
  say(strict, "https://example.com/", "max-age=10");
  EXPECT_EQ(strict.upgraded(at("http://me:pw@EXAMPLE.com/a?b#c"), now)->str(),
            "https://me:pw@example.com/a?b#c");
  EXPECT_EQ(strict.upgraded(at("http://example.com:8080/"), now)->str(), "https://example.com:8080/");
  EXPECT_TRUE(strict.upgraded(at("http://example.com./"), now));
  EXPECT_FALSE(strict.upgraded(at("https://example.com/"), now));
  EXPECT_FALSE(strict.upgraded(at("http://www.example.com/"), now));
  EXPECT_FALSE(strict.upgraded(at("http://example.com/"), now + 10s));
}

TEST(hsts, is_for_hosts_below_when_that_was_said) {
  hsts strict;
  say(strict, "https://example.com/", "max-age=10; includeSubDomains");
  EXPECT_TRUE(strict.demands_https("a.b.example.com", now));
  EXPECT_FALSE(strict.demands_https("badexample.com", now));
  say(strict, "https://b.example.com/", "max-age=10");
  EXPECT_TRUE(strict.demands_https("a.b.example.com", now));
  say(strict, "https://example.com/", "max-age=0");
  EXPECT_FALSE(strict.demands_https("a.b.example.com", now));
  EXPECT_TRUE(strict.demands_https("b.example.com", now));
}

TEST(hsts, listens_over_https_only_and_to_no_addresses) {
  hsts strict;
  say(strict, "http://example.com/", "max-age=10");
  say(strict, "https://127.0.0.1/", "max-age=10");
  say(strict, "https://[::1]/", "max-age=10");
  EXPECT_TRUE(strict.all().empty());
}

TEST(hsts, is_bounded) {
  hsts strict(2);
  for (int i = 0; i < 5; ++i)
    say(strict, "https://h" + std::to_string(i) + ".example/", "max-age=1" + std::to_string(i));
  EXPECT_EQ(strict.all().size(), 2U);
  EXPECT_TRUE(strict.demands_https("h4.example", now));
}

TEST(hsts, is_read_and_written_as_curl_has_it) {
  hsts strict;
  read_hsts(
      strict,
      "# comment\n.example.com \"20271231 23:59:58\"\nexample.org \"unlimited\"\nold.example \"20200101 "
      "00:00:00\"\n"
      "127.0.0.1 \"unlimited\"\nbad.example \"20271331 00:00:00\"\nworse.example\n\"x\" y\n. \"unlimited\"",
      now);
  EXPECT_EQ(strict.all().size(), 2U);
  EXPECT_TRUE(strict.demands_https("a.example.com", now));
  EXPECT_FALSE(strict.demands_https("a.example.org", now));
  EXPECT_TRUE(strict.demands_https("example.org", now + std::chrono::years(200)));
  const std::string text = write_hsts(strict, now);
  EXPECT_TRUE(text.ends_with(".example.com \"20271231 23:59:58\"\nexample.org \"unlimited\"\n")) << text;
}

TEST(hsts, is_written_with_times_that_no_clock_of_nanoseconds_has) {
  hsts strict;
  say(strict, "https://a.example/", "max-age=99999999999999");
  read_hsts(strict, "example.com \"42271231 23:59:59\"\n", now);
  const std::string text = write_hsts(strict, now);
  EXPECT_TRUE(text.contains("\nexample.com \"42271231 23:59:59\"\n")) << text;
  hsts again;
  read_hsts(again, text, now);
  EXPECT_EQ(write_hsts(again, now), text);
  EXPECT_TRUE(again.demands_https("a.example", now + std::chrono::years(900)));
}

}  // namespace
}  // namespace parlance::http
