// The options that every stream socket of ours has from the start.
#pragma once

#include <netinet/tcp.h>

#include <optional>

#include <parlance/io/socket.hpp>

namespace parlance::net {

/// TCP: no delay (a message leaves when it is sent) and keepalive, so that a peer that vanished is noticed
/// after two minutes: 60 s idle, then 6 probes 10 s apart; unacknowledged data likewise (TCP_USER_TIMEOUT,
/// RFC 5482). A listener's options pass to those it accepts. Nothing for other families, or in the
/// simulation.
void prepare_stream_socket(io::socket& socket, int family) noexcept;

/// TCP_INFO (tcp(7)); empty when it is no TCP connection.
std::optional<tcp_info> tcp_info_of(int descriptor) noexcept;

}  // namespace parlance::net
