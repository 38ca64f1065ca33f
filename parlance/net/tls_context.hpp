// Keys, certificates and rules of TLS, shared by many connections.
//
//   auto context = net::tls_context::client({.ca_file = "ours.pem"});
//   auto s = co_await net::connect("example.com:443", {.context = context});
//
// Safe by default: TLS 1.2 or later; a client checks the chain against the system's authorities and the
// certificate against the host's name (RFC 9525: subject alternative names only), and sends the name (SNI,
// RFC 6066). A peer whose chain of certificates is longer than 32 KiB is refused. A server keeps nothing of a
// session that is over: who resumes one brings a ticket (RFC 8446, section 4.6.1; RFC 5077).
#pragma once

#include <memory>
#include <string>

#include <parlance/net/tls_options.hpp>

struct ssl_ctx_st;

namespace parlance::net {

class certificate_check;
class certificates_by_name;
class kept_sessions;
class key_log;

/// Keys, certificates and rules, shared by many sessions, on any threads.
class tls_context {
 public:
  /// Each throws io::error that names the file, or the setting, and what is wrong with it. Both read files,
  /// and so block for a moment; a client that trusts the system's authorities for longer: some hundred
  /// certificates are read.
  static std::shared_ptr<tls_context> client(const tls_client_options& options = {});
  static std::shared_ptr<tls_context> server(const tls_server_options& options = {});
  /// The client's context with no options at all, made when it is first asked for, and one for the whole
  /// process: the system's authorities are read once, and those that change later are not noticed. Whoever
  /// wants other rules makes his own, and does not change this one's by `native`.
  static std::shared_ptr<tls_context> default_client();
  ~tls_context();
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;

  /// SHA-256 of the certificate that is shown, a server's first, as "AB:CD:..."; empty when there is none.
  const std::string& fingerprint() const noexcept { return fingerprint_; }
  /// OpenSSL's own, for settings that are not here; before the first session. What it checks by itself it
  /// goes on checking: with SSL_CTX_set_verify and authorities of one's own, also after
  /// `client_certificate::any`.
  ssl_ctx_st* native() const noexcept { return context_; }
  const tls_client_options& client_options() const noexcept { return client_options_; }
  bool is_server() const noexcept { return server_; }
  const std::string& alpn_wire() const noexcept { return alpn_; }

 private:
  friend class tls_session;
  tls_context();
  void check_server(const tls_client_options& options);
  void check_clients(const tls_server_options& options);
  void show(const tls_server_options& options);
  void log_keys(const std::string& file);

  ssl_ctx_st* context_;
  std::string fingerprint_;
  std::string alpn_;  // in wire form
  tls_client_options client_options_;
  bool server_ = false;
  std::unique_ptr<certificate_check> check_;
  std::unique_ptr<certificates_by_name> names_;
  std::unique_ptr<kept_sessions> sessions_;  // of a client that resumes them
  std::unique_ptr<key_log> key_log_;
};

}  // namespace parlance::net
