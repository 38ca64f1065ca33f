// Where somebody's browsers are told of what they miss: an address at a push service each, with keys (RFC 8030, section 4).
// They belong to an account, and go with it; with its password, if that is another one, and with the device (devices.hpp)
// that has named them. So who was logged out hears nothing any more.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/store/timeline.hpp>

namespace parlance::chat {

class store;
struct account;

struct push_subscription {
  std::string endpoint;      ///< a URL
  std::string p256dh, auth;  ///< in base64 for URLs
};

/// Of one person: for one more, the oldest is no more.
inline constexpr std::size_t most_push_subscriptions = 8;
inline constexpr std::size_t longest_push_endpoint = 1024;

/// In the place of one with that endpoint. `device`: the id of that by which its client is logged in, or empty; `now`: a
/// place that no other has (clock::next_id). Throws store_error.
void subscribe(store& in, const account& of, const push_subscription& one, std::string_view device,
               entry_id now);
/// Silently, where there is none. `identity`: of an account. Throws store_error.
void unsubscribe(store& in, std::string_view identity, std::string_view endpoint);
/// Whether anybody has one, or had before it ended. Throws store_error.
bool has_subscriptions(store& in);
/// Throws store_error.
std::vector<push_subscription> subscriptions_of(store& in, const account& of);

}  // namespace parlance::chat
