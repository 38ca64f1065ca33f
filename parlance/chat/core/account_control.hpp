// What operators do with the accounts of others: nobody logs in to one for a while, or one gets another name.
//
//   suspend_account(chat, "alice", {.reason = "spam", .by = "root", .until = chat.clock().seconds() + 86400});
//   lift_suspension(chat, "alice");
//   if (const auto why = rename_account(chat, "alice", "alicia")) refuse(*why);
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/core/hub.hpp>

namespace parlance::chat {

/// Puts out who is logged in to it, with all clients, and keeps others from logging in; `how.since` is seen to. False:
/// there is no such account. Throws store_error: then nothing has changed.
bool suspend_account(hub& of, std::string_view name, suspension how);
/// False: there is no such account, or it is not suspended. Throws store_error.
bool lift_suspension(hub& of, std::string_view name);

/// The account has another name, and all that is its own stays so: rooms, ranks, private talks, what is kept under its
/// name. Whoever is logged in to it and is called so gets the new nick. Nothing; or why not, for people. Throws
/// store_error when it could not be kept: then it has happened, and is kept as soon as anything can be.
std::optional<std::string> rename_account(hub& of, std::string_view name, std::string_view to);

}  // namespace parlance::chat
