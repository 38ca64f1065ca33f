#include "join_addresses.hpp"

#include <fmt/core.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <memory>

namespace parlance::cli {
namespace {

using io::endpoint;

bool is_every_interface(const endpoint& at) { return at.address() == "0.0.0.0" || at.address() == "::"; }

/// Link-local addresses need an interface's name on the caller's side, which nobody can know here.
bool is_link_local(const endpoint& at) {
  const std::string address = at.address();
  return address.starts_with("fe80:") || address.starts_with("169.254.");
}

}  // namespace

std::vector<endpoint> reachable_at(const endpoint& listening) {
  if (listening.family() == AF_UNIX || !is_every_interface(listening)) return {listening};
  std::vector<endpoint> v4, v6;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) == 0) {
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(first, ::freeifaddrs);
    for (const ifaddrs* i = first; i; i = i->ifa_next) {
      const int family = i->ifa_addr ? i->ifa_addr->sa_family : AF_UNSPEC;
      if ((family != AF_INET && family != AF_INET6) || !(i->ifa_flags & IFF_UP)) continue;
      endpoint at(i->ifa_addr, family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
      at.set_port(listening.port());
      if (!at.is_loopback() && !is_link_local(at)) (family == AF_INET ? v4 : v6).push_back(at);
    }
  }
  if (listening.family() == AF_INET6) v4.insert(v4.end(), v6.begin(), v6.end());
  if (v4.empty()) v4.push_back(endpoint::ipv4({127, 0, 0, 1}, listening.port()));
  return v4;
}

std::string with_nc(const endpoint& at) {
  return at.family() == AF_UNIX ? fmt::format("nc -U {}", at.path())
                                : fmt::format("nc {} {}", at.address(), at.port());
}

std::string with_parlance(const endpoint& at) { return fmt::format("parlance chat {}", at.to_string()); }

}  // namespace parlance::cli
