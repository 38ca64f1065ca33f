#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <cli/screen/input.hpp>

using namespace parlance::cli::screen;
using namespace std::literals;

namespace {

constexpr modifiers shift{.shift = true}, alt{.alt = true}, control{.control = true};

key_press typed(std::string_view text, modifiers with = {}) {
  return {.which = key::character, .text = std::string(text), .with = with};
}
key_press pressed(key which, modifiers with = {}) { return {.which = which, .text = {}, .with = with}; }

std::vector<event> all_of(decoder& keys) {
  std::vector<event> events;
  while (std::optional<event> one = keys.next()) events.push_back(std::move(*one));
  return events;
}

std::vector<event> decoded(std::string_view bytes) {
  decoder keys;
  keys.feed(bytes);
  return all_of(keys);
}

struct sent {
  std::string_view bytes;
  event means;
};

const std::vector<sent>& all_sent() {
  static const std::vector<sent> all{
      {"a", typed("a")},
      {" ", typed(" ")},
      {"\u00e9", typed("\u00e9")},
      {"\u6f22", typed("\u6f22")},
      {"\U0001f600", typed("\U0001f600")},
      {"\r", pressed(key::enter)},
      {"\n", typed("j", control)},
      {"\t", pressed(key::tab)},
      {"\x7f", pressed(key::backspace)},
      {"\b", pressed(key::backspace, control)},
      {"\x01", typed("a", control)},
      {"\x1a", typed("z", control)},
      {"\0"sv, typed(" ", control)},
      {"\x1c", typed("\\", control)},
      {"\x1f", typed("_", control)},
      {"\x1b"
       "b",
       typed("b", alt)},
      {"\x1b\u00e9", typed("\u00e9", alt)},
      {"\x1b\r", pressed(key::enter, alt)},
      {"\x1b\x7f", pressed(key::backspace, alt)},
      {"\x1b\x01", typed("a", {.alt = true, .control = true})},
      // xterm, normal and application mode
      {"\x1b[A", pressed(key::up)},
      {"\x1bOB", pressed(key::down)},
      {"\x1b[H", pressed(key::home)},
      {"\x1bOF", pressed(key::end)},
      {"\x1b[1;5C", pressed(key::right, control)},
      {"\x1b[1;2D", pressed(key::left, shift)},
      {"\x1b[1;3A", pressed(key::up, alt)},
      {"\x1b[1;8A", pressed(key::up, {.shift = true, .alt = true, .control = true})},
      {"\x1b[Z", pressed(key::tab, shift)},
      {"\x1bOP", pressed(key::f1)},
      {"\x1b[1;2R", pressed(key::f3, shift)},
      {"\x1b[15~", pressed(key::f5)},
      {"\x1b[24;5~", pressed(key::f12, control)},
      {"\x1b[2~", pressed(key::insert)},
      {"\x1b[3~", pressed(key::remove)},
      {"\x1b[3;5~", pressed(key::remove, control)},
      {"\x1b[5~", pressed(key::page_up)},
      {"\x1b[6~", pressed(key::page_down)},
      {"\x1b[1~", pressed(key::home)},
      {"\x1b[4~", pressed(key::end)},
      {"\x1bOM", pressed(key::enter)},
      {"\x1bOk", typed("+")},
      {"\x1bOy", typed("9")},
      // rxvt and Linux's console
      {"\x1b[7~", pressed(key::home)},
      {"\x1b[8~", pressed(key::end)},
      {"\x1b[3^", pressed(key::remove, control)},
      {"\x1b[3@", pressed(key::remove, {.shift = true, .control = true})},
      {"\x1b[a", pressed(key::up, shift)},
      {"\x1bOc", pressed(key::right, control)},
      {"\x1b\x1b[A", pressed(key::up, alt)},
      {"\x1b[[A", pressed(key::f1)},
      {"\x1b[[E", pressed(key::f5)},
      // modifyOtherKeys and Kitty
      {"\x1b[27;5;13~", pressed(key::enter, control)},
      {"\x1b[27;2;13~", pressed(key::enter, shift)},
      {"\x1b[27;5;105~", typed("i", control)},
      {"\x1b[27;6;75~", typed("k", {.shift = true, .control = true})},
      {"\x1b[27u", pressed(key::escape)},
      {"\x1b[13;2u", pressed(key::enter, shift)},
      {"\x1b[9;5u", pressed(key::tab, control)},
      {"\x1b[127;5u", pressed(key::backspace, control)},
      {"\x1b[107;5u", typed("k", control)},
      {"\x1b[107;6u", typed("k", {.shift = true, .control = true})},
      {"\x1b[120;3u", typed("x", alt)},
      {"\x1b[120;4u", typed("X", alt)},
      {"\x1b[107:75;4u", typed("K", alt)},
      {"\x1b[107;5:2u", typed("k", control)},
      {"\x1b[107;133u", typed("k", control)},  // with Num Lock
      {"\x1b[233;5u", typed("\u00e9", control)},
      {"\x1b[57404u", typed("5")},
      {"\x1b[57414u", pressed(key::enter)},
      {"\x1b[57419;5u", pressed(key::up, control)},
      {"\x1b[107;9u", typed("k", {.super = true})},
      // the mouse
      {"\x1b[<0;1;1M", mouse{.what = mouse::action::press, .button = 1, .at = {.x = 0, .y = 0}, .with = {}}},
      {"\x1b[<2;80;24m",
       mouse{.what = mouse::action::release, .button = 3, .at = {.x = 79, .y = 23}, .with = {}}},
      {"\x1b[<64;10;5M",
       mouse{.what = mouse::action::wheel_up, .button = 0, .at = {.x = 9, .y = 4}, .with = {}}},
      {"\x1b[<81;10;5M",
       mouse{.what = mouse::action::wheel_down, .button = 0, .at = {.x = 9, .y = 4}, .with = control}},
      {"\x1b[<35;3;4M", mouse{.what = mouse::action::move, .button = 0, .at = {.x = 2, .y = 3}, .with = {}}},
      {"\x1b[<0;99999999;0M",
       mouse{
           .what = mouse::action::press, .button = 1, .at = {.x = surface::largest - 1, .y = 0}, .with = {}}},
      // the rest
      {"\x1b[I", focus{.here = true}},
      {"\x1b[O", focus{.here = false}},
      {"\x1b[?1u", answer{.to = answer::kind::keyboard_flags, .value = 1}},
      {"\x1b[?62;22c", answer{.to = answer::kind::attributes, .value = 62}},
      {"\x1b[200~hello\x1b[201~", paste{.text = "hello", .cut = false}},
      {"\x1b[200~a\rb\r\nc\nd\x1b[201~", paste{.text = "a\nb\nc\nd", .cut = false}},
      {"\x1b[200~\x1b[31mred\x1b[0m\x07\xff\x1b[201~",
       paste{.text = "\ufffd[31mred\ufffd[0m\ufffd\ufffd", .cut = false}},
      {"\x1b[200~\x1b[201~", paste{.text = {}, .cut = false}},
  };
  return all;
}

TEST(decoder, knows_what_terminals_send) {
  for (const sent& one : all_sent()) {
    const std::vector<event> events = decoded(one.bytes);
    ASSERT_EQ(events.size(), 1) << testing::PrintToString(one.bytes);
    EXPECT_EQ(events[0], one.means) << testing::PrintToString(one.bytes);
  }
}

TEST(decoder, does_not_mind_where_bytes_break_off) {
  for (const sent& one : all_sent()) {
    // With something behind, which must stay itself.
    const std::string bytes = std::string(one.bytes) + "x\x1b[B";
    const std::vector<event> whole = decoded(bytes);
    ASSERT_EQ(whole.size(), 3) << testing::PrintToString(bytes);
    for (std::size_t first = 0; first <= bytes.size(); ++first)
      for (std::size_t second = first; second <= bytes.size(); ++second) {
        decoder keys;
        keys.feed(std::string_view(bytes).substr(0, first));
        keys.feed(std::string_view(bytes).substr(first, second - first));
        keys.feed(std::string_view(bytes).substr(second));
        ASSERT_EQ(all_of(keys), whole) << testing::PrintToString(bytes) << " " << first << " " << second;
      }
  }
}

TEST(decoder, swallows_what_is_no_key) {
  for (const std::string_view bytes :
       {"\x1b]11;rgb:0/0/0\x1b\\", "\x1b]0;title\x07", "\x1bP>|xterm(388)\x1b\\", "\x1b_G\x1b\\",
        "\x1b[?2026;2$y", "\x1b[>0;276;0c", "\x1b[M !!", "\x1b[57358u", "\x1b[107;5:3u", "\x1b[<65;1;1m",
        "\x1b[<128;1;1M", "\x1b[99~", "\x1b[55296u", "\x1b[1114112u", "\x1b[99999999999999999999u",
        "\x1b[1:2:3:4:5:6:7:8;9u", "\x1b[1;2;3;4;5;6;7;8;9;10;11n"}) {
    EXPECT_EQ(decoded(std::string(bytes) + "x"), std::vector<event>{typed("x")})
        << testing::PrintToString(bytes);
  }
  // However long.
  EXPECT_EQ(decoded("\x1b[" + std::string(100'000, '1') + "Ax"), std::vector<event>{typed("x")});
  EXPECT_EQ(decoded("\x1b]" + std::string(100'000, 'a') + "\x07x"), std::vector<event>{typed("x")});
  // One that another breaks off.
  EXPECT_EQ(decoded("\x1b[1;\x1b[A"), std::vector<event>{pressed(key::up)});
  EXPECT_EQ(decoded("\x1b]0;t\x1b[A"), std::vector<event>{pressed(key::up)});
}

TEST(decoder, makes_no_utf_8_visible_and_harmless) {
  EXPECT_EQ(decoded("\xff"), std::vector<event>{typed("\ufffd")});
  EXPECT_EQ(decoded("\xe2\x82x"), (std::vector<event>{typed("\ufffd"), typed("x")}));
  EXPECT_EQ(decoded("\xc2\x9b"), std::vector<event>{typed("\ufffd")});
  EXPECT_EQ(decoded("\u202e"), std::vector<event>{typed("\ufffd")});
}

TEST(decoder, takes_an_escape_for_the_key_when_nothing_follows) {
  decoder keys;
  EXPECT_FALSE(keys.patience());
  keys.feed("\x1b");
  EXPECT_EQ(all_of(keys), std::vector<event>{});
  EXPECT_EQ(keys.patience(), decoder::after_escape);
  keys.expire();
  EXPECT_EQ(all_of(keys), std::vector<event>{pressed(key::escape)});
  EXPECT_FALSE(keys.patience());

  const auto expired = [](std::string_view bytes) {
    decoder other;
    other.feed(bytes);
    other.expire();
    EXPECT_FALSE(other.patience());
    other.feed("x");
    return all_of(other);
  };
  EXPECT_EQ(expired("\x1b\x1b"),
            (std::vector<event>{pressed(key::escape), pressed(key::escape), typed("x")}));
  EXPECT_EQ(expired("\x1b["), (std::vector<event>{typed("[", alt), typed("x")}));
  EXPECT_EQ(expired("\x1bO"), (std::vector<event>{typed("O", alt), typed("x")}));
  EXPECT_EQ(expired("\x1bP"), (std::vector<event>{typed("P", alt), typed("x")}));
  EXPECT_EQ(expired("\x1b[1;"), std::vector<event>{typed("x")});
  EXPECT_EQ(expired("\x1b]0;never ends"), std::vector<event>{typed("x")});
  EXPECT_EQ(expired("\xe2\x82"), std::vector<event>{typed("x")});
}

TEST(decoder, keeps_no_more_of_a_paste_than_it_may) {
  decoder keys('\x7f', 10);
  keys.feed("\x1b[200~0123456");
  EXPECT_EQ(keys.patience(), decoder::within_paste);
  keys.feed("\u00e9\u00e9\u00e9");
  for (int i = 0; i < 1000; ++i) keys.feed(std::string(1000, 'x'));
  EXPECT_EQ(all_of(keys), std::vector<event>{});
  keys.feed("\x1b[201~y");
  EXPECT_EQ(all_of(keys), (std::vector<event>{paste{.text = "0123456\u00e9", .cut = true}, typed("y")}));
  // One that never ends is what has come.
  keys.feed("\x1b[200~abc\x1b[20");
  keys.expire();
  EXPECT_EQ(all_of(keys), std::vector<event>({paste{.text = "abc\ufffd[20", .cut = false}}));
}

TEST(decoder, knows_which_byte_backspace_sends) {
  decoder keys('\b');
  keys.feed("\b\x7f");
  EXPECT_EQ(all_of(keys), (std::vector<event>{pressed(key::backspace), pressed(key::backspace, control)}));
}

TEST(decoder, takes_much_at_once_in_no_time) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(decoded(std::string(300'000, 'a')).size(), 300'000);
  decoder keys;
  for (int i = 0; i < 100'000; ++i) keys.feed("\x1b[200~");
  keys.expire();
  all_of(keys);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
}

}  // namespace
