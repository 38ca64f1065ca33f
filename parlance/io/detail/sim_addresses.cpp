#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <parlance/io/detail/sim_network.hpp>

namespace parlance::io::sim {
namespace {

using address = std::array<std::uint8_t, 16>;

constexpr address any6{};
constexpr address any4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};
constexpr address loopback6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr address loopback4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};

bool is_mapped(const address& a) noexcept { return std::equal(a.begin(), a.begin() + 12, any4.begin()); }

// IPv4 as an IPv4-mapped IPv6 address, so that both compare.
address address_of(const endpoint& e) noexcept {
  address a{};
  if (e.family() == AF_INET6) {
    std::memcpy(a.data(), &reinterpret_cast<const sockaddr_in6*>(e.data())->sin6_addr, a.size());
  } else {
    a = any4;
    std::memcpy(a.data() + 12, &reinterpret_cast<const sockaddr_in*>(e.data())->sin_addr, 4);
  }
  return a;
}

// How well `to` fits who is bound to `bound`; 0: not at all.
int match(const address& bound, const address& to) noexcept {
  if (bound == to) return 3;
  if (bound == any4 && is_mapped(to)) return 2;
  return bound == any6 ? 1 : 0;
}

}  // namespace

int address_book::add(addressed& who, endpoint& at) {
  if (at.family() == AF_UNIX) {
    if (at.path().empty()) return EINVAL;
    if (find(who.type(), at)) return EADDRINUSE;
    paths_.emplace(at.path(), &who);
    return 0;
  }
  if (at.port() == 0) {
    for (unsigned tried = 0; tried < 16384; ++tried) {
      last_port_ = last_port_ == 65535 ? 49152 : static_cast<std::uint16_t>(last_port_ + 1);
      at.set_port(last_port_);
      if (!taken(who.type(), at)) break;
    }
  }
  if (taken(who.type(), at)) return EADDRINUSE;
  ports_.emplace(at.port(), &who);
  return 0;
}

bool address_book::taken(int type, const endpoint& at) const {
  const address wanted = address_of(at);
  const auto [first, last] = ports_.equal_range(at.port());
  return std::any_of(first, last, [&](const auto& entry) {
    const address theirs = address_of(entry.second->address());
    return entry.second->type() == type && (match(theirs, wanted) || match(wanted, theirs));
  });
}

void address_book::remove(addressed& who) noexcept {
  const auto is_it = [&](const auto& entry) { return entry.second == &who; };
  const endpoint at = who.address();
  if (at.family() == AF_UNIX) {
    const auto [first, last] = paths_.equal_range(at.path());
    if (const auto found = std::find_if(first, last, is_it); found != last) paths_.erase(found);
  } else {
    const auto [first, last] = ports_.equal_range(at.port());
    if (const auto found = std::find_if(first, last, is_it); found != last) ports_.erase(found);
  }
}

addressed* address_book::find(int type, const endpoint& to) const {
  if (to.family() == AF_UNIX) {
    const auto [first, last] = paths_.equal_range(to.path());
    const auto found =
        std::find_if(first, last, [&](const auto& entry) { return entry.second->type() == type; });
    return found == last ? nullptr : found->second;
  }
  // A wildcard means this machine.
  address wanted = address_of(to);
  if (wanted == any4) wanted = loopback4;
  if (wanted == any6) wanted = loopback6;
  addressed* best = nullptr;
  int best_match = 0;
  const auto [first, last] = ports_.equal_range(to.port());
  for (auto at = first; at != last; ++at) {
    const int fit = at->second->type() == type ? match(address_of(at->second->address()), wanted) : 0;
    if (fit > best_match) best = at->second, best_match = fit;
  }
  return best;
}

endpoint seen_by(int family, const endpoint& local) {
  if (local.family() == AF_UNIX || family == AF_UNIX) return local;
  address a = address_of(local);
  if (a == any4) a = loopback4;
  if (a == any6) a = family == AF_INET ? loopback4 : loopback6;
  if (family == AF_INET6) return endpoint::ipv6(a, local.port());
  return endpoint::ipv4({a[12], a[13], a[14], a[15]}, local.port());
}

}  // namespace parlance::io::sim
