#include <algorithm>

#include <parlance/chat/telnet.hpp>
#include <parlance/chat/text.hpp>

namespace parlance::chat {
namespace {

constexpr bool is_plain_ascii(char c) { return c >= 0x20 && c < 0x7f; }

constexpr bool steers(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void append_utf8(char32_t c, std::string& out) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3f)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | (c >> 12));
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xf0 | (c >> 18));
    tail(12), tail(6), tail(0);
  }
}

}  // namespace

void sanitizer::feed(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    if (needed_ == 0) {
      const auto other = std::find_if_not(bytes.begin(), bytes.end(), is_plain_ascii);
      const auto run = static_cast<std::size_t>(other - bytes.begin());
      out.append(bytes.substr(0, run));
      characters_ += run;
      bytes.remove_prefix(run);
      if (bytes.empty()) return;
    }
    step(static_cast<unsigned char>(bytes.front()), out);
    bytes.remove_prefix(1);
  }
}

void sanitizer::finish(std::string& out) {
  if (needed_ != 0) replace(out);
  needed_ = 0;
  lower_ = 0x80;
  upper_ = 0xbf;
}

void sanitizer::step(unsigned char byte, std::string& out) {
  if (needed_ == 0) return begin(byte, out);
  if (byte < lower_ || byte > upper_) {
    finish(out);
    return begin(byte, out);
  }
  lower_ = 0x80;
  upper_ = 0xbf;
  code_point_ = (code_point_ << 6) | (byte & 0x3f);
  if (--needed_ == 0) put(code_point_, out);
}

void sanitizer::begin(unsigned char byte, std::string& out) {
  if (byte < 0x80) return put(byte, out);
  if (byte >= 0xc2 && byte <= 0xdf) {
    needed_ = 1;
    code_point_ = byte & 0x1f;
  } else if (byte >= 0xe0 && byte <= 0xef) {
    if (byte == 0xe0) lower_ = 0xa0;  // no overlong forms
    if (byte == 0xed) upper_ = 0x9f;  // no surrogates
    needed_ = 2;
    code_point_ = byte & 0x0f;
  } else if (byte >= 0xf0 && byte <= 0xf4) {
    if (byte == 0xf0) lower_ = 0x90;
    if (byte == 0xf4) upper_ = 0x8f;  // nothing beyond U+10FFFF
    needed_ = 3;
    code_point_ = byte & 0x07;
  } else {
    replace(out);
  }
}

void sanitizer::put(char32_t c, std::string& out) {
  if (c == 0 || c == 0xfeff) return;
  if (c == '\t') c = ' ';
  if (keep_newlines_ && c == '\r') return;
  if (steers(c) && !(keep_newlines_ && c == '\n')) return replace(out);
  append_utf8(c, out);
  ++characters_;
}

void sanitizer::replace(std::string& out) {
  out += "\xef\xbf\xbd";
  ++characters_;
  ++replaced_;
}

std::string sanitize(std::string_view bytes) {
  std::string text;
  sanitizer clean;
  clean.feed(bytes, text);
  clean.finish(text);
  return text;
}

namespace {

/// What introduces a control of C1 (ECMA-48, section 5.3): ESC and a byte, or its one character in UTF-8; the
/// byte, or 0.
char introduced_by(std::string_view bytes) {
  if (bytes.size() < 2) return 0;
  if (bytes[0] == '\x1b') return bytes[1];
  const auto code = static_cast<unsigned char>(bytes[1]);
  return bytes[0] == '\xc2' && code >= 0x80 && code <= 0x9f ? static_cast<char>(code - 0x40) : '\0';
}

/// DCS, SOS, OSC, PM or APC (ECMA-48, section 5.6), which lasts until ST, or BEL.
bool begins_control_string(std::string_view bytes) {
  const char control = introduced_by(bytes);
  return control != 0 && std::string_view("PX]^_").contains(control);
}

std::size_t length_of_control_string(std::string_view bytes) {
  constexpr std::string_view st = "\xc2\x9c";
  for (std::size_t at = 2; at < bytes.size(); ++at) {
    if (bytes[at] == '\x07') return at + 1;
    if (bytes[at] == '\x1b' || bytes.substr(at, st.size()) == st) return std::min(at + 2, bytes.size());
  }
  return bytes.size();
}

/// How long the control sequence is with which `bytes` begin, or the key. 0: it is none.
std::size_t length_of_key(std::string_view bytes) {
  const char control = introduced_by(bytes);
  if (control == 0) return 0;
  if (control == 'O' || control == 'N') return std::min<std::size_t>(3, bytes.size());
  if (begins_control_string(bytes)) return length_of_control_string(bytes);
  std::size_t length = 2;
  const auto skip = [&](char first, char last) {
    while (length < bytes.size() && bytes[length] >= first && bytes[length] <= last) ++length;
  };
  if (control != '[') {
    // Others end with one byte, behind intermediates (ECMA-35, section 13.2).
    if (bytes[0] != '\x1b') return 2;
    length = 1;
    skip(' ', '/');
    return length < bytes.size() && bytes[length] >= '0' && bytes[length] <= '~' ? length + 1 : 0;
  }
  if (bytes.size() > 2 && bytes[2] == 'M') return std::min<std::size_t>(6, bytes.size());  // xterm's mouse
  skip('0', '?');
  skip(' ', '/');
  return length < bytes.size() && bytes[length] >= '@' && bytes[length] <= '~' ? length + 1 : length;
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
    const std::size_t length = bytes.front() == '\xff' ? length_of_telnet(bytes) : length_of_key(bytes);
    if (!erase_by(bytes, rest) && length == 0) rest += bytes.front();
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return rest;
}

std::string without_key_marks(std::string_view bytes) {
  std::string rest(bytes);
  std::erase_if(rest, [](char c) { return c == '\x1b' || c == '\xff'; });
  return rest;
}

bool ends_within_key(std::string_view bytes) {
  for (std::size_t at = 0; (at = bytes.find_first_of("\x1b\xff\xc2", at)) != bytes.npos;) {
    const std::string_view key = bytes.substr(at);
    if (key == "\xff") return true;
    const std::size_t length = key.front() == '\xff' ? length_of_telnet(key) : length_of_key(key);
    if (length == key.size()) {
      if (key.front() == '\xff')
        return key.size() == 1 ||
               (key[1] == '\xfa' ? !key.ends_with("\xff\xf0") : key[1] >= '\xfb' && key.size() < 3);
      if (begins_control_string(key)) return !key.ends_with('\x07') && !key.ends_with("\x1b\\");
      const char control = introduced_by(key);
      if (control == 'O' || control == 'N') return key.size() < 3;
      if (control == '[' && key.size() > 2 && key[2] == 'M') return key.size() < 6;
      return control == '[' && (key.size() == 2 || key.back() < '@');
    }
    at += std::max<std::size_t>(length, 1);
  }
  return false;
}

bool ends_within_character(std::string_view bytes) {
  // The longest beginning of a character is three bytes; it starts at the last lead byte.
  std::string_view tail = bytes.substr(bytes.size() - std::min<std::size_t>(bytes.size(), 3));
  const auto lead =
      std::find_if(tail.rbegin(), tail.rend(), [](char c) { return static_cast<unsigned char>(c) >= 0xc0; });
  if (lead == tail.rend()) return false;
  tail.remove_prefix(static_cast<std::size_t>(tail.rend() - lead) - 1);
  std::string text;
  sanitizer clean;
  clean.feed(tail, text);
  return clean.within_character();
}

}  // namespace parlance::chat
