// What a TLS context is made from: what is shown, who is trusted, and what is kept.
//
//   net::tls_server_options{
//       .certificates = {{.cert_file = "fullchain.pem", .key_file = "privkey.pem"}},
//       .client_certificates = net::client_certificate::required,
//       .ca_file = "members.pem",
//   };
//
// Files are read when the context is made. PEM from memory and from a file are alike; where one is expected,
// giving both is an error. Nothing here ever asks on the terminal.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include <parlance/net/peer_certificate.hpp>

namespace parlance::net {

/// The password of an encrypted key, or who knows it: asked only for a key that is encrypted, on the thread
/// that makes the context, and again at each reload. What it throws comes out where the context is made.
using tls_password = std::variant<std::string, std::function<std::string()>>;

/// A certificate with its chain, and its key.
struct tls_certificate {
  /// A file, or PEM itself; the server's own or the client's first, then those between it and the authority. A
  /// file may be PEM, DER (one certificate) or PKCS #12 (RFC 7292), which has the key and the chain, too, and
  /// whose password is `password`: what it is, is seen by what is in it.
  std::string cert_file = {}, cert_pem = {};
  /// The same, without PKCS #12. Both empty: the key is where the certificate is.
  std::string key_file = {}, key_pem = {};
  tls_password password = {};
  /// For a server, the names that it is shown for, "example.com" or "*.example.com". Empty: those in it.
  std::vector<std::string> names = {};

  /// Neither a certificate nor a key.
  bool empty() const noexcept {
    return cert_file.empty() && cert_pem.empty() && key_file.empty() && key_pem.empty();
  }
};

/// One's own check of a certificate that is taken otherwise: {} takes it, `std::unexpected("the reason")`, or
/// an exception, refuses it, and the other end is sent an alert. It is called in the handshake, on the thread
/// of its loop, so on several at once, and must not block. Nobody escapes it by resuming a session: a context
/// that has one resumes none.
using tls_check = std::function<std::expected<void, std::string>(const peer_certificate& shown)>;

/// Earlier ones are not spoken (RFC 8996).
enum class tls_version { v1_2, v1_3 };

/// What a client wants of TLS.
struct tls_client_options {
  /// Authorities to trust instead of the system's, PEM. Lists of revoked certificates among them (CRLs, RFC
  /// 5280) are heeded: with one there, each authority of a chain needs one that is in date.
  std::string ca_file = {}, ca_pem = {};
  /// What to show a server that asks. Empty: nothing.
  tls_certificate certificate = {};
  /// What to offer, the dearest first (ALPN, RFC 7301).
  std::vector<std::string> alpn = {};
  /// The name to ask for and to check, when it is not the host that was connected to.
  std::string server_name = {};
  /// One of these must be met besides all other checks. "AB:CD:...", 64 hexadecimal digits with or without
  /// colons, is the SHA-256 of the server's own certificate, as `tls_context::fingerprint` has it. Base64, 44
  /// characters, is a pin-sha256 of RFC 7469: of the key of any certificate in the chain that was verified,
  /// or of the server's own where none was.
  std::vector<std::string> pins = {};
  tls_check check = {};
  /// Accepts whatever certificate the server shows, if `pins` and `check` do: without either, anybody in
  /// between can read and change everything. With `check`, `peer_certificate::verified` tells what the
  /// authorities and the name would have said.
  bool insecure_accept_any_certificate = false;
  /// Keeps a few sessions of each host and resumes them, which spares a round of keys and certificates. A
  /// ticket of TLS 1.3 is used once, so that nobody can tell two connections to be of one client by it (RFC
  /// 8446, appendix C.4). Only this context resumes them, for the same name, and by what was verified then.
  bool resume_sessions = true;
  /// Secrets of each session are appended to this file, for Wireshark and the like (the format of
  /// SSLKEYLOGFILE): who has it reads everything, so it is made with mode 600, and others lose what rights
  /// they have to one that is there. The environment is never looked at, unless you do: `.key_log_file =
  /// net::environment_key_log()`.
  std::string key_log_file = {};
  /// The first and the last version that is offered.
  tls_version least = tls_version::v1_2, most = tls_version::v1_3;
  /// Of TLS 1.2 and of TLS 1.3, and the groups of key exchange, as OpenSSL writes such lists:
  /// "ECDHE-RSA-AES256-GCM-SHA384:...", "TLS_AES_256_GCM_SHA384:...", "X25519:P-256". Empty: its own.
  std::string ciphers = {}, ciphersuites = {}, groups = {};
  /// Lists of revoked certificates (PEM), as those among the authorities; the system's may be those. Empty: none.
  std::string crl_file = {};
};

/// Whether nothing of it is set: what `tls_context::default_client` does.
bool is_default(const tls_client_options& options);

/// Whether a server wants to see a client's certificate, and which.
enum class client_certificate {
  /// It is not asked for.
  none,
  /// It is asked for, and any is taken, whoever signed it, and none, too: for servers that know their callers
  /// by `tls_session::peer_fingerprint`. That the caller has the key is checked, no more. A client that
  /// offers HTTP (ALPN "http/1.1", "h2") is a browser or the like, which would bother its user, and is not
  /// asked.
  any,
  /// It is asked for. One that is shown must be of an authority in `ca_file` or `ca_pem`; none is taken.
  optional,
  /// It must be shown, and be of one of these authorities.
  required,
};

/// What a server shows and offers.
struct tls_server_options {
  /// The one for the name that the client asks for is shown (SNI, RFC 6066): the name itself goes before a
  /// wildcard, and earlier ones before later ones. Who asks for no name, or for one that none is for, is
  /// shown the first. With none at all a key and a self-signed certificate are made on the spot, for this
  /// context; `make_self_signed` (self_signed.hpp) makes some to keep.
  std::vector<tls_certificate> certificates = {};
  /// Which protocols it speaks; a client that offers none of them is refused (RFC 7301, section 3.2).
  std::vector<std::string> alpn = {};
  client_certificate client_certificates = client_certificate::none;
  /// Authorities of clients, PEM, and CRLs as the client's; never the system's, which sign for anybody. With
  /// `any` they refuse nobody, but tell who is `verified`.
  std::string ca_file = {}, ca_pem = {};
  /// Of the clients' certificates; not called for who shows none.
  tls_check check = {};
  /// Whether clients that come back may do a shorter handshake (RFC 8446, section 4.6.1; RFC 5077). A client
  /// that only sends, and closes, leaves the tickets unread, so that its kernel resets the connection and
  /// drops what is still on its way: not for a server to which each client comes once.
  bool tickets = true;
  /// As the client's.
  std::string key_log_file = {};
};

/// The file that SSLKEYLOGFILE names, or empty; empty too in a program that runs with more rights than its
/// user (secure_getenv(3)).
std::string environment_key_log();

}  // namespace parlance::net
