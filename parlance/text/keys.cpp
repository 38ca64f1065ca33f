#include <algorithm>

#include <parlance/text/keys.hpp>
#include <parlance/text/telnet.hpp>

namespace parlance::text {

namespace {

/// What introduces a control of C1 (ECMA-48, section 5.3): ESC and a byte, or its one character in UTF-8; the
/// byte, or 0.
char introduced_by(std::string_view bytes) {
  if (bytes.size() < 2) return 0;
  if (bytes[0] == '\x1b') return bytes[1];
  const auto code = static_cast<unsigned char>(bytes[1]);
  return bytes[0] == '\xc2' && code >= 0x80 && code <= 0x9f ? static_cast<char>(code - 0x40) : '\0';
}

/// What is no text at the beginning of something: a key, a control sequence, a command of telnet.
struct no_text {
  std::size_t length = 0;  ///< 0: there is none
  bool is_whole = true;
};

/// One that has so many bytes.
no_text of_length(std::size_t length, std::string_view bytes) {
  return {std::min(length, bytes.size()), length <= bytes.size()};
}

/// DCS, SOS, OSC, PM or APC (ECMA-48, section 5.6), which last until ST, or BEL.
no_text control_string_in(std::string_view bytes) {
  constexpr std::string_view st = "\xc2\x9c";
  for (std::size_t at = 2; at < bytes.size(); ++at) {
    if (bytes[at] == '\x07') return {at + 1};
    if (bytes.substr(at).starts_with(st)) return {at + st.size()};
    if (bytes[at] == '\x1b') return of_length(at + 2, bytes);
  }
  return {bytes.size(), false};
}

/// A control sequence (ECMA-48, section 5.4), or a key.
no_text key_in(std::string_view bytes) {
  const char control = introduced_by(bytes);
  if (control == 0) return {};
  if (std::string_view("PX]^_").contains(control)) return control_string_in(bytes);
  std::size_t length = 2;
  const auto skip = [&](char first, char last) {
    while (length < bytes.size() && bytes[length] >= first && bytes[length] <= last) ++length;
  };
  const auto ends_with_one_from = [&](char first) {
    return length < bytes.size() && bytes[length] >= first && bytes[length] <= '~';
  };
  if (control == 'N') return of_length(3, bytes);
  if (control == 'O') {  // old terminals have parameters there
    skip('0', ';');
    return of_length(length + 1, bytes);
  }
  if (control != '[') {
    // Others end with one byte, behind intermediates (ECMA-35, section 13.2).
    if (bytes[0] != '\x1b') return {2};
    length = 1;
    skip(' ', '/');
    return {ends_with_one_from('0') ? length + 1 : 0};
  }
  if (bytes.size() > 2 && bytes[2] == 'M') return of_length(6, bytes);  // xterm's mouse
  if (bytes.size() > 2 && bytes[2] == '[') return of_length(4, bytes);  // F1 to F5 of Linux's console
  skip('0', '?');
  skip(' ', '/');
  if (ends_with_one_from('@')) return {length + 1};
  return {length, length < bytes.size()};
}

no_text no_text_in(std::string_view bytes) {
  if (!bytes.starts_with('\xff')) return key_in(bytes);
  const std::size_t length = length_of_telnet(bytes);
  if (bytes.size() == 1) return {length, false};
  if (length == 0) return {};
  if (bytes[1] == '\xfa') return {length, bytes.substr(0, length).ends_with("\xff\xf0")};
  return {length, static_cast<unsigned char>(bytes[1]) < 0xfb || bytes.size() > 2};
}

}  // namespace

namespace {

void erase_character(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
  if (!text.empty()) text.pop_back();
}

void erase_word(std::string& text) {
  text.erase(text.find_last_not_of(' ') + 1);
  text.erase(text.find_last_of(' ') + 1);
}

/// Whether what comes first erases, which is done to `text`.
bool erase_by(std::string_view bytes, std::string& text) {
  constexpr char bs = 0x08, del = 0x7f, control_u = 0x15, control_w = 0x17;
  const bool is_character = bytes.front() == bs || bytes.front() == del || bytes.starts_with(telnet_ec);
  const bool is_word = bytes.front() == control_w;
  const bool is_line = bytes.front() == control_u || bytes.starts_with(telnet_el);
  if (is_character) erase_character(text);
  if (is_word) erase_word(text);
  if (is_line) text.clear();
  return is_character || is_word || is_line;
}

}  // namespace

std::string without_keys(std::string_view bytes) {
  std::string rest;
  while (!bytes.empty()) {
    const std::string_view before = bytes.substr(0, bytes.find_first_of(key_marks));
    rest += before;
    bytes.remove_prefix(before.size());
    if (bytes.empty()) break;
    const std::size_t length = no_text_in(bytes).length;
    if (!erase_by(bytes, rest) && length == 0) rest += bytes.front();
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return rest;
}

namespace {

/// Where something of C1 stands, without what introduces it; and without its one byte when that is one of `also`.
std::string without_introducers(std::string_view bytes, std::string_view also) {
  std::string rest;
  while (!bytes.empty()) {
    const char control = introduced_by(bytes);
    const bool is_character = control != 0 && bytes.front() == '\xc2';
    const bool is_mark = bytes.front() == '\x1b' || bytes.front() == '\xff';
    if (!is_mark && !is_character) rest += bytes.front();
    bytes.remove_prefix(is_character || (control != 0 && also.contains(control)) ? 2 : 1);
  }
  return rest;
}

}  // namespace

std::string without_key_marks(std::string_view bytes) { return without_introducers(bytes, {}); }
std::string without_shifts(std::string_view bytes) { return without_introducers(bytes, "NO"); }

bool ends_within_key(std::string_view bytes) {
  for (std::size_t at = 0; (at = bytes.find_first_of("\x1b\xff\xc2", at)) != bytes.npos;) {
    const no_text its = no_text_in(bytes.substr(at));
    if (!its.is_whole) return true;
    at += std::max<std::size_t>(its.length, 1);
  }
  return false;
}

}  // namespace parlance::text
