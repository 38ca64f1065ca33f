#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <cli/screen/cluster.hpp>
#include <cli/screen/painter.hpp>

#include "virtual_terminal.hpp"

using namespace parlance::cli::screen;

namespace {

constexpr std::string_view without_wrapping = "\x1b[?7l";  // as `modes` has it

constexpr capabilities all_of_it{.addressable = true,
                                 .palette = colors::rgb,
                                 .hyperlinks = true,
                                 .notifications = capabilities::notices::bell};

std::string text_of(const VTermScreenCell& c) {
  std::string text;
  if (c.chars[0] == 0) return " ";
  constexpr uint32_t left_to_right_mark = 0x200e;  // which divides paragraphs, and is not seen
  for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && c.chars[i] != 0 && c.chars[i] != left_to_right_mark; ++i)
    virtual_terminal::append(text, c.chars[i]);
  return text;
}

bool same_color(const VTermColor& seen, color wanted) {
  switch (wanted.which()) {
    case color::kind::standard:
      return VTERM_COLOR_IS_DEFAULT_FG(&seen) || VTERM_COLOR_IS_DEFAULT_BG(&seen);
    case color::kind::indexed:
      return VTERM_COLOR_IS_INDEXED(&seen) && seen.indexed.idx == wanted.index();
    case color::kind::rgb:
      return VTERM_COLOR_IS_RGB(&seen) && seen.rgb.red == wanted.red() && seen.rgb.green == wanted.green() &&
             seen.rgb.blue == wanted.blue();
  }
  return false;
}

/// What is seen is the frame; of a cluster for which libvterm has another width, its beginning.
testing::AssertionResult shows(const virtual_terminal& seen, const surface& frame) {
  for (int y = 0; y < frame.dimensions().rows; ++y)
    for (int x = 0; x < frame.dimensions().columns; ++x) {
      const cell& wanted = frame.at({.x = x, .y = y});
      if (wanted.width == 0) continue;
      const VTermScreenCell there = seen.cell({.x = x, .y = y});
      const std::string text = text_of(there);
      const auto failed = [&](std::string_view why) {
        return testing::AssertionFailure() << why << " at " << x << "," << y << ": '" << text << "' for '"
                                           << wanted.text << "' in \"" << seen.row(y) << '"';
      };
      if (wanted.ambiguous ? !wanted.text.contains(text) : text != wanted.text) return failed("text");
      if (!wanted.ambiguous && there.width != wanted.width) return failed("width");
      if (wanted.ambiguous && there.width > wanted.width) return failed("width of an ambiguous one");
      if (!same_color(there.fg, wanted.look.foreground) || !same_color(there.bg, wanted.look.background))
        return failed("colour");
      if ((there.attrs.bold != 0) != wanted.look.bold || (there.attrs.italic != 0) != wanted.look.italic ||
          (there.attrs.underline != 0) != wanted.look.underline ||
          (there.attrs.reverse != 0) != wanted.look.reverse)
        return failed("look");
      // Where the terminal takes less, what was there before is gone.
      const std::string beside = wanted.ambiguous && wanted.width == 2 && there.width == 1
                                     ? text_of(seen.cell({.x = x + 1, .y = y}))
                                     : " ";
      if (beside != " " && !wanted.text.contains(beside)) return failed("what stays beside it");
    }
  if (seen.cursor_seen() != frame.cursor().has_value()) return testing::AssertionFailure() << "cursor seen";
  if (frame.cursor() && seen.cursor() != *frame.cursor()) return testing::AssertionFailure() << "cursor";
  return testing::AssertionSuccess();
}

class random_frames {
 public:
  explicit random_frames(unsigned seed) : random_(seed) {}

  void change(surface& frame) {
    const region all = frame.whole();
    const int columns = all.columns(), rows = all.rows();
    for (int i = below(6) + 1; i > 0; --i) {
      const rectangle part{
          .x = below(columns) - 3, .y = below(rows), .columns = below(columns) + 1, .rows = below(rows) + 1};
      const region in = below(3) == 0 ? all.part(part) : all;
      switch (below(8)) {
        case 0:
          in.clear(below(2) == 0 ? style() : look());
          break;
        case 1:
          in.blank(below(columns), below(rows), below(columns), below(2) == 0 ? style() : look());
          break;
        case 2:
          in.restyle({.x = below(columns), .y = below(rows), .columns = below(columns), .rows = 1}, look());
          break;
        default:
          in.put(below(columns + 4) - 4, below(rows), text(), below(2) == 0 ? style() : look(),
                 below(6) == 0 ? "https://example.org/" + std::to_string(below(3)) : "");
      }
    }
    all.set_cursor({.x = below(columns + 3) - 1, .y = below(rows)});
  }

  int below(int end) { return static_cast<int>(random_() % static_cast<unsigned>(std::max(end, 1))); }

 private:
  std::string text() {
    static const std::vector<std::string> pieces{"a",
                                                 "b",
                                                 "hello",
                                                 " ",
                                                 "    ",
                                                 "\u00e9",
                                                 "e\u0301",
                                                 "\u6f22\u5b57",
                                                 "\U0001f600",
                                                 "\ud55c",
                                                 "\u2502",
                                                 "\u05e9\u05dc\u05d5\u05dd",
                                                 "\u0634",
                                                 "\u2764\ufe0f",
                                                 "\U0001f468\u200d\U0001f469\u200d\U0001f467",
                                                 "\U0001f44d\U0001f3fd",
                                                 "\U0001f1e9\U0001f1ea",
                                                 "1\ufe0f\u20e3",
                                                 "\U0001fae9",
                                                 "\u0915\u094d\u0937\u093f",
                                                 "\u261d\U0001f3fd",
                                                 "\xff",
                                                 "\x1b[2J",
                                                 "\u202e",
                                                 "\u200b",
                                                 "\n",
                                                 "\ue0b0"};
    std::string all;
    for (int i = below(8); i >= 0; --i) all += pieces[random_() % pieces.size()];
    return all;
  }
  style look() {
    return {.foreground = hue(),
            .background = hue(),
            .bold = below(3) == 0,
            .dim = below(4) == 0,
            .italic = below(4) == 0,
            .underline = below(4) == 0,
            .reverse = below(4) == 0};
  }
  color hue() {
    const auto byte = [this] { return static_cast<std::uint8_t>(below(256)); };
    switch (below(4)) {
      case 0:
        return {};
      case 1:
        return color::rgb(byte(), byte(), byte());
      default:
        return color::indexed(byte());
    }
  }

  std::mt19937 random_;
};

TEST(painter, shows_any_frame_after_any_other) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    random_frames some(seed);
    size now{.columns = some.below(40) + 1, .rows = some.below(12) + 1};
    virtual_terminal seen(now);
    seen.write(without_wrapping);
    painter paint(all_of_it);
    surface frame(now);
    for (int round = 0; round < 40; ++round) {
      if (some.below(5) == 0) frame.reset(now);
      if (some.below(12) == 0) {
        now = {.columns = some.below(60) + 1, .rows = some.below(16) + 1};
        seen.resize(now);
        frame.reset(now);
      }
      some.change(frame);
      seen.write(paint.next(frame));
      ASSERT_TRUE(shows(seen, frame)) << "seed " << seed << ", round " << round;
      ASSERT_EQ(paint.next(frame), "");
    }
  }
}

TEST(painter, keeps_the_frame_whatever_stands_in_any_column) {
  const std::array<std::string_view, 9> wide{"\u6f22",
                                             "\U0001f600",
                                             "\u2764\ufe0f",
                                             "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
                                             "\U0001f44d\U0001f3fd",
                                             "\U0001f3f3\ufe0f\u200d\U0001f308",
                                             "\U0001f1e9\U0001f1ea",
                                             "\U0001fae9",
                                             "1\ufe0f\u20e3"};
  constexpr size of{.columns = 30, .rows = 3};
  for (const std::string_view one : wide) {
    virtual_terminal seen(of);
    seen.write(without_wrapping);
    painter paint(all_of_it);
    for (int x = -1; x < of.columns; ++x) {
      surface frame(of);
      for (int y = 0; y < of.rows; ++y)
        frame.whole().put(0, y, "\u2502.........\u2502..................\u2502");
      frame.whole().part({.x = 1, .y = 0, .columns = 28, .rows = 3}).put(x, 1, one);
      seen.write(paint.next(frame));
      ASSERT_TRUE(shows(seen, frame)) << one << " at " << x;
      ASSERT_EQ(seen.row(0), seen.row(2));
      ASSERT_EQ(text_of(seen.cell({.x = 29, .y = 1})), "\u2502") << one << " at " << x;
    }
  }
}

TEST(painter, divides_what_runs_from_right_to_left) {
  constexpr size of{.columns = 30, .rows = 2};
  virtual_terminal seen(of);
  painter paint(all_of_it);
  surface frame(of);
  for (int y = 0; y < of.rows; ++y) frame.whole().put(0, y, "#room    \u2502 words     \u2502 people");
  seen.write(paint.next(frame));
  EXPECT_EQ(seen.cell({.x = 9, .y = 0}).chars[1], 0);
  frame.whole().put(0, 0, "\u05e9\u05dc\u05d5\u05dd");
  seen.write(paint.next(frame));
  EXPECT_TRUE(shows(seen, frame));
  // The dividers of that row, which were there before, have the mark; others need none.
  EXPECT_EQ(seen.cell({.x = 9, .y = 0}).chars[1], 0x200e);
  EXPECT_EQ(seen.cell({.x = 21, .y = 0}).chars[1], 0x200e);
  EXPECT_EQ(seen.cell({.x = 9, .y = 1}).chars[1], 0);
}

TEST(painter, writes_little_for_little) {
  constexpr size of{.columns = 120, .rows = 40};
  painter paint(all_of_it);
  surface frame(of);
  for (int y = 0; y < of.rows; ++y) frame.whole().put(0, y, std::string(120, 'x'), {.bold = y % 2 == 0});
  frame.whole().set_cursor({.x = 5, .y = 39});
  paint.next(frame);
  frame.whole().put(5, 39, "y");
  frame.whole().set_cursor({.x = 6, .y = 39});
  EXPECT_LE(paint.next(frame).size(), 16 + 1 + 4);  // within synchronized output, a letter and its look
  // A row that becomes empty is erased, not written over.
  frame.whole().blank(10, 3, 110);
  EXPECT_LE(paint.next(frame).size(), 16 + 30);
  // Two letters side by side with little between are one piece.
  frame.whole().put(20, 5, "a");
  frame.whole().put(23, 5, "b");
  EXPECT_LE(paint.next(frame).size(), 16 + 4 + 8 + 8);
}

TEST(painter, begins_anew_when_it_has_forgotten) {
  constexpr size of{.columns = 10, .rows = 2};
  virtual_terminal seen(of);
  painter paint(all_of_it);
  surface frame(of);
  frame.whole().put(0, 0, "hello");
  seen.write(paint.next(frame));
  seen.write("\x1b[1;31mjunk\x1b[?25h");
  paint.forget();
  seen.write(paint.next(frame));
  EXPECT_TRUE(shows(seen, frame));
}

TEST(painter, gives_the_colours_that_there_are) {
  surface frame({.columns = 4, .rows = 1});
  frame.whole().put(0, 0, "a", {.foreground = color::rgb(250, 10, 10), .bold = true});
  const auto written = [&](colors available) {
    capabilities able = all_of_it;
    able.palette = available;
    return painter(able).next(frame);
  };
  EXPECT_TRUE(written(colors::rgb).contains("\x1b[1;38;2;250;10;10m"));
  EXPECT_TRUE(written(colors::palette).contains("\x1b[1;38;5;196m"));
  EXPECT_TRUE(written(colors::sixteen).contains("\x1b[1;91m"));
  EXPECT_TRUE(written(colors::none).contains("\x1b[1m"));
}

TEST(painter, ends_a_link_where_it_ends_and_takes_no_other_for_one) {
  surface frame({.columns = 20, .rows = 1});
  frame.whole().put(0, 0, "here", {}, "https://example.org/");
  frame.whole().put(5, 0, "bad", {}, "https://example.org/\x1b\\\x1b[2J");
  const std::string text = painter(all_of_it).next(frame);
  EXPECT_TRUE(text.contains(";https://example.org/\x1b\\here")) << testing::PrintToString(text);
  EXPECT_TRUE(text.contains("\x1b]8;;\x1b\\bad")) << testing::PrintToString(text);
  EXPECT_FALSE(text.contains("example.org/\x1b\\\x1b[2J"));
  capabilities without = all_of_it;
  without.hyperlinks = false;
  EXPECT_FALSE(painter(without).next(frame).contains("\x1b]8"));
}

TEST(nearest_color, is_one_that_there_is) {
  for (int i = 0; i < 256; ++i) {
    const color one = color::indexed(static_cast<std::uint8_t>(i));
    EXPECT_EQ(nearest(one, colors::palette), one);
    EXPECT_LT(nearest(one, colors::sixteen).index(), 16);
    EXPECT_EQ(nearest(one, colors::none), color());
  }
  EXPECT_EQ(nearest(color::rgb(0, 0, 0), colors::palette), color::indexed(16));
  EXPECT_EQ(nearest(color::rgb(128, 128, 128), colors::palette), color::indexed(244));
  EXPECT_EQ(nearest(color::rgb(255, 255, 255), colors::sixteen), color::indexed(15));
  EXPECT_EQ(nearest(color(), colors::rgb), color());
}

TEST(nearest_color, of_the_palette_is_the_nearest_of_all) {
  // xterm's 16 to 255.
  const auto components_of = [](int index) {
    constexpr std::array levels{0, 95, 135, 175, 215, 255};
    const auto level = [&](int n) { return levels[static_cast<std::size_t>(n)]; };
    const int grey = 8 + (index - 232) * 10;
    return index >= 232
               ? std::array{grey, grey, grey}
               : std::array{level((index - 16) / 36), level((index - 16) / 6 % 6), level((index - 16) % 6)};
  };
  for (int red = 0; red < 256; red += 5)
    for (int green = 0; green < 256; green += 5)
      for (int blue = 0; blue < 256; blue += 5) {
        const auto distance = [&](int index) {
          const auto [r, g, b] = components_of(index);
          return 2 * (r - red) * (r - red) + 4 * (g - green) * (g - green) + 3 * (b - blue) * (b - blue);
        };
        int best = distance(16);
        for (int index = 17; index < 256; ++index) best = std::min(best, distance(index));
        const auto byte = [](int value) { return static_cast<std::uint8_t>(value); };
        const color given = nearest(color::rgb(byte(red), byte(green), byte(blue)), colors::palette);
        ASSERT_EQ(distance(given.index()), best) << red << " " << green << " " << blue;
      }
}

}  // namespace
