// A lock-down: for a while nobody new comes in, or only who is logged in to an account, and no accounts are made. Those who
// are here stay, and others may become one more client of who is here. It is kept, and ends by itself where it is told so.
//
//   lock_down(chat, {.for_whom = lockdown::whom::strangers, .until = chat.clock().seconds() + 3600});
//   if (const std::string why = why_locked(chat, is_logged_in); !why.empty()) refuse(why);
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <parlance/chat/core/hub.hpp>

namespace parlance::chat {

struct lockdown {
  enum class whom : unsigned char {
    strangers,  ///< who is logged in to no account
    everybody
  };
  whom for_whom = whom::strangers;
  std::int64_t until = 0;  ///< seconds since the Unix epoch; 0: it is lifted by an operator alone
};

/// In the place of one that there is. Throws store_error.
void lock_down(hub& of, const lockdown& how);
/// False: there was none. Throws store_error.
bool lift_lockdown(hub& of);
/// That which holds now.
std::optional<lockdown> lockdown_of(hub& of);

/// Why somebody who is not here yet does not come in, for people; empty: it may.
std::string why_locked(hub& of, bool is_logged_in);

}  // namespace parlance::chat
