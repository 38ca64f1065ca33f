#include <parlance/http/base/grammar.hpp>
#include <parlance/http/client/dial_options.hpp>

namespace parlance::http {

net::address dial_options::called_for(const net::address& to) const {
  for (const detour& way : connect_to) {
    const bool host_fits = way.host.empty() || equals_ignoring_case(way.host, to.host);
    if (!host_fits || (way.port != 0 && way.port != to.port)) continue;
    return {.host = way.to_host.empty() ? to.host : way.to_host,
            .port = way.to_port == 0 ? to.port : way.to_port,
            .path = to.path};
  }
  return to;
}

std::vector<net::endpoint> dial_options::addresses_of(const net::address& to) const {
  const fixed* fitting = nullptr;
  for (const fixed& known : resolve) {
    if (known.port != 0 && known.port != to.port) continue;
    const bool is_named = equals_ignoring_case(known.host, to.host);
    if (is_named || (!fitting && known.host.empty())) fitting = &known;
    if (is_named) break;
  }
  std::vector<net::endpoint> addresses;
  if (fitting) addresses = fitting->addresses;
  for (net::endpoint& each : addresses) each.set_port(to.port);
  return addresses;
}

}  // namespace parlance::http
