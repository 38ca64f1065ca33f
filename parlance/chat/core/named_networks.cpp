#include <algorithm>

#include <parlance/chat/core/named_networks.hpp>

namespace parlance::chat {

using enum networks::unix_sockets;

named_networks::named_networks(const settings& in)
    : exempt(in.limits.exempt),
      proxied(in.proxies.protocol, if_named),
      forward(in.proxies.forwarded, if_named),
      unlisted(in.dnsbl.exempt),
      metrics(in.metrics.allow) {
  for (const auto& [name, gateway] : in.webirc) webirc.emplace(name, networks(gateway.from, if_named));
}

bool named_networks::is_unlimited(const std::optional<network>& caller) const noexcept {
  return exempt.contain(caller) || forward.contain(caller) ||
         std::ranges::any_of(webirc, [&](const auto& gateway) { return gateway.second.contain(caller); });
}

}  // namespace parlance::chat
