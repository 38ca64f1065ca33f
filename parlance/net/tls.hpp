// TLS over a stream: the handshake that turns a stream into an encrypted one.
#pragma once

#include <memory>
#include <string>

#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/stream.hpp>
#include <parlance/net/tls_context.hpp>
#include <parlance/net/tls_session.hpp>

namespace parlance::net {

/// Does the handshake over `s` and turns it into a TLS stream, as the client who wants `host`, or as the
/// server. Bytes that were peeked at are the handshake's. Throws io::error naming the peer; `s` is closed
/// then.
io::task<stream> tls_connect(stream s, std::shared_ptr<tls_context> context, std::string host,
                             io::duration limit = std::chrono::seconds(15));
io::task<stream> tls_accept(stream s, std::shared_ptr<tls_context> context,
                            io::duration limit = std::chrono::seconds(15));

}  // namespace parlance::net
