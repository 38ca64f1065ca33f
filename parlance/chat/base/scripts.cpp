#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/scripts.hpp>
#include <parlance/chat/base/unicode_library.hpp>

namespace parlance::chat {
namespace {

const unicode_library& icu() { return unicode_library::load(); }

/// Of what can only fail when ICU is not installed as it should be.
void check(UErrorCode code) {
  if (U_FAILURE(code)) throw std::runtime_error(std::string("Unicode's tables: ") + icu().error_name(code));
}

using normal_form = const UNormalizer2*;

normal_form found(normal_form (*find)(UErrorCode*)) {
  UErrorCode code = U_ZERO_ERROR;
  const normal_form its = find(&code);
  check(code);
  return its;
}

normal_form nfc() {
  static const normal_form its = found(icu().nfc);
  return its;
}

normal_form nfkc() {
  static const normal_form its = found(icu().nfkc);
  return its;
}

normal_form nfd() {
  static const normal_form its = found(icu().nfd);
  return its;
}

/// The next character of a text, which is shorter by it then; below 0 of what is no UTF-8.
UChar32 take(std::string_view& text) noexcept {
  UChar32 c = 0;
  std::int32_t at = 0;
  U8_NEXT(text.data(), at, static_cast<std::int32_t>(text.size()), c);
  text.remove_prefix(static_cast<std::size_t>(at));
  return c;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty())
    if (take(text) < 0) return false;
  return true;
}

void append(std::string& to, char32_t c) {
  std::array<char, U8_MAX_LENGTH> bytes{};
  std::int32_t size = 0;
  U8_APPEND_UNSAFE(bytes.data(), size, c);
  to.append(bytes.data(), static_cast<std::size_t>(size));
}

/// A text, which is UTF-8, in a form of normalisation.
std::string normalized(normal_form as, std::string_view text) {
  std::u16string from, to;
  for (std::string_view rest = text; !rest.empty();) {
    const UChar32 c = take(rest);
    if (U_IS_BMP(c))
      from += static_cast<char16_t>(c);
    else
      from += static_cast<char16_t>(U16_LEAD(c)), from += static_cast<char16_t>(U16_TRAIL(c));
  }
  const auto size_of = [](const std::u16string& all) { return static_cast<std::int32_t>(all.size()); };
  UErrorCode code = U_BUFFER_OVERFLOW_ERROR;
  for (std::size_t size = 2 * from.size(); code == U_BUFFER_OVERFLOW_ERROR;) {
    to.resize(size);
    code = U_ZERO_ERROR;
    size = static_cast<std::size_t>(
        icu().normalize(as, from.data(), size_of(from), to.data(), size_of(to), &code));
    if (size < to.size()) to.resize(size);
  }
  check(code);
  std::string all;
  for (std::int32_t at = 0; at != size_of(to);) {
    UChar32 c = 0;
    U16_NEXT(to.data(), at, size_of(to), c);
    append(all, static_cast<char32_t>(c));
  }
  return all;
}

/// RFC 8264, section 9.1.
bool is_letter_or_digit(UChar32 c) noexcept {
  constexpr std::uint32_t those =
      U_GC_LU_MASK | U_GC_LL_MASK | U_GC_LO_MASK | U_GC_LM_MASK | U_GC_ND_MASK | U_GC_MN_MASK | U_GC_MC_MASK;
  return (U_MASK(icu().type_of(c)) & those) != 0;
}

bool is_unseen(UChar32 c) {
  constexpr UChar32 blank_braille = 0x2800;
  return icu().property_of(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0 || c == blank_braille;
}

using spoof_checker = std::unique_ptr<USpoofChecker, decltype(unicode_library::close_checker)>;

spoof_checker open_checker(UErrorCode& code) { return {icu().open_checker(&code), icu().close_checker}; }

const USpoofChecker* strict_checker() {
  static const spoof_checker its = [] {
    UErrorCode code = U_ZERO_ERROR;
    spoof_checker made = open_checker(code);
    icu().set_checks(made.get(),
                     USPOOF_RESTRICTION_LEVEL | USPOOF_CHAR_LIMIT | USPOOF_INVISIBLE | USPOOF_MIXED_NUMBERS,
                     &code);
    icu().set_restriction_level(made.get(), USPOOF_HIGHLY_RESTRICTIVE);
    // Which ASCII may be in a name, names.cpp says.
    const USet* const recommended = icu().recommended_set(&code);
    check(code);
    const std::unique_ptr<USet, decltype(unicode_library::close_set)> allowed(icu().clone_set(recommended),
                                                                              icu().close_set);
    icu().add_range(allowed.get(), 0x21, 0x7e);
    icu().set_allowed(made.get(), allowed.get(), &code);
    check(code);
    return made;
  }();
  return its.get();
}

const USpoofChecker* skeleton_maker() {
  static const spoof_checker its = [] {
    UErrorCode code = U_ZERO_ERROR;
    spoof_checker made = open_checker(code);
    check(code);
    return made;
  }();
  return its.get();
}

/// RFC 5893, section 2, and RFC 5892, appendix A: what runs from right to left, and what may stand only beside others.
bool is_in_order(std::string_view text) {
  using idna = std::unique_ptr<UIDNA, decltype(unicode_library::close_idna)>;
  static const idna rules = [] {
    UErrorCode code = U_ZERO_ERROR;
    idna made(icu().open_idna(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_CHECK_CONTEXTO |
                                  UIDNA_NONTRANSITIONAL_TO_UNICODE,
                              &code),
              icu().close_idna);
    check(code);
    return made;
  }();
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UErrorCode code = U_ZERO_ERROR;
  icu().label_to_unicode(rules.get(), text.data(), static_cast<std::int32_t>(text.size()), nullptr, 0, &info,
                         &code);
  if (code != U_BUFFER_OVERFLOW_ERROR) check(code);
  constexpr std::uint32_t wrong = UIDNA_ERROR_BIDI | UIDNA_ERROR_CONTEXTJ | UIDNA_ERROR_CONTEXTO_PUNCTUATION |
                                  UIDNA_ERROR_CONTEXTO_DIGITS | UIDNA_ERROR_LEADING_COMBINING_MARK;
  return (info.errors & wrong) == 0;
}

}  // namespace

void load_scripts() { static_cast<void>(icu()); }

bool is_written_name(std::string_view text) {
  for (std::string_view rest = text; !rest.empty();)
    if (const UChar32 c = take(rest); c < 0 || (c >= 0x80 && !is_letter_or_digit(c))) return false;
  if (normalized(nfkc(), text) != text || !is_in_order(text)) return false;
  UErrorCode code = U_ZERO_ERROR;
  const std::int32_t failed =
      icu().check(strict_checker(), text.data(), static_cast<std::int32_t>(text.size()), nullptr, &code);
  check(code);
  return failed == 0;
}

char32_t fold_character(char32_t c) noexcept {
  if (c < 0x80) return static_cast<unsigned char>(fold(static_cast<char>(c)));
  if (c > 0x10ffff) return c;  // no character
  const auto width =
      static_cast<UEastAsianWidth>(icu().property_of(static_cast<UChar32>(c), UCHAR_EAST_ASIAN_WIDTH));
  if (width == U_EA_FULLWIDTH || width == U_EA_HALFWIDTH) {
    std::array<UChar, 4> usual{};
    UErrorCode code = U_ZERO_ERROR;
    const std::int32_t size = icu().raw_decomposition(nfkc(), static_cast<UChar32>(c), usual.data(),
                                                      static_cast<std::int32_t>(usual.size()), &code);
    // What would become a space or a comma means something in commands, and stays. All of them are of the first plane.
    if (size == 1 && is_letter_or_digit(usual[0])) c = usual[0];
  }
  return static_cast<char32_t>(icu().small(static_cast<UChar32>(c)));
}

character first_character(std::string_view text) noexcept {
  if (const auto byte = static_cast<unsigned char>(text.front()); byte < 0x80) return {byte, 1};
  std::string_view rest = text;
  const UChar32 c = take(rest);
  if (c >= 0) return {static_cast<char32_t>(c), text.size() - rest.size()};
  return {0x110000U + static_cast<unsigned char>(text.front()), 1};
}

namespace {

std::string in_form(normal_form which(), std::string_view text) {
  return is_ascii(text) || !is_utf8(text) ? std::string(text) : normalized(which(), text);
}

}  // namespace

std::string composed(std::string_view text) { return in_form(nfc, text); }
std::string unified(std::string_view text) { return in_form(nfkc, text); }

std::string fold_script(std::string_view text) {
  std::string small;
  small.reserve(text.size());
  for (std::string_view rest = text; !rest.empty();) {
    const UChar32 c = take(rest);
    if (c < 0) {
      small.resize(text.size());
      std::ranges::transform(text, small.begin(), [](char one) { return fold(one); });
      return small;
    }
    append(small, fold_character(static_cast<char32_t>(c)));
  }
  return composed(small);
}

// ASCII stands for itself: names of it alone never look alike, or "rn" would be "m", and "bob1" "bobl".
std::string skeleton_of(std::string_view name) {
  if (is_ascii(name) || !is_utf8(name)) return folded(name);
  const std::string apart = normalized(nfd(), name);
  std::string all;
  for (std::string_view rest = apart; !rest.empty();) {
    const std::string_view before = rest;
    const UChar32 c = take(rest);
    const std::string_view bytes = before.substr(0, before.size() - rest.size());
    if (c < 0x80) {
      all += bytes;
      continue;
    }
    // What is not seen makes no difference (UTS 39, section 4), which ICU 72 does not know yet.
    if (is_unseen(c)) continue;
    std::array<char, 128> prototype{};  // the longest of ICU 72's has 54 bytes
    UErrorCode code = U_ZERO_ERROR;
    const std::int32_t size =
        icu().skeleton(skeleton_maker(), 0, bytes.data(), static_cast<std::int32_t>(bytes.size()),
                       prototype.data(), static_cast<std::int32_t>(prototype.size()), &code);
    check(code);
    all.append(prototype.data(), static_cast<std::size_t>(size));
  }
  return folded(all);
}

}  // namespace parlance::chat
