#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include <parlance/http/message/chunked_decoder.hpp>

namespace parlance::http {
namespace {

/// The body, a bar, the trailers, a bar, what is left; or the error; or "more".
std::string outcome(std::string_view text, std::size_t step, chunk_limits limits) {
  chunked_decoder chunks(limits);
  std::string body;
  while (!text.empty()) {
    auto bytes = text.substr(0, step);
    text.remove_prefix(bytes.size());
    for (;;) {
      const auto piece = chunks.next(bytes);
      if (!piece) return fmt::format("error: {} {}", piece.error().status, piece.error().text);
      if (piece->empty()) break;
      body += *piece;
    }
    if (chunks.done()) return fmt::format("{}|{}|{}{}", body, chunks.trailers().wire(), bytes, text);
    EXPECT_TRUE(bytes.empty());
  }
  return "more";
}

std::string decoded(std::string_view text, chunk_limits limits = {}) {
  auto whole = outcome(text, text.size() + 1, limits);
  for (const std::size_t step : {1, 2, 3, 7}) EXPECT_EQ(outcome(text, step, limits), whole) << text;
  return whole;
}

TEST(chunked_decoder, joins_chunks) {
  EXPECT_EQ(decoded("4\r\nWiki\r\n5\r\npedia\r\nE\r\n in\r\n\r\nchunks.\r\n0\r\n\r\nnext"),
            "Wikipedia in\r\n\r\nchunks.||next");
  EXPECT_EQ(decoded("0\r\n\r\n"), "||");
  EXPECT_EQ(decoded("0000\r\n\r\n"), "||");
  EXPECT_EQ(decoded("00000000000000a\r\n0123456789\r\n0\r\n\r\n"), "0123456789||");
}

TEST(chunked_decoder, gives_views_into_what_it_is_fed) {
  const std::string text = "5\r\nhello\r\n";
  std::string_view bytes = text;
  chunked_decoder chunks;
  const auto piece = chunks.next(bytes).value();
  EXPECT_EQ(piece.data(), text.data() + 3);
  EXPECT_EQ(piece.size(), 5U);
}

TEST(chunked_decoder, needs_more_until_the_last_line) {
  const std::string text = "5\r\nhello\r\n0\r\nA: b\r\n\r\n";
  for (std::size_t size = 0; size < text.size(); ++size) EXPECT_EQ(decoded(text.substr(0, size)), "more");
}

TEST(chunked_decoder, skips_extensions) {
  EXPECT_EQ(decoded("5;a=b;c=\"d;e\"\r\nhello\r\n0 ; x\r\n\r\n"), "hello||");
  EXPECT_EQ(decoded("5  \r\nhello\r\n0\r\n\r\n"), "hello||");
}

TEST(chunked_decoder, keeps_trailers_apart) {
  EXPECT_EQ(decoded("0\r\nDigest: x\r\nB:c\r\n\r\n"), "|Digest: x\r\nB: c\r\n|");
  EXPECT_EQ(decoded("0\r\nDigest: x\r\n\ty\r\n\r\n"), "|Digest: x y\r\n|");
}

TEST(chunked_decoder, refuses_a_size_with_a_sign) {
  EXPECT_EQ(decoded("+5\r\nhello\r\n"), "error: 400 chunk size is not a hexadecimal number: \"+5\"");
  EXPECT_EQ(decoded("-1\r\n"), "error: 400 chunk size is not a hexadecimal number: \"-1\"");
}

TEST(chunked_decoder, refuses_sizes_that_are_not_strictly_hexadecimal) {
  for (const auto* line :
       {"", " ", " 5", "0x5", "5h", "5 5", "g", ";a", "5\x0b", "5,", "5\r", "5;a\rb", "5;\x01", "\xd9\xa5"}) {
    EXPECT_TRUE(decoded(std::string(line) + "\r\nhello\r\n").starts_with("error: 400 chunk size is not"))
        << line;
  }
}

TEST(chunked_decoder, refuses_sizes_that_overflow) {
  EXPECT_EQ(decoded("7fffffffffffffff\r\nx"), "more");
  EXPECT_EQ(decoded("8000000000000000\r\n"), "error: 400 chunk size is too large: \"8000000000000000\"");
  EXPECT_EQ(decoded("ffffffffffffffff\r\n"), "error: 400 chunk size is too large: \"ffffffffffffffff\"");
  EXPECT_EQ(decoded("10000000000000005\r\n"),
            "error: 400 chunk size has too many digits: \"10000000000000005\"");
  EXPECT_EQ(decoded("00000000000000005\r\n"),
            "error: 400 chunk size has too many digits: \"00000000000000005\"");
}

TEST(chunked_decoder, refuses_a_lone_lf) {
  EXPECT_EQ(decoded("5\nhello\r\n"), "error: 400 line in a chunked body ends in LF without CR: \"5\"");
  EXPECT_EQ(decoded("5\r\nhello\n0\r\n"), "error: 400 line in a chunked body ends in LF without CR: \"\"");
  EXPECT_EQ(decoded("0\r\n\n"), "error: 400 line in a chunked body ends in LF without CR: \"\"");
}

TEST(chunked_decoder, refuses_a_chunk_that_is_longer_than_its_size) {
  EXPECT_EQ(decoded("4\r\nhello\r\n"), "error: 400 chunk is longer than its size");
  EXPECT_EQ(decoded("4\r\nhell\r\r\n"), "error: 400 chunk is longer than its size");
  EXPECT_TRUE(decoded("4\r\nhello\n").starts_with("error: 400 "));
}

TEST(chunked_decoder, bounds_the_size_line_the_extensions_and_the_trailers) {
  const std::string big(1 << 17, 'x');
  EXPECT_EQ(decoded("5;" + big), "error: 400 chunk size line is longer than 4096 bytes (chunk_limits::line)");
  EXPECT_EQ(decoded("0\r\nA: " + big),
            "error: 431 trailers are longer than 16384 bytes (chunk_limits::trailers)");
  std::string many = "0\r\n";
  for (int i = 0; i < 101; ++i) many += "A:\r\n";
  EXPECT_EQ(decoded(many), "error: 431 more than 100 fields (head_limits::fields)");
  std::string chunks;
  for (int i = 0; i < 9; ++i) chunks += "1;abcdefgh\r\nx\r\n";
  EXPECT_EQ(decoded(chunks, {.extensions = 80}),
            "error: 400 chunk extensions are longer than 80 bytes (chunk_limits::extensions)");
  EXPECT_EQ(decoded(chunks, {.extensions = 81}), "more");
  chunks.clear();
  for (int i = 0; i < 9; ++i) chunks += "1 ; x \t \r\nx\r\n";
  EXPECT_TRUE(decoded(chunks, {.extensions = 62}).starts_with("error: 400 chunk extensions are longer"))
      << "white space costs time, too";
  EXPECT_EQ(decoded(chunks, {.extensions = 63}), "more");
}

TEST(chunked_decoder, refuses_malformed_trailers) {
  EXPECT_TRUE(
      decoded("0\r\nA : b\r\n\r\n").starts_with("error: 400 field line 1 has white space before its colon"));
}

}  // namespace
}  // namespace parlance::http
