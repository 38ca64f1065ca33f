#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <cli/screen/cluster.hpp>
#include <cli/screen/text_editor.hpp>

#include "editor_steps.hpp"

using namespace parlance::cli::screen;

namespace {

constexpr int columns = 10;
constexpr modifiers shift{.shift = true}, alt{.alt = true}, control{.control = true};

bool press(text_editor& line, key which, modifiers with = {}) {
  return line.press({.which = which, .text = {}, .with = with}, columns);
}
bool press(text_editor& line, std::string_view text, modifiers with = {}) {
  return line.press({.which = key::character, .text = std::string(text), .with = with}, columns);
}

text_editor with(std::string_view text, std::size_t cursor) {
  text_editor line;
  line.insert(text);
  line.set_cursor(cursor);
  return line;
}

TEST(text_editor, does_what_keys_say) {
  text_editor line;
  for (const char c : std::string_view("hello world")) EXPECT_TRUE(press(line, std::string(1, c)));
  EXPECT_EQ(line.text(), "hello world");
  EXPECT_TRUE(press(line, key::left, control));
  EXPECT_EQ(line.cursor(), 6);
  EXPECT_TRUE(press(line, "b", alt));
  EXPECT_EQ(line.cursor(), 0);
  EXPECT_TRUE(press(line, "f", alt));
  EXPECT_EQ(line.cursor(), 5);
  EXPECT_TRUE(press(line, key::remove));
  EXPECT_TRUE(press(line, key::end));
  EXPECT_TRUE(press(line, key::backspace));
  EXPECT_EQ(line.text(), "helloworl");
  EXPECT_TRUE(press(line, "a", control));
  EXPECT_TRUE(press(line, "d", control));
  EXPECT_EQ(line.text(), "elloworl");
  EXPECT_TRUE(press(line, "t", control));
  EXPECT_EQ(line.text(), "elloworl");  // nothing is before it
  EXPECT_TRUE(press(line, key::right));
  EXPECT_TRUE(press(line, "t", control));
  EXPECT_EQ(line.text(), "leloworl");
  EXPECT_EQ(line.cursor(), 2);
  EXPECT_TRUE(press(line, "k", control));
  EXPECT_EQ(line.text(), "le");
  EXPECT_TRUE(press(line, "y", control));
  EXPECT_EQ(line.text(), "leloworl");
  EXPECT_TRUE(press(line, key::enter, shift));
  EXPECT_TRUE(press(line, key::enter, alt));
  EXPECT_TRUE(press(line, "j", control));
  EXPECT_EQ(line.text(), "leloworl\n\n\n");
}

TEST(text_editor, leaves_to_others_what_is_not_its_own) {
  text_editor line = with("abc", 3);
  for (const key other :
       {key::enter, key::tab, key::escape, key::page_up, key::page_down, key::insert, key::f1})
    EXPECT_FALSE(press(line, other));
  for (const std::string_view other : {"c", "l", "z", "r", "q", "\u00e9"})
    EXPECT_FALSE(press(line, other, control));
  EXPECT_FALSE(press(line, "1", alt));
  EXPECT_FALSE(press(line, "a", {.super = true}));
  EXPECT_FALSE(press(line, "a", {.alt = true, .control = true}));
  EXPECT_FALSE(press(line, key::up, alt));
  EXPECT_EQ(line.text(), "abc");
  text_editor empty;
  EXPECT_FALSE(press(empty, "d", control));  // the end, on an empty line
}

TEST(text_editor, moves_and_erases_whole_clusters) {
  const std::string family = "\U0001f468\u200d\U0001f469\u200d\U0001f467";
  text_editor line = with("a" + family + "e\u0301", 0);
  line.right();
  line.right();
  EXPECT_EQ(line.cursor(), 1 + family.size());
  line.erase_right();
  EXPECT_EQ(line.text(), "a" + family);
  line.erase_left();
  EXPECT_EQ(line.text(), "a");
  // What belongs together comes in parts from the keyboard.
  for (const std::string_view part : {"\U0001f468", "\u200d", "\U0001f469"}) press(line, part);
  EXPECT_EQ(width(line.text()), 3);
  line.left();
  EXPECT_EQ(line.cursor(), 1);
  // A cursor between two that have become one is behind them.
  line = with("\U0001f468\U0001f469", 4);
  line.insert("\u200d");
  EXPECT_EQ(line.cursor(), line.text().size());
  line.set_cursor(2);
  EXPECT_EQ(line.cursor(), line.text().size());
}

TEST(text_editor, takes_nothing_that_steers) {
  text_editor line;
  line.insert("a\x1b[2J\tb\r\nc\xff\u202e");
  EXPECT_EQ(line.text(), "a\ufffd[2J b\nc\ufffd\ufffd");
}

TEST(text_editor, takes_no_more_than_it_may) {
  text_editor line(10);
  EXPECT_TRUE(line.insert("12345678"));
  EXPECT_FALSE(line.insert("\u00e9\u00e9"));
  EXPECT_EQ(line.text(), "12345678\u00e9");
  EXPECT_FALSE(line.insert("x"));
  line.set_text("a very long text");
  EXPECT_EQ(line.text(), "a very lon");
  line.line_begin();
  line.kill_to_line_end();
  line.yank();
  line.yank();
  EXPECT_EQ(line.text().size(), 10);
}

TEST(text_editor, undoes_by_words_and_does_again) {
  text_editor line;
  for (const char c : std::string_view("one two")) press(line, std::string(1, c));
  EXPECT_TRUE(press(line, "_", control));
  EXPECT_EQ(line.text(), "one");
  EXPECT_TRUE(line.undo());
  EXPECT_EQ(line.text(), "");
  EXPECT_FALSE(line.undo());
  EXPECT_TRUE(line.redo());
  EXPECT_TRUE(press(line, "_", alt));
  EXPECT_EQ(line.text(), "one two");
  EXPECT_FALSE(line.redo());
  line.kill_word_left();
  line.erase_left();
  line.erase_left();
  EXPECT_EQ(line.text(), "on");
  line.undo();
  EXPECT_EQ(line.text(), "one ");
  line.undo();
  EXPECT_EQ(line.text(), "one two");
  EXPECT_EQ(line.cursor(), 7);
  line.insert("!");
  EXPECT_FALSE(line.redo());
  EXPECT_EQ(line.take(), "one two!");
  EXPECT_FALSE(line.undo());
}

TEST(text_editor, brings_back_what_was_killed) {
  text_editor line = with("one two three", 13);
  press(line, "w", control);
  press(line, "w", control);
  EXPECT_EQ(line.text(), "one ");
  line.line_begin();
  press(line, "y", control);
  EXPECT_EQ(line.text(), "two threeone ");
  line.line_end();
  press(line, key::backspace, alt);
  EXPECT_EQ(line.text(), "two ");
  press(line, "y", control);
  EXPECT_EQ(line.text(), "two threeone ");
  press(line, "y", alt);
  EXPECT_EQ(line.text(), "two two three");
  press(line, "y", alt);
  EXPECT_EQ(line.text(), "two threeone ");
  line.left();
  press(line, "y", alt);  // not right behind a yank
  EXPECT_EQ(line.text(), "two threeone ");
  line = with("ab\ncd\nef", 4);
  line.kill_to_line_begin();
  EXPECT_EQ(line.text(), "ab\nd\nef");
  line.kill_to_line_begin();
  EXPECT_EQ(line.text(), "abd\nef");
  line.kill_to_line_end();
  line.kill_to_line_end();
  EXPECT_EQ(line.text(), "abef");
  line.yank();
  EXPECT_EQ(line.text(), "ab\ncd\nef");
}

TEST(text_editor, yanks_what_becomes_one_with_what_is_behind) {
  text_editor line = with("\u200d\U0001f469", 0);
  line.set_text("\U0001f468");
  line.kill_to_line_begin();
  line.set_text("x\u200d\U0001f469");
  line.set_cursor(0);
  line.kill_word_right();
  line.set_text("\U0001f469");
  line.set_cursor(0);
  line.yank();
  const std::string once = line.text();
  line.yank_older();
  line.yank_older();
  EXPECT_EQ(line.text(), once);
}

TEST(text_editor, remembers_what_was_said_and_what_was_half_typed) {
  text_editor line;
  for (const char* said : {"one", "two", "two", "", "three"}) line.remember(said);
  line.insert("half");
  EXPECT_TRUE(press(line, key::up));
  EXPECT_EQ(line.text(), "three");
  EXPECT_TRUE(press(line, "p", control));
  EXPECT_EQ(line.text(), "two");
  EXPECT_TRUE(line.older());
  EXPECT_FALSE(line.older());
  EXPECT_EQ(line.text(), "one");
  press(line, key::down);
  press(line, "n", control);
  press(line, key::down);
  EXPECT_EQ(line.text(), "half");
  EXPECT_FALSE(line.newer());
  for (std::size_t i = 0; i < 2 * text_editor::most_remembered; ++i) line.remember(std::to_string(i));
  std::size_t steps = 0;
  while (line.older()) ++steps;
  EXPECT_EQ(steps, text_editor::most_remembered);
}

TEST(text_editor, lays_out_in_rows_by_columns) {
  const auto shown = [](std::string_view text, std::size_t cursor, int wide) {
    const text_editor line = with(text, cursor);
    const layout rows = line.lay_out(wide);
    std::vector<std::string> all;
    for (const layout::row& row : rows.rows)
      all.push_back(line.text().substr(row.begin, row.end - row.begin));
    return std::pair(all, rows.cursor);
  };
  using rows = std::vector<std::string>;
  EXPECT_EQ(shown("", 0, 5), std::pair(rows{""}, point{}));
  EXPECT_EQ(shown("abc", 3, 5), std::pair(rows{"abc"}, (point{.x = 3, .y = 0})));
  EXPECT_EQ(shown("abcde", 5, 5), std::pair(rows({"abcde", ""}), (point{.x = 0, .y = 1})));
  EXPECT_EQ(shown("abcde", 2, 5), std::pair(rows{"abcde"}, (point{.x = 2, .y = 0})));
  EXPECT_EQ(shown("abcdef", 5, 5), std::pair(rows({"abcde", "f"}), (point{.x = 0, .y = 1})));
  EXPECT_EQ(shown("abcde\nf", 5, 5), std::pair(rows({"abcde", "", "f"}), (point{.x = 0, .y = 1})));
  EXPECT_EQ(shown("a\n\nb", 2, 5), std::pair(rows({"a", "", "b"}), (point{.x = 0, .y = 1})));
  EXPECT_EQ(shown("a\n", 2, 5), std::pair(rows({"a", ""}), (point{.x = 0, .y = 1})));
  // A wide one is not cut.
  EXPECT_EQ(shown("abcd\u6f22", 4, 5), std::pair(rows({"abcd", "\u6f22"}), (point{.x = 0, .y = 1})));
  EXPECT_EQ(shown("\u6f22\u5b57", 3, 5), std::pair(rows{"\u6f22\u5b57"}, (point{.x = 2, .y = 0})));
}

TEST(text_editor, moves_by_rows_and_keeps_the_column) {
  text_editor line = with("abcdefgh\nij\nklmnopqr", 6);
  EXPECT_TRUE(line.down(columns));
  EXPECT_EQ(line.cursor(), 11);
  EXPECT_TRUE(line.down(columns));
  EXPECT_EQ(line.cursor(), 18);
  EXPECT_FALSE(line.down(columns));
  EXPECT_TRUE(line.up(columns));
  EXPECT_TRUE(line.up(columns));
  EXPECT_EQ(line.cursor(), 6);
  EXPECT_FALSE(line.up(columns));
  // Rows of one line, too: the last place of a row is before its last cluster.
  line = with("0123456789abcdefghij", 5);
  EXPECT_TRUE(line.down(columns));
  EXPECT_EQ(line.cursor(), 15);
  line.set_cursor({.x = 50, .y = 0}, columns);
  EXPECT_EQ(line.cursor(), 9);
  line.set_cursor({.x = 3, .y = 1}, columns);
  EXPECT_EQ(line.cursor(), 13);
  line.set_cursor({.x = -1, .y = 99}, columns);
  EXPECT_EQ(line.cursor(), 10);
}

TEST(text_editor, completes_round_and_round) {
  const completer names = [](std::string_view text, std::size_t cursor) {
    const std::size_t begin = text.substr(0, cursor).find_last_of(' ') + 1;
    completion offered{.begin = begin, .end = cursor, .candidates = {}};
    for (const std::string_view name : {"alice", "albert", "bob"})
      if (name.starts_with(text.substr(begin, cursor - begin))) offered.candidates.emplace_back(name);
    return offered;
  };
  text_editor line = with("hi al!", 5);
  EXPECT_TRUE(line.complete(names));
  EXPECT_EQ(line.text(), "hi alice!");
  ASSERT_TRUE(line.completing());
  EXPECT_EQ(line.completing()->candidates.size(), 2);
  EXPECT_TRUE(line.complete(names));
  EXPECT_EQ(line.text(), "hi albert!");
  EXPECT_EQ(line.chosen(), 1);
  EXPECT_TRUE(line.complete(names));
  EXPECT_EQ(line.text(), "hi alice!");
  EXPECT_TRUE(line.complete(names, false));
  EXPECT_EQ(line.text(), "hi albert!");
  EXPECT_TRUE(line.cancel_completion());
  EXPECT_EQ(line.text(), "hi al!");
  EXPECT_FALSE(line.cancel_completion());
  line.complete(names);
  line.insert(",");
  EXPECT_FALSE(line.completing());
  EXPECT_EQ(line.text(), "hi alice,!");
  line.undo();
  line.undo();
  EXPECT_EQ(line.text(), "hi al!");
  line = with("b", 1);
  EXPECT_TRUE(line.complete(names));
  EXPECT_EQ(line.text(), "bob");
  EXPECT_FALSE(line.completing());
  line.insert(" zzz");
  EXPECT_FALSE(line.complete(names));
  EXPECT_EQ(line.text(), "bob zzz");
}

/// The simplest editor: a list of clusters.
struct model {
  std::vector<std::string> before, behind;  // the cursor is between

  std::string text() const {
    std::string all;
    for (const std::string& one : before) all += one;
    for (const std::string& one : behind) all += one;
    return all;
  }
  std::size_t cursor() const {
    std::size_t bytes = 0;
    for (const std::string& one : before) bytes += one.size();
    return bytes;
  }
  void left() {
    if (before.empty()) return;
    behind.insert(behind.begin(), before.back());
    before.pop_back();
  }
  void right() {
    if (behind.empty()) return;
    before.push_back(behind.front());
    behind.erase(behind.begin());
  }
};

TEST(text_editor, does_what_the_simplest_editor_does) {
  const std::vector<std::string> pieces{"a",      "b",      " ",
                                        "\n",     "\u6f22", "\U0001f600",
                                        "\u00e9", "-",      "\U0001f468\u200d\U0001f469\u200d\U0001f467"};
  std::mt19937 random(3);
  text_editor line;
  model simple;
  std::vector<std::string> killed;
  for (int round = 0; round < 20'000; ++round) {
    switch (random() % 10) {
      case 0:
      case 1:
      case 2:
      case 3: {
        const std::string& one = pieces[random() % pieces.size()];
        line.insert(one);
        simple.before.push_back(one);
        break;
      }
      case 4:
        line.left(), simple.left();
        break;
      case 5:
        line.right(), simple.right();
        break;
      case 6:
        line.erase_left();
        if (!simple.before.empty()) simple.before.pop_back();
        break;
      case 7:
        line.erase_right();
        if (!simple.behind.empty()) simple.behind.erase(simple.behind.begin());
        break;
      case 8:
        line.line_begin();
        while (!simple.before.empty() && simple.before.back() != "\n") simple.left();
        break;
      case 9:
        if (random() % 8 != 0) {
          line.line_end();
          while (!simple.behind.empty() && simple.behind.front() != "\n") simple.right();
        } else if (!simple.before.empty() && simple.before.back() != "\n") {
          line.kill_to_line_begin();
          while (!simple.before.empty() && simple.before.back() != "\n") simple.before.pop_back();
        }
        break;
    }
    ASSERT_EQ(line.text(), simple.text()) << round;
    ASSERT_EQ(line.cursor(), simple.cursor()) << round;
  }
}

TEST(text_editor, stays_whole_whatever_is_done) {
  const std::vector<std::string> pieces{"a",          " ",          "\n",     "\u200d", "\U0001f468",
                                        "\U0001f1e9", "\u0301",     "\ufe0f", "\xff",   "\u6f22",
                                        "word ",      "\U0001f3fd", "\x1b"};
  for (unsigned seed = 0; seed < 30; ++seed) {
    std::mt19937 random(seed);
    text_editor line(200);
    for (int round = 0; round < 1000; ++round) {
      const std::string was = line.text();
      const int wide = 2 + static_cast<int>(random() % 12);
      take(line, {.which = static_cast<unsigned>(random() % (editor_steps + 2)),
                  .number = static_cast<unsigned>(random() % 220),
                  .text = pieces[random() % pieces.size()],
                  .columns = wide});
      ASSERT_EQ(wrong_with(line, wide, 200), "") << "seed " << seed << ", round " << round;
      if (line.text() == was || random() % 4 != 0) continue;
      const std::string now = line.text();
      if (!line.undo()) continue;
      line.redo();
      ASSERT_EQ(line.text(), now);
    }
  }
}

}  // namespace
