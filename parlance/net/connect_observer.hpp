// Who watches a connection come about: for those who show it, or lay something of their own under TLS.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <parlance/net/address.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::net {

/// Each is called at its moment, on the loop's thread, must not throw, and may be missing. With a proxy,
/// these are of the connection to the proxy.
struct connect_observer {
  /// Before the host's name is looked up; not for addresses that are known.
  std::function<void(const std::string& host)> looking_up = {};
  /// The addresses to try, in this order.
  std::function<void(std::span<const endpoint>)> resolved = {};
  /// An attempt begins, beside those that wait, ...
  std::function<void(const endpoint& to)> trying = {};
  /// ... and has failed.
  std::function<void(const endpoint& to, std::string_view why)> failed = {};
  /// One has won, and the others are closed. What it gives is spoken through: the stream itself, or something
  /// over it. A proxy, a preface and TLS are still to come.
  std::function<stream(stream)> connected = {};
};

}  // namespace parlance::net
