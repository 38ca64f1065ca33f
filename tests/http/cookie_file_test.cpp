#include <gtest/gtest.h>

#include <string>

#include <parlance/http/cookies/cookie_file.hpp>

namespace parlance::http {
namespace {

constexpr wall_time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 29);

TEST(cookie_file, reads_what_curl_writes) {
  cookie_jar jar;
  EXPECT_EQ(read_cookies(jar,
                         "# Netscape HTTP Cookie File\n"
                         "\n"
                         "#HttpOnly_.example.com\tTRUE\t/docs\tTRUE\t1811111111\tid\ta b=c\r\n"
                         "www.example.com\tFALSE\t/\tFALSE\t0\tempty\t\n"
                         "www.example.com\tFALSE\t/\tFALSE\t0\tshort\n",
                         now),
            3U);
  const auto all = jar.all(now);
  EXPECT_EQ(all[0], (cookie{.name = "id",
                            .value = "a b=c",
                            .domain = "example.com",
                            .path = "/docs",
                            .expires = wall_time(std::chrono::seconds(1811111111)),
                            .host_only = false,
                            .secure = true,
                            .http_only = true}));
  EXPECT_EQ(all[1], (cookie{.name = "empty", .domain = "www.example.com"}));
  EXPECT_EQ(all[2].name, "short");
}

TEST(cookie_file, passes_over_what_is_no_cookie) {
  for (const char* line :
       {"a\tb\n", "h\tFALSE\t/\tFALSE\tnever\tn\tv", "h\tFALSE\tx\tFALSE\t0\tn\tv",
        ".com\tTRUE\t/\tFALSE\t0\tn\tv", "h\tFALSE\t/\tFALSE\t1\tn\tv", "h\tFALSE\t/\tFALSE\t0\tn\tv\tw",
        "\t\t\t\t\t\t", "\tFALSE\t/\tFALSE\t0\tn\tv", "#HttpOnly_# x"}) {
    cookie_jar jar;
    read_cookies(jar, line, now);
    EXPECT_EQ(jar.size(), 0U) << line;
  }
}

TEST(cookie_file, reads_what_it_writes) {
  cookie_jar jar;
  jar.put({.name = "a",
           .value = "1",
           .domain = "example.com",
           .expires = now + std::chrono::hours(1),
           .host_only = false,
           .secure = true,
           .http_only = true},
          now);
  jar.put({.name = "", .value = "x=y", .domain = "::1", .path = "/p"}, now);
  jar.put({.name = "b", .value = "", .domain = "127.0.0.1"}, now);
  cookie_jar again;
  EXPECT_EQ(read_cookies(again, write_cookies(jar, now), now), 3U);
  EXPECT_EQ(again.all(now), jar.all(now));
}

}  // namespace
}  // namespace parlance::http
