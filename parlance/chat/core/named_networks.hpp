// The networks that the settings name, taken apart once: at the start, and whenever the settings are read again.
#pragma once

#include <map>
#include <optional>
#include <string>

#include <parlance/chat/base/network.hpp>
#include <parlance/chat/core/settings.hpp>

namespace parlance::chat {

struct named_networks {
  explicit named_networks(const settings& in);

  networks exempt;                                      ///< from limits for each address
  networks proxied;                                     ///< their connections begin with a PROXY header
  networks forward;                                     ///< their word is believed, in HTTP
  std::map<std::string, networks, std::less<>> webirc;  ///< the same in WEBIRC, by the gateway's name
  networks unlisted;                                    ///< no list is asked of them
  networks metrics;                                     ///< they may read what the server measures

  /// Whether it is many callers, or none whom limits for each address would be for.
  bool is_unlimited(const std::optional<network>& caller) const noexcept;
};

}  // namespace parlance::chat
