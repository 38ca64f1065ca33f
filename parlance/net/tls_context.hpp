// Keys, certificates and rules of TLS, shared by many connections.
//
// Safe by default: TLS 1.2 or later; a client checks the chain against the system's authorities and the
// certificate against the host's name (RFC 9525: subject alternative names only), and sends the name (SNI,
// RFC 6066).
#pragma once

#include <memory>
#include <string>
#include <vector>

struct ssl_ctx_st;

namespace parlance::net {

/// What a client wants of TLS.
struct tls_client_options {
  /// PEM file of authorities to trust instead of the system's.
  std::string ca_file = {};
  /// Certificate and key to show the server, PEM files. Empty: none.
  std::string cert_file = {}, key_file = {};
  /// What to offer, the dearest first (ALPN, RFC 7301).
  std::vector<std::string> alpn = {};
  /// The name to ask for and to check, when it is not the host that was connected to.
  std::string server_name = {};
  /// Accepts whatever certificate the server shows: anybody in between can read and change everything.
  bool insecure_accept_any_certificate = false;
};

/// What a server shows and offers.
struct tls_server_options {
  /// PEM files; the key may be in the certificate's. Both empty: a key and a self-signed certificate are made
  /// on the spot, for this context; `make_self_signed` (self_signed.hpp) makes some to keep.
  std::string cert_file = {}, key_file = {};
  /// Which protocols it speaks; a client that offers none of them is refused (RFC 7301, section 3.2).
  std::vector<std::string> alpn = {};
  /// Asks the client for a certificate, and takes any, whoever signed it, and none: for servers that know
  /// their callers by `tls_session::peer_fingerprint`. That the caller has the key is checked, no more. A
  /// client that offers HTTP (ALPN "http/1.1", "h2") is a browser or the like, and is not asked.
  bool request_client_certificate = false;
};

/// Keys, certificates and rules, shared by many sessions, on any threads.
class tls_context {
 public:
  /// Each throws io::error that names the file, or the setting, and what is wrong with it.
  static std::shared_ptr<tls_context> client(const tls_client_options& options = {});
  static std::shared_ptr<tls_context> server(const tls_server_options& options = {});
  ~tls_context();

  /// SHA-256 of the certificate that is shown, as "AB:CD:..."; empty when there is none.
  const std::string& fingerprint() const noexcept { return fingerprint_; }
  ssl_ctx_st* native() const noexcept { return context_; }
  const tls_client_options& client_options() const noexcept { return client_options_; }
  bool is_server() const noexcept { return server_; }
  const std::string& alpn_wire() const noexcept { return alpn_; }

 private:
  tls_context();
  ssl_ctx_st* context_;
  std::string fingerprint_;
  std::string alpn_;  // in wire form
  tls_client_options client_options_;
  bool server_ = false;
};

}  // namespace parlance::net
