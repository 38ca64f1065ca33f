// What operators do with the accounts of others: nobody logs in to one for a while, or one gets another name.
//
//   suspend_account(chat, "alice", {.reason = "spam", .by = "root", .until = chat.clock().seconds() + 86400});
//   lift_suspension(chat, "alice");
#pragma once

#include <string_view>

#include <parlance/chat/core/hub.hpp>

namespace parlance::chat {

/// Puts out who is logged in to it, with all clients, and keeps others from logging in; `how.since` is seen to. False:
/// there is no such account. Throws store_error: then nothing has changed.
bool suspend_account(hub& of, std::string_view name, suspension how);
/// False: there is no such account, or it is not suspended. Throws store_error.
bool lift_suspension(hub& of, std::string_view name);

}  // namespace parlance::chat
