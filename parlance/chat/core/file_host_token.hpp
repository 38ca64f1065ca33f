// By which somebody in the chat may put up files over HTTP, where a browser keeps no password: a JSON web token that it
// asks for over its connection (EXTJWT), good for the next minute.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/core/hub.hpp>

namespace parlance::chat {

/// What EXTJWT is asked for.
inline constexpr std::string_view file_host_service = "filehost";

/// Claims as EXTJWT has them, `identity` (correspondence.hpp) and `password` (mark_of_password). Throws store_error.
std::string make_file_host_token(hub& of, const person& who);

/// The identity of whom it is: it is of this server, not over, and if it is an account's, that is there with the same
/// password. Throws store_error.
std::optional<std::string> owner_of_file_host_token(hub& of, std::string_view token);

}  // namespace parlance::chat
