// The options of stream sockets: those that every one of ours has, and those that who connects or listens may
// choose.
//
//   auto s = co_await net::connect("bulk.example:9000", {.socket = {.send_buffer = 4 << 20, .type_of_service
//   = 0x08}});
#pragma once

#include <netinet/tcp.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <parlance/io/socket.hpp>

namespace parlance::net {

/// What is not given stays as it is: as every socket of ours has it, or as the system does. They are set
/// before the socket is bound, connects or listens, and pass to those that a listener accepts. One that
/// cannot be set throws io::error naming it. Nothing in the simulation, where there are no descriptors.
struct socket_options {
  /// SO_RCVBUF and SO_SNDBUF (socket(7)), in bytes: the kernel doubles them, caps them at net.core.rmem_max
  /// and wmem_max, and no longer fits them to the connection by itself.
  std::optional<int> receive_buffer = {}, send_buffer = {};
  /// TCP_NODELAY. False: small sends wait for each other (Nagle's algorithm).
  std::optional<bool> no_delay = {};
  /// SO_KEEPALIVE, and its times (tcp(7)).
  std::optional<bool> keepalive = {};
  std::optional<std::chrono::seconds> keepalive_idle = {}, keepalive_interval = {};
  std::optional<int> keepalive_probes = {};
  /// IP_TOS or IPV6_TCLASS, the byte: DSCP in its upper six bits.
  std::optional<int> type_of_service = {};
  /// SO_MARK, for routes and filters; takes CAP_NET_ADMIN.
  std::optional<std::uint32_t> mark = {};
  /// SO_BINDTODEVICE: the name of the interface that it goes through. Empty: whichever.
  std::string device = {};
  /// For what is not here: called with the descriptor after all of these. What it throws ends the attempt:
  /// one of several where somebody connects, who is told of it by io::error.
  std::function<void(int)> hook = {};
};

/// Sets those that are given. Throws io::error, as in "set SO_MARK: operation not permitted".
void apply(const socket_options& wanted, io::socket& to, int family);

/// TCP: no delay (a message leaves when it is sent) and keepalive, so that a peer that vanished is noticed
/// after two minutes: 60 s idle, then 6 probes 10 s apart. Those do not run while data is unacknowledged,
/// which TCP sends again for about 15 minutes (net.ipv4.tcp_retries2): a send's time limit is for that, and
/// who only waits to receive asks the peer something, with a time limit. TCP_USER_TIMEOUT (RFC 5482) is not
/// for it, for Linux ends a peer with it, too, that answers and takes nothing for a while. A listener's
/// options pass to those it accepts. Nothing for other families, or in the simulation.
void prepare_stream_socket(io::socket& socket, int family) noexcept;
/// What callers are given of whom somebody else's listener accepts, at these sockets: of `wanted` keepalive
/// with its times, and no_delay; and what it does not say as every socket of ours has it, unless who opened
/// one of them has chosen: it has keepalive, or times of its own for it. Nothing where they are not TCP's.
/// Throws io::error naming the option that cannot be set.
socket_options options_for_callers(const std::vector<int>& listening, const socket_options& wanted);

/// TCP_INFO (tcp(7)); empty when it is no TCP connection.
std::optional<tcp_info> tcp_info_of(int descriptor) noexcept;

}  // namespace parlance::net
