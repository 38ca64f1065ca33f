#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <cli/screen/cluster.hpp>
#include <cli/screen/wrap.hpp>

using namespace parlance::cli::screen;

namespace {

std::vector<std::string> wrapped(const styled_text& text, int columns, int indent = 0) {
  std::vector<std::string> rows;
  for (const styled_text& row : wrap(text, columns, indent)) {
    rows.emplace_back();
    for (const span& one : row) rows.back() += one.text;
  }
  return rows;
}
std::vector<std::string> wrapped(std::string_view text, int columns, int indent = 0) {
  return wrapped(styled_text{{.text = std::string(text), .look = {}, .link = {}}}, columns, indent);
}
using rows = std::vector<std::string>;

TEST(wrap, breaks_at_blanks_which_go) {
  EXPECT_EQ(wrapped("the quick brown fox", 10), (rows{"the quick", "brown fox"}));
  EXPECT_EQ(wrapped("the quick brown fox", 9), (rows{"the quick", "brown fox"}));
  EXPECT_EQ(wrapped("the quick brown fox", 8), (rows{"the", "quick", "brown", "fox"}));
  EXPECT_EQ(wrapped("a    b", 3), (rows{"a", "b"}));
  EXPECT_EQ(wrapped("abc   ", 4), (rows{"abc "}));
  EXPECT_EQ(wrapped("  abc", 4), (rows{"", "abc"}));
  EXPECT_EQ(wrapped("  ab", 4), (rows{"  ab"}));
  EXPECT_EQ(wrapped("", 4), (rows{""}));
  EXPECT_EQ(wrapped("a\n\nb c", 10), (rows{"a", "", "b c"}));
  EXPECT_EQ(wrapped("a\n", 10), (rows{"a", ""}));
}

TEST(wrap, breaks_a_word_only_where_it_is_longer_than_a_row) {
  EXPECT_EQ(wrapped("see abcdefghij now", 10), (rows{"see", "abcdefghij", "now"}));
  EXPECT_EQ(wrapped("see abcdefghijklm now", 10), (rows{"see abcdef", "ghijklm", "now"}));
  EXPECT_EQ(wrapped(std::string(25, 'x'), 10), (rows{std::string(10, 'x'), std::string(10, 'x'), "xxxxx"}));
  EXPECT_EQ(wrapped("well-known thing", 10), (rows{"well-known", "thing"}));
  EXPECT_EQ(wrapped("a well-known thing", 8), (rows{"a well-", "known", "thing"}));
  EXPECT_EQ(wrapped("use --help now", 8), (rows{"use", "--help", "now"}));
}

TEST(wrap, breaks_between_wide_characters_but_not_before_a_stop) {
  EXPECT_EQ(wrapped("\u6f22\u5b57\u6f22\u5b57", 5), (rows{"\u6f22\u5b57", "\u6f22\u5b57"}));
  EXPECT_EQ(wrapped("\u6f22\u5b57\u3002", 5), (rows{"\u6f22", "\u5b57\u3002"}));
  EXPECT_EQ(wrapped("\u6f22\u300c\u5b57", 5), (rows{"\u6f22", "\u300c\u5b57"}));
  EXPECT_EQ(wrapped("\u6f22\u5b57", 2), (rows{"\u6f22", "\u5b57"}));
  EXPECT_EQ(wrapped("ab \u2764\ufe0f cd", 5), (rows{"ab \u2764\ufe0f", "cd"}));
}

TEST(wrap, keeps_a_link_whole_where_it_fits) {
  const styled_text text{
      {.text = "look at ", .look = {}, .link = {}},
      {.text = "https://a-b.example/c-d", .look = {.underline = true}, .link = "https://a"},
      {.text = ", now", .look = {}, .link = {}}};
  EXPECT_EQ(wrapped(text, 26), (rows{"look at", "https://a-b.example/c-d,", "now"}));
  const std::vector<styled_text> parts = wrap(text, 26);
  EXPECT_EQ(parts[1][0], text[1]);
  EXPECT_EQ(parts[1][1].text, ",");
  // Broken it is a link in each row.
  for (const styled_text& row : wrap({text[1]}, 10)) EXPECT_EQ(row[0].link, "https://a");
}

TEST(wrap, indents_all_but_the_first) {
  EXPECT_EQ(wrapped("the quick brown fox", 11, 2), (rows{"the quick", "  brown fox"}));
  EXPECT_EQ(wrapped("one two", 4, 100), (rows{"one", "  tw", "  o"}));
}

TEST(wrap, loses_nothing_but_blanks_and_fits) {
  const std::vector<std::string> pieces{"a",
                                        "word",
                                        " ",
                                        "  ",
                                        "\n",
                                        "-",
                                        "\u6f22",
                                        "\U0001f600",
                                        "e\u0301",
                                        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
                                        "\u2764\ufe0f",
                                        "\u3002",
                                        "longer-than-a-row",
                                        "\u200b",
                                        "\xff",
                                        "\t"};
  const auto dense = [](std::string text) {
    std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '\t'; });
    return text;
  };
  std::mt19937 random(2);
  for (int round = 0; round < 4000; ++round) {
    styled_text text;
    std::string whole;
    for (unsigned i = random() % 5; i > 0; --i) {
      std::string part;
      for (unsigned k = random() % 8; k > 0; --k) part += pieces[random() % pieces.size()];
      whole += part;
      text.push_back({.text = part, .look = {.bold = random() % 2 == 0}, .link = {}});
    }
    const int columns = 2 + static_cast<int>(random() % 20), indent = static_cast<int>(random() % 4);
    std::string together;
    const std::vector<styled_text> all = wrap(text, columns, indent);
    ASSERT_FALSE(all.empty());
    for (const styled_text& row : all) {
      ASSERT_LE(width(row), columns) << testing::PrintToString(whole);
      for (const span& one : row) together += one.text;
    }
    ASSERT_EQ(dense(together), dense(whole)) << testing::PrintToString(whole);
  }
}

TEST(wrap, takes_its_time_by_the_length_only) {
  EXPECT_EQ(wrapped(std::string(200'000, 'x'), 80).size(), 2500);
  EXPECT_EQ(wrapped(std::string(200'000, ' '), 80).size(), 1);
  EXPECT_EQ(wrapped(std::string(200'000, '\n'), 80).size(), 200'001);
}

TEST(wrap, is_put_with_its_looks) {
  surface frame({.columns = 10, .rows = 1});
  EXPECT_EQ(put(frame.whole(), 1, 0,
                {{.text = "a", .look = {.bold = true}, .link = {}},
                 {.text = "\u6f22", .look = {}, .link = "https://a.example/"}}),
            4);
  EXPECT_EQ(frame.row(0), " a\u6f22");
  EXPECT_TRUE(frame.at({.x = 1, .y = 0}).look.bold);
  EXPECT_EQ(frame.link(frame.at({.x = 2, .y = 0}).link), "https://a.example/");
}

}  // namespace
