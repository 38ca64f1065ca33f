// Which server is meant, and whether nobody may read along.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/net/address.hpp>

namespace parlance::cli {

struct server_address {
  net::address at;
  bool tls = false;
  /// Of an address like "ircs://host/room,other".
  std::vector<std::string> rooms = {};

  /// Whether nobody between can read along, even without TLS: it is this machine.
  bool is_here() const;

  /// "host", "host:port", "tls://...", "ircs://...", "irc://...", "unix:/path". `tls`: what was asked for
  /// apart from that. Otherwise TLS is spoken with whoever is neither this machine nor in a private network.
  /// Throws io::error.
  static server_address parse(std::string_view text, std::optional<bool> tls = {});
};

}  // namespace parlance::cli
