#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/web/pages.hpp>

namespace parlance::chat {
namespace {

const io::endpoint here = io::endpoint::ipv4({10, 0, 0, 1}, 8000);

TEST(pages, say_how_to_join) {
  const std::string text = how_to_join({}, here);
  EXPECT_NE(text.find("nc 10.0.0.1 8000\n"), std::string::npos);
  EXPECT_NE(text.find("parlance chat 10.0.0.1:8000\n"), std::string::npos);
}

TEST(pages, where_there_is_only_tls_it_is_joined_by_that) {
  settings only;
  only.tls.only = true;
  EXPECT_NE(how_to_join(only, here).find("openssl s_client -quiet -connect 10.0.0.1:8000\n"),
            std::string::npos);
  EXPECT_EQ(how_to_join(only, here).find("nc "), std::string::npos);
}

}  // namespace
}  // namespace parlance::chat
