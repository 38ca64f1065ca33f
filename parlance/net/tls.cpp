#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <climits>

#include <parlance/io/endpoint.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/address.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/self_signed.hpp>
#include <parlance/net/tls.hpp>

namespace parlance::net {
namespace {

template <auto Free> struct freed_by {
  template <class T> void operator()(T* p) const noexcept { Free(p); }
};
using x509_ptr = std::unique_ptr<X509, freed_by<X509_free>>;

/// The first thing that OpenSSL complains of, in its words; the queue is empty afterwards.
std::string openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(code)) return io::reason(io::from_errno(ERR_GET_REASON(code)));
  const char* text = ERR_reason_error_string(code);
  return text ? text : "no reason given";
}

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

[[noreturn]] void refuse(std::string_view doing) { throw io::error(errc::tls, doing, openssl_reason()); }

std::string sha256_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (!certificate || X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{}{:02X}", i ? ":" : "", digest[i]);
  return text;
}

void use_files(SSL_CTX* context, const std::string& cert_file, const std::string& key_file) {
  if (SSL_CTX_use_certificate_chain_file(context, cert_file.c_str()) != 1)
    refuse(fmt::format("read the certificate {}", cert_file));
  const bool read = SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) == 1;
  if (!read && ERR_GET_LIB(ERR_peek_error()) != ERR_LIB_X509)
    refuse(fmt::format("read the key {}", key_file));
  if (!read || SSL_CTX_check_private_key(context) != 1)
    refuse(fmt::format("use the key {} with the certificate {}", key_file, cert_file));
}

/// By itself, for a year.
void use_made_certificate(SSL_CTX* context) {
  const key_ptr key = make_key();
  const certificate_ptr certificate = make_certificate(key.get(), {}, 365);
  if (SSL_CTX_use_certificate(context, certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    refuse("use the certificate that was made");
}

/// Whether a client offers to speak HTTP (ALPN, RFC 7301, section 3.1).
bool offers_http(SSL* ssl) {
  const unsigned char* offer = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &offer, &size) != 1)
    return false;
  std::string_view names(reinterpret_cast<const char*>(offer), size);
  names.remove_prefix(std::min(names.size(), std::size_t{2}));  // the length of the list
  while (!names.empty()) {
    const std::string_view name = names.substr(1, static_cast<unsigned char>(names.front()));
    if (name.starts_with("http/") || name == "h2") return true;
    names.remove_prefix(std::min(names.size(), 1 + name.size()));
  }
  return false;
}

/// A browser would ask its user which one to show, and gives a WebSocket up instead.
int ask_no_browser(SSL* ssl, int*, void*) {
  if (offers_http(ssl)) SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
  return SSL_CLIENT_HELLO_SUCCESS;
}

/// Takes any certificate of a client: its key was proven by the handshake, and whose it is is for others to
/// say. OpenSSL's own check would refuse what signed itself.
void ask_for_certificate(SSL_CTX* context) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, [](X509_STORE_CTX*, void*) { return 1; }, nullptr);
  SSL_CTX_set_client_hello_cb(context, ask_no_browser, nullptr);
}

std::string alpn_wire_form(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& p : protocols) {
    if (p.empty() || p.size() > 255)
      throw io::error(errc::tls, "offer a protocol", "its name has 1 to 255 bytes");
    wire += static_cast<char>(p.size());
    wire += p;
  }
  return wire;
}

/// RFC 7301, section 3.2: a client that shares no protocol with the server is refused.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned offered_size, void* argument) {
  const auto& ours = *static_cast<const std::string*>(argument);
  unsigned char* chosen = nullptr;
  const int result =
      SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), offered, offered_size);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
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

// A worker may still be reading certificates when the process ends, so OpenSSL must not clean up at exit
// before it.
ssl_ctx_st* new_context() {
  OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, nullptr);
  return SSL_CTX_new(TLS_method());
}

}  // namespace

// --- the context
// ------------------------------------------------------------------------------------------------

tls_context::tls_context() : context_(new_context()) {
  if (!context_) refuse("start TLS");
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  SSL_CTX_set_options(context_, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
}

tls_context::~tls_context() { SSL_CTX_free(context_); }

std::shared_ptr<tls_context> tls_context::client(const tls_client_options& options) {
  const std::shared_ptr<tls_context> made(new tls_context);
  SSL_CTX* native = made->context_;
  made->client_options_ = options;
  made->alpn_ = alpn_wire_form(options.alpn);
  if (options.insecure_accept_any_certificate) {
    SSL_CTX_set_verify(native, SSL_VERIFY_NONE, nullptr);
  } else {
    SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
    if (options.ca_file.empty() && SSL_CTX_set_default_verify_paths(native) != 1)
      refuse("read the system's certificate authorities");
    if (!options.ca_file.empty() && SSL_CTX_load_verify_file(native, options.ca_file.c_str()) != 1)
      refuse(fmt::format("read the authorities in {}", options.ca_file));
  }
  if (!options.cert_file.empty())
    use_files(native, options.cert_file, options.key_file.empty() ? options.cert_file : options.key_file);
  made->fingerprint_ = sha256_of(SSL_CTX_get0_certificate(native));
  return made;
}

std::shared_ptr<tls_context> tls_context::server(const tls_server_options& options) {
  const std::shared_ptr<tls_context> made(new tls_context);
  made->server_ = true;
  made->alpn_ = alpn_wire_form(options.alpn);
  if (options.cert_file.empty() && !options.key_file.empty())
    throw io::error(errc::tls, fmt::format("use the key {}", options.key_file), "it has no certificate");
  if (options.cert_file.empty())
    use_made_certificate(made->context_);
  else
    use_files(made->context_, options.cert_file,
              options.key_file.empty() ? options.cert_file : options.key_file);
  if (options.request_client_certificate) ask_for_certificate(made->context_);
  SSL_CTX_set_session_id_context(made->context_, reinterpret_cast<const unsigned char*>("parlance"), 8);
  if (!made->alpn_.empty()) SSL_CTX_set_alpn_select_cb(made->context_, choose_protocol, &made->alpn_);
  made->fingerprint_ = sha256_of(SSL_CTX_get0_certificate(made->context_));
  return made;
}

// --- the session
// ------------------------------------------------------------------------------------------------

tls_session::tls_session(std::shared_ptr<tls_context> context, const std::string& host)
    : context_(std::move(context)), host_(host), ssl_(SSL_new(context_->native())) {
  if (!ssl_) refuse("start TLS");
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

// --- the handshake over a stream
// --------------------------------------------------------------------------------

namespace {

io::task<void> shake_hands(io::socket& socket, tls_session& session) {
  for (;;) {
    std::exception_ptr refused;
    tls_session::step step = tls_session::step::done;
    try {
      step = session.handshake();
    } catch (...) {
      refused = std::current_exception();
    }
    // Also when it failed: the peer is owed the alert that says why.
    if (session.has_output()) {
      const std::string records = session.take_output();
      io::send_operation send(socket, records);
      co_await send;
      if (send.error && !refused) throw io::error(send.error, "TLS");
    }
    if (refused) std::rethrow_exception(refused);
    if (step == tls_session::step::done) co_return;
    io::recv_operation receive(socket);
    const std::string_view records = co_await receive;
    if (receive.error) throw io::error(receive.error, "TLS");
    if (records.empty())
      throw io::error(errc::tls, "TLS", "the other end closed the connection in the handshake");
    session.feed(records);
  }
}

io::task<stream> secure(stream s, std::shared_ptr<tls_context> context, std::string host,
                        io::duration limit) {
  const std::string doing = fmt::format("TLS with {}", host.empty() ? s.remote().to_string() : host);
  std::exception_ptr failure;
  bool alerted = false;
  try {
    auto session = std::make_unique<tls_session>(std::move(context), host);
    tls_session& shaking = *session;
    // From here on what was peeked at belongs to the session.
    s.start_tls(std::move(session));
    co_await io::timeout(limit, shake_hands(s.socket(), shaking));
  } catch (const io::error& e) {
    failure = std::make_exception_ptr(io::error(e.code(), doing, why(e)));
    alerted = e.code() == errc::tls || e.code() == errc::certificate;
  }
  if (!failure) co_return s;
  // A moment for the alert to arrive before the connection is torn down.
  if (alerted) co_await s.close({.time = std::chrono::milliseconds(500)});
  std::rethrow_exception(failure);
}

}  // namespace

io::task<stream> tls_connect(stream s, std::shared_ptr<tls_context> context, std::string host,
                             io::duration limit) {
  return secure(std::move(s), std::move(context), std::move(host), limit);
}

io::task<stream> tls_accept(stream s, std::shared_ptr<tls_context> context, io::duration limit) {
  return secure(std::move(s), std::move(context), {}, limit);
}

}  // namespace parlance::net
