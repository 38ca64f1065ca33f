// For whom a ban is meant: a mask of "nick!user@host", or an extended ban, "a:ACCOUNT" for who is logged in
// to an account, and "m:MASK" for who may come in but not speak.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/core/person.hpp>

namespace parlance::chat {

/// The full form of what people write (see mask.hpp), extended or not. Nothing when it is none.
std::optional<std::string> normalise_ban(std::string_view text);

/// By the host that others see, and by the address where that is shown. A mute is not meant here.
bool matches_person(std::string_view ban, const person& who);
/// Whether it is meant for that account alone, by its whole name.
bool names_account(std::string_view ban, std::string_view account);
/// The same ban for who it names under another name; empty: it does not name that account (names_account).
std::string with_account(std::string_view ban, std::string_view account, std::string_view to);
/// The same as matches_person, if it were called as its account is.
bool matches_as_account(std::string_view ban, const person& who);
bool mutes_person(std::string_view ban, const person& who);

}  // namespace parlance::chat
