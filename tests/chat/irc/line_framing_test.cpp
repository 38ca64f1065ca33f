#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/irc/line_framing.hpp>

using parlance::chat::irc::line_framing;
using namespace std::string_view_literals;

namespace {

using texts = std::vector<std::string>;

texts lines(line_framing& framing, std::string_view bytes) {
  texts all;
  using kind = line_framing::line::kind;
  framing.feed(bytes);
  while (const auto line = framing.next())
    all.emplace_back(line->what == kind::text       ? line->text
                     : line->what == kind::too_long ? "<too long>"
                                                    : "<endless>");
  return all;
}

}  // namespace

TEST(irc_line_framing, ends_a_line_at_lf_or_crlf) {
  line_framing framing(100);
  EXPECT_EQ(lines(framing, "one\ntwo\r\nthree"), (texts{"one", "two"}));
  EXPECT_EQ(lines(framing, " more\r"), texts{});
  EXPECT_EQ(lines(framing, "\nfour\r\r\n"), (texts{"three more", "four\r"}));
}

TEST(irc_line_framing, leaves_cr_alone_in_its_line) {
  for (const auto first : {"NICK a\r\n", "NICK a\n"}) {
    line_framing framing(100);
    EXPECT_EQ(lines(framing, first), texts{"NICK a"});
    EXPECT_EQ(lines(framing, "one\rtwo\r\nthree\r"), texts{"one\rtwo"});
    EXPECT_EQ(lines(framing, "four\n"), texts{"three\rfour"});
  }
  line_framing split(100);
  EXPECT_EQ(lines(split, "NICK a\r"), texts{});
  EXPECT_EQ(lines(split, "\none\rtwo\n"), (texts{"NICK a", "one\rtwo"}));
}

TEST(irc_line_framing, ends_a_line_at_cr_when_the_first_does) {
  line_framing framing(100);
  EXPECT_EQ(lines(framing, "one\rtwo\rthree\nfour\r\n"), (texts{"one", "two", "three", "four"}));
  line_framing split(100);
  EXPECT_EQ(lines(split, "one\r"), texts{});
  EXPECT_EQ(lines(split, "t"), texts{"one"});
  EXPECT_EQ(lines(split, "wo\r"), texts{"two"});
  line_framing doubled(100);
  EXPECT_EQ(lines(doubled, "one\r\r\ntwo\r\r\n"), (texts{"one", "two"}));
}

TEST(irc_line_framing, leaves_out_empty_lines) {
  line_framing framing(100);
  EXPECT_EQ(lines(framing, "\r\n\n\r\r\n"), texts{});
  EXPECT_EQ(lines(framing, "\n  \n"), texts{"  "});
}

TEST(irc_line_framing, drops_the_nul_that_ends_a_string_of_c_and_leaves_others) {
  line_framing framing(100);
  EXPECT_EQ(lines(framing, "NICK a\r\n\0USER b\r\n\0"sv), (texts{"NICK a", "USER b"}));
  EXPECT_EQ(lines(framing, "\0a\0b\n"sv), texts{std::string("a\0b"sv)});
  EXPECT_EQ(lines(framing, "a"), texts{});
  EXPECT_EQ(lines(framing, "\0\n"sv), texts{std::string("a\0"sv)});
}

TEST(irc_line_framing, gives_a_line_that_came_whole_where_it_lies) {
  line_framing framing(100);
  const std::string bytes = "one\r\ntwo\r\n";
  framing.feed(bytes);
  EXPECT_EQ(framing.next()->text.data(), bytes.data());
  EXPECT_EQ(framing.next()->text.data(), bytes.data() + 5);
  EXPECT_FALSE(framing.next());
}

TEST(irc_line_framing, puts_a_line_together_from_single_bytes) {
  line_framing framing(10);
  texts all;
  for (const char c : "0123456789\r\nNICK x\r\n"sv)
    for (auto& line : lines(framing, {&c, 1})) all.push_back(line);
  EXPECT_EQ(all, (texts{"0123456789", "NICK x"}));
}

TEST(irc_line_framing, does_not_count_the_cr_of_a_crlf) {
  line_framing framing(10);
  EXPECT_EQ(lines(framing, "0123456789\r"), texts{});
  EXPECT_EQ(lines(framing, "\nok\n"), (texts{"0123456789", "ok"}));
  EXPECT_EQ(lines(framing, "0123456789\r"), texts{});
  EXPECT_EQ(lines(framing, "\r\nok\n"), (texts{"<too long>", "ok"}));
  EXPECT_EQ(lines(framing, "0123456789\rx\nok\n"), (texts{"<too long>", "ok"}));
}

TEST(irc_line_framing, reports_a_line_that_is_too_long_once_and_skips_the_rest_of_it) {
  line_framing framing(10);
  EXPECT_EQ(lines(framing, "0123456789\nok\n"), (texts{"0123456789", "ok"}));
  EXPECT_EQ(lines(framing, "0123456789A\nok\n"), (texts{"<too long>", "ok"}));
  EXPECT_EQ(lines(framing, "0123456789A"), texts{"<too long>"});
  EXPECT_EQ(lines(framing, std::string(10000, 'x')), texts{});
  EXPECT_EQ(lines(framing, "x\r\nok\n"), texts{"ok"});
  EXPECT_EQ(lines(framing, "01234"), texts{});
  EXPECT_EQ(lines(framing, "56789A\nok\n"), (texts{"<too long>", "ok"}));
}

TEST(irc_line_framing, reports_a_line_that_does_not_end_once) {
  line_framing framing(10);
  const std::string longest(16384, 'x');
  EXPECT_EQ(lines(framing, longest + "\nok\n"), (texts{"<too long>", "ok"}));
  EXPECT_EQ(lines(framing, longest + "x\nok\n"), (texts{"<too long>", "<endless>", "ok"}));
  EXPECT_EQ(lines(framing, longest), texts{"<too long>"});
  EXPECT_EQ(lines(framing, "x"), texts{"<endless>"});
  EXPECT_EQ(lines(framing, longest), texts{});
  EXPECT_EQ(lines(framing, "x\nok\n"), texts{"ok"});
  EXPECT_EQ(lines(framing, longest), texts{"<too long>"});
  EXPECT_EQ(lines(framing, "x\nok\n"), (texts{"<endless>", "ok"}));
}
