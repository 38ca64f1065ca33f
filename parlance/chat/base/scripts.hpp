// Names in scripts other than ASCII's: what may be one, which are one, and which look alike. For names.cpp, which knows
// what ASCII names are; Unicode's tables are ICU's, which is loaded for the first text that is not ASCII alone.
//
// Which are one: those that have the same of RFC 8265's UsernameCaseMapped in common (section 3.3.1), which is
// UTF8MAPPING=rfc8265 to IRC clients. Which look alike: those of one skeleton (UTS 39, section 4).
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace parlance::chat {

/// Loads ICU now: whoever starts a server learns then that it is missing. Throws std::runtime_error.
void load_scripts();

/// Whether it has only ASCII.
constexpr bool is_ascii(std::string_view text) noexcept {
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  return true;
}

/// Whether its letters may be a name: letters, digits and marks (RFC 8264, section 4.2, the IdentifierClass) that are in
/// use today, in the one form that each has, of scripts that are written together (UTS 39, section 5.2, "Highly
/// Restrictive"), in an order that nobody misreads (RFC 5893, section 2). ASCII in it is not looked at, other than as a
/// part of the whole.
bool is_written_name(std::string_view text);

/// One character of a name: wide and narrow forms of letters and digits as the usual ones, then small.
char32_t fold_character(char32_t c) noexcept;
struct character {
  char32_t code;
  std::size_t size;  ///< bytes
};
/// The first of a text that is not empty. A byte that is no UTF-8 is one by itself, and none that Unicode has.
character first_character(std::string_view text) noexcept;
/// In the form that most texts have (NFC). What is no UTF-8 stays as it is.
std::string composed(std::string_view text);
/// With one form for what looks the same (NFKC): wide Latin letters, ligatures, composed and decomposed. What is no UTF-8
/// stays as it is.
std::string unified(std::string_view text);
/// With all characters folded, composed (NFC). What is no UTF-8 stays as it is, but for 'A' to 'Z'.
std::string fold_script(std::string_view text);

/// What those that look alike have in common; of ASCII alone, the small letters. Folded.
std::string skeleton_of(std::string_view name);

}  // namespace parlance::chat
