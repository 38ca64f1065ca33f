// What a terminal sends, as keys, pastes, clicks and answers.
//
//   decoder keys;
//   keys.feed(bytes);                              // as often as bytes come; they may break off anywhere
//   while (std::optional<event> e = keys.next()) handle(*e);
//   if (keys.patience()) ...                       // nothing came for so long: keys.expire(), then next()
//
// It understands what xterm, the VT220, rxvt and Linux's console send for keys, xterm's modifyOtherKeys,
// Kitty's keyboard protocol ("CSI u"), bracketed paste, SGR mouse reports and focus. Hostile bytes are the
// normal case: whatever it does not know is swallowed, and it keeps no more than one paste.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <parlance/io/time.hpp>

#include <cli/screen/surface.hpp>

namespace parlance::cli::screen {

enum class key : std::uint8_t {
  character,
  enter,
  tab,
  backspace,
  escape,
  up,
  down,
  left,
  right,
  home,
  end,
  page_up,
  page_down,
  insert,
  remove,
  f1,
  f2,
  f3,
  f4,
  f5,
  f6,
  f7,
  f8,
  f9,
  f10,
  f11,
  f12
};

struct modifiers {
  bool shift = false;
  bool alt = false;
  bool control = false;
  bool super = false;
  bool operator==(const modifiers&) const = default;
};

struct key_press {
  key which = key::character;
  /// For key::character one code point, clean (parlance/text). With Ctrl or Alt that of the key: Ctrl-K is
  /// "k", Alt-X "x". Shift that only chose the character is not told. More than one make a cluster together,
  /// in presses of their own.
  std::string text;
  modifiers with;
  bool operator==(const key_press&) const = default;
};

/// Text that was pasted: clean, with '\n' between lines. `cut`: there was more than is taken.
struct paste {
  std::string text;
  bool cut = false;
  bool operator==(const paste&) const = default;
};

struct mouse {
  enum class action : std::uint8_t { press, release, move, wheel_up, wheel_down, wheel_left, wheel_right };
  action what = action::press;
  int button = 1;  // 1 left, 2 middle, 3 right; 0 for the wheel, and for a move without any
  point at;        // from 0
  modifiers with;
  bool operator==(const mouse&) const = default;
};

/// The terminal's window is, or is no longer, where keys go.
struct focus {
  bool here = false;
  bool operator==(const focus&) const = default;
};

/// It has this size from now on: everything is drawn anew. Comes from `terminal`, not from the decoder; also
/// when the program goes on after it was stopped.
struct resize {
  size to;
  bool operator==(const resize&) const = default;
};

/// To what we ask: which of Kitty's flags are set (CSI ? flags u), and what a terminal is (DA1), which all
/// of them answer. For `terminal`.
struct answer {
  enum class kind : std::uint8_t { keyboard_flags, attributes };
  kind to = kind::attributes;
  int value = 0;
  bool operator==(const answer&) const = default;
};

using event = std::variant<key_press, paste, mouse, focus, resize, answer>;

class decoder {
 public:
  /// How long nothing must follow an ESC, so that it is the key; and the rest of a paste.
  static constexpr io::duration after_escape = std::chrono::milliseconds(50);
  static constexpr io::duration within_paste = std::chrono::seconds(5);

  /// `erase`: what Backspace sends (VERASE of termios); the other of BS and DEL is Ctrl-Backspace.
  /// `longest_paste`: in bytes.
  explicit decoder(char erase = '\x7f', std::size_t longest_paste = std::size_t{1024} * 1024)
      : erase_(erase == '\b' ? erase : '\x7f'), longest_paste_(longest_paste) {}

  void feed(std::string_view bytes);
  std::optional<event> next();
  /// For how long to wait for more bytes, before `expire`; nothing while there is nothing to wait for.
  std::optional<io::duration> patience() const noexcept;
  /// Nothing more came: what has begun is as it is.
  void expire();

 private:
  class control_sequence;
  enum class within : std::uint8_t { nothing, control_string, control_sequence };

  // Each of these takes what it understands from the front of `rest`, and says how much that was; 0: more has
  // to come.
  std::size_t decode(std::string_view rest);
  std::size_t decode_escape(std::string_view rest);
  std::size_t decode_character(std::string_view rest, modifiers with);
  std::size_t decode_control_sequence(std::string_view rest, std::size_t begin, modifiers with);
  std::size_t decode_single_shift(std::string_view rest, std::size_t begin, modifiers with);
  std::size_t decode_paste(std::string_view rest);
  std::size_t swallow(std::string_view rest);

  void obey(const control_sequence& whole, modifiers with);
  void obey_mouse(const control_sequence& whole);
  static bool is_release(const control_sequence& whole);
  void press_code(int code, const control_sequence& whole, modifiers with);
  void press(key which, modifiers with);
  void press(char32_t character, modifiers with);
  void press_control(unsigned char byte, modifiers with);
  void add_to_paste(std::string_view text);
  void end_paste();

  char erase_;
  std::size_t longest_paste_;
  std::string bytes_;  // what has begun
  std::deque<event> events_;
  std::optional<paste> paste_;
  within swallowed_ = within::nothing;
};

}  // namespace parlance::cli::screen
