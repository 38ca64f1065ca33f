// TLS by OpenSSL, as bytes in and bytes out: it never touches a descriptor.
//
// Safe by default: TLS 1.2 or later; a client checks the chain against the system's authorities and the
// certificate against the host's name (RFC 9525: subject alternative names only), and sends the name (SNI,
// RFC 6066).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/io/mutex.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/stream.hpp>

struct ssl_ctx_st;
struct ssl_st;

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

/// One connection's TLS, between the plain bytes and the records. For net::stream.
class tls_session {
 public:
  /// `host`: whom a client means to reach, a name or a numeric address. Empty for a server.
  tls_session(std::shared_ptr<tls_context> context, const std::string& host);
  ~tls_session();
  tls_session(const tls_session&) = delete;
  tls_session& operator=(const tls_session&) = delete;

  enum class step { done, wants_input, ended };

  // Each throws io::error (errc::tls or errc::certificate) whose text is only the reason.
  /// Goes on with the handshake.
  step handshake();
  /// Decrypts into `room`; `size` says how much. `ended`: close_notify came.
  step read(char* room, std::size_t capacity, std::size_t& size);
  /// Encrypts all of `plain`.
  void write(std::string_view plain);
  /// Says close_notify.
  void shutdown();

  /// Records that came from the peer.
  void feed(std::string_view records);
  /// Records for the peer; moved out.
  std::string take_output();
  bool has_output() const noexcept { return output_size() != 0; }
  std::size_t output_size() const noexcept;

  /// "TLSv1.3", "TLS_AES_256_GCM_SHA384", and the protocol that ALPN chose, or empty.
  std::string version() const;
  std::string cipher() const;
  std::string alpn() const;
  /// SHA-256 of the peer's certificate; empty when it showed none.
  std::string peer_fingerprint() const;

  // For net::stream, which does the sending and receiving.
  /// Where decrypted bytes are handed out from; lives while they do.
  std::unique_ptr<char[]> plain;
  /// Whose turn it is to encrypt and send: records leave in the order in which they were made.
  io::mutex sending;
  /// Records that are not sent yet, because a send was cut.
  std::string unsent;
  /// A record was cut at a place that nobody knows, so nothing can follow it.
  bool cut = false;

 private:
  struct freed {
    void operator()(ssl_st* ssl) const noexcept;
  };
  [[noreturn]] void fail(int result);
  void name_host();
  std::string certificate_problem() const;

  std::shared_ptr<tls_context> context_;
  std::string host_;
  std::string shown_;  // the names in a certificate that was refused
  std::unique_ptr<ssl_st, freed> ssl_;
};

/// Does the handshake over `s` and turns it into a TLS stream, as the client who wants `host`, or as the
/// server. Bytes that were peeked at are the handshake's. Throws io::error naming the peer; `s` is closed
/// then.
io::task<stream> tls_connect(stream s, std::shared_ptr<tls_context> context, std::string host,
                             io::duration limit = std::chrono::seconds(15));
io::task<stream> tls_accept(stream s, std::shared_ptr<tls_context> context,
                            io::duration limit = std::chrono::seconds(15));

}  // namespace parlance::net
