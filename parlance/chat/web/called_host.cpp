#include <algorithm>
#include <array>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/web/called_host.hpp>

namespace parlance::chat {
namespace {

constexpr auto not_public =
    std::to_array<std::string_view>({".localhost", ".local", ".localdomain", ".lan", ".home", ".home.arpa",
                                     ".internal", ".intranet", ".private", ".corp", ".test"});

bool is_address(std::string_view host) {
  if (host.starts_with('[')) return true;
  const std::optional<network> its = network::parse(host);
  return its && its->is_address();
}

}  // namespace

bool is_out_of_reach(const io::endpoint& here, const std::optional<network>& peer) {
  const std::optional<network> own = network::of(here);
  if (!own || own->is_loopback()) return true;
  // Behind a firewall a public address may be out of reach, too: who is at the same, or in the same /64, is.
  return peer && ((own->is_private() && peer->is_private()) || own->household() == peer->household());
}

bool may_be_called(std::string_view host, std::string_view own) {
  return !host.contains('.') || is_address(host) || same_name(host, own) ||
         std::ranges::any_of(not_public, [&](std::string_view end) { return host.ends_with(end); });
}

}  // namespace parlance::chat
