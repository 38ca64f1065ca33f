// Which key does what.
#include <string_view>

#include <cli/screen/text_editor.hpp>

namespace parlance::cli::screen {

bool text_editor::press(const key_press& pressed, int columns) {
  const modifiers& with = pressed.with;
  if (with.super) return false;
  if (pressed.which != key::character) return press_key(pressed, columns);
  if (with.control && with.alt && pressed.text == "_") return redo(), true;
  if (with.control && !with.alt) return press_control(pressed.text, columns);
  if (with.alt && !with.control) return press_alt(pressed.text);
  if (with.alt) return false;
  insert(pressed.text);
  return true;
}

bool text_editor::press_key(const key_press& pressed, int columns) {
  const modifiers& with = pressed.with;
  const bool by_words = with.control || with.alt;
  switch (pressed.which) {
    case key::enter:
      if (!with.alt && !with.shift) return false;
      return insert("\n"), true;
    case key::left:
      return by_words ? word_left() : left(), true;
    case key::right:
      return by_words ? word_right() : right(), true;
    case key::up:
      return !by_words && !with.shift && (up(columns) || older() || true);
    case key::down:
      return !by_words && !with.shift && (down(columns) || newer() || true);
    case key::home:
      return with.control ? set_cursor(0) : line_begin(), true;
    case key::end:
      return with.control ? set_cursor(text_.size()) : line_end(), true;
    case key::backspace:
      return by_words ? kill_word_left() : erase_left(), true;
    case key::remove:
      return by_words ? kill_word_right() : erase_right(), true;
    default:
      return false;
  }
}

bool text_editor::press_control(std::string_view letter, int columns) {
  if (letter.size() != 1) return false;
  switch (letter.front()) {
    case 'a':
      return line_begin(), true;
    case 'b':
      return left(), true;
    case 'd':
      return empty() ? false : (erase_right(), true);
    case 'e':
      return line_end(), true;
    case 'f':
      return right(), true;
    case 'h':
      return erase_left(), true;
    case 'j':
      return insert("\n"), true;
    case 'k':
      return kill_to_line_end(), true;
    case 'n':
      return down(columns) || newer() || true;
    case 'p':
      return up(columns) || older() || true;
    case 't':
      return transpose(), true;
    case 'u':
      return kill_to_line_begin(), true;
    case 'w':
      return kill_to_space(), true;
    case 'y':
      return yank(), true;
    case '_':
    case '/':
      return undo(), true;
    default:
      return false;
  }
}

bool text_editor::press_alt(std::string_view letter) {
  if (letter.size() != 1) return false;
  switch (letter.front()) {
    case 'b':
      return word_left(), true;
    case 'd':
      return kill_word_right(), true;
    case 'f':
      return word_right(), true;
    case 'y':
      return yank_older(), true;
    case '_':
      return redo(), true;
    default:
      return false;
  }
}

}  // namespace parlance::cli::screen
