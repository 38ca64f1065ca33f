// Accounts that nobody has used for long end by themselves, where the configuration says so
// (settings::accounts_group::expire_after), and sooner their people go who stay without being connected
// (always_on_expires_after).
//
//   expiry_place at;
//   while (!at.is_at_end) expire_accounts(chat, at, 50);          // housekeeping: some in a turn
#pragma once

#include <cstddef>
#include <string>

#include <parlance/chat/core/hub.hpp>

namespace parlance::chat {

/// Where a walk through all accounts goes on; as made, with the first.
struct expiry_place {
  std::string from = {};
  bool is_at_end = false;
};

/// Looks at the next accounts, at most `most`. Those that somebody is connected to are in use; those that have been in use
/// by nobody for so long end, as drop_account ends them, but one that is suspended, or of whom it is not known since when:
/// for that it counts from now on. Throws store_error.
void expire_accounts(hub& of, expiry_place& at, std::size_t most);

}  // namespace parlance::chat
