#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include <parlance/http/message/message.hpp>

namespace parlance::http {
namespace {

field_list sample() {
  field_list fields;
  fields.append("Host", "example.com");
  fields.append("Accept", "text/html");
  fields.append("ACCEPT", "  text/plain\t");
  return fields;
}

template <typename Head> std::string refusal(const Head& head) {
  try {
    return "serialised: " + serialise(head);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
}

TEST(field_list, keeps_the_order_and_the_case_in_which_fields_came) {
  EXPECT_EQ(sample().wire(), "Host: example.com\r\nAccept: text/html\r\nACCEPT: text/plain\r\n");
  const auto fields = sample();
  const std::vector<field> all(fields.begin(), fields.end());
  EXPECT_EQ(all,
            (std::vector<field>{{"Host", "example.com"}, {"Accept", "text/html"}, {"ACCEPT", "text/plain"}}));
}

TEST(field_list, finds_fields_whatever_their_case) {
  const auto fields = sample();
  EXPECT_EQ(fields.get("hOST"), "example.com");
  EXPECT_EQ(fields.get("accept"), "text/html");
  EXPECT_EQ(fields.combined("accept"), "text/html, text/plain");
  EXPECT_EQ(fields.count("accept"), 2U);
  EXPECT_EQ(fields.get("Cookie"), std::nullopt);
  EXPECT_EQ(fields.combined("Cookie"), "");
  EXPECT_FALSE(fields.contains("Hos"));
}

TEST(field_list, combines_values_of_which_some_are_empty) {
  field_list fields;
  fields.append("A", "");
  fields.append("A", "x");
  EXPECT_EQ(fields.combined("a"), ", x");
}

TEST(field_list, sets_a_field_to_one_line) {
  auto fields = sample();
  fields.set("accept", "*/*");
  EXPECT_EQ(fields.wire(), "Host: example.com\r\naccept: */*\r\n");
  fields.set("X", *fields.get("Host"));
  EXPECT_EQ(fields.get("x"), "example.com");
  fields.set("Host", *fields.get("Host"));
  EXPECT_EQ(fields.get("host"), "example.com");
}

TEST(field_list, removes_all_lines_of_a_name) {
  auto fields = sample();
  EXPECT_EQ(fields.remove("aCCept"), 2U);
  EXPECT_EQ(fields.remove("aCCept"), 0U);
  EXPECT_EQ(fields.wire(), "Host: example.com\r\n");
}

TEST(field_list, finds_tokens_in_lists_over_several_lines) {
  field_list fields;
  fields.append("Connection", "keep-alive , , Upgrade");
  fields.append("Connection", "\"close\"");
  EXPECT_TRUE(fields.has_token("connection", "upgrade"));
  EXPECT_TRUE(fields.has_token("connection", "Keep-Alive"));
  EXPECT_FALSE(fields.has_token("connection", "close"));
  EXPECT_FALSE(fields.has_token("connection", "up"));
}

TEST(field_list, refuses_names_and_values_that_break_the_line) {
  field_list fields;
  EXPECT_THROW(fields.append("A\r\nB", "x"), std::invalid_argument);
  EXPECT_THROW(fields.append("A B", "x"), std::invalid_argument);
  EXPECT_THROW(fields.append("A:", "x"), std::invalid_argument);
  EXPECT_THROW(fields.append("", "x"), std::invalid_argument);
  EXPECT_THROW(fields.append("\xc3\xa4", "x"), std::invalid_argument);
  EXPECT_THROW(fields.append("A", "x\r\nEvil: y"), std::invalid_argument);
  EXPECT_THROW(fields.append("A", "x\ny"), std::invalid_argument);
  EXPECT_THROW(fields.append("A", "x\ry"), std::invalid_argument);
  EXPECT_THROW(fields.append("A", std::string("x\0y", 3)), std::invalid_argument);
  EXPECT_THROW(fields.append("A", "\x7f"), std::invalid_argument);
  EXPECT_THROW(fields.set("A", "x\n"), std::invalid_argument);
  EXPECT_TRUE(fields.empty());
}

TEST(field_list, says_which_field_it_refuses) {
  field_list fields;
  try {
    fields.append("Cookie", "a\nb");
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(), "value of field Cookie has a control character: \"a\\x0ab\"");
  }
}

TEST(request_head, goes_over_the_wire_as_rfc_9112_says) {
  request_head head{.method = "POST", .target = "/a?b"};
  EXPECT_EQ(serialise(head), "POST /a?b HTTP/1.1\r\n\r\n");
  head.version = version::http_1_0;
  head.fields.append("Host", "h");
  EXPECT_EQ(serialise(head), "POST /a?b HTTP/1.0\r\nHost: h\r\n\r\n");
  for (const char* target : {"", " ", "/a b", "/\x7f", "/\x80", "/\n", "/\x1f"})
    EXPECT_THROW(serialise(request_head{.method = "GET", .target = target}), std::invalid_argument) << target;
  EXPECT_NO_THROW(serialise(request_head{.method = "GET", .target = "/!~"}));
}

TEST(request_head, refuses_what_breaks_its_line) {
  EXPECT_EQ(refusal(request_head{.method = "GE T"}), "request method \"GE T\" is not a token");
  EXPECT_EQ(refusal(request_head{.method = ""}), "request method \"\" is not a token");
  for (const auto& target :
       {std::string("/ HTTP/1.1\r\nEvil: x"), std::string("/a b"), std::string("/a\nb"), std::string(),
        std::string("/\0", 2), std::string("/\xc3\xa4"), std::string("/\t")}) {
    EXPECT_TRUE(refusal(request_head{.target = target}).starts_with("request target ")) << target;
  }
}

TEST(response_head, goes_over_the_wire_as_rfc_9112_says) {
  response_head head{.status = 404, .reason = std::string(reason_phrase(404))};
  head.fields.append("Content-Length", "0");
  EXPECT_EQ(serialise(head), "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(serialise(response_head{}), "HTTP/1.1 200 \r\n\r\n");
  EXPECT_EQ(serialise(response_head{.status = 100}), "HTTP/1.1 100 \r\n\r\n");
  EXPECT_EQ(serialise(response_head{.status = 999}), "HTTP/1.1 999 \r\n\r\n");
}

TEST(response_head, refuses_what_breaks_its_line) {
  EXPECT_EQ(refusal(response_head{.status = 99}), "response status 99 is not three digits");
  EXPECT_EQ(refusal(response_head{.status = 1000}), "response status 1000 is not three digits");
  EXPECT_EQ(refusal(response_head{.reason = "OK\r\nX: y"}),
            "reason phrase has a control character: \"OK\\x0d\\x0aX: y\"");
}

TEST(reason_phrase, is_empty_for_a_status_that_is_not_known) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(299), "");
}

}  // namespace
}  // namespace parlance::http
