// What SOCKS5 and CONNECT have in common: whom can be asked for, and how it is told that it failed.
#pragma once

#include <algorithm>
#include <cerrno>
#include <string>

#include <parlance/io/error.hpp>
#include <parlance/net/address.hpp>
#include <parlance/net/error.hpp>

namespace parlance::net {

/// The host with its name as the network has it. Throws io::error (EINVAL) when it is none for a proxy.
inline address proxy_target(address to) {
  if (to.is_unix() || to.host.empty() || to.port == 0)
    throw io::error(io::from_errno(EINVAL), "ask for it", "a proxy needs a host and a port");
  to.host = to_ascii(to.host);
  // Nothing that would end the line that it becomes a part of.
  if (std::ranges::any_of(to.host,
                          [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; }))
    throw io::error(io::from_errno(EINVAL), "ask for it", "the host has a character that no name has");
  return to;
}

}  // namespace parlance::net
