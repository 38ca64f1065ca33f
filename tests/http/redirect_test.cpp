#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include <parlance/http/client/redirect.hpp>

namespace parlance::http {
namespace {

/// Method, target, and what is kept; or the error.
std::string followed(std::string_view method, unsigned status, std::string_view from,
                     std::string_view location, unsigned count = 0) {
  const auto base = url::parse(from).value();
  const auto next = follow_redirect(
      {.method = method, .from = base, .status = status, .location = location, .followed = count});
  if (!next) return "error: " + next.error();
  return fmt::format("{} {}{}{}", next->method, next->target.str(), next->keeps_body ? " body" : "",
                     next->keeps_credentials ? " credentials" : "");
}

TEST(redirect, changes_the_method_as_the_status_says) {
  const auto method = [](std::string_view before, unsigned status) {
    const auto result = followed(before, status, "http://h/", "/");
    return result.substr(0, result.find(' ')) + (result.find(" body") != result.npos ? " with body" : "");
  };
  for (const unsigned status : {301U, 302U}) {
    EXPECT_EQ(method("POST", status), "GET");
    EXPECT_EQ(method("PUT", status), "PUT with body");
    EXPECT_EQ(method("HEAD", status), "HEAD with body");
  }
  EXPECT_EQ(method("POST", 303), "GET");
  EXPECT_EQ(method("PUT", 303), "GET");
  EXPECT_EQ(method("DELETE", 303), "GET");
  EXPECT_EQ(method("HEAD", 303), "HEAD with body");
  for (const unsigned status : {307U, 308U}) EXPECT_EQ(method("POST", status), "POST with body");
}

TEST(redirect, resolves_the_location) {
  EXPECT_EQ(followed("GET", 302, "http://h/a/b?c", "d"), "GET http://h/a/d body credentials");
  EXPECT_EQ(followed("GET", 302, "http://h/a/b?c", "?e"), "GET http://h/a/b?e body credentials");
  EXPECT_EQ(followed("GET", 302, "http://u:p@h/a", "/b"), "GET http://u:p@h/b body credentials");
}

TEST(redirect, inherits_the_fragment_unless_there_is_a_new_one) {
  EXPECT_EQ(followed("GET", 302, "http://h/a#top", "/b"), "GET http://h/b#top body credentials");
  EXPECT_EQ(followed("GET", 302, "http://h/a#top", "/b#end"), "GET http://h/b#end body credentials");
  EXPECT_EQ(followed("GET", 302, "http://h/a#top", "/b#"), "GET http://h/b# body credentials");
}

TEST(redirect, keeps_credentials_at_the_same_origin_only) {
  EXPECT_EQ(followed("GET", 302, "http://h/", "http://H:80/x"), "GET http://h/x body credentials");
  EXPECT_EQ(followed("GET", 302, "http://h/", "http://other/"), "GET http://other/ body");
  EXPECT_EQ(followed("GET", 302, "http://h/", "http://www.h/"), "GET http://www.h/ body");
  EXPECT_EQ(followed("GET", 302, "http://h/", "http://h:81/"), "GET http://h:81/ body");
  EXPECT_EQ(followed("GET", 302, "http://h/", "https://h/"), "GET https://h/ body");
  EXPECT_EQ(followed("GET", 302, "http://u:p@h/", "//other/"), "GET http://other/ body");
  EXPECT_EQ(followed("GET", 302, "http://u:p@h/", "http://h/x"), "GET http://u:p@h/x body credentials");
  EXPECT_EQ(followed("GET", 302, "http://u:p@h/", "//H:80/x"), "GET http://u:p@h/x body credentials");
  EXPECT_EQ(followed("GET", 302, "http://u:p@h/", "http://v:q@h/"), "GET http://v:q@h/ body credentials");
  EXPECT_EQ(followed("GET", 302, "http://u:p@h/", "http://h:81/"), "GET http://h:81/ body");
  EXPECT_EQ(followed("GET", 302, "http://u:p@h/", "https://h/"), "GET https://h/ body");
}

TEST(redirect, keeps_fields_that_say_that_they_are_secret_where_a_host_becomes_secure) {
  const auto kept = [](const char* from, const char* location) {
    const auto base = url::parse(from).value();
    return follow_redirect({.method = "GET", .from = base, .status = 302, .location = location})
        ->keeps_secrets;
  };
  EXPECT_TRUE(kept("http://h/", "/x"));
  EXPECT_TRUE(kept("http://h/", "https://H:443/"));
  for (const char* location :
       {"http://other/", "https://other/", "https://www.h/", "https://h:444/", "http://h:81/"})
    EXPECT_FALSE(kept("http://h/", location)) << location;
  EXPECT_FALSE(kept("http://h:8080/", "https://h/"));
  EXPECT_FALSE(kept("https://h/", "https://other/"));
}

TEST(redirect, refuses_to_leave_https) {
  EXPECT_EQ(followed("GET", 302, "https://h/", "http://h/"),
            "error: redirect from https to http is not followed: \"http://h/\"");
  EXPECT_EQ(followed("GET", 302, "https://h/", "//h2/"), "GET https://h2/ body");
}

TEST(redirect, tells_of_no_password_when_it_refuses) {
  EXPECT_EQ(followed("GET", 302, "https://h/", "http://u:p@h/"),
            "error: redirect from https to http is not followed: \"http://h/\"");
  for (const auto* location :
       {"http://u:secret@h:x/", "http://u:secret/@h", "ftp://u:secret@h/", "//u:secret@"})
    EXPECT_EQ(followed("GET", 302, "http://h/", location).find("secret"), std::string::npos) << location;
}

TEST(redirect, refuses_other_schemes_and_malformed_locations) {
  EXPECT_EQ(followed("GET", 302, "http://h/", "file:///etc/passwd"),
            "error: redirect to \"file:///etc/passwd\": URL scheme \"file\" is neither http nor https");
  EXPECT_EQ(followed("GET", 302, "http://h/", "//"), "error: redirect to \"//\": URL has no host");
  EXPECT_EQ(followed("GET", 302, "http://h/", ""), "error: status 302 without a Location to go to");
  const auto base = url::parse("http://h/").value();
  EXPECT_FALSE(follow_redirect({.method = "GET", .from = base, .status = 302}).has_value());
}

TEST(redirect, follows_twenty_and_no_more) {
  EXPECT_EQ(followed("GET", 302, "http://h/", "/x", 19), "GET http://h/x body credentials");
  EXPECT_EQ(followed("GET", 302, "http://h/", "/x", 20),
            "error: redirected 20 times, the most that is followed, and now to \"/x\"");
}

TEST(redirect, is_followed_otherwise_by_rules_of_ones_own) {
  const auto from = url::parse("https://u:p@h/").value();
  const auto go = [&](std::string_view method, unsigned status, std::string_view to, redirect_rules rules) {
    return follow_redirect(
        {.method = method, .from = from, .status = status, .location = to, .rules = rules});
  };
  EXPECT_EQ(go("POST", 301, "/", {.keeps_post_301 = true})->method, "POST");
  EXPECT_TRUE(go("POST", 302, "/", {.keeps_post_302 = true})->keeps_body);
  EXPECT_EQ(go("POST", 303, "/", {.keeps_post_303 = true})->method, "POST");
  EXPECT_EQ(go("PUT", 303, "/", {.keeps_post_303 = true})->method, "GET");
  EXPECT_EQ(go("POST", 301, "/", {.keeps_post_302 = true, .keeps_post_303 = true})->method, "GET");
  const auto told = go("GET", 302, "https://other/", {.tells_others = true});
  EXPECT_EQ(told->target.str(), "https://u:p@other/");
  EXPECT_TRUE(told->keeps_credentials && told->keeps_secrets);
  // Not what everybody on the way would read.
  EXPECT_FALSE(go("GET", 302, "http://h/", {.tells_others = true}));
  EXPECT_EQ(follow_redirect({.method = "GET",
                             .from = url::parse("http://h/").value(),
                             .status = 302,
                             .location = "/x",
                             .rules = {.only_https = true}})
                .error(),
            "redirect to http, which is not gone to: \"/x\"");
}

TEST(redirect, is_one_of_five_statuses) {
  for (const unsigned status : {301U, 302U, 303U, 307U, 308U}) EXPECT_TRUE(is_redirect(status));
  for (const unsigned status : {200U, 300U, 304U, 305U, 306U, 309U, 400U}) {
    EXPECT_FALSE(is_redirect(status));
    EXPECT_EQ(followed("GET", status, "http://h/", "/x"),
              fmt::format("error: status {} is no redirect", status));
  }
}

}  // namespace
}  // namespace parlance::http
