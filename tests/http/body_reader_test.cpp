#include <gtest/gtest.h>

#include <string>

#include <parlance/http/message/body_reader.hpp>

namespace parlance::http {
namespace {

std::string read(body_reader& body, std::string_view& bytes) {
  std::string result;
  for (;;) {
    const auto piece = body.next(bytes).value();
    if (piece.empty()) return result;
    result += piece;
  }
}

TEST(body_reader, reads_no_further_than_the_length) {
  body_reader body({.kind = body_kind::length, .length = 5});
  std::string_view first = "hel";
  EXPECT_EQ(read(body, first), "hel");
  EXPECT_TRUE(first.empty());
  EXPECT_FALSE(body.done());
  std::string_view second = "loHTTP/1.1";
  EXPECT_EQ(read(body, second), "lo");
  EXPECT_TRUE(body.done());
  EXPECT_EQ(second, "HTTP/1.1");
  EXPECT_EQ(body.received(), 5U);
  EXPECT_TRUE(body.end().has_value());
}

TEST(body_reader, is_done_at_once_where_there_is_no_body) {
  for (const framing& how :
       {framing{.kind = body_kind::none}, framing{.kind = body_kind::length, .length = 0}}) {
    body_reader body(how);
    EXPECT_TRUE(body.done());
    std::string_view bytes = "next";
    EXPECT_EQ(read(body, bytes), "");
    EXPECT_EQ(bytes, "next");
    EXPECT_TRUE(body.end().has_value());
  }
}

TEST(body_reader, takes_everything_until_the_close) {
  body_reader body({.kind = body_kind::until_close});
  std::string_view bytes = "anything\r\n";
  EXPECT_EQ(read(body, bytes), "anything\r\n");
  EXPECT_FALSE(body.done());
  EXPECT_TRUE(body.end().has_value());
  EXPECT_TRUE(body.done());
}

TEST(body_reader, takes_chunks_apart) {
  body_reader body({.kind = body_kind::chunked});
  std::string_view bytes = "2\r\nab\r\n1\r\nc\r\n0\r\nT: u\r\n\r\nnext";
  EXPECT_EQ(read(body, bytes), "abc");
  EXPECT_TRUE(body.done());
  EXPECT_EQ(bytes, "next");
  EXPECT_EQ(body.received(), 3U);
  EXPECT_EQ(body.trailers().get("t"), "u");
}

TEST(body_reader, leaves_chunks_as_they_are_and_knows_their_end) {
  const std::string chunks = "3;a=b\r\nabc\r\n1\r\nd\r\n0\r\nX: y\r\n\r\n";
  for (std::size_t step = 1; step <= chunks.size() + 4; ++step) {
    body_reader body({.kind = body_kind::chunked}, {}, true);
    const std::string all = chunks + "next";
    std::string result;
    std::string_view left = all;
    while (!body.done()) {
      std::string_view bytes = left.substr(0, step);
      const std::size_t size = bytes.size();
      result += read(body, bytes);
      left.remove_prefix(size - bytes.size());
    }
    EXPECT_EQ(result, chunks) << step;
    EXPECT_EQ(left, "next") << step;
    EXPECT_EQ(body.received(), chunks.size()) << step;
    EXPECT_EQ(body.trailers().get("X"), "y") << step;
  }
  body_reader cut({.kind = body_kind::chunked}, {}, true);
  std::string_view bytes = "3\r\nab";
  EXPECT_EQ(read(cut, bytes), "3\r\nab");
  EXPECT_FALSE(cut.end().has_value());
}

TEST(body_reader, says_how_much_of_a_body_came) {
  body_reader body({.kind = body_kind::length, .length = 10});
  std::string_view bytes = "abc";
  EXPECT_EQ(read(body, bytes), "abc");
  EXPECT_EQ(body.end().error().text, "body ended after 3 of 10 bytes");
  body_reader chunked({.kind = body_kind::chunked});
  bytes = "5\r\nab";
  EXPECT_EQ(read(chunked, bytes), "ab");
  EXPECT_EQ(chunked.end().error().text, "body ended after 2 bytes, before its last chunk");
}

TEST(body_reader, copies_nothing) {
  const std::string text(1000, 'x');
  body_reader body({.kind = body_kind::length, .length = 1000});
  std::string_view bytes = text;
  EXPECT_EQ(body.next(bytes).value().data(), text.data());
}

TEST(body_reader, passes_on_what_is_wrong_with_a_chunk) {
  body_reader body({.kind = body_kind::chunked});
  std::string_view bytes = "x\r\n";
  EXPECT_EQ(body.next(bytes).error().text, "chunk size is not a hexadecimal number: \"x\"");
}

}  // namespace
}  // namespace parlance::http
