#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cctype>
#include <charconv>
#include <optional>

#include <cli/base/verb.hpp>
#include <cli/talk/service_names.hpp>

namespace parlance::cli {
namespace {

constexpr unsigned highest = 65535;

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c); });
}

/// A service's name has letters, digits and hyphens (RFC 6335, section 5.1); old ones have a little more.
bool may_be_service(std::string_view text) {
  return !text.empty() && text.size() <= 64 && !is_number(text) &&
         std::ranges::all_of(text, [](unsigned char c) {
           return std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '+';
         });
}

std::optional<std::uint16_t> service(std::string_view name, const char* protocol) {
  if (!may_be_service(name)) return {};
  servent entry{};
  servent* found = nullptr;
  std::array<char, 4096> room{};
  const std::string terminated(name);
  if (::getservbyname_r(terminated.c_str(), protocol, &entry, room.data(), room.size(), &found) != 0 ||
      !found)
    return {};
  return ntohs(static_cast<std::uint16_t>(found->s_port));
}

[[noreturn]] void refuse(std::string_view text, const char* protocol) {
  throw complaint(usage,
                  fmt::format("'{}' is no port and no {} service; give a number from 0 to 65535, or a name "
                              "of /etc/services",
                              text.substr(0, 64), protocol));
}

}  // namespace

std::uint16_t port_of(std::string_view text, const char* protocol) {
  if (!is_number(text)) {
    if (const auto named = service(text, protocol)) return *named;
    refuse(text, protocol);
  }
  unsigned number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || number > highest) refuse(text, protocol);
  return static_cast<std::uint16_t>(number);
}

std::string with_port_number(const std::string& address, const char* protocol) {
  if (address.starts_with("unix:")) return address;
  const std::size_t colon = address.rfind(':');
  if (colon == address.npos || address.find(']', colon) != address.npos) return address;
  const std::string_view port = std::string_view(address).substr(colon + 1);
  if (!may_be_service(port)) return address;
  // An IPv6 address that lacks its brackets is told so by who parses it.
  if (!address.starts_with('[') && address.find(':') != colon) return address;
  return fmt::format("{}{}", address.substr(0, colon + 1), port_of(port, protocol));
}

std::string joined(std::string_view host, std::string_view port, const char* protocol) {
  const bool bare = host.contains(':') && !host.starts_with('[');
  return fmt::format("{}{}{}:{}", bare ? "[" : "", host, bare ? "]" : "", port_of(port, protocol));
}

std::vector<std::uint16_t> ports_of(std::string_view list, const char* protocol) {
  std::bitset<highest + 1> seen;
  std::vector<std::uint16_t> ports;
  const auto add = [&](unsigned port) {
    if (port == 0) throw complaint(usage, "nobody listens at port 0; ports to check go from 1 to 65535");
    if (seen[port]) return;
    seen.set(port);
    ports.push_back(static_cast<std::uint16_t>(port));
  };
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string_view one = list.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t dash = one.find('-');
    // A service's name may have a hyphen.
    if (dash == one.npos || !is_number(one.substr(0, dash))) {
      add(port_of(one, protocol));
      continue;
    }
    const unsigned first = port_of(one.substr(0, dash), protocol);
    const unsigned last = port_of(one.substr(dash + 1), protocol);
    if (last < first) throw complaint(usage, fmt::format("'{}' goes down; write the lower port first", one));
    for (unsigned port = first; port <= last; ++port) add(port);
  }
  return ports;
}

}  // namespace parlance::cli
