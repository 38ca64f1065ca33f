#include <gtest/gtest.h>

#include <parlance/http/base/media_type.hpp>

namespace parlance::http {
namespace {

std::string charset(std::string_view text) {
  const auto type = media_type::parse(text);
  if (!type) return "no type";
  return std::string(type->parameter("charset").value_or("none"));
}

TEST(media_type, is_in_small_letters) {
  const auto type = media_type::parse(" Text/HTML;CharSet=UTF-8 ").value();
  EXPECT_EQ(type.type(), "text");
  EXPECT_EQ(type.subtype(), "html");
  EXPECT_EQ(type.essence(), "text/html");
  EXPECT_EQ(type.parameter("charset"), "UTF-8");
}

TEST(media_type, refuses_what_is_none) {
  for (const auto* text : {"", "text", "/html", "text/", "text/ html", "te xt/html", "text/ht ml",
                           "te\"xt/html", "text/html,text/plain", "text;/html", "text/;charset=x"}) {
    EXPECT_FALSE(media_type::parse(text).has_value()) << text;
  }
}

TEST(media_type, reads_parameters_as_browsers_do) {
  EXPECT_EQ(charset("text/html;charset=gbk"), "gbk");
  EXPECT_EQ(charset("text/html; charset=gbk ; x=y"), "gbk");
  EXPECT_EQ(charset("text/html;charset=\"gbk\""), "gbk");
  EXPECT_EQ(charset("text/html;charset=\"g\\b\\\"k\" ignored;x=y"), "gb\"k");
  EXPECT_EQ(charset("text/html;charset=\"gbk"), "gbk");
  EXPECT_EQ(charset("text/html;charset=\"a;b\";charset=c"), "a;b");
  EXPECT_EQ(charset("text/html;charset=one;charset=two"), "one");
  EXPECT_EQ(charset("text/html;charset =gbk"), "none");
  EXPECT_EQ(charset("text/html;charset= gbk"), " gbk");
  EXPECT_EQ(charset("text/html;;;;charset=gbk"), "gbk");
  EXPECT_EQ(charset("text/html;charset"), "none");
  EXPECT_EQ(charset("text/html;charset="), "none");
  EXPECT_EQ(charset("text/html;charset=;charset=gbk"), "gbk");
  EXPECT_EQ(charset("text/html;charset=\"\""), "");
  EXPECT_EQ(charset("text/html;charset=\"\\"), "\\");
  EXPECT_EQ(charset("text/html;x=\"a\nb\";charset=gbk"), "gbk");
  EXPECT_EQ(charset("text/html;"), "none");
}

TEST(media_type, knows_json_and_text) {
  EXPECT_TRUE(media_type::parse("application/json")->is_json());
  EXPECT_TRUE(media_type::parse("application/problem+json")->is_json());
  EXPECT_FALSE(media_type::parse("application/jsonp")->is_json());
  EXPECT_TRUE(media_type::parse("application/xhtml+xml")->is_text());
  EXPECT_TRUE(media_type::parse("text/anything")->is_text());
  EXPECT_TRUE(media_type::parse("application/javascript")->is_text());
  EXPECT_FALSE(media_type::parse("application/octet-stream")->is_text());
  EXPECT_FALSE(media_type::parse("image/png")->is_text());
}

}  // namespace
}  // namespace parlance::http
