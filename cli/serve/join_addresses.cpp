#include <fmt/core.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>

#include <parlance/chat/web/page_files.hpp>

#include <cli/serve/join_addresses.hpp>

namespace parlance::cli {
namespace {

using io::endpoint;

bool is_every_interface(const endpoint& at) { return at.address() == "0.0.0.0" || at.address() == "::"; }

/// Link-local addresses need an interface's name on the caller's side, which nobody can know here.
bool is_link_local(const endpoint& at) {
  const std::string address = at.address();
  return address.starts_with("fe80:") || address.starts_with("169.254.");
}

/// From which one calls elsewhere, as the routes are: of the network with the others, and not of a bridge to
/// containers. Nothing is sent (`to`: of the addresses for documentation, RFC 5737 and RFC 3849).
endpoint address_toward(const endpoint& to) {
  endpoint found;
  const int socket = ::socket(to.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return found;
  socklen_t size = endpoint::capacity;
  if (::connect(socket, to.data(), to.size()) == 0 && ::getsockname(socket, found.data(), &size) == 0)
    found.resize(size);
  ::close(socket);
  return found;
}

void put_first(std::vector<endpoint>& all, const char* toward) {
  const std::string first = address_toward(*endpoint::parse_ip(toward, 9)).address();
  const auto found = std::ranges::find(all, first, &endpoint::address);
  if (found != all.end()) std::rotate(all.begin(), found, found + 1);
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
  put_first(v4, "192.0.2.1");
  put_first(v6, "2001:db8::1");
  if (listening.family() == AF_INET6) v4.insert(v4.end(), v6.begin(), v6.end());
  if (v4.empty()) v4.push_back(endpoint::ipv4({127, 0, 0, 1}, listening.port()));
  return v4;
}

std::string with_nc(const endpoint& at) {
  return at.family() == AF_UNIX ? fmt::format("nc -U {}", at.path())
                                : fmt::format("nc {} {}", at.address(), at.port());
}

std::string with_parlance(const endpoint& at) { return fmt::format("parlance chat {}", at.to_string()); }

std::string with_browser(const endpoint& at, bool only_tls) {
  if (at.family() == AF_UNIX || chat::page_files().empty()) return {};
  return fmt::format("{}://{}/", only_tls ? "https" : "http", at.to_string());
}

}  // namespace parlance::cli
