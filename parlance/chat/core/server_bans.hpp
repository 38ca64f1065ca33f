// Who may not come in at all: people by "user@host" masks (KLINE), and addresses and networks (DLINE). Kept
// in the store, so that they outlast a restart.
//
//   bans.add({.what = server_ban::kind::address, .mask = "192.0.2.0/24", .reason = "spam", ...});
//   if (const server_ban* why = bans.find({.user = "~u", .host = "a.cloak", .address = "192.0.2.7"}, now))
//   ...
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/base/network.hpp>

namespace parlance::chat {

class store;

struct server_ban {
  enum class kind : unsigned char {
    people,  ///< `mask` is "user@host", or "a:ACCOUNT", with * and ?
    address  ///< `mask` is an address or a network, as network::text writes it
  };

  kind what;
  std::string mask;
  std::string reason = {};
  std::string set_by = {};
  std::int64_t set_at = 0;   ///< seconds since the Unix epoch
  std::int64_t expires = 0;  ///< the same; 0: never
};

class server_bans {
 public:
  /// More are refused.
  static constexpr std::size_t most = 10'000;

  /// What must be known of somebody who wants to come in. `host` is what others would see.
  struct visitor {
    std::string_view user, host, address;
    std::string_view account = {};  // as which it is logged in
  };

  /// The store outlives it.
  explicit server_bans(store& keeps);

  /// Replaces one of the same mask. False: there are too many.
  bool add(server_ban ban);
  /// False: there is none.
  bool remove(server_ban::kind what, std::string_view mask);
  /// One that is meant for the visitor, and has not expired by `now` (in seconds since the Unix epoch); or
  /// null.
  const server_ban* find(const visitor& who, std::int64_t now) const;
  /// Of its address or network alone, of which nobody need say anything first.
  const server_ban* find_address(const std::optional<network>& from, std::int64_t now) const;
  /// Takes out those that have expired.
  void expire(std::int64_t now);

  struct entry {
    server_ban ban;
    std::optional<network> net;
  };
  const std::vector<entry>& all() const noexcept { return all_; }

 private:
  std::vector<entry>::iterator locate(server_ban::kind what, std::string_view mask);

  store& store_;
  std::vector<entry> all_;
};

/// How long, as people write it: "30" (minutes), "1d12h", "90s"; in seconds. Nothing for what is none.
std::optional<std::int64_t> parse_ban_length(std::string_view text);
/// A mask as it is kept: an address or a network; "a:ACCOUNT"; or "user@host", where a host alone is anybody's there.
/// Nothing for what is none.
std::optional<std::string> normalise_server_ban(server_ban::kind what, std::string_view mask);
/// Whether such a mask, in its full form, keeps out everybody: the server can be stopped more easily.
bool bans_everybody(server_ban::kind what, std::string_view mask) noexcept;

/// Whether a mask of "user@host" is meant for the visitor, by its host or its address; the '~' before an
/// unconfirmed user need not be in it.
bool matches_visitor(std::string_view mask, const server_bans::visitor& who);

}  // namespace parlance::chat
