#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uidna.h>
#include <unicode/uniset.h>
#include <unicode/uspoof.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/scripts.hpp>

namespace parlance::chat {
namespace {

/// Of what can only fail when ICU is not installed as it should be.
void check(UErrorCode code) {
  if (U_FAILURE(code)) throw std::runtime_error(std::string("Unicode's tables: ") + ::u_errorName(code));
}

const icu::Normalizer2& nfc() {
  static const icu::Normalizer2& form = [] -> const icu::Normalizer2& {
    UErrorCode code = U_ZERO_ERROR;
    const icu::Normalizer2* const found = icu::Normalizer2::getNFCInstance(code);
    check(code);
    return *found;
  }();
  return form;
}

const icu::Normalizer2& nfkc() {
  static const icu::Normalizer2& form = [] -> const icu::Normalizer2& {
    UErrorCode code = U_ZERO_ERROR;
    const icu::Normalizer2* const found = icu::Normalizer2::getNFKCInstance(code);
    check(code);
    return *found;
  }();
  return form;
}

const icu::Normalizer2& nfd() {
  static const icu::Normalizer2& form = [] -> const icu::Normalizer2& {
    UErrorCode code = U_ZERO_ERROR;
    const icu::Normalizer2* const found = icu::Normalizer2::getNFDInstance(code);
    check(code);
    return *found;
  }();
  return form;
}

/// Appends it in a form of normalisation.
void normalize(const icu::Normalizer2& form, std::string_view text, std::string& to) {
  icu::StringByteSink<std::string> sink(&to);
  UErrorCode code = U_ZERO_ERROR;
  form.normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())), sink, nullptr,
                     code);
  check(code);
}

/// The next character of a text, which is shorter by it then; below 0 of what is no UTF-8.
UChar32 take(std::string_view& text) noexcept {
  UChar32 c = 0;
  std::int32_t at = 0;
  U8_NEXT(text.data(), at, static_cast<std::int32_t>(text.size()), c);
  text.remove_prefix(static_cast<std::size_t>(at));
  return c;
}

void append(std::string& to, char32_t c) {
  std::array<char, U8_MAX_LENGTH> bytes{};
  std::int32_t size = 0;
  U8_APPEND_UNSAFE(bytes.data(), size, c);
  to.append(bytes.data(), static_cast<std::size_t>(size));
}

/// RFC 8264, section 9.1.
bool is_letter_or_digit(UChar32 c) noexcept {
  constexpr std::uint32_t those =
      U_GC_LU_MASK | U_GC_LL_MASK | U_GC_LO_MASK | U_GC_LM_MASK | U_GC_ND_MASK | U_GC_MN_MASK | U_GC_MC_MASK;
  return (U_GET_GC_MASK(c) & those) != 0;
}

bool is_unseen(UChar32 c) noexcept {
  constexpr UChar32 blank_braille = 0x2800;
  return ::u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0 || c == blank_braille;
}

using spoof_checker = std::unique_ptr<USpoofChecker, decltype(&::uspoof_close)>;

const USpoofChecker* strict_checker() {
  static const spoof_checker its = [] {
    UErrorCode code = U_ZERO_ERROR;
    spoof_checker made(::uspoof_open(&code), &::uspoof_close);
    ::uspoof_setChecks(made.get(),
                       USPOOF_RESTRICTION_LEVEL | USPOOF_CHAR_LIMIT | USPOOF_INVISIBLE | USPOOF_MIXED_NUMBERS,
                       &code);
    ::uspoof_setRestrictionLevel(made.get(), USPOOF_HIGHLY_RESTRICTIVE);
    // Which ASCII may be in a name, names.cpp says.
    const USet* const recommended = ::uspoof_getRecommendedSet(&code);
    check(code);
    const std::unique_ptr<icu::UnicodeSet> allowed(icu::UnicodeSet::fromUSet(recommended)->cloneAsThawed());
    allowed->add(0x21, 0x7e);
    ::uspoof_setAllowedChars(made.get(), allowed->toUSet(), &code);
    check(code);
    return made;
  }();
  return its.get();
}

const USpoofChecker* skeleton_maker() {
  static const spoof_checker its = [] {
    UErrorCode code = U_ZERO_ERROR;
    spoof_checker made(::uspoof_open(&code), &::uspoof_close);
    check(code);
    return made;
  }();
  return its.get();
}

/// RFC 5893, section 2, and RFC 5892, appendix A: what runs from right to left, and what may stand only beside others.
bool is_in_order(std::string_view text) {
  using idna = std::unique_ptr<UIDNA, decltype(&::uidna_close)>;
  static const idna rules = [] {
    UErrorCode code = U_ZERO_ERROR;
    idna made(::uidna_openUTS46(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_CHECK_CONTEXTO |
                                    UIDNA_NONTRANSITIONAL_TO_UNICODE,
                                &code),
              &::uidna_close);
    check(code);
    return made;
  }();
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UErrorCode code = U_ZERO_ERROR;
  ::uidna_labelToUnicodeUTF8(rules.get(), text.data(), static_cast<std::int32_t>(text.size()), nullptr, 0,
                             &info, &code);
  if (code != U_BUFFER_OVERFLOW_ERROR) check(code);
  constexpr std::uint32_t wrong = UIDNA_ERROR_BIDI | UIDNA_ERROR_CONTEXTJ | UIDNA_ERROR_CONTEXTO_PUNCTUATION |
                                  UIDNA_ERROR_CONTEXTO_DIGITS | UIDNA_ERROR_LEADING_COMBINING_MARK;
  return (info.errors & wrong) == 0;
}

}  // namespace

bool is_written_name(std::string_view text) {
  for (std::string_view rest = text; !rest.empty();)
    if (const UChar32 c = take(rest); c < 0 || (c >= 0x80 && !is_letter_or_digit(c))) return false;
  std::string usual;
  normalize(nfkc(), text, usual);
  if (usual != text || !is_in_order(text)) return false;
  UErrorCode code = U_ZERO_ERROR;
  const std::int32_t failed = ::uspoof_check2UTF8(strict_checker(), text.data(),
                                                  static_cast<std::int32_t>(text.size()), nullptr, &code);
  check(code);
  return failed == 0;
}

char32_t fold_character(char32_t c) noexcept {
  if (c < 0x80) return static_cast<unsigned char>(fold(static_cast<char>(c)));
  if (c > 0x10ffff) return c;  // no character
  const auto width =
      static_cast<UEastAsianWidth>(::u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_EAST_ASIAN_WIDTH));
  if (width == U_EA_FULLWIDTH || width == U_EA_HALFWIDTH) {
    icu::UnicodeString usual;
    // What would become a space or a comma means something in commands, and stays.
    if (nfkc().getRawDecomposition(static_cast<UChar32>(c), usual) && usual.countChar32() == 1 &&
        is_letter_or_digit(usual.char32At(0)))
      c = static_cast<char32_t>(usual.char32At(0));
  }
  return static_cast<char32_t>(::u_tolower(static_cast<UChar32>(c)));
}

character first_character(std::string_view text) noexcept {
  if (const auto byte = static_cast<unsigned char>(text.front()); byte < 0x80) return {byte, 1};
  std::string_view rest = text;
  const UChar32 c = take(rest);
  if (c >= 0) return {static_cast<char32_t>(c), text.size() - rest.size()};
  return {0x110000U + static_cast<unsigned char>(text.front()), 1};
}

namespace {

std::string in_form(const icu::Normalizer2& which, std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  for (std::string_view rest = text; !rest.empty();)
    if (take(rest) < 0) return std::string(text);
  std::string form;
  normalize(which, text, form);
  return form;
}

}  // namespace

std::string composed(std::string_view text) { return in_form(nfc(), text); }
std::string unified(std::string_view text) { return in_form(nfkc(), text); }

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
  if (is_ascii(name)) return folded(name);
  std::string apart, all;
  normalize(nfd(), name, apart);
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
        ::uspoof_getSkeletonUTF8(skeleton_maker(), 0, bytes.data(), static_cast<std::int32_t>(bytes.size()),
                                 prototype.data(), static_cast<std::int32_t>(prototype.size()), &code);
    check(code);
    all.append(prototype.data(), static_cast<std::size_t>(size));
  }
  return folded(all);
}

}  // namespace parlance::chat
