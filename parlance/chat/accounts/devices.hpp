// Browsers, and other clients, that stay logged in to an account without its password: each has a token, of which the
// server keeps no more than what tells whether somebody has it, and which its owner takes back. Another password of the
// account ends them all.
//
//   const std::string token = make_device(store, alice, "Firefox on Linux", now);       // shown once
//   if (const auto its = find_device(store, alice, given)) ...                          // SASL OAUTHBEARER
//   end_device(store, alice, its->id);
//
// What they change is a part of the store's turn. Throw store_error where it cannot be read or kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/accounts/accounts.hpp>

namespace parlance::chat {

struct device {
  std::string id;          ///< its token begins with it, and a dot; no secret
  std::string name;        ///< as its owner calls it
  std::uint64_t made = 0;  ///< in microseconds since the Unix epoch
  std::uint64_t seen = 0;  ///< the same, when it was logged in last
};

/// Of one account: for one more, that which was seen longest ago is no more.
inline constexpr std::size_t most_devices = 32;

/// Its token. `now`: in microseconds since the Unix epoch.
std::string make_device(store& in, const account& of, std::string_view name, std::uint64_t now);
/// By when they were made.
std::vector<device> devices_of(store& in, const account& of);
/// Whose token that is; nothing: nobody's, or not any more.
std::optional<device> find_device(store& in, const account& of, std::string_view token);
/// What tells a password of an account from the one before it; of the password itself it tells nothing.
std::string mark_of_password(const account& of);
/// Whether there is one of that id, which logs in still.
bool has_device(store& in, const account& of, std::string_view id);
void device_is_seen(store& in, const account& of, std::string_view id, std::uint64_t now);
/// False: there is none.
bool end_device(store& in, const account& of, std::string_view id);
void end_devices(store& in, const account& of);
/// They are those of the account's new name from here on.
void move_devices(store& in, std::string_view from, std::string_view to);

}  // namespace parlance::chat
