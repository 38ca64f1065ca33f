// Where connections really go, and from where: what stands in for looking a name up.
//
//   http::client client({.dial = {.connect_to = {{.host = "example.com", .to_host = "127.0.0.1"}}, .family = AF_INET}});
//
// What is asked for, and whose certificate is checked, stays as the URL has it.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <parlance/io/time.hpp>
#include <parlance/net/address.hpp>
#include <parlance/net/connect_observer.hpp>
#include <parlance/net/socket_options.hpp>

namespace parlance::http {

struct dial_options {
  /// The addresses of a host, which is not looked up. Their ports do not count.
  struct fixed {
    std::string host;  // empty: any that is not named itself
    /// 0: any.
    std::uint16_t port = 0;
    std::vector<net::endpoint> addresses = {};
  };
  /// Another host that is called instead of one. Empty or 0: any, or as it was.
  struct detour {
    std::string host;
    std::uint16_t port = 0;
    std::string to_host = {};
    std::uint16_t to_port = 0;
  };

  /// The first that fits counts. Detours go before looking up.
  std::vector<fixed> resolve = {};
  std::vector<detour> connect_to = {};
  /// AF_INET or AF_INET6: addresses of that family only.
  int family = AF_UNSPEC;
  /// As connect_options::local, and the name of an interface (socket_options::device).
  std::string local = {}, device = {};
  /// Ports of ours, of which the first that is free is called from; 0: any.
  std::uint16_t first_port = 0, last_port = 0;
  /// Of each socket, besides `device`.
  net::socket_options socket = {};
  /// As connect_options::attempt_delay.
  io::duration attempt_delay = std::chrono::milliseconds(250);
  /// As connect_options::observer.
  std::shared_ptr<const net::connect_observer> observer = {};

  /// Who is called for `to`.
  net::address called_for(const net::address& to) const;
  /// What is known of a host's addresses; none: it is looked up.
  std::vector<net::endpoint> addresses_of(const net::address& to) const;
};

}  // namespace parlance::http
