// What lists of addresses (DNSBL) say of those who call from there, as far as they have been asked; door/blocklists.hpp asks.
//
//   if (const std::string why = why_listed(chat, client, is_logged_in); !why.empty()) refuse(why);
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

#include <parlance/chat/base/network.hpp>
#include <parlance/chat/core/settings.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

class client;
class hub;

struct listing {
  std::string list;  ///< as the configuration calls it
  listed_are what;
  std::string reason;
};

class listings {
 public:
  /// Of more the oldest answers go, and are asked for again.
  static constexpr std::size_t most = 20'000;
  /// For so long an answer holds, and for so long that there was none.
  static constexpr io::duration holds = std::chrono::minutes(30), holds_failure = std::chrono::minutes(1);

  /// Whether an answer is known that holds.
  bool is_known(const network& address, io::time_point now) const;
  /// Nothing: it is on no list, or that could not be found out.
  void learn(const network& address, std::optional<listing> what, io::time_point until, io::time_point now);
  /// Null: it is on none, as far as is known.
  const listing* find(const std::optional<network>& address, io::time_point now) const;
  void forget() { all_.clear(); }

 private:
  struct answer {
    std::optional<listing> what;
    io::time_point until;
  };
  std::unordered_map<network, answer, network_hash> all_;
};

/// Where somebody calls from.
const listing* listing_of(hub& of, const client& by);
/// Why somebody who is not here yet does not come in, for people; empty: it may.
std::string why_listed(hub& of, const client& by, bool is_logged_in);
/// Tells operators of somebody who has come in, where that one is only marked.
void tell_of_listed(hub& of, const client& by);

}  // namespace parlance::chat
