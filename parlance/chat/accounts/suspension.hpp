// An account that nobody logs in to for a while, because an operator has said so: its name stays its own, and so does all
// that is kept of it.
//
//   if (const suspension* why = suspension_of(alice, now)) return refuse(explain(*why));
#pragma once

#include <cstdint>
#include <string>

#include <parlance/chat/accounts/accounts.hpp>

namespace parlance::chat {

/// That which holds at `now`, in seconds since the Unix epoch; null: none does, or not any more.
const suspension* suspension_of(const account& its, std::int64_t now) noexcept;

/// For people: "The account is suspended until 2026-12-01T09:00:00Z: spam".
std::string explain(const suspension& how);

}  // namespace parlance::chat
