#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include <parlance/http/message/response_writer.hpp>

namespace parlance::http {
namespace {

TEST(response_writer, makes_a_whole_response) {
  EXPECT_EQ(write_response({.body = "all is well\n"}, "GET", after::close),
            "HTTP/1.1 200 OK\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 12\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Connection: close\r\n"
            "\r\n"
            "all is well\n");
}

TEST(response_writer, says_what_it_is_told_to) {
  page shown{.status = 404, .content_type = "text/html", .body = "<p>no"};
  shown.fields.append("Cache-Control", "no-store");
  EXPECT_EQ(write_response(shown, "GET", after::keep_alive),
            "HTTP/1.1 404 Not Found\r\n"
            "Cache-Control: no-store\r\n"
            "Content-Type: text/html\r\n"
            "Content-Length: 5\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Connection: keep-alive\r\n"
            "\r\n"
            "<p>no");
}

TEST(response_writer, leaves_the_body_out_for_head) {
  const std::string whole = write_response({.body = "text"}, "GET", after::close);
  EXPECT_EQ(write_response({.body = "text"}, "HEAD", after::close), whole.substr(0, whole.size() - 4));
}

TEST(response_writer, gives_no_body_to_a_status_that_has_none) {
  EXPECT_EQ(write_response({.status = 204, .body = "text"}, "GET", after::keep_alive),
            "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(write_response({.status = 304, .body = "text"}, "GET", after::keep_alive),
            "HTTP/1.1 304 Not Modified\r\nConnection: keep-alive\r\n\r\n");
}

TEST(response_writer, lets_no_line_be_broken) {
  EXPECT_THROW(write_response({.content_type = "text/html\r\nSet-Cookie: a=b"}, "GET", after::close),
               std::invalid_argument);
}

TEST(response_writer, keeps_a_connection_when_the_request_lets_it) {
  request_head head;
  EXPECT_EQ(after_request(head), after::keep_alive);
  head.fields.set("Connection", "close");
  EXPECT_EQ(after_request(head), after::close);
  head.version = version::http_1_0;
  head.fields.remove("Connection");
  EXPECT_EQ(after_request(head), after::close);
  head.fields.set("Connection", "keep-alive");
  EXPECT_EQ(after_request(head), after::keep_alive);
  head.fields.set("Content-Length", "0");
  EXPECT_EQ(after_request(head), after::keep_alive);
  head.fields.set("Content-Length", "5");
  EXPECT_EQ(after_request(head), after::close) << "five bytes that nobody reads";
  head.fields.set("Content-Length", "five");
  EXPECT_EQ(after_request(head), after::close);
}

}  // namespace
}  // namespace parlance::http
