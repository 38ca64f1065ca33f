#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>

#include <parlance/chat/web/outward.hpp>

namespace parlance::chat {
namespace {

/// Of no public network, besides network::is_private: this machine, what is nobody's, and what stands for an address of
/// IPv4 in one of IPv6 (RFC 6890; RFC 6052, RFC 3056).
bool is_public(const network& one) {
  static const networks special(
      {"0.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
       "224.0.0.0/3", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
       "2002::/16", "fec0::/10", "ff00::/8"},
      networks::unix_sockets::if_named);
  return !one.is_loopback() && !one.is_private() && !special.contain(one);
}

}  // namespace

io::task<std::vector<net::endpoint>> resolve_outward(const http::url& to, const networks& known,
                                                     const char* key) {
  std::vector<net::endpoint> addresses =
      co_await net::resolve({.host = std::string(to.host_name()), .port = to.port(), .path = {}});
  std::erase_if(addresses, [&](const net::endpoint& one) {
    const std::optional<network> at = network::of(one);
    return !at || !((to.secure() && is_public(*at)) || known.contain(at));
  });
  if (addresses.empty())
    throw std::runtime_error(fmt::format(
        "{} ({} names others)", to.secure() ? "is at no public address" : "is called by https only", key));
  co_return addresses;
}

}  // namespace parlance::chat
