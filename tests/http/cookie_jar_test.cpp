#include <gtest/gtest.h>

#include <string>

#include <parlance/http/cookies/cookie_jar.hpp>

namespace parlance::http {
namespace {

using namespace std::chrono_literals;

constexpr wall_time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 29);

url at(std::string_view text) { return url::parse(text).value(); }

void give(cookie_jar& jar, std::string_view from, std::initializer_list<std::string_view> lines,
          wall_time when = now) {
  field_list fields;
  for (const std::string_view line : lines) fields.append("Set-Cookie", line);
  jar.take(at(from), fields, when);
}

/// What goes to `to` of what `from` has set.
std::string sent(std::string_view from, std::initializer_list<std::string_view> lines, std::string_view to) {
  cookie_jar jar;
  give(jar, from, lines);
  return jar.field_for(at(to), now);
}

TEST(cookie_jar, sends_a_cookie_back_to_its_host_alone) {
  EXPECT_EQ(sent("http://example.com/a/b", {"x=1"}, "http://example.com/a/c"), "x=1");
  EXPECT_EQ(sent("http://example.com/a/b", {"x=1"}, "http://example.com:81/a/c"), "x=1");
  EXPECT_EQ(sent("http://example.com/a/b", {"x=1"}, "http://example.com/"), "");
  EXPECT_EQ(sent("http://example.com/", {"x=1"}, "http://www.example.com/"), "");
  EXPECT_EQ(sent("http://example.com/", {"x=1"}, "http://example.org/"), "");
}

TEST(cookie_jar, says_whether_it_took_a_cookie) {
  cookie_jar jar;
  const auto took = [&](std::string_view from, std::string_view line) {
    return jar.take(at(from), parse_set_cookie(line, now).value(), now);
  };
  EXPECT_TRUE(took("http://example.com/", "x=1"));
  EXPECT_TRUE(took("http://example.com/", "x=1; Domain=example.com"));
  EXPECT_FALSE(took("http://example.com/", "x=1; Domain=example.org"));
  EXPECT_FALSE(took("http://example.com/", "x=1; Domain=com"));
  EXPECT_FALSE(took("http://example.com/", "x=1; Secure"));
}

TEST(cookie_jar, keeps_domains_as_long_as_an_attribute_may_be) {
  cookie_jar jar;
  cookie one{.name = "x", .value = "1", .domain = std::string(1024, 'a'), .path = "/"};
  EXPECT_TRUE(jar.put(one, now));
  one.domain += 'a';
  EXPECT_FALSE(jar.put(one, now));
}

TEST(cookie_jar, sends_it_to_hosts_below_its_domain) {
  EXPECT_EQ(sent("http://www.example.com/", {"x=1; Domain=.example.com"}, "http://example.com/"), "x=1");
  EXPECT_EQ(sent("http://example.com/", {"x=1; Domain=example.com"}, "http://a.b.example.com/"), "x=1");
  EXPECT_EQ(sent("http://example.com/", {"x=1; Domain="}, "http://a.example.com/"), "");
}

TEST(cookie_jar, takes_none_for_a_domain_that_is_not_the_hosts) {
  for (const char* domain : {"other.com", "a.example.com", "ample.com", "com", "..com", "example.com."})
    EXPECT_EQ(sent("http://example.com/", {std::string("x=1; Domain=") + domain}, "http://example.com/"), "")
        << domain;
}

TEST(cookie_jar, takes_none_for_a_public_suffix_but_of_the_suffix_itself) {
  EXPECT_EQ(sent("http://a.co.uk/", {"x=1; Domain=co.uk"}, "http://b.co.uk/"), "");
  EXPECT_EQ(sent("http://a.github.io/", {"x=1; Domain=github.io"}, "http://a.github.io/"), "");
  EXPECT_EQ(sent("http://github.io/", {"x=1; Domain=github.io"}, "http://github.io/"), "x=1");
  EXPECT_EQ(sent("http://github.io/", {"x=1; Domain=github.io"}, "http://a.github.io/"), "");
  EXPECT_EQ(sent("http://localhost/", {"x=1; Domain=localhost"}, "http://localhost/"), "x=1");
}

TEST(cookie_jar, keeps_the_cookies_of_an_address_at_it) {
  EXPECT_EQ(sent("http://127.0.0.1/", {"x=1; Domain=127.0.0.1"}, "http://127.0.0.1/"), "x=1");
  EXPECT_EQ(sent("http://127.0.0.1/", {"x=1; Domain=0.0.1"}, "http://127.0.0.1/"), "");
  EXPECT_EQ(sent("http://[::1]/", {"x=1"}, "http://[::1]/"), "x=1");
}

TEST(cookie_jar, knows_names_in_any_script) {
  EXPECT_EQ(sent("http://b\u00fccher.example/", {"x=1; Domain=b\u00fccher.example"},
                 "http://a.xn--bcher-kva.example/"),
            "x=1");
}

TEST(cookie_jar, sends_a_secure_one_over_https_or_on_this_machine) {
  EXPECT_EQ(sent("https://example.com/", {"x=1; Secure"}, "http://example.com/"), "");
  EXPECT_EQ(sent("https://example.com/", {"x=1; Secure"}, "https://example.com/"), "x=1");
  EXPECT_EQ(sent("http://example.com/", {"x=1; Secure"}, "https://example.com/"), "");
  EXPECT_EQ(sent("http://localhost/", {"x=1; Secure"}, "http://localhost/"), "x=1");
  EXPECT_EQ(sent("http://127.0.0.1/", {"x=1; Secure"}, "http://127.0.0.1/"), "x=1");
}

TEST(cookie_jar, lets_http_put_none_in_the_place_of_a_secure_one) {
  cookie_jar jar;
  give(jar, "https://www.example.com/a", {"x=1; Secure; Domain=example.com; Path=/a"});
  give(jar, "http://www.example.com/a", {"x=2", "x=3; Path=/a/b", "x=4; Domain=example.com; Path=/a"});
  EXPECT_EQ(jar.field_for(at("https://www.example.com/a/b"), now), "x=1; x=2");
  give(jar, "https://www.example.com/a", {"x=5; Domain=example.com; Path=/a"});
  EXPECT_EQ(jar.field_for(at("http://www.example.com/a/b"), now), "x=5; x=2");
}

TEST(cookie_jar, holds_names_to_what_they_promise) {
  constexpr std::string_view where = "https://example.com/";
  for (const char* good : {"__Secure-a=1; Secure", "__Host-a=1; Secure; Path=/",
                           "__http-a=1; Secure; HttpOnly", "__Host-Http-a=1; Secure; HttpOnly; Path=/"})
    EXPECT_NE(sent(where, {good}, where), "") << good;
  for (const char* bad :
       {"__Secure-a=1", "__secure-a=1", "__Host-a=1; Path=/", "__Host-a=1; Secure",
        "__HOST-a=1; Secure; Path=/; Domain=example.com", "__Host-a=1; Secure; Path=/x", "__Http-a=1; Secure",
        "__Host-Http-a=1; Secure; Path=/", "=__Secure-a=1; Secure", "__Host-a; Secure; Path=/"})
    EXPECT_EQ(sent(where, {bad}, where), "") << bad;
}

TEST(cookie_jar, takes_none_for_every_site_that_is_not_secure) {
  EXPECT_EQ(sent("https://example.com/", {"x=1; SameSite=None"}, "https://example.com/"), "");
  EXPECT_EQ(sent("https://example.com/", {"x=1; SameSite=None; Secure"}, "https://example.com/"), "x=1");
  EXPECT_EQ(sent("https://example.com/", {"x=1; SameSite=Strict"}, "https://example.com/"), "x=1");
}

TEST(cookie_jar, sends_longer_paths_first_and_then_older_ones) {
  cookie_jar jar;
  give(jar, "http://example.com/", {"a=1", "b=1; Path=/x", "c=1; Path=/", "d=1; Path=/x"});
  give(jar, "http://example.com/", {"a=2"});
  EXPECT_EQ(jar.field_for(at("http://example.com/x"), now), "b=1; d=1; a=2; c=1");
}

TEST(cookie_jar, forgets_what_is_over) {
  cookie_jar jar;
  give(jar, "http://example.com/", {"a=1; Max-Age=10", "b=1"});
  EXPECT_EQ(jar.field_for(at("http://example.com/"), now + 9s), "a=1; b=1");
  EXPECT_EQ(jar.field_for(at("http://example.com/"), now + 10s), "b=1");
  give(jar, "http://example.com/", {"b=; Max-Age=0"});
  EXPECT_EQ(jar.field_for(at("http://example.com/"), now), "a=1");
  jar.end_session();
  EXPECT_EQ(jar.size(), 1U);
}

TEST(cookie_jar, bounds_each_site_and_all) {
  cookie_jar jar({.per_site = 3, .in_all = 5, .per_answer = 10});
  give(jar, "http://good.example/", {"keep=1"});
  for (int i = 0; i < 20; ++i)
    give(jar, "http://" + std::to_string(i) + ".evil.example/",
         {"x=" + std::to_string(i) + "; Domain=evil.example; Path=/" + std::to_string(i)});
  EXPECT_EQ(jar.size(), 4U);
  EXPECT_EQ(jar.field_for(at("http://good.example/"), now), "keep=1");
  EXPECT_EQ(jar.field_for(at("http://evil.example/19"), now), "x=19");
}

TEST(cookie_jar, gives_up_the_least_used_of_a_site_and_the_secure_ones_last) {
  cookie_jar jar({.per_site = 2});
  give(jar, "https://a.example/", {"secure=1; Secure", "plain=1; Path=/p"});
  jar.field_for(at("https://a.example/p"), now);
  give(jar, "https://a.example/", {"new=1"});
  EXPECT_EQ(jar.field_for(at("https://a.example/p"), now), "secure=1; new=1");
}

TEST(cookie_jar, bounds_what_one_answer_sets_and_the_field) {
  cookie_jar jar({.per_answer = 2, .field = 20});
  give(jar, "http://a.example/", {"a=" + std::string(10, 'x'), "b=" + std::string(10, 'y'), "c=1"});
  EXPECT_EQ(jar.size(), 2U);
  EXPECT_EQ(jar.field_for(at("http://a.example/"), now), "a=xxxxxxxxxx");
}

TEST(cookie_jar, puts_nothing_that_would_be_two) {
  cookie_jar jar;
  for (const cookie& bad : {cookie{.name = "a;b", .domain = "h"}, cookie{.name = "a=b", .domain = "h"},
                            cookie{.name = "a", .value = "b\r\nX: y", .domain = "h"}, cookie{.name = "a"},
                            cookie{.name = "a", .domain = "h", .path = "x"}, cookie{.domain = "h"}})
    EXPECT_FALSE(jar.put(bad));
}

}  // namespace
}  // namespace parlance::http
