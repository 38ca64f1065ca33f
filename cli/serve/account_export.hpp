// All that a chat keeps of one person, for who asks for it: what is known of the account, and what it has said.
//
//   chat::store_snapshot now({.folder = "/srv/chat"});
//   export_account(now, "alice", [](std::string_view line) { ... });     // JSON, with its newline
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/store/snapshot.hpp>

namespace parlance::cli {

/// Nothing by which one could log in, or pass for somebody, is told: no digests, no tokens. False: there is no such account.
/// Throws store_error.
bool export_account(chat::store_snapshot& from, std::string_view name,
                    const std::function<void(std::string_view line)>& tell);

/// The same into a new file in the store's folder, which only who runs the server can read. Its path; nothing: there is no
/// such account. Takes long: for a thread that may wait. Throws store_error and std::system_error.
std::optional<std::string> export_account_to_file(const chat::store_options& of, std::string_view name,
                                                  std::int64_t now);

}  // namespace parlance::cli
