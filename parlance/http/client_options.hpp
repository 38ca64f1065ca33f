// What a client keeps to.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <parlance/http/pool.hpp>
#include <parlance/http/redirect.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/tls_context.hpp>

namespace parlance::http {

struct client_options {
  net::tls_client_options tls = {};
  /// Shared by many clients when it is given: made from `tls` once, it saves reading the authorities again.
  std::shared_ptr<net::tls_context> tls_context = {};
  /// The name, every address and the TLS handshake together.
  io::duration connect_timeout = std::chrono::seconds(30);
  /// From the end of the request to the first byte of its answer, and from an interim answer to the next.
  io::duration first_byte_timeout = std::chrono::seconds(300);
  /// The longest silence of the server in its answer, the longest that it may not take what we send, and the
  /// longest from the first byte of a head to its last.
  io::duration stall_timeout = std::chrono::seconds(60);
  /// The whole, from `open` to the end of the body, redirects included.
  io::duration timeout = io::unlimited;
  /// At most http::max_redirects. 0: a redirect is an answer like any other.
  unsigned max_redirects = http::max_redirects;
  /// Take the content coding off. Otherwise none is asked for and the body passes as it comes. Part of a coded
  /// body (206) passes as it comes, too, for it cannot be decoded.
  bool decode = true;
  /// For `get`, `send` and `read_all`: most bytes of a body that is kept in memory, after decoding.
  std::uint64_t max_body = 256ULL << 20;
  /// A body of so many bytes, or of unknown length, is sent when the server says so, or says nothing for a
  /// second (RFC 9110 10.1.1): one that refuses it need not read it. Others are sent at once.
  std::uint64_t expect_continue_from = 1ULL << 20;
  /// How many connections there may be, and are kept.
  pool_limits connections = {};
  /// Of a Unix socket, to which all requests go, whatever host their URLs name.
  std::string unix_path = {};
};

}  // namespace parlance::http
