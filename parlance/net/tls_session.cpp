#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <climits>

#include <parlance/io/endpoint.hpp>
#include <parlance/io/error.hpp>
#include <parlance/net/address.hpp>
#include <parlance/net/detail/kept_sessions.hpp>
#include <parlance/net/detail/openssl.hpp>
#include <parlance/net/detail/tls_verification.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/tls_session.hpp>

namespace parlance::net {
namespace {

/// What OpenSSL says when the bytes that come are no TLS at all.
bool is_other_protocol(unsigned long code) {
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return false;
  switch (ERR_GET_REASON(code)) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_RECORD_LENGTH_MISMATCH:
    case SSL_R_RECORD_TOO_SMALL:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_WRONG_VERSION_NUMBER:
      return true;
    default:
      return false;
  }
}

/// Each costs as much as a hundred kilobytes do, and nobody needs two in a row.
constexpr unsigned most_key_updates = 32;
constexpr std::size_t data_for_a_key_update = 16 * 1024;

}  // namespace

tls_session::tls_session(std::shared_ptr<tls_context> context, const std::string& host)
    : context_(std::move(context)),
      notes_(new verification_notes{.host = host, .sessions = context_->sessions_.get()}),
      ssl_(SSL_new(context_->native())) {
  if (!ssl_) refuse_by_openssl("start TLS");
  notes_->attach_to(ssl_.get());
  BIO* from_peer = BIO_new(BIO_s_mem());
  BIO* to_peer = BIO_new(BIO_s_mem());
  if (!from_peer || !to_peer) {
    BIO_free(from_peer);
    BIO_free(to_peer);
    refuse_by_openssl("start TLS");
  }
  BIO_set_mem_eof_return(from_peer, -1);  // empty means "wait", not "end"
  SSL_set_bio(ssl_.get(), from_peer, to_peer);
  SSL_set_msg_callback(ssl_.get(), count_key_updates);
  SSL_set_msg_callback_arg(ssl_.get(), this);
  if (context_->is_server()) {
    SSL_set_accept_state(ssl_.get());
    return;
  }
  SSL_set_connect_state(ssl_.get());
  name_host();
  resume();
  const std::string& alpn = context_->alpn_wire();
  if (!alpn.empty())
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                        static_cast<unsigned>(alpn.size()));
}

tls_session::~tls_session() = default;
void tls_session::freed::operator()(ssl_st* ssl) const noexcept { SSL_free(ssl); }

// A name in its A-labels, without the dot of a root and the zone of a link: as certificates have it.
void tls_session::name_host() {
  const tls_client_options& options = context_->client_options();
  std::string& host = notes_->host;
  if (!options.server_name.empty()) host = options.server_name;
  host = to_ascii(host);
  if (host.ends_with('.')) host.pop_back();
  // OpenSSL would take it for "any name below".
  if (host.starts_with('.'))
    throw io::error(errc::certificate, "start TLS", fmt::format("{} is no host's name", host));
  const bool numeric = endpoint::parse_ip(host, 0).has_value();
  if (numeric) host = host.substr(0, host.find('%'));
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl_.get());
  X509_VERIFY_PARAM_set_hostflags(rules,
                                  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (!numeric && !host.empty()) SSL_set_tlsext_host_name(ssl_.get(), host.c_str());  // RFC 6066: names only
  const int set = numeric ? X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str())
                          : X509_VERIFY_PARAM_set1_host(rules, host.c_str(), host.size());
  if (!options.insecure_accept_any_certificate && (set != 1 || host.empty()))
    throw io::error(errc::certificate, "start TLS", "there is no name to check it against");
}

// Also for those who made the context stricter by `native` meanwhile.
void tls_session::resume() {
  if (!context_->sessions_) return;
  const bool checked = (SSL_get_verify_mode(ssl_.get()) & SSL_VERIFY_PEER) != 0 &&
                       !context_->client_options().insecure_accept_any_certificate;
  const ssl_session_ptr session = context_->sessions_->take(notes_->host, checked);
  if (session) SSL_set_session(ssl_.get(), session.get());
}

int tls_session::keep(SSL* ssl, SSL_SESSION* session) {
  const verification_notes* notes = verification_notes::of(ssl);
  if (!notes || !notes->sessions) return 0;
  try {
    SSL_SESSION_up_ref(session);
    notes->sessions->keep(notes->host, ssl_session_ptr(session), SSL_get_verify_result(ssl) == X509_V_OK);
  } catch (const std::bad_alloc&) {  // one session less
  }
  return 0;
}

std::string tls_session::certificate_problem() const {
  const std::string whose =
      context_->is_server() ? "the client's certificate" : "the certificate of " + notes_->host;
  const long result = SSL_get_verify_result(ssl_.get());
  if (!notes_->refused.empty()) return fmt::format("{} is refused: {}", whose, notes_->refused);
  if (result == X509_V_ERR_HOSTNAME_MISMATCH || result == X509_V_ERR_IP_ADDRESS_MISMATCH)
    return fmt::format("the certificate is not for {}, but for {}", notes_->host,
                       notes_->names.empty() ? "others" : notes_->names);
  return fmt::format("{} is not trusted: {}", whose, X509_verify_cert_error_string(result));
}

void tls_session::fail(int result) {
  const int kind = SSL_get_error(ssl_.get(), result);
  const unsigned long code = ERR_peek_error();
  // What led to it may come first: a signature that is wrong.
  const unsigned long last = ERR_peek_last_error();
  const int reason = ERR_GET_LIB(last) == ERR_LIB_SSL ? ERR_GET_REASON(last) : 0;
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    ERR_clear_error();
    throw io::error(errc::certificate, "TLS", certificate_problem());
  }
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
    ERR_clear_error();
    throw io::error(errc::certificate, "TLS", "the client showed no certificate, and has to");
  }
  if (kind == SSL_ERROR_SYSCALL && code == 0) throw io::error(errc::truncated, "TLS");
  if (SSL_in_init(ssl_.get()) && is_other_protocol(code))
    throw io::error(errc::tls, "TLS", fmt::format("the other end does not speak TLS ({})", openssl_reason()));
  throw io::error(errc::tls, "TLS", openssl_reason());
}

tls_session::step tls_session::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return step::done;
  const int kind = SSL_get_error(ssl_.get(), result);
  if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) return step::wants_input;
  if (kind == SSL_ERROR_ZERO_RETURN)
    throw io::error(errc::tls, "TLS", "the other end closed the connection in the handshake");
  fail(result);
}

/// OpenSSL tells of each message, in either direction.
void tls_session::count_key_updates(int is_ours, int, int type, const void* message, std::size_t size,
                                    ssl_st*, void* session) {
  if (!is_ours && type == SSL3_RT_HANDSHAKE && size != 0 &&
      *static_cast<const unsigned char*>(message) == SSL3_MT_KEY_UPDATE)
    ++static_cast<tls_session*>(session)->key_updates_;
}

void tls_session::allow_key_updates(std::size_t more) noexcept {
  key_updates_ -= static_cast<unsigned>(std::min<std::size_t>(more, key_updates_));
}

tls_session::step tls_session::read(char* room, std::size_t capacity, std::size_t& size) {
  // OpenSSL would take the peer's fatal alert for its orderly end, when asked again.
  if (failure_) std::rethrow_exception(failure_);
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_.get(), room, capacity, &size);
  if (result != 1 || key_updates_ > most_key_updates) size = 0;
  if (key_updates_ > most_key_updates) throw io::error(errc::tls, "TLS", "too many key updates");
  if (result == 1) {
    data_ += size;
    allow_key_updates(data_ / data_for_a_key_update);
    data_ %= data_for_a_key_update;
    return step::done;
  }
  const int kind = SSL_get_error(ssl_.get(), result);
  if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) return step::wants_input;
  if (kind == SSL_ERROR_ZERO_RETURN) return step::ended;
  try {
    fail(result);
  } catch (const io::error&) {
    failure_ = std::current_exception();
    throw;
  }
}

bool tls_session::may_be_read() const noexcept {
  return SSL_has_pending(ssl_.get()) != 0 || BIO_ctrl_pending(SSL_get_rbio(ssl_.get())) != 0 || failure_ ||
         SSL_get_shutdown(ssl_.get()) != 0 || key_updates_ > most_key_updates;
}

void tls_session::write(std::string_view bytes) {
  while (!bytes.empty()) {
    ERR_clear_error();
    std::size_t taken = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &taken);
    if (result != 1) fail(result);  // memory takes everything, so it never waits
    bytes.remove_prefix(taken);
  }
}

bool tls_session::has_shut_down() const noexcept {
  return (SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0;
}

// A second SSL_shutdown would listen for the peer's close_notify, and drop what comes before that.
void tls_session::shutdown() {
  if (has_shut_down()) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

void tls_session::feed(std::string_view records) {
  while (!records.empty()) {
    const int taken = BIO_write(SSL_get_rbio(ssl_.get()), records.data(),
                                static_cast<int>(std::min<std::size_t>(records.size(), INT_MAX)));
    if (taken <= 0) throw std::bad_alloc();
    records.remove_prefix(static_cast<std::size_t>(taken));
  }
}

std::size_t tls_session::output_size() const noexcept { return BIO_ctrl_pending(SSL_get_wbio(ssl_.get())); }

std::string tls_session::take_output() {
  BIO* const to_peer = SSL_get_wbio(ssl_.get());
  std::string records;
  records.resize_and_overwrite(BIO_ctrl_pending(to_peer), [to_peer](char* room, std::size_t size) {
    // Of libstdc++ 12 the size is that of the room, and may be more.
    return static_cast<std::size_t>(std::max(0, BIO_read(to_peer, room, static_cast<int>(size))));
  });
  return records;
}

std::string tls_session::version() const { return SSL_get_version(ssl_.get()); }
std::string tls_session::cipher() const { return SSL_get_cipher_name(ssl_.get()); }

std::string tls_session::alpn() const {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &chosen, &size);
  return {reinterpret_cast<const char*>(chosen), size};
}

std::string tls_session::server_name() const {
  const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  return name ? name : "";
}

std::string tls_session::peer_fingerprint() const {
  const x509_ptr shown(SSL_get1_peer_certificate(ssl_.get()));
  return sha256_of(shown.get());
}

std::optional<peer_certificate> tls_session::peer() const {
  const x509_ptr shown(SSL_get1_peer_certificate(ssl_.get()));
  if (!shown) return {};
  return read_peer(ssl_.get(), shown.get(), SSL_get_verify_result(ssl_.get()));
}

bool tls_session::resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

}  // namespace parlance::net
