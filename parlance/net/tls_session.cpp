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
#include <parlance/net/error.hpp>
#include <parlance/net/openssl.hpp>
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

/// The names that a certificate is for, as people read them.
std::string names_in(X509* certificate) {
  const auto free_names = [](GENERAL_NAMES* names) { GENERAL_NAMES_free(names); };
  const std::unique_ptr<GENERAL_NAMES, decltype(free_names)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      free_names);
  std::string text;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    std::string one;
    if (name->type == GEN_DNS) {
      const ASN1_IA5STRING* dns = name->d.dNSName;
      one.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(dns)),
                 static_cast<std::size_t>(std::min(ASN1_STRING_length(dns), 255)));
      std::ranges::replace_if(one, [](char c) { return c <= ' ' || c == '\x7f'; }, '?');
    } else if (name->type == GEN_IPADD) {
      const unsigned char* bytes = ASN1_STRING_get0_data(name->d.iPAddress);
      std::array<std::uint8_t, 16> v6{};
      const auto size = static_cast<std::size_t>(ASN1_STRING_length(name->d.iPAddress));
      if (size == 4) one = endpoint::ipv4({bytes[0], bytes[1], bytes[2], bytes[3]}, 0).address();
      if (size == 16) one = (std::copy_n(bytes, 16, v6.begin()), endpoint::ipv6(v6, 0).address());
    }
    if (one.empty()) continue;
    if (!text.empty()) text += ", ";
    if (text.size() > 200) return text + "...";
    text += one;
  }
  return text.empty() ? "no name" : text;
}

/// Keeps the names in a certificate that is refused: OpenSSL forgets it before anybody can ask.
int keep_names(int trusted, X509_STORE_CTX* chain) {
  if (trusted) return trusted;
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (X509* shown = X509_STORE_CTX_get0_cert(chain); shown && SSL_get_app_data(ssl))
    *static_cast<std::string*>(SSL_get_app_data(ssl)) = names_in(shown);
  return trusted;
}

}  // namespace

tls_session::tls_session(std::shared_ptr<tls_context> context, const std::string& host)
    : context_(std::move(context)), host_(host), ssl_(SSL_new(context_->native())) {
  if (!ssl_) refuse_by_openssl("start TLS");
  BIO* from_peer = BIO_new(BIO_s_mem());
  BIO* to_peer = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(from_peer, -1);  // empty means "wait", not "end"
  SSL_set_bio(ssl_.get(), from_peer, to_peer);
  if (context_->is_server()) {
    SSL_set_accept_state(ssl_.get());
    return;
  }
  SSL_set_connect_state(ssl_.get());
  name_host();
  SSL_set_app_data(ssl_.get(), &shown_);
  SSL_set_verify(ssl_.get(), SSL_get_verify_mode(ssl_.get()), keep_names);
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
  if (!options.server_name.empty()) host_ = options.server_name;
  host_ = to_ascii(host_);
  if (host_.ends_with('.')) host_.pop_back();
  const bool numeric = endpoint::parse_ip(host_, 0).has_value();
  if (numeric) host_ = host_.substr(0, host_.find('%'));
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl_.get());
  X509_VERIFY_PARAM_set_hostflags(rules,
                                  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (!numeric && !host_.empty())
    SSL_set_tlsext_host_name(ssl_.get(), host_.c_str());  // RFC 6066: names only
  if (!options.insecure_accept_any_certificate) {
    const int set = numeric ? X509_VERIFY_PARAM_set1_ip_asc(rules, host_.c_str())
                            : X509_VERIFY_PARAM_set1_host(rules, host_.c_str(), host_.size());
    if (set != 1 || host_.empty())
      throw io::error(errc::certificate, "start TLS", "there is no name to check it against");
  }
}

std::string tls_session::certificate_problem() const {
  const long result = SSL_get_verify_result(ssl_.get());
  std::string why = X509_verify_cert_error_string(result);
  if (result == X509_V_ERR_HOSTNAME_MISMATCH || result == X509_V_ERR_IP_ADDRESS_MISMATCH)
    why = fmt::format("the certificate is not for {}, but for {}", host_, shown_);
  else
    why = fmt::format("the certificate of {} is not trusted: {}", host_, why);
  return why;
}

void tls_session::fail(int result) {
  const int kind = SSL_get_error(ssl_.get(), result);
  const unsigned long code = ERR_peek_error();
  if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    ERR_clear_error();
    throw io::error(errc::certificate, "TLS", certificate_problem());
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
  fail(result);
}

tls_session::step tls_session::read(char* room, std::size_t capacity, std::size_t& size) {
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_.get(), room, capacity, &size);
  if (result == 1) return step::done;
  size = 0;
  const int kind = SSL_get_error(ssl_.get(), result);
  if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) return step::wants_input;
  if (kind == SSL_ERROR_ZERO_RETURN) return step::ended;
  fail(result);
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

void tls_session::shutdown() {
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
  std::string records(BIO_ctrl_pending(SSL_get_wbio(ssl_.get())), '\0');
  if (!records.empty()) BIO_read(SSL_get_wbio(ssl_.get()), records.data(), static_cast<int>(records.size()));
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

std::string tls_session::peer_fingerprint() const {
  const x509_ptr shown(SSL_get1_peer_certificate(ssl_.get()));
  return sha256_of(shown.get());
}

}  // namespace parlance::net
