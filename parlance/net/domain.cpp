#include <dlfcn.h>
#include <unicode/uidna.h>
#include <unicode/uvernum.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <parlance/net/domain.hpp>

namespace parlance::net {
namespace {

/// Of ICU what is needed here, of the version that this was compiled for, which is a part of all names. It is
/// loaded and not linked: each start of a program would pay for it.
struct unicode_names {
  decltype(&::uidna_openUTS46) open;
  decltype(&::uidna_nameToASCII_UTF8) to_ascii;
  UIDNA* rules;
};

std::optional<unicode_names> open_names() {
  void* const library = ::dlopen("libicuuc.so." U_ICU_VERSION_SHORT, RTLD_LAZY | RTLD_LOCAL);
  if (!library) return std::nullopt;
  unicode_names made{};
  const auto find = [&](auto& into, const char* name) {
    const std::string versioned = std::string(name) + (U_DISABLE_RENAMING ? "" : "_" U_ICU_VERSION_SHORT);
    into = reinterpret_cast<std::remove_reference_t<decltype(into)>>(::dlsym(library, versioned.c_str()));
    return into != nullptr;
  };
  if (!find(made.open, "uidna_openUTS46") || !find(made.to_ascii, "uidna_nameToASCII_UTF8"))
    return std::nullopt;
  UErrorCode code = U_ZERO_ERROR;
  made.rules = made.open(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII |
                             UIDNA_NONTRANSITIONAL_TO_UNICODE,
                         &code);
  return code <= U_ZERO_ERROR ? std::optional(made) : std::nullopt;
}

bool has_a_label(std::string_view name) noexcept {
  return name.starts_with("xn--") || name.find(".xn--") != name.npos;
}

/// Hyphens may stand anywhere, and the length of labels is the resolver's to judge.
constexpr std::uint32_t allowed = UIDNA_ERROR_EMPTY_LABEL | UIDNA_ERROR_LABEL_TOO_LONG |
                                  UIDNA_ERROR_DOMAIN_NAME_TOO_LONG | UIDNA_ERROR_LEADING_HYPHEN |
                                  UIDNA_ERROR_TRAILING_HYPHEN | UIDNA_ERROR_HYPHEN_3_4;

std::string_view why(std::uint32_t errors) noexcept {
  constexpr std::array<std::pair<std::uint32_t, std::string_view>, 5> reasons{{
      {UIDNA_ERROR_DISALLOWED, "has a character that no name has"},
      {UIDNA_ERROR_PUNYCODE | UIDNA_ERROR_INVALID_ACE_LABEL | UIDNA_ERROR_LABEL_HAS_DOT,
       "what follows xn-- stands for no other name"},
      {UIDNA_ERROR_BIDI, "mixes directions of writing"},
      {UIDNA_ERROR_CONTEXTJ, "has a joiner that joins nothing"},
      {UIDNA_ERROR_LEADING_COMBINING_MARK, "begins with a combining mark"},
  }};
  for (const auto& [bits, reason] : reasons)
    if ((errors & bits) != 0) return reason;
  return "Unicode's rules for names refuse it";
}

/// What takes time in the square of its length ends here; no resolver takes a name of 256 bytes.
constexpr std::size_t longest_beyond_ascii = 2048;

}  // namespace

std::expected<std::string, std::string> domain_to_ascii(std::string_view name) {
  if (std::ranges::all_of(name, [](unsigned char c) { return c < 0x80; })) {
    std::string small(name);
    for (char& c : small)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (!has_a_label(small)) return small;
  }
  if (name.size() > longest_beyond_ascii) return std::unexpected("is too long");
  static const std::optional<unicode_names> icu = open_names();
  if (!icu) return std::unexpected("needs ICU (libicu), which is not installed");
  std::string ascii(256, '\0');
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  for (UErrorCode code = U_BUFFER_OVERFLOW_ERROR; code == U_BUFFER_OVERFLOW_ERROR;) {
    code = U_ZERO_ERROR;
    info = UIDNA_INFO_INITIALIZER;
    const std::int32_t size =
        icu->to_ascii(icu->rules, name.data(), static_cast<std::int32_t>(name.size()), ascii.data(),
                      static_cast<std::int32_t>(ascii.size()), &info, &code);
    if (code > U_ZERO_ERROR && code != U_BUFFER_OVERFLOW_ERROR) return std::unexpected("is not a name");
    ascii.resize(static_cast<std::size_t>(size));
  }
  if (const std::uint32_t errors = info.errors & ~allowed; errors != 0)
    return std::unexpected("is not a name: " + std::string(why(errors)));
  return ascii;
}

}  // namespace parlance::net
