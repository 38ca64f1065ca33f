#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/base/limits.hpp>
#include <parlance/chat/core/hooks.hpp>
#include <parlance/chat/web/hook_message.hpp>

using namespace parlance::chat;

namespace {

constexpr std::string_view as_json = "application/json; charset=utf-8",
                           as_form = "application/x-www-form-urlencoded";

std::string text_of(std::string_view type, std::string_view body) {
  const auto read = read_hook_message(type, body);
  return read ? read->text : "refused: " + read.error();
}

}  // namespace

TEST(hook_message, takes_text_as_it_is) {
  EXPECT_EQ(text_of("", "a & b = c"), "a & b = c");
  EXPECT_EQ(text_of("text/plain", "one\ntwo"), "one\ntwo");
  EXPECT_EQ(text_of(as_form, "build 17 failed: 100% + 1"), "build 17 failed: 100% + 1");
  EXPECT_EQ(text_of(as_form, "{\"text\":\"x\"}"), "x");
  EXPECT_EQ(text_of(as_form, "{ no json"), "{ no json");
  EXPECT_TRUE(text_of("image/png", "x").starts_with("refused"));
}

TEST(hook_message, takes_forms) {
  EXPECT_EQ(text_of(as_form, "payload=%7B%22text%22%3A%22a+b%22%7D"), "a b");
  EXPECT_EQ(text_of(as_form, "text=a+%26+b&username=x"), "a & b");
  EXPECT_EQ(read_hook_message(as_form, "text=a&username=web+1")->username, "web 1");
  EXPECT_TRUE(text_of(as_form, "payload=x").starts_with("refused"));
}

TEST(hook_message, refuses_what_is_no_object) {
  for (const char* body :
       {"", "[", "[]", "\"text\"", "7", "{\"text\":\"\xff\"}", "{\"a\":1}", "{\"text\":null}"})
    EXPECT_TRUE(text_of(as_json, body).starts_with("refused")) << body;
}

TEST(hook_message, does_not_mind_what_has_another_kind) {
  EXPECT_EQ(text_of(as_json, R"({"text":"x","attachments":{},"embeds":7,"blocks":"a","username":[]})"), "x");
  EXPECT_EQ(text_of(as_json, R"({"attachments":[1,null,[],{"fields":[7,{"title":"a"}]},{"text":"b"}]})"),
            "a\nb");
  EXPECT_EQ(text_of(as_json, R"({"embeds":[{"author":"x","title":"t","footer":{"text":"f"}}]})"), "t\nf");
  EXPECT_EQ(text_of(as_json, R"({"alerts":[{"labels":7,"status":"firing"}]})"), "[FIRING]");
}

TEST(hook_message, reads_the_marks_of_slack) {
  EXPECT_EQ(
      text_of(
          as_json,
          R"({"text":"<https://a.example> <https://b.example|b> <@U1> <!here> <!subteam^S1|x> 1 < 2 &lt;b&gt; &amp;lt; <"})"),
      "https://a.example b (https://b.example) @U1 @here @subteam 1 < 2 <b> &lt; <");
  const std::string hostile(60'000, '<');
  EXPECT_EQ(text_of(as_json, "{\"text\":\"" + hostile + "\"}"), hostile);
}

TEST(hook_text, is_fit_to_be_said) {
  const limits usual;
  EXPECT_EQ(fit_for_hook("\n\n a\tb\r\nc \n\n", usual), " a b\nc");
  EXPECT_EQ(fit_for_hook(" \n \n", usual), "");
  EXPECT_EQ(fit_for_hook("a\x1b[31m\x01", usual), "a\xef\xbf\xbd[31m\xef\xbf\xbd");
}

TEST(hook_text, is_cut_where_it_is_too_long_and_says_so) {
  limits small;
  small.multiline_bytes = 20;
  small.multiline_lines = 3;
  EXPECT_EQ(fit_for_hook("1\n2\n3", small), "1\n2\n3");
  EXPECT_EQ(fit_for_hook("1\n2\n3\n4", small), "1\n2\n[...]");
  EXPECT_EQ(fit_for_hook("aaaaaaaaaaaaaaaaaaaa", small), "aaaaaaaaaaaaaaaaaaaa");
  EXPECT_EQ(fit_for_hook("aaaaaaaaaaaaaaaaaaaab", small), "aaaaaaaaaaaaaa\n[...]");
  // Not within a character.
  EXPECT_EQ(fit_for_hook("aaaaaaaaaaaaa\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", small), "aaaaaaaaaaaaa\n[...]");
  small.multiline_lines = 1;
  EXPECT_EQ(fit_for_hook("1\n2", small), "1 [...]");
}

TEST(hook_text, comes_from_nobody_who_is_here) {
  const limits usual;
  EXPECT_TRUE(is_hook_name("grafana", usual));
  EXPECT_TRUE(is_hook_name("ci.example.org", usual));
  for (const std::string name : {"", "a b", "a!b", "a@b", "#a", "a\nb", "\x1b"})
    EXPECT_FALSE(is_hook_name(name, usual)) << name;
  EXPECT_FALSE(is_hook_name(std::string(usual.name + 1, 'a'), usual));
  EXPECT_EQ(hook_nick("ci"), "ci/hook");
}
