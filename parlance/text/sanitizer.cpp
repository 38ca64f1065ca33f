#include <algorithm>

#include <parlance/text/sanitizer.hpp>

namespace parlance::text {
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

}  // namespace parlance::text
