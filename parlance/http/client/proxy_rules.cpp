#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <initializer_list>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/client/proxy_rules.hpp>
#include <parlance/io/error.hpp>

namespace parlance::http {
namespace {

/// The first of these variables that says something.
std::string environment(std::initializer_list<const char*> names) {
  for (const char* const name : names)
    if (const char* const value = std::getenv(name); value && *value) return value;
  return {};
}

/// The bytes of an address, four or sixteen; none of what is no address.
std::string address_bytes(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const std::string plain(text);
  std::array<char, sizeof(in6_addr)> bytes{};
  if (::inet_pton(AF_INET, plain.c_str(), bytes.data()) == 1) return {bytes.data(), sizeof(in_addr)};
  if (::inet_pton(AF_INET6, plain.c_str(), bytes.data()) == 1) return {bytes.data(), bytes.size()};
  return {};
}

bool same_network(std::string_view a, std::string_view b, std::size_t bits) {
  if (a.empty() || a.size() != b.size() || bits > a.size() * 8) return false;
  if (a.substr(0, bits / 8) != b.substr(0, bits / 8)) return false;
  if (bits % 8 == 0) return true;
  const unsigned shift = static_cast<unsigned>(8 - bits % 8);
  return static_cast<unsigned char>(a[bits / 8]) >> shift == static_cast<unsigned char>(b[bits / 8]) >> shift;
}

/// Takes ":80" off the end of one. Nothing: it has none.
std::optional<std::uint64_t> take_port(std::string_view& one) {
  const std::size_t colon = one.rfind(':');
  if (colon == one.npos) return std::nullopt;
  const std::string_view host = one.substr(0, colon);
  if (host.contains(':') && !host.ends_with(']')) return std::nullopt;  // in an IPv6 address
  const auto port = parse_decimal(one.substr(colon + 1));
  if (port) one = host;
  return port;
}

bool fits(std::string_view one, const url& target) {
  const std::string_view host = target.host_name();
  const std::string address = address_bytes(host);
  if (const std::size_t slash = one.find('/'); slash != one.npos) {
    const auto bits = parse_decimal(one.substr(slash + 1));
    return bits && same_network(address, address_bytes(one.substr(0, slash)), *bits);
  }
  if (const auto port = take_port(one); port && *port != target.port()) return false;
  if (!address.empty()) return address == address_bytes(one);
  if (one.starts_with("*.")) one.remove_prefix(1);
  if (one.starts_with('.')) one.remove_prefix(1);
  if (one.ends_with('.')) one.remove_suffix(1);
  std::string_view name = host;
  if (name.ends_with('.')) name.remove_suffix(1);
  if (one.empty() || name.size() < one.size()) return false;
  if (!equals_ignoring_case(name.substr(name.size() - one.size()), one)) return false;
  return name.size() == one.size() || name[name.size() - one.size() - 1] == '.';
}

}  // namespace

proxy_rules proxy_rules::all(std::string proxy, std::string except) {
  return {.http = proxy, .https = std::move(proxy), .except = std::move(except)};
}

proxy_rules proxy_rules::from_environment() {
  const std::string other = environment({"all_proxy", "ALL_PROXY"});
  proxy_rules rules{.http = environment({"http_proxy"}),
                    .https = environment({"https_proxy", "HTTPS_PROXY"}),
                    .except = environment({"no_proxy", "NO_PROXY"})};
  if (rules.http.empty()) rules.http = other;
  if (rules.https.empty()) rules.https = other;
  return rules;
}

const std::string& proxy_rules::proxy_for(const url& target) const {
  static const std::string none;
  return is_excepted(except, target) ? none : target.secure() ? https : http;
}

bool is_excepted(std::string_view list, const url& target) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(", \t"), list.size());
    const std::string_view one = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    if (one == "*" || (!one.empty() && fits(one, target))) return true;
  }
  return false;
}

parsed_proxy parsed_proxy::parse(std::string_view text) {
  parsed_proxy read;
  const std::size_t colon = text.find("://");
  std::string url(text);
  if (colon == text.npos) {
    url = "http://" + url;
  } else {
    std::string scheme = lower(text.substr(0, colon));
    read.looks_up_here = scheme == "socks5" || scheme == "socks4";
    if (scheme == "socks5h") scheme = "socks5";
    if (scheme == "socks4a") scheme = "socks4";
    url = scheme + url.substr(colon);
  }
  read.at = net::proxy::parse(url);
  return read;
}

route route_to(const url& target, const proxy_rules& by) {
  const std::string& proxy = by.proxy_for(target);
  if (proxy.empty()) return {.to = origin::of(target)};
  const net::proxy at = parsed_proxy::parse(proxy).at;
  if (at.speaks != net::proxy::protocol::http || target.secure() || by.tunnels_all)
    return {.to = origin::of(target), .proxy = proxy};
  return {
      .to = {.secure = at.tls, .host = at.at.host, .port = at.at.port}, .proxy = proxy, .is_forwarded = true};
}

}  // namespace parlance::http
