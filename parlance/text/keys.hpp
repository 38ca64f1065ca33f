// Text as somebody types it, without the keys that type nothing.
#pragma once

#include <string>
#include <string_view>

namespace parlance::text {

/// Without what a terminal sends for a key that types nothing, like an arrow, for colours, or when it is asked
/// something: the control sequences of ECMA-48 (section 5.4), its control strings (section 5.6), and SS3 with
/// its one character, in front of which old terminals have parameters; without telnet's commands (RFC 854); and without what was erased by BS, DEL or telnet's
/// EC (the character before), ^W (the word) and ^U or EL (all).
std::string without_keys(std::string_view bytes);
/// Without the bytes alone that begin a key or a command of telnet: what it would be if they were none.
std::string without_key_marks(std::string_view bytes);
/// The same, and without the letter of SS2 and SS3, as it is typed with Alt or sent by a function key.
std::string without_shifts(std::string_view bytes);
/// Whether one of those, but for what erases, has begun and its end has not come.
bool ends_within_key(std::string_view bytes);
/// What each of those begins with.
inline constexpr std::string_view key_marks = "\x1b\xff\xc2\x08\x7f\x15\x17";

}  // namespace parlance::text
