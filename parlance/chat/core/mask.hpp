// Masks: "*!*@*.example.org" stands for many people (https://modern.ircdocs.horse/#wildcard-expressions).
//
//   chat::matches("*!*@192.0.2.*", "alice!~a@192.0.2.7");
//   chat::normalise_mask("alice") == "alice!*@*";
//
// '*' stands for any text or none, '?' for exactly one character; after a backslash either stands for itself. A
// backslash before anything else is a backslash, because nicknames have them. Characters match in either case and
// width, as in names (base/names.hpp). The time is at most the product of the two lengths.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::chat {

/// Bytes of a mask: more than any nick!user@host has.
inline constexpr std::size_t max_mask = 200;

bool matches(std::string_view mask, std::string_view text) noexcept;

/// Whether the mask stands for more than one text.
bool has_wildcards(std::string_view mask) noexcept;

/// The nick!user@host form of what people write:
///   nick -> nick!*@*     user@host -> *!user@host     nick!user -> nick!user@*     a.host, ::1 -> *!*@a.host
/// Stars that follow each other become one, and characters are composed as those of names are (NFC). Nothing if it is empty, has a space or a control character in it,
/// or comes to more than `limit` bytes.
std::optional<std::string> normalise_mask(std::string_view text, std::size_t limit = max_mask);

}  // namespace parlance::chat
