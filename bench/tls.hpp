// TLS by OpenSSL alone, for the floor and the load: a session on a socket, with no BIO of anybody's.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>

#include "loopback.hpp"

namespace bench {

struct openssl_freed {
  void operator()(SSL_CTX* context) const noexcept { ::SSL_CTX_free(context); }
  void operator()(SSL* session) const noexcept { ::SSL_free(session); }
};
using tls_context = std::unique_ptr<SSL_CTX, openssl_freed>;
using tls_session = std::unique_ptr<SSL, openssl_freed>;

[[noreturn]] inline void fail_tls(std::string_view what) {
  fmt::print(stderr, "{}: {}\n", what, ::ERR_reason_error_string(::ERR_get_error()));
  std::exit(1);
}

/// TLS 1.3 with AES-128-GCM, as all of them speak it here; reads and writes go as far as they can.
inline tls_context make_context(const SSL_METHOD* method) {
  tls_context context(::SSL_CTX_new(method));
  if (!context || !::SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) ||
      !::SSL_CTX_set_ciphersuites(context.get(), "TLS_AES_128_GCM_SHA256"))
    fail_tls("TLS");
  ::SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
  return context;
}

/// `file`: a certificate and its key, PEM.
inline tls_context server_context(const char* file) {
  tls_context context = make_context(::TLS_server_method());
  if (::SSL_CTX_use_certificate_chain_file(context.get(), file) != 1 ||
      ::SSL_CTX_use_PrivateKey_file(context.get(), file, SSL_FILETYPE_PEM) != 1)
    fail_tls(file);
  return context;
}

inline tls_session session_on(SSL_CTX* context, int socket) {
  tls_session session(::SSL_new(context));
  if (!session || ::SSL_set_fd(session.get(), socket) != 1) fail_tls("TLS");
  return session;
}

/// It waits for bytes, or for room.
inline bool must_wait(const SSL* session, int result) {
  const int why = ::SSL_get_error(session, result);
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

}  // namespace bench
