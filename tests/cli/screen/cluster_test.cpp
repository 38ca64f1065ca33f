#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <cli/screen/cluster.hpp>

using namespace parlance::cli::screen;

namespace {

struct known {
  const char* what;
  std::string_view text;
  int width;
  bool ambiguous;
};

const known all_known[] = {
    {"letter", "a", 1, false},
    {"accent", "\u00e9", 1, false},
    {"combining accent", "e\u0301", 1, false},
    {"several marks", "a\u0301\u0302\u0323", 1, false},
    {"ideograph", "\u6f22", 2, false},
    {"fullwidth letter", "\uff21", 2, false},
    {"halfwidth katakana", "\uff71", 1, false},
    {"Hangul syllable", "\ud55c", 2, false},
    {"Hangul jamo", "\u1112\u1161\u11ab", 2, true},
    {"emoji", "\U0001f600", 2, true},
    {"heart as text", "\u2764", 1, true},
    {"heart and VS16", "\u2764\ufe0f", 2, true},
    {"copyright and VS16", "\u00a9\ufe0f", 2, true},
    {"emoji and VS15", "\U0001f600\ufe0e", 2, true},
    {"keycap", "1\ufe0f\u20e3", 2, true},
    {"a letter stays narrow with VS16", "x\ufe0f", 1, true},
    {"family", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", 2, true},
    {"skin tone", "\U0001f44d\U0001f3fd", 2, true},
    {"skin tone of a narrow one", "\u261d\U0001f3fd", 2, true},
    {"rainbow flag", "\U0001f3f3\ufe0f\u200d\U0001f308", 2, true},
    {"flag", "\U0001f1e9\U0001f1ea", 2, true},
    {"half a flag", "\U0001f1e9", 1, true},
    {"flag of England", "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 2, true},
    {"Unicode 15", "\U0001fae8", 2, true},
    {"Unicode 16", "\U0001fae9", 2, true},
    {"not yet assigned", "\U0001faff", 2, true},
    {"joined with one newer than the table", "\U0001f468\u200d\U0001fae9", 2, true},
    {"ideograph newer than the table", "\U000323b0", 2, true},
    {"Devanagari", "\u0915\u093e", 1, true},
    {"Arabic", "\u0634", 1, false},
    {"Hebrew with a point", "\u05e9\u05c1", 1, false},
    {"private use", "\ue0b0", 1, true},
    {"zero width space", "\u200b", 0, false},
    {"soft hyphen", "\u00ad", 0, false},
    {"left-to-right mark", "\u200e", 0, false},
    {"a mark alone", "\u0301", 0, false},
    {"box drawing", "\u2502", 1, false}};

TEST(clusters, are_as_wide_as_a_whole) {
  for (const known& wanted : all_known) {
    SCOPED_TRACE(wanted.what);
    const cluster one = first_cluster(wanted.text);
    EXPECT_EQ(one.size, wanted.text.size());
    EXPECT_EQ(one.shown, wanted.text);
    EXPECT_EQ(one.width, wanted.width);
    EXPECT_EQ(one.ambiguous, wanted.ambiguous);
    EXPECT_GE(one.reach, one.width);
  }
}

TEST(clusters, of_a_control_or_no_utf_8_steer_nothing) {
  for (const std::string_view bad :
       {"\x1b", "\x07", "\n", "\x7f", "\xc2\x9b", "\u202e", "\u2066", "\u2028"}) {
    const cluster one = first_cluster(bad);
    EXPECT_EQ(one.shown, "\ufffd") << testing::PrintToString(bad);
    EXPECT_EQ(one.size, bad.size());
    EXPECT_EQ(one.width, 1);
  }
  for (const std::string_view bad : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xe2\x82", "\xf5x"}) {
    EXPECT_EQ(first_cluster(bad).shown, "\ufffd") << testing::PrintToString(bad);
    EXPECT_EQ(first_cluster(bad).size, 1);
  }
  EXPECT_EQ(first_cluster("\ta").shown, " ");
  EXPECT_EQ(width("a\xff\x1b[31mb"), 8);
}

TEST(clusters, of_very_many_marks_show_the_first) {
  std::string text = "a";
  for (int i = 0; i < 10'000; ++i) text += "\u0301";
  const cluster one = first_cluster(text + "b");
  EXPECT_EQ(one.size, text.size());
  EXPECT_EQ(one.width, 1);
  EXPECT_LE(one.shown.size(), longest_cluster);
  EXPECT_EQ(one.shown.size() % 2, 1);  // whole characters
}

TEST(clusters, fit_into_so_many_columns) {
  EXPECT_EQ(width("na\u00efve \U0001f469\u200d\U0001f469\u200d\U0001f467"), 8);
  EXPECT_EQ(beginning("a\u6f22\u5b57", 2), "a");
  EXPECT_EQ(beginning("a\u6f22\u5b57", 3), "a\u6f22");
  EXPECT_EQ(beginning("abc", 3), "abc");
  EXPECT_EQ(beginning("abc", 0), "");
  EXPECT_EQ(beginning("abc", -1), "");
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcd", 3), "ab\u2026");
  EXPECT_EQ(shortened("\u6f22\u5b57", 3), "\u6f22\u2026");
  EXPECT_EQ(shortened("\u6f22\u5b57", 2), "\u2026");
  EXPECT_EQ(shortened("abc", 0), "");
}

TEST(clusters, are_found_backwards_as_they_are_forwards) {
  const std::vector<std::string> pieces{
      "a",          "-",          " ",      "\n",     "\u0301",     "\u6f22",     "\U0001f1e9",
      "\U0001f1ea", "\U0001f468", "\u200d", "\ufe0f", "\U0001f3fd", "\u0915",     "\u094d",
      "\u093f",     "\u1112",     "\u1161", "\xff",   "\xe2\x82",   "\U0001fae9", "\u0600"};
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (unsigned i = random() % 24; i > 0; --i) text += pieces[random() % pieces.size()];
    std::vector<std::size_t> ends{0};
    while (ends.back() < text.size()) ends.push_back(cluster_behind(text, ends.back()));
    for (std::size_t i = 1; i < ends.size(); ++i)
      ASSERT_EQ(cluster_before(text, ends[i]), ends[i - 1]) << testing::PrintToString(text) << ends[i];
  }
  EXPECT_EQ(cluster_before("abc", 0), 0);
  EXPECT_EQ(cluster_behind("abc", 3), 3);
}

TEST(clusters, of_a_word) {
  for (const std::string_view one : {"a", "\u00e9", "e\u0301", "7", "_", "\u6f22", "\u05d0"})
    EXPECT_TRUE(is_of_word(one)) << one;
  for (const std::string_view one : {" ", "-", ".", "\U0001f600", "\n", "\xff", ""})
    EXPECT_FALSE(is_of_word(one));
}

TEST(clusters, that_run_from_right_to_left) {
  for (const std::string_view one : {"\u05d0", "\u0634", "\u05e9\u05c1", "\U0001e922"})
    EXPECT_TRUE(is_right_to_left(one)) << one;
  for (const std::string_view one : {"a", "\u6f22", "1", "\u2502", "\xff", "\u200e", ""})
    EXPECT_FALSE(is_right_to_left(one)) << one;
}

}  // namespace
