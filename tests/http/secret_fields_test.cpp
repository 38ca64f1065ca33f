#include <gtest/gtest.h>

#include <parlance/http/base/secret_fields.hpp>

namespace parlance::http {
namespace {

TEST(secret_fields, are_told_by_their_names) {
  for (const char* name : {"Authorization", "proxy-authorization", "Cookie", "Set-Cookie", "X-Api-Key",
                           "PRIVATE-TOKEN", "X-Auth", "My-Secret", "X-Password", "X-Hub-Signature-256"})
    EXPECT_TRUE(tells_secret(name)) << name;
  for (const char* name : {"Accept", "Host", "Sec-WebSocket-Key", "Keep-Alive", "X-Page", "Cookies"})
    EXPECT_FALSE(tells_secret(name)) << name;
}

TEST(without_logins, leaves_all_else_as_it_is) {
  EXPECT_EQ(without_logins("http://me:secret@h/a?b"), "http://***@h/a?b");
  EXPECT_EQ(without_logins("see http://me@h, https://a:b@c/ //d@e"),
            "see http://***@h, https://***@c/ //***@e");
  EXPECT_EQ(without_logins("http://h/@a http://h?@ http://h#@"), "http://h/@a http://h?@ http://h#@");
  EXPECT_EQ(without_logins("http://a@b@h"), "http://***@h");
  EXPECT_EQ(without_logins("me@h"), "me@h");
  EXPECT_EQ(without_logins(""), "");
}

}  // namespace
}  // namespace parlance::http
