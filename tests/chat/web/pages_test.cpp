#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/web/pages.hpp>

namespace parlance::chat {
namespace {

const io::endpoint here = io::endpoint::ipv4({10, 0, 0, 1}, 8000);

TEST(pages, a_whole_response_says_how_to_join) {
  const std::string answer = answer_nothing_here("GET", {}, here);
  const std::size_t end = answer.find("\r\n\r\n");
  ASSERT_NE(end, std::string::npos);
  const std::string head = answer.substr(0, end + 2), body = answer.substr(end + 4);
  EXPECT_TRUE(head.starts_with("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_NE(head.find("Connection: close\r\n"), std::string::npos);
  EXPECT_NE(head.find("Content-Length: " + std::to_string(body.size()) + "\r\n"), std::string::npos);
  EXPECT_NE(body.find("nc 10.0.0.1 8000\n"), std::string::npos);
  EXPECT_NE(body.find("parlance chat 10.0.0.1:8000\n"), std::string::npos);
}

TEST(pages, head_is_answered_without_a_body) {
  const std::string answer = answer_nothing_here("HEAD", {}, here);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
  EXPECT_EQ(answer.find("Content-Length: 0"), std::string::npos);
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
