#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include <parlance/http/message/head_parser.hpp>

namespace parlance::http {
namespace {

/// What a parser makes of `text` that comes in pieces of `step` bytes: the head on the wire again, a bar,
/// what is left; or the error.
template <typename Parser>
std::string outcome(std::string_view text, std::size_t step, head_limits limits = {}) {
  Parser parser(limits);
  while (!parser.done()) {
    if (text.empty()) return "error: " + parser.cut_short().text;
    auto piece = text.substr(0, step);
    text.remove_prefix(piece.size());
    const auto fed = parser.feed(piece);
    if (!fed) return fmt::format("error: {} {}", fed.error().status, fed.error().text);
    if (*fed) return serialise(parser.take()) + "|" + std::string(piece) + std::string(text);
    EXPECT_TRUE(piece.empty());
  }
  return {};
}

template <typename Parser> std::string parsed(std::string_view text, head_limits limits = {}) {
  const auto whole = outcome<Parser>(text, text.size() + 1, limits);
  for (const std::size_t step : {1, 2, 3, 7}) EXPECT_EQ(outcome<Parser>(text, step, limits), whole) << text;
  return whole;
}

std::string response(std::string_view text, head_limits limits = {}) {
  return parsed<response_parser>(text, limits);
}
std::string request(std::string_view text, head_limits limits = {}) {
  return parsed<request_parser>(text, limits);
}

response_head head_of(std::string_view text) {
  response_parser parser;
  EXPECT_TRUE(parser.feed(text).value());
  return parser.take();
}

TEST(response_parser, parses_the_example_of_rfc_9112) {
  const std::string text =
      "HTTP/1.1 200 OK\r\nDate: Mon, 27 Jul 2009 12:28:53 GMT\r\nServer: Apache\r\nContent-Length: "
      "51\r\n\r\nHello";
  const auto head = head_of(text);
  EXPECT_EQ(head.status, 200U);
  EXPECT_EQ(head.reason, "OK");
  EXPECT_EQ(head.version, version::http_1_1);
  EXPECT_EQ(head.fields.get("date"), "Mon, 27 Jul 2009 12:28:53 GMT");
  EXPECT_EQ(head.fields.size(), 3U);
  EXPECT_EQ(response(text), text.substr(0, text.size() - 5) + "|Hello");
}

TEST(response_parser, reads_one_head_after_the_other) {
  std::string_view text = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
  response_parser parser;
  EXPECT_TRUE(parser.feed(text).value());
  EXPECT_EQ(parser.take().status, 103U);
  EXPECT_FALSE(parser.done());
  EXPECT_FALSE(parser.started());
  EXPECT_TRUE(parser.feed(text).value());
  const auto second = parser.take();
  EXPECT_EQ(second.status, 204U);
  EXPECT_TRUE(second.fields.empty());
  EXPECT_TRUE(text.empty());
}

TEST(response_parser, takes_a_lone_lf_as_line_end) {
  EXPECT_EQ(response("HTTP/1.1 200 OK\nA: b\n\nx"), "HTTP/1.1 200 OK\r\nA: b\r\n\r\n|x");
}

TEST(response_parser, takes_a_reason_that_is_empty_absent_or_odd) {
  EXPECT_EQ(response("HTTP/1.1 200 \r\n\r\n"), "HTTP/1.1 200 \r\n\r\n|");
  EXPECT_EQ(response("HTTP/1.1 200\r\n\r\n"), "HTTP/1.1 200 \r\n\r\n|");
  EXPECT_EQ(response("HTTP/1.0 404 N\xc3\xb6t\t  found \r\n\r\n"),
            "HTTP/1.0 404 N\xc3\xb6t\t  found \r\n\r\n|");
  EXPECT_EQ(response("HTTP/1.7 999 x\r\n\r\n"), "HTTP/1.1 999 x\r\n\r\n|");
  EXPECT_EQ(response("HTTP/1.1 200 O\x01K\x7f\x1b\r\n\r\n"), "HTTP/1.1 200 O K  \r\n\r\n|");
  EXPECT_TRUE(
      response(std::string("HTTP/1.1 200 O\0K\r\n\r\n", 20)).starts_with("error: 400 reason phrase has a"));
}

TEST(response_parser, refuses_a_malformed_status_line) {
  for (const auto* line : {"",
                           "HTTP/1.1",
                           "HTTP/1.1 ",
                           "HTTP/1.1  200 OK",
                           "HTTP/1.1 20 OK",
                           "HTTP/1.1 2000 OK",
                           "HTTP/1.1 +20 OK",
                           "HTTP/1.1 099 OK",
                           "HTTP/1.1 2x0 OK",
                           "HTTP/1.1\t200 OK",
                           "http/1.1 200 OK",
                           "HTTP/1.12 200 OK",
                           "HTTP/2 200 OK",
                           "HTTP/2.0 200 OK",
                           "HTTP/0.9 200 OK",
                           "ICY 200 OK",
                           " HTTP/1.1 200 OK",
                           "HTTP/1.1 200OK",
                           "HTTP/1.1 200 O\rK",
                           "HTTP/1.1 200 OK\r",
                           "HTTP/1.1 200\tOK",
                           "SSH-2.0-OpenSSH_9.2p1",
                           "<html>"}) {
    EXPECT_TRUE(response(std::string(line) + "\r\n\r\n").starts_with("error: 400 ")) << line;
  }
}

TEST(response_parser, refuses_a_malformed_field_line_and_says_why) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"Foo : bar", "field line 2 has white space before its colon: \"Foo : bar\""},
      {"Foo\t: bar", "field line 2 has white space before its colon: \"Foo\\x09: bar\""},
      {" folded\rx", "field line 2 starts with white space (obsolete line folding): \" folded\\x0dx\""},
      {"no colon", "field line 2 has no colon: \"no colon\""},
      {": x", "field line 2 has no name: \": x\""},
      {"F(oo: x", "field line 2 has a name that is not a token: \"F(oo: x\""},
      {"F\xc3\xb6: x", "field line 2 has a name that is not a token: \"F\\xc3\\xb6: x\""},
      {"Foo: a\rb", "field line 2 has a control character in its value: \"Foo: a\\x0db\""},
      {"Foo: a\r", "field line 2 has a control character in its value: \"Foo: a\\x0d\""},
      {std::string("Foo: a\0b", 8), "field line 2 has a control character in its value: \"Foo: a\\x00b\""},
      {"Foo: \x7f", "field line 2 has a control character in its value: \"Foo: \\x7f\""},
      {"\r", "field line 2 has no colon: \"\\x0d\""},
  };
  for (const auto& [line, why] : cases) {
    EXPECT_EQ(response("HTTP/1.1 200 OK\r\nA: b\r\n" + line + "\r\n\r\n"), "error: 400 " + why);
  }
  EXPECT_TRUE(response("HTTP/1.1 200 OK\r\n A: b\r\n\r\n").starts_with("error: "))
      << "white space after the status line";
}

TEST(response_parser, joins_folded_lines_by_a_space) {
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nA: b \r\n\t c: d\r\n e\r\nF: g\r\n\r\nx"),
            "HTTP/1.1 200 OK\r\nA: b c: d e\r\nF: g\r\n\r\n|x");
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nA:\r\n b\n \r\n\r\n"), "HTTP/1.1 200 OK\r\nA: b\r\n\r\n|");
  const auto head = head_of("HTTP/1.1 200 OK\r\nA: b\r\n c\r\nD: e\r\n\r\n");
  EXPECT_EQ(head.fields.get("A"), "b c");
  EXPECT_EQ(head.fields.get("D"), "e");
}

TEST(response_parser, bounds_the_bytes_of_folded_lines) {
  std::string text = "HTTP/1.1 200 OK\r\nA: b\r\n";
  while (text.size() < 70000) text += " c\r\n";
  EXPECT_TRUE(response(text).starts_with("error: 431 "));
}

TEST(response_parser, takes_odd_but_lawful_fields) {
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nA:\r\nB: \t \r\nC:d:e\r\n!#$: \xff\"\t,\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nA: \r\nB: \r\nC: d:e\r\n!#$: \xff\"\t,\r\n\r\n|");
}

TEST(response_parser, bounds_the_bytes_of_a_head) {
  const std::string text = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
  EXPECT_TRUE(response(text, {.bytes = text.size()}).starts_with("HTTP"));
  EXPECT_EQ(
      response(text, {.bytes = text.size() - 1}),
      fmt::format("error: 431 response head is longer than {} bytes (head_limits::bytes)", text.size() - 1));
  EXPECT_TRUE(
      response(std::string(1 << 17, 'x')).starts_with("error: 414 response head is longer than 65536 bytes"));
  EXPECT_TRUE(response("HTTP/1.1 200 OK\r\nA: " + std::string(1 << 17, 'x')).starts_with("error: 431 "));
}

TEST(response_parser, bounds_the_count_of_fields) {
  std::string text = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 200; ++i) text += "A: b\r\n";
  EXPECT_TRUE(response(text + "\r\n").starts_with("HTTP"));
  EXPECT_EQ(response(text + "A: b\r\n\r\n"), "error: 431 more than 200 fields (head_limits::fields)");
}

TEST(response_parser, says_how_far_a_head_came_that_was_cut_short) {
  EXPECT_EQ(response(""), "error: connection closed before a response began");
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nA: b\r\nC: "),
            "error: connection closed within the response head, after 1 complete fields");
}

TEST(request_parser, parses_the_four_forms_of_target) {
  for (const auto* line : {"GET /where?q=now HTTP/1.1", "GET http://www.example.org/pub HTTP/1.1",
                           "CONNECT www.example.com:80 HTTP/1.1", "OPTIONS * HTTP/1.1",
                           "M-SEARCH /x HTTP/1.1", "GET //x HTTP/1.1"}) {
    const auto text = std::string(line) + "\r\nHost: h\r\n\r\n";
    EXPECT_EQ(request(text), text + "|");
  }
}

TEST(request_parser, skips_empty_lines_before_the_request_line) {
  EXPECT_EQ(request("\r\n\nGET / HTTP/1.0\r\n\r\n"), "GET / HTTP/1.0\r\n\r\n|");
  EXPECT_TRUE(request(std::string(100, '\n'), {.bytes = 99}).starts_with("error: 414 "));
}

TEST(request_parser, takes_targets_of_what_can_be_seen) {
  for (const char* target : {"/\x7f", "/\x80", "/\x1f", "/a\tb"})
    EXPECT_TRUE(
        request(std::string("GET ") + target + " HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("error: 400"))
        << target;
  EXPECT_FALSE(request("GET /!~ HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("error"));
}

TEST(request_parser, refuses_a_malformed_request_line) {
  for (const auto* line : {"GET",
                           "GET /",
                           "GET  / HTTP/1.1",
                           "GET /  HTTP/1.1",
                           "GET / HTTP/1.1 ",
                           " GET / HTTP/1.1",
                           "GET\t/ HTTP/1.1",
                           "GET /a b HTTP/1.1",
                           "G(T / HTTP/1.1",
                           "GET / http/1.1",
                           "GET / HTTP/1.",
                           "GET / HTTP/11",
                           "GET x HTTP/1.1",
                           "GET * HTTP/1.1",
                           "CONNECT /x:1 HTTP/1.1",
                           "CONNECT host HTTP/1.1",
                           "GET /\xc3\xa4 HTTP/1.1",
                           "GET /\x01 HTTP/1.1",
                           "GET / HTTP/1.1\r",
                           "GET /\r HTTP/1.1",
                           "NICK joe",
                           "GET / HTTP/x.1",
                           "\x16\x03\x01"}) {
    EXPECT_TRUE(request(std::string(line) + "\r\nHost: h\r\n\r\n").starts_with("error: 400 ")) << line;
  }
}

TEST(request_parser, refuses_folded_lines) {
  EXPECT_EQ(request("GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n"),
            "error: 400 field line 2 starts with white space (obsolete line folding): \" folded\"");
}

TEST(request_parser, refuses_other_versions_with_505) {
  EXPECT_EQ(request("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
            "error: 505 HTTP version is not 1.0 or 1.1: \"HTTP/2.0\"");
}

TEST(request_parser, wants_exactly_one_host) {
  EXPECT_EQ(request("GET / HTTP/1.1\r\n\r\n"), "error: 400 no Host field");
  EXPECT_EQ(request("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"), "error: 400 more than one Host field");
  EXPECT_EQ(request("GET / HTTP/1.0\r\n\r\n"), "GET / HTTP/1.0\r\n\r\n|");
}

}  // namespace
}  // namespace parlance::http
