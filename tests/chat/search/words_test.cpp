// How texts fall into words, and what is typed into what is looked for.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/search/words.hpp>
#include <parlance/chat/store/sqlite.hpp>

using namespace parlance::chat;

namespace {

using strings = std::vector<std::string>;

class search_words : public testing::Test {
 protected:
  strings words(std::string_view text) const {
    strings all = tokenizer_.words_of(words_in(7, searchable(text)));
    for (std::string& word : all) {
      EXPECT_TRUE(word.starts_with("7 ")) << word;
      word.erase(0, 2);
    }
    return all;
  }

 private:
  sqlite::connection db_{":memory:", sqlite::opening::make};
  word_tokenizer tokenizer_{db_};
};

}  // namespace

TEST_F(search_words, have_neither_case_nor_diacritics) {
  EXPECT_EQ(words("Zoë's ÉTÉ, e\u0301te\u0301; Привет!"), (strings{"zoe", "s", "ete", "ete", "привет"}));
}

TEST_F(search_words, are_the_same_in_any_form_that_unicode_has_by_now) {
  EXPECT_EQ(words("ﬁne ＡＢＣ ① Å"), words("fine ABC 1 Å"));
  EXPECT_EQ(words("㋿元年"), words("令和元年"));  // of Unicode 12.1
  EXPECT_EQ(words("a\xff z").back(), "z");
}

TEST_F(search_words, of_scripts_without_spaces_are_their_characters) {
  EXPECT_EQ(words("我们abc中文"), (strings{"我", "们", "abc", "中", "文"}));
  EXPECT_EQ(words("テスト 한국"), (strings{"テ", "ス", "ト", "한", "국"}));
  EXPECT_EQ(words("ที่"), (strings{"ท", "ี", "่"}));
}

TEST_F(search_words, keep_the_marks_that_belong_to_them) {
  EXPECT_EQ(words("हिन्दी है"), (strings{"हिन्दी", "है"}));
}

TEST_F(search_words, are_the_same_in_another_width_and_as_ligatures) {
  EXPECT_EQ(words("Ａｂｃ ﬁne ﾃ"), (strings{"abc", "fine", "テ"}));
}

TEST_F(search_words, are_emoji_too) { EXPECT_EQ(words("party🎉🎊"), (strings{"party", "🎉", "🎊"})); }

TEST_F(search_words, have_no_formatting_codes_and_no_ctcp) {
  EXPECT_EQ(words("\x02"
                  "bold\x02 \x03"
                  "04,12red"),
            (strings{"bold", "red"}));
  EXPECT_EQ(words("\x01"
                  "ACTION waves\x01"),
            (strings{"waves"}));
}

TEST_F(search_words, go_on_in_the_next_of_the_lines_that_one_was_cut_into) {
  EXPECT_EQ(words("deplo\ryed\nnow"), (strings{"deployed", "now"}));
}

TEST_F(search_words, are_cut_when_they_are_long) {
  ASSERT_EQ(words(std::string(5000, 'x')).size(), 1U);
  EXPECT_EQ(words(std::string(5000, 'x')), words(std::string(100, 'x')));
  EXPECT_TRUE(words("").empty());
  EXPECT_TRUE(words(" ;-) ").empty());
}

TEST_F(search_words, survive_what_is_no_utf8) {
  for (const std::string_view text : {"\xff\xfe", "a\xc3", "\xe4\xb8", "\xf0\x9f\x8e", "ab\x80g"})
    words(text);
}

TEST(search_terms, are_words_phrases_and_beginnings) {
  using terms = std::vector<search_term>;
  EXPECT_EQ(search_terms("deploy  \"last night\" roll*"),
            (terms{{"deploy"}, {"last night"}, {"roll", true}}));
  EXPECT_EQ(search_terms("\"not closed"), (terms{{"not closed"}}));
  EXPECT_EQ(search_terms("a\"b c\"d \"e f\"*"), (terms{{"a"}, {"b c"}, {"d"}, {"e f", true}}));
  EXPECT_EQ(search_terms(" \"\" * \"*\" "), terms{});
}
