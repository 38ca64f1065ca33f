#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/core/filters.hpp>
#include <parlance/chat/store/store.hpp>

#include "net/temporary_folder.hpp"

using namespace parlance::chat;
using parlance::net::test::temporary_folder;

namespace {

using action = filter::action;

class filters_of_a_store : public testing::Test {
 protected:
  /// The pattern that is found, or nothing.
  std::string found(char in, std::string_view text, bool is_operators = false, bool has_account = false) {
    const filter* const its =
        all.find({.in = in, .text = text, .is_operators = is_operators, .has_account = has_account});
    return its ? its->pattern : "";
  }

  store kept{store_options{}};
  filters all{kept};
};

}  // namespace

TEST_F(filters_of_a_store, find_patterns_whatever_their_case_formatting_and_lines) {
  EXPECT_EQ(found('p', "pills"), "");
  EXPECT_EQ(all.add({.pattern = "cheap\\s+pills"}), "");
  for (const char* text : {"buy cheap pills", "CHEAP  PiLLs",
                           "\x02"
                           "che\x03"
                           "04ap\x0f pills",
                           "che\rap pills", "cheap\npills",
                           "\x01"
                           "ACTION sells cheap pills\x01"})
    EXPECT_EQ(found('p', text), "cheap\\s+pills") << text;
  EXPECT_EQ(found('p', "cheappills"), "");
  EXPECT_EQ(all.add({.pattern = "(?-i)^SPAM"}), "");
  EXPECT_EQ(found('p', "SPAM"), "(?-i)^SPAM");
  EXPECT_EQ(found('p', "spam"), "");
  EXPECT_EQ(found('p',
                  "\x01"
                  "ACTION SPAM\x01"),
            "(?-i)^SPAM");
  EXPECT_EQ(all.add({.pattern = "\xd0\xb6.\xd0\xb6"}), "");  // characters, not bytes
  EXPECT_EQ(found('p', "\xd0\x96\xd0\xb0\xd0\x96"), "\xd0\xb6.\xd0\xb6");
}

TEST_F(filters_of_a_store, look_where_they_are_told_to_and_spare_whom_they_are_told_to) {
  all.add({.pattern = "one", .looks_at = "pt"});
  all.add({.pattern = "two", .looks_at = "*r"});
  all.add({.pattern = "three", .looks_at = "qo"});
  EXPECT_EQ(found('p', "one"), "one");
  EXPECT_EQ(found('t', "one"), "one");
  EXPECT_EQ(found('n', "one"), "");
  EXPECT_EQ(found('g', "two"), "two");
  EXPECT_EQ(found('g', "two", true), "two");
  EXPECT_EQ(found('g', "two", false, true), "");
  EXPECT_EQ(found('q', "three"), "three");
  EXPECT_EQ(found('q', "three", true), "");
  for (const char* letters : {"p", "*", "pntkPqag", "*or", "rop"})
    EXPECT_TRUE(filters::are_letters(letters)) << letters;
  for (const char* letters : {"", "o", "or", "pp", "x", "p,n", "**"})
    EXPECT_FALSE(filters::are_letters(letters)) << letters;
}

TEST_F(filters_of_a_store, give_the_one_that_does_most) {
  all.add({.pattern = "a", .does = action::warn});
  all.add({.pattern = "b", .does = action::ban});
  all.add({.pattern = "c", .does = action::silent});
  all.add({.pattern = "d", .does = action::kill});
  EXPECT_EQ(found('p', "abcd"), "b");
  EXPECT_EQ(found('p', "acd"), "d");
  EXPECT_EQ(found('p', "ac"), "c");
  EXPECT_EQ(found('p', "a"), "a");
  EXPECT_EQ(all.all()[0].found, 1U);
  EXPECT_EQ(all.all()[1].found, 1U);
}

TEST_F(filters_of_a_store, take_no_pattern_that_is_none_is_found_in_everything_or_costs_too_much) {
  for (const char* pattern : {"", "(", "a**b(", "[", "\\1(a)", "(?=a)", "x{1001}"})
    EXPECT_NE(all.add({.pattern = pattern}), "") << pattern;
  for (const char* pattern : {".*", "a*", "^", "$", "(a|)", "b?", ".", ".+$", "[^x]", "\\S"})
    EXPECT_EQ(all.add({.pattern = pattern}), "that pattern is found in everything") << pattern;
  for (const char* pattern : {"[^a]{200}", "[^ab]{150}"})
    EXPECT_EQ(all.add({.pattern = pattern}), "that pattern is too large: its repetitions count") << pattern;
  EXPECT_NE(all.add({.pattern = std::string(filters::longest_pattern + 1, 'a')}), "");
  EXPECT_EQ(all.add({.pattern = std::string(filters::longest_pattern, 'a')}), "");
  EXPECT_EQ(all.all().size(), 1U);
}

TEST_F(filters_of_a_store, are_so_large_together_at_most) {
  std::size_t n = 0;
  while (n < filters::most && all.add({.pattern = "[^a]{100}" + std::to_string(n)}).empty()) ++n;
  EXPECT_EQ(n, 11U);
  EXPECT_EQ(all.add({.pattern = "[^a]{100}3", .does = action::kill}), "");
  EXPECT_EQ(all.add({.pattern = "small"}), "");
}

TEST_F(filters_of_a_store, are_so_many_at_most_and_one_of_the_same_pattern_takes_its_place) {
  for (std::size_t n = 0; n < filters::most; ++n)
    EXPECT_EQ(all.add({.pattern = "p" + std::to_string(n)}), "");
  EXPECT_NE(all.add({.pattern = "more"}), "");
  EXPECT_EQ(all.add({.pattern = "p7", .does = action::kill}), "");
  EXPECT_EQ(all.all()[7].what.does, action::kill);
  EXPECT_EQ(all.all()[7].what.number, 8U);
  EXPECT_TRUE(all.remove("8"));
  EXPECT_FALSE(all.remove("8"));
  EXPECT_FALSE(all.remove("p7"));
  EXPECT_TRUE(all.remove("p8"));
  EXPECT_EQ(all.add({.pattern = "12"}), "");
  EXPECT_TRUE(all.remove("12"));  // a pattern is meant first
  EXPECT_EQ(all.all().size(), filters::most - 2);
  EXPECT_TRUE(all.remove("12"));
  EXPECT_EQ(found('p', "p11"), "p1");
}

TEST(filters, outlast_the_server) {
  temporary_folder folder;
  {
    store kept({.folder = folder.path("history")});
    filters all(kept);
    for (const char* pattern : {"a", "b", "c \"x\""}) EXPECT_EQ(all.add({.pattern = pattern}), "");
    EXPECT_EQ(all.add({.pattern = "b",
                       .does = action::ban,
                       .looks_at = "pn",
                       .length = 60,
                       .reason = "why \"x\"",
                       .set_by = "root",
                       .set_at = 1'700'000'000}),
              "");
    EXPECT_TRUE(all.remove("a"));
    kept.put("filter", "9", "{}");  // none
    kept.commit();
  }
  store kept({.folder = folder.path("history")});
  filters all(kept);
  ASSERT_EQ(all.all().size(), 2U);
  const filter& its = all.all()[0].what;
  EXPECT_EQ(its.pattern, "b");
  EXPECT_EQ(its.does, action::ban);
  EXPECT_EQ(its.looks_at, "pn");
  EXPECT_EQ(its.length, 60);
  EXPECT_EQ(its.reason, "why \"x\"");
  EXPECT_EQ(its.set_by, "root");
  EXPECT_EQ(its.set_at, 1'700'000'000);
  EXPECT_EQ(its.number, 2U);
  EXPECT_EQ(all.all()[1].what.pattern, "c \"x\"");
  EXPECT_TRUE(all.find({.in = 'p', .text = "b"}));
}
