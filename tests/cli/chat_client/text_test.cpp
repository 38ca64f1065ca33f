#include <gtest/gtest.h>

#include <cli/chat/model/text.hpp>

namespace parlance::cli {
namespace {

TEST(text_of_a_client, is_known_for_a_login) {
  for (const char* text :
       {"PASS secret", "oper root secret", "ns identify secret", "NickServ:identify secret", "pass secret",
        "/ msg nickserv identify secret", " /msg NickServ identify secret", "\uff0flogin alice secret",
        "hello\nPASS secret", "hello\n/msg NickServ identify secret"})
    EXPECT_TRUE(looks_like_login(text)) << text;
  for (const char* text :
       {"", "hello", "pass me the salt", "ns is down", "nickserv is slow", "hello\nworld", "//who"})
    EXPECT_FALSE(looks_like_login(text)) << text;
}

}  // namespace
}  // namespace parlance::cli
