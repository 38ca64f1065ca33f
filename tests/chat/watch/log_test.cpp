#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include <parlance/chat/watch/log.hpp>

using namespace std::literals;
namespace chat = parlance::chat;
using chat::log_format;
using chat::log_level;

namespace {

chat::log::clock::time_point fixed() {
  using namespace std::chrono;
  return sys_days(2026y / November / 24) + 10h + 123ms;
}

class logged {
 public:
  explicit logged(log_level level = log_level::debug, log_format format = log_format::text)
      : log({.level = level, .format = format, .now = fixed},
            [this](std::string_view line) { lines += line; }) {}
  std::string lines;
  chat::log log;
};

const std::string start = "2026-11-24T10:00:00.123Z ";

std::string text_of(std::string_view value) {
  logged to;
  to.log.info("x", {{"v", value}});
  const std::string before = start + "info x v=";
  EXPECT_TRUE(to.lines.starts_with(before) && to.lines.ends_with("\n")) << to.lines;
  return to.lines.substr(before.size(), to.lines.size() - before.size() - 1);
}

}  // namespace

TEST(log, writes_an_event_as_a_line_of_logfmt) {
  logged to;
  const std::string name = "alice";
  to.log.info("caller", {{"from", "127.0.0.1:5"}, {"name", name}, {"rooms", 3}, {"tls", true}});
  to.log.warn("slow");
  to.log.error("disk", {{"left", -1}, {"most", ~std::uint64_t{0}}, {"took", 1500us}});
  EXPECT_EQ(to.lines, start + "info caller from=127.0.0.1:5 name=alice rooms=3 tls=true\n" + start +
                          "warn slow\n" + start +
                          "error disk left=-1 most=18446744073709551615 took=0.001500\n");
}

TEST(log, writes_an_event_as_an_object_of_json) {
  logged to(log_level::debug, log_format::json);
  to.log.info("caller",
              {{"from", "unix:/a b"}, {"name", "a\"\\\n\x01"}, {"n", 3}, {"tls", false}, {"took", 2s}});
  EXPECT_EQ(to.lines,
            R"({"time":"2026-11-24T10:00:00.123Z","level":"info","event":"caller","from":"unix:/a b",)"
            R"("name":"a\"\\\n\u0001","n":3,"tls":false,"took":2.000000})"
            "\n");
}

TEST(log, tells_nothing_above_its_level) {
  logged to(log_level::warn);
  to.log.info("a");
  to.log.debug("b");
  EXPECT_EQ(to.lines, "");
  EXPECT_FALSE(to.log.on(log_level::info));
  EXPECT_TRUE(to.log.on(log_level::warn));
  to.log.warn("c");
  to.log.error("d");
  EXPECT_EQ(to.lines, start + "warn c\n" + start + "error d\n");
}

TEST(log, without_a_sink_is_off) {
  chat::log silent;
  EXPECT_FALSE(silent.on(log_level::error));
  silent.error("nobody hears it", {{"a", 1}});
}

TEST(log, quotes_values_that_would_be_read_as_something_else) {
  EXPECT_EQ(text_of("plain-_.:/#[]'"), "plain-_.:/#[]'");
  EXPECT_EQ(text_of(""), "\"\"");
  EXPECT_EQ(text_of("a b"), "\"a b\"");
  EXPECT_EQ(text_of("a=b"), "\"a=b\"");
  EXPECT_EQ(text_of("say \"hi\" \\o/"), "\"say \\\"hi\\\" \\\\o/\"");
  EXPECT_EQ(text_of("Zoë"), "\"Zoë\"");
}

TEST(log, lets_no_value_forge_a_line_or_steer_a_terminal) {
  EXPECT_EQ(text_of("a\n2026 error fire"), "\"a\\n2026 error fire\"");
  EXPECT_EQ(text_of("a\r\t\x1b[31m\x7f\0"sv), "\"a\\r\\t\\u001b[31m\\u007f\\u0000\"");
  EXPECT_EQ(text_of("\xc2\x9b"
                    "31m"),
            "\"\xef\xbf\xbd"
            "31m\"");                                              // CSI as one C1 control
  EXPECT_EQ(text_of("a\u202e"), "\"a\xef\xbf\xbd\"");              // turns the reading order
  EXPECT_EQ(text_of("\xff\xc3"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");  // no UTF-8
}

TEST(log, cuts_long_values_between_characters) {
  const std::string most(chat::log::longest_value, 'x');
  EXPECT_EQ(text_of(most), most);
  EXPECT_EQ(text_of(most + "x"), "\"" + most + "...\"");
  const std::string but_one = most.substr(1);
  EXPECT_EQ(text_of(but_one + "ë"), "\"" + but_one + "...\"");
  EXPECT_EQ(text_of(most.substr(2) + "ë"), "\"" + most.substr(2) + "ë\"");
  // Of what is no text, no more is cut than a character may have.
  EXPECT_GT(text_of("x" + std::string(most.size(), '\x80')).size(), most.size());
}

TEST(log, has_a_name_for_each_level) {
  EXPECT_EQ(chat::to_string(log_level::error), "error");
  EXPECT_EQ(chat::to_string(log_level::debug), "debug");
}
