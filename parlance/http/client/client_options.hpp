// What a client keeps to.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <parlance/http/authentication/credentials.hpp>
#include <parlance/http/client/dial_options.hpp>
#include <parlance/http/client/hsts.hpp>
#include <parlance/http/client/pool.hpp>
#include <parlance/http/client/proxy_rules.hpp>
#include <parlance/http/client/redirect.hpp>
#include <parlance/http/client/usual_fields.hpp>
#include <parlance/http/cookies/cookie_jar.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/tls_context.hpp>

namespace parlance::http {

/// What is spoken (RFC 9113 3). Proxies are asked by HTTP/1.1 whatever this says.
enum class http_versions : std::uint8_t {
  both,     ///< over TLS what the server chooses (ALPN), else HTTP/1.1
  http_1,   ///< HTTP/1.1
  http_2,   ///< HTTP/2: over TLS the server has to choose it, and else it has to be known that it speaks it
  http_1_0  ///< HTTP/1.0: one request a connection, no body of unknown length, and no 100 (Continue)
};

/// `tls` with the ALPN for them, where it has none.
net::tls_client_options with_versions(net::tls_client_options tls, http_versions which);

struct client_options {
  http_versions versions = http_versions::both;
  /// With ALPN, unless that is empty, instead of what `versions` says.
  net::tls_client_options tls = {};
  /// Shared by many clients when it is given: made from `tls` once (with_versions), it saves reading the
  /// authorities again.
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
  redirect_rules redirects = {};
  /// Take the content coding off. Otherwise none is asked for and the body passes as it comes. Part of a coded
  /// body (206) passes as it comes, too, for it cannot be decoded, as does an error (4xx, 5xx) in a coding that
  /// is unknown.
  bool decode = true;
  /// For `get`, `send` and `read_all`: most bytes of a body that is kept in memory, after decoding.
  std::uint64_t max_body = 256ULL << 20;
  /// A body of so many bytes, or of unknown length, is sent when the server says so, or says nothing for
  /// `continue_timeout` (RFC 9110 10.1.1): one that refuses it need not read it. Others are sent at once.
  std::uint64_t expect_continue_from = 1ULL << 20;
  io::duration continue_timeout = std::chrono::seconds(1);
  /// Of HTTP/1: a body ends where the connection does, whatever Content-Length says: for servers whose count is
  /// wrong.
  bool ignore_length = false;
  /// Of HTTP/1: chunks pass as they came, with what frames them and the trailers behind them; nothing is decoded.
  bool keeps_chunks = false;
  /// How many connections there may be, and are kept.
  pool_limits connections = {};
  /// Sent where requests have no others.
  usual_fields usual = {};
  /// Who we are to whom. Null: what URLs say alone.
  std::shared_ptr<http::credentials> credentials = {};
  /// Kept from one request to the next. Null: none are.
  std::shared_ptr<cookie_jar> cookies = {};
  /// Hosts that are asked over https only. Null: what servers say of that is passed over.
  std::shared_ptr<http::hsts> hsts = {};
  /// By which proxy it goes to whom. The environment is not looked at, unless you do:
  /// `.proxies = http::proxy_rules::from_environment()`.
  proxy_rules proxies = {};
  /// For TLS to a proxy, https://...; `tls` is for who is behind it.
  net::tls_client_options proxy_tls = {};
  /// Other addresses for names, and from where it calls.
  dial_options dial = {};
  /// Of a Unix socket, to which all requests go, whatever host their URLs name, and without a proxy.
  std::string unix_path = {};
};

}  // namespace parlance::http
