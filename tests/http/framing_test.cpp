#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <parlance/http/message/framing.hpp>

namespace parlance::http {
namespace {

using lines = std::vector<std::pair<std::string_view, std::string_view>>;

std::string describe(const std::expected<framing, protocol_error>& result) {
  if (!result) return fmt::format("{} {}", result.error().status, result.error().text);
  static constexpr const char* kinds[] = {"none", "length", "chunked", "until_close"};
  return fmt::format("{} {}{}", kinds[static_cast<int>(result->kind)], result->length,
                     result->persistent ? "" : " last");
}

std::string response(const lines& fields, unsigned status = 200, std::string_view method = "GET",
                     version v = version::http_1_1) {
  response_head head{.status = status, .version = v};
  for (const auto& [name, value] : fields) head.fields.append(name, value);
  return describe(frame_response(method, head));
}

std::string request(const lines& fields, version v = version::http_1_1) {
  request_head head{.method = "POST", .version = v};
  for (const auto& [name, value] : fields) head.fields.append(name, value);
  return describe(frame_request(head));
}

TEST(frame_response, follows_rfc_9112_6_3) {
  EXPECT_EQ(response({{"Content-Length", "5"}}), "length 5");
  EXPECT_EQ(response({{"Content-Length", "0"}}), "length 0");
  EXPECT_EQ(response({{"Transfer-Encoding", "chunked"}}), "chunked 0");
  EXPECT_EQ(response({{"transfer-encoding", "CHUNKED"}}), "chunked 0");
  EXPECT_EQ(response({}), "until_close 0 last");
}

TEST(frame_response, has_no_body_where_the_method_or_status_says_so) {
  const lines both = {{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}};
  EXPECT_EQ(response(both, 200, "HEAD"), "none 0");
  for (const unsigned status : {100U, 101U, 103U, 199U, 204U, 304U})
    EXPECT_EQ(response(both, status), "none 0");
  EXPECT_EQ(response(both, 200, "CONNECT"), "none 0");
  EXPECT_EQ(response({{"Content-Length", "5"}}, 407, "CONNECT"), "length 5");
  EXPECT_EQ(response({{"Content-Length", "5"}}, 300, "CONNECT"), "length 5");
  EXPECT_EQ(response({{"Content-Length", "5"}}, 299, "CONNECT"), "none 0");
  EXPECT_EQ(response({}, 205), "until_close 0 last");
}

TEST(frame_response, lets_the_coding_win_over_a_length_and_then_ends_the_connection) {
  EXPECT_EQ(response({{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}}), "chunked 0 last");
}

TEST(frame_response, takes_equal_lengths_as_one) {
  EXPECT_EQ(response({{"Content-Length", "5"}, {"Content-Length", "5"}}), "length 5");
  EXPECT_EQ(response({{"Content-Length", "5, 5 ,05"}}), "length 5");
}

TEST(frame_response, refuses_lengths_that_disagree_or_are_no_numbers) {
  EXPECT_EQ(response({{"Content-Length", "5"}, {"Content-Length", "6"}}),
            "400 Content-Length is both 5 and 6");
  EXPECT_EQ(response({{"Content-Length", "5, 6"}}), "400 Content-Length is both 5 and 6");
  for (const auto* value : {"", "+5", "-5", "5 5", "0x5", "5;", "5,", ",5", "5,,5", "\"5\"", "5.0",
                            "9223372036854775808", "18446744073709551621"}) {
    EXPECT_TRUE(response({{"Content-Length", value}}).starts_with("400 Content-Length is not a number"))
        << value;
  }
  EXPECT_EQ(response({{"Content-Length", "9223372036854775807"}}), "length 9223372036854775807");
}

TEST(frame_response, refuses_any_other_transfer_coding) {
  for (const auto* value : {"gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "identity",
                            "xchunked", "chunked;q=1", "", "\"chunked\""}) {
    const std::string found = response({{"Transfer-Encoding", value}});
    EXPECT_TRUE(found.substr(std::min<std::size_t>(4, found.size()))
                    .starts_with("Transfer-Encoding other than chunked"))
        << value;
  }
  EXPECT_TRUE(
      response({{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}}).starts_with("400 "));
  EXPECT_TRUE(
      response({{"Transfer-Encoding", "chunked"}}, 200, "GET", version::http_1_0).starts_with("400 "));
}

TEST(frame_response, tells_whether_the_connection_stays_open) {
  const auto v10 = version::http_1_0;
  EXPECT_EQ(response({{"Content-Length", "5"}, {"Connection", "Close"}}), "length 5 last");
  EXPECT_EQ(response({{"Content-Length", "5"}, {"Connection", "x, close"}}), "length 5 last");
  EXPECT_EQ(response({{"Content-Length", "5"}}, 200, "GET", v10), "length 5 last");
  EXPECT_EQ(response({{"Content-Length", "5"}, {"Connection", "keep-alive"}}, 200, "GET", v10), "length 5");
  EXPECT_EQ(response({{"Connection", "close"}}, 304), "none 0 last");
}

TEST(frame_request, has_no_body_without_a_length) {
  EXPECT_EQ(request({}), "none 0");
  EXPECT_EQ(request({{"Content-Length", "5"}}), "length 5");
  EXPECT_EQ(request({{"Transfer-Encoding", "chunked"}}), "chunked 0");
  EXPECT_EQ(request({{"Connection", "close"}}), "none 0 last");
  EXPECT_EQ(request({}, version::http_1_0), "none 0 last");
}

TEST(frame_request, refuses_what_smuggles) {
  EXPECT_EQ(request({{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}}),
            "400 both Transfer-Encoding and Content-Length");
  EXPECT_EQ(request({{"Content-Length", "5"}, {"Content-Length", "4"}}),
            "400 Content-Length is both 5 and 4");
  EXPECT_EQ(request({{"Transfer-Encoding", "gzip, chunked"}}),
            "501 Transfer-Encoding other than chunked: \"gzip, chunked\"");
  for (const auto* value : {"gzip", "chunked, gzip", "chunked, chunked", "chunked, gzip, chunked", ""})
    EXPECT_TRUE(request({{"Transfer-Encoding", value}}).starts_with("400 ")) << value;
  EXPECT_EQ(request({{"Transfer-Encoding", "chunked"}}, version::http_1_0),
            "400 Transfer-Encoding in a message of HTTP/1.0");
}

}  // namespace
}  // namespace parlance::http
