// TLS by OpenSSL, as bytes in and bytes out: it never touches a descriptor.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/net/peer_certificate.hpp>
#include <parlance/net/tls_context.hpp>
#include <parlance/net/tls_info.hpp>

struct ssl_session_st;
struct ssl_st;

namespace parlance::net {

struct verification_notes;

/// One connection's TLS, between the plain bytes and the records. For tls_transport.
class tls_session {
 public:
  /// `host`: whom a client means to reach, a name or a numeric address. Empty for a server.
  tls_session(std::shared_ptr<tls_context> context, const std::string& host);
  ~tls_session();
  tls_session(const tls_session&) = delete;
  tls_session& operator=(const tls_session&) = delete;

  bool is_server() const noexcept { return context_->is_server(); }
  /// OpenSSL's own, which stays the session's.
  ssl_st* native() const noexcept { return ssl_.get(); }

  enum class step { done, wants_input, ended };

  // Each throws io::error (errc::tls or errc::certificate) whose text is only the reason.
  /// Goes on with the handshake.
  step handshake();
  /// Decrypts into `room`; `size` says how much. `ended`: close_notify came. What it throws it throws
  /// again. A peer that updates its keys (RFC 8446, section 4.6.3) too often is refused: 32 times are
  /// allowed, and once more for each 16 KiB of data and each `caught_up`.
  step read(char* room, std::size_t capacity, std::size_t& size);
  /// Whether `read` would say anything but `wants_input`, or may; it costs more to ask OpenSSL.
  bool may_be_read() const noexcept;
  /// All that has come from the peer was read, and the next is waited for.
  void caught_up() noexcept { allow_key_updates(1); }
  /// Encrypts all of `plain`.
  void write(std::string_view plain);
  /// Says close_notify, once; nothing can be written afterwards.
  void shutdown();
  bool has_shut_down() const noexcept;

  /// Records that came from the peer.
  void feed(std::string_view records);
  /// Records for the peer; moved out.
  std::string take_output();
  bool has_output() const noexcept { return output_size() != 0; }
  std::size_t output_size() const noexcept;

  /// What was agreed on: "TLSv1.3", "TLS_AES_256_GCM_SHA384", and the protocol that ALPN chose, or empty.
  std::string version() const;
  std::string cipher() const;
  std::string alpn() const;
  /// The name that the client asked for (SNI); empty when it asked for none.
  std::string server_name() const;
  /// SHA-256 of the peer's certificate; empty when it showed none.
  std::string peer_fingerprint() const;
  /// All that the peer's certificate says, and whether it was verified; nothing when it showed none.
  std::optional<peer_certificate> peer() const;
  /// Whether the handshake went on with what an earlier one had agreed on. The peer is the one of that time.
  bool resumed() const;
  /// All of it.
  tls_info info() const { return {version(), cipher(), alpn(), server_name(), peer(), resumed()}; }

 private:
  struct freed {
    void operator()(ssl_st* ssl) const noexcept;
  };
  friend class tls_context;
  [[noreturn]] void fail(int result);
  void name_host();
  void resume();
  std::string certificate_problem() const;
  void allow_key_updates(std::size_t more) noexcept;
  static void count_key_updates(int is_ours, int version, int type, const void* message, std::size_t size,
                                ssl_st* ssl, void* session);
  /// OpenSSL's callback for a session that can be resumed.
  static int keep(ssl_st* ssl, ssl_session_st* session);

  std::shared_ptr<tls_context> context_;
  std::unique_ptr<verification_notes> notes_;  // with the host, as it is asked for
  std::unique_ptr<ssl_st, freed> ssl_;
  std::exception_ptr failure_;  // of reading
  unsigned key_updates_ = 0;    // of those allowed
  std::size_t data_ = 0;        // that has not allowed one yet
};

}  // namespace parlance::net
