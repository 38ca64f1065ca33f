// Whom a connection leads to, for people.
#pragma once

#include <string>

#include <parlance/net/stream.hpp>
#include <parlance/net/tls.hpp>

namespace parlance::cli {

/// "127.0.0.1:8000". A caller on a Unix socket has no address of its own; it gets that of the listener.
std::string name_of(const net::stream& peer);

/// What was agreed on: version, cipher, ALPN's protocol, and the fingerprint of the peer's certificate.
std::string described(const net::tls_session& session);

}  // namespace parlance::cli
