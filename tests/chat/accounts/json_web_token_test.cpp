#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/accounts/json_web_token.hpp>
#include <parlance/chat/base/base64.hpp>

namespace parlance::chat {
namespace {

/// The example of https://jwt.io for HS256.
TEST(json_web_token, is_signed_as_others_do) {
  EXPECT_EQ(sign_token("your-256-bit-secret", R"({"sub":"1234567890","name":"John Doe","iat":1516239022})"),
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
            "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ."
            "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c");
}

TEST(json_web_token, is_read_with_the_secret_alone) {
  const std::string token = sign_token("secret", R"({"sub":"alice"})");
  EXPECT_EQ(read_token("secret", token), R"({"sub":"alice"})");
  EXPECT_FALSE(read_token("other", token));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(read_token("secret", changed)) << i;
    EXPECT_FALSE(read_token("secret", token.substr(0, i))) << i;
  }
  const std::string unsigned_one =
      base64url_encode(R"({"alg":"none","typ":"JWT"})") + token.substr(token.find('.'));
  EXPECT_FALSE(read_token("secret", unsigned_one));
  EXPECT_FALSE(read_token("secret", unsigned_one.substr(0, unsigned_one.rfind('.') + 1)));
}

}  // namespace
}  // namespace parlance::chat
