// What OpenSSL's callbacks decide on a peer's certificate, and what they leave for whoever reports it.
#pragma once

#include <openssl/ssl.h>

#include <string>
#include <vector>

#include <parlance/net/tls_options.hpp>

namespace parlance::net {

class kept_sessions;

/// Of one session, for as long as that lives.
struct verification_notes {
  /// The names in a certificate that was refused: OpenSSL forgets it before anybody can ask.
  std::string names = {};
  /// Why our own checks refused it; empty when they did not.
  std::string refused = {};
  /// Of a client: whom it asked for.
  std::string host = {};
  /// Where its sessions are kept; null when they are not.
  kept_sessions* sessions = nullptr;

  void attach_to(SSL* ssl);
  /// Null for a session that others made.
  static verification_notes* of(const SSL* ssl);
};

/// For SSL_CTX_set_verify. Either leaves OpenSSL's answer where it can be asked for, SSL_get_verify_result.
/// Takes OpenSSL's answer, and notes the names of what is refused.
int take_what_is_trusted(int trusted, X509_STORE_CTX* chain);
/// Takes all. Whoever sets a callback of his own, or none, has real checks again.
int take_any(int trusted, X509_STORE_CTX* chain);

/// The checks that come after OpenSSL's.
class certificate_check {
 public:
  /// Throws io::error for a pin that is none. `any`: also of what OpenSSL does not trust.
  certificate_check(const std::vector<std::string>& pins, tls_check own, bool any);
  /// Asked at each handshake of this context, as long as it lives.
  void install(SSL_CTX* context);

 private:
  static int decide(X509_STORE_CTX* chain, void* self);
  std::string refusal(X509_STORE_CTX* chain, bool trusted) const;
  bool meets_a_pin(X509_STORE_CTX* chain, bool trusted) const;

  std::vector<std::string> pins_;  // as peer_certificate writes them
  tls_check own_;
  bool any_;
};

/// What the session's peer showed, with OpenSSL's answer (X509_V_OK and so on).
peer_certificate read_peer(const SSL* ssl, X509* certificate, long result);

}  // namespace parlance::net
