// The small grammar that all of HTTP shares (RFC 9110 5.5 and 5.6): tokens, lists, white space, letters
// without case.
//
//   std::string_view rest = "gzip, , \"a,b\";q=1 ,br";
//   while (auto element = next_element(rest)) ...          // gzip, "a,b";q=1, br
//
// All views point into what was given; nothing here allocates but `lower` and `in_quotes`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::http {

/// One or more of the characters a name may be made of (RFC 9110 5.6.2).
bool is_token(std::string_view) noexcept;

/// No control character but the tab, so no CR, LF or NUL; bytes from 0x80 pass (RFC 9110 5.5). May be empty.
bool is_field_value(std::string_view) noexcept;

/// A control character, the tab, too: below 0x20, or 0x7f.
bool has_control(std::string_view) noexcept;

/// Letters A to Z equal a to z; all other bytes equal themselves.
bool equals_ignoring_case(std::string_view, std::string_view) noexcept;

/// A to Z made small, all other bytes as they are.
std::string lower(std::string_view);

/// Without the spaces and tabs at both ends.
std::string_view trim(std::string_view) noexcept;

/// Takes the next element off a list, separated by commas or by another; those in quoted strings do not
/// separate, empty elements are skipped (RFC 9110 5.6.1.2). Nothing when the list has ended.
std::optional<std::string_view> next_element(std::string_view& rest, char separator = ',') noexcept;

/// Takes a quoted string off `rest`, which starts with its quotation mark, and gives what it says (RFC 9110
/// 5.6.4); one that never ends, ends with the text.
std::string take_quoted(std::string_view& rest);
/// Whether the text ends inside a quoted string.
bool ends_within_quotes(std::string_view) noexcept;

/// Digits only, at least one, at most 2^63-1: no sign, no space, no overflow.
std::optional<std::uint64_t> parse_decimal(std::string_view) noexcept;

/// The value of one hexadecimal digit, or -1.
int hex_value(char) noexcept;

/// For a message to a person: in quotation marks, at most 60 bytes of it, what is not printable ASCII as
/// \xNN.
std::string in_quotes(std::string_view);

}  // namespace parlance::http
