#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <parlance/text/sanitizer.hpp>

#include <cli/screen/input.hpp>

namespace parlance::cli::screen {
namespace {

constexpr char escape = '\x1b';
constexpr std::string_view end_of_paste = "\x1b[201~";
constexpr std::size_t longest_sequence = 128;
constexpr std::string_view string_marks = "P]_^X";  // DCS, OSC, APC, PM and SOS (ECMA-48, section 5.6)

constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

std::string to_utf8(char32_t c) {
  const auto byte = [](char32_t value) { return static_cast<char>(value); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xc0 | c >> 6), byte(0x80 | (c & 0x3f))};
  if (c < 0x10000) return {byte(0xe0 | c >> 12), byte(0x80 | (c >> 6 & 0x3f)), byte(0x80 | (c & 0x3f))};
  return {byte(0xf0 | (c >> 18 & 7)), byte(0x80 | (c >> 12 & 0x3f)), byte(0x80 | (c >> 6 & 0x3f)),
          byte(0x80 | (c & 0x3f))};
}

/// xterm's and Kitty's parameter: one more than the sum of 1 Shift, 2 Alt, 4 Ctrl, 8 Super, 32 Meta.
modifiers of_parameter(int value, modifiers with) {
  const int bits = std::max(value, 1) - 1;
  return {.shift = with.shift || (bits & 1) != 0,
          .alt = with.alt || (bits & (2 | 32)) != 0,
          .control = with.control || (bits & 4) != 0,
          .super = with.super || (bits & 8) != 0};
}

/// What a letter means behind CSI or SS3.
std::optional<key> of_letter(char letter) {
  switch (letter) {
    case 'A':
      return key::up;
    case 'B':
      return key::down;
    case 'C':
      return key::right;
    case 'D':
      return key::left;
    case 'F':
      return key::end;
    case 'H':
      return key::home;
    case 'P':
      return key::f1;
    case 'Q':
      return key::f2;
    case 'R':
      return key::f3;
    case 'S':
      return key::f4;
    default:
      return {};
  }
}

/// What a number means before '~', as the VT220 has it.
std::optional<key> of_number(int number) {
  switch (number) {
    case 1:
    case 7:
      return key::home;
    case 2:
      return key::insert;
    case 3:
      return key::remove;
    case 4:
    case 8:
      return key::end;
    case 5:
      return key::page_up;
    case 6:
      return key::page_down;
    case 11:
      return key::f1;
    case 12:
      return key::f2;
    case 13:
      return key::f3;
    case 14:
      return key::f4;
    case 15:
      return key::f5;
    case 17:
      return key::f6;
    case 18:
      return key::f7;
    case 19:
      return key::f8;
    case 20:
      return key::f9;
    case 21:
      return key::f10;
    case 23:
      return key::f11;
    case 24:
      return key::f12;
    default:
      return {};
  }
}

/// Keys that Kitty's protocol and modifyOtherKeys tell by a code point.
std::optional<key> of_code(int code) {
  switch (code) {
    case 8:
    case 127:
      return key::backspace;
    case 9:
      return key::tab;
    case 13:
    case 57414:
      return key::enter;
    case 27:
      return key::escape;
    case 57417:
      return key::left;
    case 57418:
      return key::right;
    case 57419:
      return key::up;
    case 57420:
      return key::down;
    case 57421:
      return key::page_up;
    case 57422:
      return key::page_down;
    case 57423:
      return key::home;
    case 57424:
      return key::end;
    case 57425:
      return key::insert;
    case 57426:
      return key::remove;
    default:
      return {};
  }
}

/// The keypad's, from 57399 on.
constexpr std::string_view keypad_of_kitty = "0123456789./*-+\0=,";
constexpr int first_of_keypad = 57399, first_of_kitty = 57344, end_of_kitty = 63744;
/// The keypad's behind SS3, from 'j' on.
constexpr std::string_view keypad_of_ss3 = "*+,-./0123456789";

}  // namespace

/// ECMA-48, section 5.4: CSI, parameters, intermediates and a final byte.
class decoder::control_sequence {
 public:
  /// `body`: all behind CSI.
  explicit control_sequence(std::string_view body) : final(body.back()) {
    body.remove_suffix(1);
    if (!body.empty() && body.front() >= '<' && body.front() <= '?') {
      prefix = body.front();
      body.remove_prefix(1);
    }
    const std::size_t end = std::min(body.find_first_not_of("0123456789:;"), body.size());
    intermediate = end < body.size();
    read(body.substr(0, end));
  }

  /// 0 where there is none.
  int parameter(std::size_t which, std::size_t part = 0) const {
    return which < parameters_.size() && part < parameters_[which].size() ? parameters_[which][part] : 0;
  }
  std::size_t parameters() const noexcept { return count_; }

  char prefix = 0;
  char final;
  bool intermediate = false;

 private:
  void read(std::string_view text) {
    std::size_t part = 0;
    for (const char* at = text.data(); at != text.data() + text.size() && count_ < parameters_.size();) {
      if (*at == ';' || *at == ':') {
        part = *at == ':' ? part + 1 : 0;
        if (*at == ';') ++count_;
        ++at;
        continue;
      }
      int value = 0;
      const auto [behind, error] = std::from_chars(at, text.data() + text.size(), value);
      if (part < parameters_[count_].size()) parameters_[count_][part] = error == std::errc() ? value : -1;
      at = behind;
    }
    if (!text.empty()) ++count_;
  }

  std::array<std::array<int, 3>, 8> parameters_{};
  std::size_t count_ = 0;
};

void decoder::feed(std::string_view bytes) {
  bytes_ += bytes;
  std::string_view rest = bytes_;
  while (!rest.empty()) {
    const std::size_t taken = decode(rest);
    if (taken == 0) break;
    rest.remove_prefix(taken);
  }
  bytes_.erase(0, bytes_.size() - rest.size());
}

std::optional<event> decoder::next() {
  if (events_.empty()) return {};
  event first = std::move(events_.front());
  events_.pop_front();
  return first;
}

std::optional<io::duration> decoder::patience() const noexcept {
  if (paste_) return within_paste;
  if (!bytes_.empty() || swallowed_ != within::nothing) return after_escape;
  return {};
}

void decoder::expire() {
  const std::string bytes = std::exchange(bytes_, {});
  if (paste_) {
    add_to_paste(bytes);
    return end_paste();
  }
  if (std::exchange(swallowed_, within::nothing) != within::nothing || !bytes.starts_with(escape)) return;
  if (bytes.size() == 1) return press(key::escape, {});
  if (bytes[1] == escape) {
    press(key::escape, {});
    return bytes.size() == 2 ? press(key::escape, {}) : void();
  }
  if (bytes.size() == 2 && !is_control(bytes[1]) && static_cast<signed char>(bytes[1]) > 0)
    press(static_cast<char32_t>(bytes[1]), {.alt = true});
}

std::size_t decoder::decode(std::string_view rest) {
  if (paste_) return decode_paste(rest);
  if (swallowed_ != within::nothing) return swallow(rest);
  return rest.front() == escape ? decode_escape(rest) : decode_character(rest, {});
}

std::size_t decoder::decode_escape(std::string_view rest) {
  if (rest.size() < 2) return 0;
  if (rest[1] == escape) {
    if (rest.size() < 3) return 0;
    // Alt with a key that has a sequence of its own.
    if (rest[2] == '[') return decode_control_sequence(rest, 3, {.alt = true});
    if (rest[2] == 'O') return decode_single_shift(rest, 3, {.alt = true});
    press(key::escape, {});
    return 1;
  }
  if (rest[1] == '[') return decode_control_sequence(rest, 2, {});
  if (rest[1] == 'O') return decode_single_shift(rest, 2, {});
  if (string_marks.contains(rest[1])) {
    if (rest.size() < 3) return 0;  // else it was Alt
    swallowed_ = within::control_string;
    return 2;
  }
  const std::size_t taken = decode_character(rest.substr(1), {.alt = true});
  return taken == 0 ? 0 : taken + 1;
}

std::size_t decoder::decode_character(std::string_view rest, modifiers with) {
  const auto lead = static_cast<unsigned char>(rest.front());
  if (is_control(rest.front())) {
    press_control(lead, with);
    return 1;
  }
  const std::size_t length = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
  std::size_t end = 1;
  while (end < std::min(length, rest.size()) && (static_cast<unsigned char>(rest[end]) & 0xc0) == 0x80) ++end;
  if (end < length && end == rest.size()) return 0;
  std::string text = text::sanitize(rest.substr(0, end));
  if (text.size() > end || text.starts_with("\xef\xbf\xbd")) text = "\xef\xbf\xbd";  // once
  if (!text.empty()) events_.emplace_back(key_press{.which = key::character, .text = text, .with = with});
  return end;
}

std::size_t decoder::decode_single_shift(std::string_view rest, std::size_t begin, modifiers with) {
  if (rest.size() <= begin) return 0;
  const char letter = rest[begin];
  if (is_control(letter) || static_cast<signed char>(letter) < 0) {
    // Nothing that a key sends: it was Alt.
    press(U'O', {.alt = true});
    return begin;
  }
  if (const std::optional<key> which = of_letter(letter)) {
    press(*which, with);
  } else if (letter == 'M') {
    press(key::enter, with);
  } else if (letter >= 'j' && letter <= 'y') {
    press(static_cast<char32_t>(keypad_of_ss3[static_cast<std::size_t>(letter - 'j')]), with);
  } else if (letter >= 'a' && letter <= 'd') {
    press(*of_letter(static_cast<char>(letter - 'a' + 'A')), {.alt = with.alt, .control = true});  // rxvt
  }
  return begin + 1;
}

std::size_t decoder::decode_control_sequence(std::string_view rest, std::size_t begin, modifiers with) {
  if (rest.size() <= begin) return 0;
  if (rest[begin] == '[') {  // Linux's console
    if (rest.size() == begin + 1) return 0;
    const char letter = rest[begin + 1];
    if (letter >= 'A' && letter <= 'E')
      press(static_cast<key>(static_cast<int>(key::f1) + (letter - 'A')), with);
    return begin + (is_control(letter) ? 1 : 2);
  }
  const std::string_view body = rest.substr(begin, longest_sequence);
  const auto* const end = std::ranges::find_if(body, [](char c) { return c < ' ' || c > '?'; });
  const auto size = static_cast<std::size_t>(end - body.begin());
  if (end == body.end()) {
    if (size < longest_sequence) return 0;
    swallowed_ = within::control_sequence;
    return begin + size;
  }
  if (is_control(*end) || static_cast<signed char>(*end) < 0) return begin + size;  // broken off
  if (size == 0 && *end == 'M') return rest.size() < begin + 4 ? 0 : begin + 4;     // a mouse without SGR
  obey(control_sequence(body.substr(0, size + 1)), with);
  return begin + size + 1;
}

void decoder::obey(const control_sequence& whole, modifiers with) {
  if (whole.intermediate) return;
  const int first = whole.parameter(0);
  if (whole.prefix == '?') {
    if (whole.final == 'u') events_.emplace_back(answer{.to = answer::kind::keyboard_flags, .value = first});
    if (whole.final == 'c') events_.emplace_back(answer{.to = answer::kind::attributes, .value = first});
    return;
  }
  if (whole.prefix == '<') return obey_mouse(whole);
  if (whole.prefix != 0) return;
  with = of_parameter(whole.parameter(1), with);
  switch (whole.final) {
    case 'u':
      return press_code(first, whole, with);
    case 'I':
    case 'O':
      events_.emplace_back(focus{.here = whole.final == 'I'});
      return;
    case 'Z':
      with.shift = true;
      return press(key::tab, with);
    case '^':
    case '@':  // rxvt
      with.control = true;
      with.shift = with.shift || whole.final == '@';
      [[fallthrough]];
    case '~':
      if (first == 200) {
        paste_.emplace();
      } else if (first == 27 && whole.parameters() == 3) {
        press_code(whole.parameter(2), whole, with);
      } else if (const std::optional<key> which = of_number(first); which && !is_release(whole)) {
        press(*which, with);
      }
      return;
    case 'a':
    case 'b':
    case 'c':
    case 'd':  // rxvt
      with.shift = true;
      return press(*of_letter(static_cast<char>(whole.final - 'a' + 'A')), with);
    default:
      if (const std::optional<key> which = of_letter(whole.final); which && !is_release(whole))
        press(*which, with);
  }
}

bool decoder::is_release(const control_sequence& whole) { return whole.parameter(1, 1) == 3; }

void decoder::press_code(int code, const control_sequence& whole, modifiers with) {
  if (is_release(whole)) return;
  if (const std::optional<key> which = of_code(code)) return press(*which, with);
  const auto keypad = static_cast<std::size_t>(code - first_of_keypad);
  if (code >= first_of_keypad && keypad < keypad_of_kitty.size()) {
    code = static_cast<unsigned char>(keypad_of_kitty[keypad]);
  } else if (code >= first_of_kitty && code < end_of_kitty) {
    return;  // a key that has no use here, like Caps Lock
  }
  if (code < ' ' || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return;
  auto character = static_cast<char32_t>(code);
  const bool upper = character >= 'A' && character <= 'Z', lower = character >= 'a' && character <= 'z';
  if (with.control && upper) {
    character += 'a' - 'A';
    with.shift = true;
  } else if (!with.control) {
    if (with.shift && lower) character -= 'a' - 'A';
    if (with.shift && whole.parameter(0, 1) > ' ') character = static_cast<char32_t>(whole.parameter(0, 1));
    with.shift = false;
  }
  press(character, with);
}

void decoder::obey_mouse(const control_sequence& whole) {
  if ((whole.final != 'M' && whole.final != 'm') || whole.parameters() != 3) return;
  const int code = whole.parameter(0);
  if (code < 0 || code >= 128) return;  // further buttons
  const bool released = whole.final == 'm', moved = (code & 32) != 0, wheel = (code & 64) != 0;
  const int low = code & 3;
  if (wheel && released) return;
  using enum mouse::action;
  constexpr std::array wheels{wheel_up, wheel_down, wheel_left, wheel_right};
  const auto coordinate = [](int value) { return std::clamp(value, 1, surface::largest) - 1; };
  events_.emplace_back(
      mouse{.what = wheel      ? wheels[static_cast<std::size_t>(low)]
                    : moved    ? move
                    : released ? release
                               : mouse::action::press,
            .button = wheel || low == 3 ? 0 : low + 1,
            .at = {.x = coordinate(whole.parameter(1)), .y = coordinate(whole.parameter(2))},
            .with = {.shift = (code & 4) != 0, .alt = (code & 8) != 0, .control = (code & 16) != 0}});
}

std::size_t decoder::swallow(std::string_view rest) {
  std::size_t end = 0;
  if (swallowed_ == within::control_sequence) {
    while (end < rest.size() && rest[end] >= ' ' && rest[end] <= '?') ++end;
    if (end == rest.size()) return end;
    if (rest[end] >= '@' && rest[end] <= '~') ++end;  // its final byte
  } else {
    end = rest.find_first_of("\x07\x18\x1a\x1b");  // BEL, CAN, SUB and ESC
    if (end == rest.npos) return rest.size();
    if (rest[end] == escape && end + 1 == rest.size()) return end;
    if (rest[end] != escape) {
      ++end;
    } else if (rest[end + 1] == '\\') {
      end += 2;
    }
  }
  swallowed_ = within::nothing;
  return end == 0 ? decode(rest) : end;
}

std::size_t decoder::decode_paste(std::string_view rest) {
  const std::size_t end = rest.find(end_of_paste);
  if (end != rest.npos) {
    add_to_paste(rest.substr(0, end));
    end_paste();
    return end + end_of_paste.size();
  }
  // The end may have begun.
  std::size_t begun = std::min(end_of_paste.size() - 1, rest.size());
  while (!end_of_paste.starts_with(rest.substr(rest.size() - begun))) --begun;
  add_to_paste(rest.substr(0, rest.size() - begun));
  return rest.size() - begun;
}

void decoder::add_to_paste(std::string_view text) {
  const std::size_t room = longest_paste_ - paste_->text.size();
  paste_->cut = paste_->cut || text.size() > room;
  paste_->text += text.substr(0, room);
}

/// Terminals send CR for each end of a line.
void decoder::end_paste() {
  std::string lines;
  for (std::size_t at = 0; at < paste_->text.size(); ++at) {
    const char c = paste_->text[at];
    if (c == '\n' && at > 0 && paste_->text[at - 1] == '\r') continue;
    lines += c == '\r' ? '\n' : c;
  }
  paste whole{.text = {}, .cut = paste_->cut};
  text::sanitizer clean(text::sanitizer::newlines::keep);
  clean.feed(lines, whole.text);
  if (!whole.cut) clean.finish(whole.text);
  paste_.reset();
  events_.emplace_back(std::move(whole));
}

void decoder::press(key which, modifiers with) {
  events_.emplace_back(key_press{.which = which, .text = {}, .with = with});
}

void decoder::press(char32_t character, modifiers with) {
  std::string text = text::sanitize(to_utf8(character));
  if (!text.empty())
    events_.emplace_back(key_press{.which = key::character, .text = std::move(text), .with = with});
}

void decoder::press_control(unsigned char byte, modifiers with) {
  if (byte == '\r') return press(key::enter, with);
  if (byte == '\t') return press(key::tab, with);
  if (byte == '\b' || byte == '\x7f') {
    with.control = byte != static_cast<unsigned char>(erase_);
    return press(key::backspace, with);
  }
  with.control = true;
  if (byte == 0) return press(U' ', with);
  press(static_cast<char32_t>(byte <= 26 ? byte + 'a' - 1 : byte + '@'), with);
}

}  // namespace parlance::cli::screen
