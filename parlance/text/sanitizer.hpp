// Text that is safe to show: what callers send, made fit for other people's terminals.
//
//   text::sanitizer clean;
//   std::string shown;
//   clean.feed(bytes, shown);   // as often as bytes come; they may break off anywhere
//   clean.finish(shown);
//
// What comes out is always valid UTF-8 in which nothing steers a terminal or turns the reading order:
//   - a maximal part of a malformed sequence becomes one U+FFFD (The Unicode Standard, section 3.9, "U+FFFD
//     substitution of maximal subparts"; overlong forms and surrogates are malformed);
//   - C0 and C1 controls and DEL become U+FFFD, so an escape sequence is left visible and without effect;
//   - so do U+2028, U+2029 and the bidirectional embeddings, overrides and isolates (U+202A-202E,
//     U+2066-2069);
//   - a tab becomes a space; NUL, which many C programs send along, and U+FEFF, which Windows puts first, go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace parlance::text {

class sanitizer {
 public:
  /// What becomes of newlines: an unfit control like the others, or (for text of many lines) kept, and
  /// carriage returns dropped.
  enum class newlines : bool { replace, keep };

  explicit sanitizer(newlines which = newlines::replace) noexcept : keep_newlines_(which == newlines::keep) {}

  /// Appends to `out` what is fit of `bytes`. A character that is not whole yet is kept until it is, or until
  /// it cannot be any more.
  void feed(std::string_view bytes, std::string& out);
  /// No more bytes follow: what is not whole will never be.
  void finish(std::string& out);

  /// Whether the bytes so far end inside a character.
  bool within_character() const noexcept { return needed_ != 0; }
  /// How many characters came out, and how many of them stand for something unfit.
  std::size_t characters() const noexcept { return characters_; }
  std::size_t replaced() const noexcept { return replaced_; }

 private:
  void step(unsigned char byte, std::string& out);
  void begin(unsigned char byte, std::string& out);
  void put(char32_t c, std::string& out);
  void replace(std::string& out);

  // The state of the UTF-8 decoder of the WHATWG Encoding Standard.
  char32_t code_point_ = 0;
  std::uint8_t needed_ = 0;  // bytes that are still to come
  std::uint8_t lower_ = 0x80;
  std::uint8_t upper_ = 0xbf;
  bool keep_newlines_;
  std::size_t characters_ = 0;
  std::size_t replaced_ = 0;
};

/// One text that is whole.
std::string sanitize(std::string_view bytes);

/// Whether `bytes` break off inside a UTF-8 character that more bytes could complete.
bool ends_within_character(std::string_view bytes);

}  // namespace parlance::text
