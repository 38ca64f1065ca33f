#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include <parlance/io/error.hpp>
#include <parlance/net/detail/certificates_by_name.hpp>
#include <parlance/net/detail/kept_sessions.hpp>
#include <parlance/net/detail/key_log.hpp>
#include <parlance/net/detail/openssl.hpp>
#include <parlance/net/detail/pem.hpp>
#include <parlance/net/detail/tls_verification.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/self_signed.hpp>
#include <parlance/net/tls_context.hpp>
#include <parlance/net/tls_session.hpp>

namespace parlance::net {
namespace {

/// Of certificates that a peer shows, in bytes: they are kept as long as the conversation goes on.
constexpr long longest_chain = 32 * 1024;

void use(SSL_CTX* context, const identity& shown) {
  if (SSL_CTX_use_cert_and_key(context, shown.certificate.get(), shown.key.get(), shown.chain.get(), 1) != 1)
    refuse_by_openssl("use the certificate");
}

/// By itself, for a year.
void use_made_certificate(SSL_CTX* context) {
  const key_ptr key = make_key();
  const certificate_ptr certificate = make_certificate(key.get(), {}, 365);
  if (SSL_CTX_use_certificate(context, certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    refuse_by_openssl("use the certificate that was made");
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

/// Any name is taken; a session then keeps the one that it was made for.
int heed_name(SSL*, int*, void*) { return SSL_TLSEXT_ERR_OK; }

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

/// Tells a client which certificates are worth showing.
void name_authorities(SSL_CTX* context) {
  STACK_OF(X509_OBJECT)* all = X509_STORE_get0_objects(SSL_CTX_get_cert_store(context));
  for (int i = 0; i < sk_X509_OBJECT_num(all); ++i)
    if (X509* one = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));
        one && SSL_CTX_add_client_CA(context, one) != 1)
      refuse_by_openssl("name the authorities of clients");
}

int key_log_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

void write_keys(const SSL* ssl, const char* line) {
  const auto* log = static_cast<const key_log*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), key_log_index()));
  try {
    if (log) log->write(line);
  } catch (const std::bad_alloc&) {  // one line less
  }
}

// A worker may still be reading certificates when the process ends, so OpenSSL must not clean up at exit
// before it.
ssl_ctx_st* new_context() {
  OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, nullptr);
  return SSL_CTX_new(TLS_method());
}

int number_of(tls_version which) noexcept {
  return which == tls_version::v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
}

/// OpenSSL passes over what it does not know in a list, and fails only where nothing is left of it.
void set_offer(SSL_CTX* context, const tls_client_options& options) {
  if (options.most < options.least)
    throw io::error(errc::tls, "offer TLS", "the last version is earlier than the first");
  SSL_CTX_set_min_proto_version(context, number_of(options.least));
  if (options.most != tls_version::v1_3) SSL_CTX_set_max_proto_version(context, number_of(options.most));
  const auto set = [context](auto how, const std::string& list, std::string_view what) {
    if (!list.empty() && how(context, list.c_str()) != 1) refuse_by_openssl(fmt::format("offer {}", what));
  };
  set(SSL_CTX_set_cipher_list, options.ciphers, "the ciphers " + options.ciphers);
  set(SSL_CTX_set_ciphersuites, options.ciphersuites, "the ciphers " + options.ciphersuites);
  set([](SSL_CTX* of, const char* list) { return static_cast<int>(SSL_CTX_set1_groups_list(of, list)); },
      options.groups, "the groups " + options.groups);
}

/// Of either version of TLS.
void give_no_tickets(SSL_CTX* context) noexcept {
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
}

}  // namespace

tls_context::tls_context() : context_(new_context()) {
  if (!context_) refuse_by_openssl("start TLS");
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  SSL_CTX_set_options(context_, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_max_cert_list(context_, longest_chain);
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
}

tls_context::~tls_context() { SSL_CTX_free(context_); }

std::shared_ptr<tls_context> tls_context::client(const tls_client_options& options) {
  const std::shared_ptr<tls_context> made(new tls_context);
  SSL_CTX* native = made->context_;
  made->client_options_ = options;
  made->alpn_ = alpn_wire_form(options.alpn);
  set_offer(native, options);
  made->check_server(options);
  if (!options.certificate.empty()) use(native, read_identity(options.certificate));
  // With a check of one's own nothing is resumed: it shall be asked each time.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  if (options.resume_sessions && !options.check) {
    made->sessions_ = std::make_unique<kept_sessions>();
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(native, tls_session::keep);
  }
  made->log_keys(options.key_log_file);
  made->fingerprint_ = sha256_of(SSL_CTX_get0_certificate(native));
  return made;
}

void tls_context::check_server(const tls_client_options& options) {
  const bool any = options.insecure_accept_any_certificate, ours = !options.pins.empty() || options.check;
  const bool given = !options.ca_file.empty() || !options.ca_pem.empty();
  SSL_CTX_set_verify(context_, any && !ours ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, take_what_is_trusted);
  if (given)
    read_authorities(SSL_CTX_get_cert_store(context_), options.ca_file, options.ca_pem);
  else if ((!any || options.check) && SSL_CTX_set_default_verify_paths(context_) != 1)
    refuse_by_openssl("read the system's certificate authorities");
  if (!options.crl_file.empty()) read_revoked(SSL_CTX_get_cert_store(context_), options.crl_file);
  if (!ours) return;
  check_ = std::make_unique<certificate_check>(options.pins, options.check, any);
  check_->install(context_);
}

std::shared_ptr<tls_context> tls_context::default_client() {
  // Never destroyed: a worker whose caller has gone may still be reading when the process ends.
  static const std::shared_ptr<tls_context>& made = *new std::shared_ptr<tls_context>(client());
  return made;
}

std::shared_ptr<tls_context> tls_context::server(const tls_server_options& options) {
  const std::shared_ptr<tls_context> made(new tls_context);
  made->server_ = true;
  made->alpn_ = alpn_wire_form(options.alpn);
  made->show(options);
  made->check_clients(options);
  // One's own check shall be asked each time.
  if (!options.tickets || options.check) give_no_tickets(made->context_);
  // What is resumed lies in the clients' tickets: nothing of theirs is kept here.
  SSL_CTX_set_session_cache_mode(made->context_, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_tlsext_servername_callback(made->context_, heed_name);
  SSL_CTX_set_session_id_context(made->context_, reinterpret_cast<const unsigned char*>("parlance"), 8);
  if (!made->alpn_.empty()) SSL_CTX_set_alpn_select_cb(made->context_, choose_protocol, &made->alpn_);
  made->log_keys(options.key_log_file);
  made->fingerprint_ = sha256_of(SSL_CTX_get0_certificate(made->context_));
  return made;
}

void tls_context::show(const tls_server_options& options) {
  if (options.certificates.empty()) return use_made_certificate(context_);
  names_ = std::make_unique<certificates_by_name>();
  for (const tls_certificate& one : options.certificates) {
    identity shown = read_identity(one);
    if (&one == &options.certificates.front()) use(context_, shown);
    names_->add(std::move(shown), one.names);
  }
  if (options.certificates.size() > 1) names_->install(context_);
}

void tls_context::check_clients(const tls_server_options& options) {
  using enum client_certificate;
  const client_certificate wanted = options.client_certificates;
  const bool given = !options.ca_file.empty() || !options.ca_pem.empty();
  if (wanted == none && (given || options.check))
    throw io::error(errc::tls, "check clients' certificates", "client_certificates says not to ask for any");
  if ((wanted == optional || wanted == required) && !given)
    throw io::error(errc::tls, "check clients' certificates", "there is no authority (ca_file, ca_pem)");
  if (wanted == none) return;
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | (wanted == required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     wanted == any ? take_any : take_what_is_trusted);
  if (wanted == any) SSL_CTX_set_client_hello_cb(context_, ask_no_browser, nullptr);
  if (given) read_authorities(SSL_CTX_get_cert_store(context_), options.ca_file, options.ca_pem);
  if (wanted != any) name_authorities(context_);
  if (!options.check) return;
  check_ = std::make_unique<certificate_check>(std::vector<std::string>(), options.check, wanted == any);
  check_->install(context_);
}

void tls_context::log_keys(const std::string& file) {
  if (file.empty()) return;
  key_log_ = std::make_unique<key_log>(file);
  SSL_CTX_set_ex_data(context_, key_log_index(), key_log_.get());
  SSL_CTX_set_keylog_callback(context_, write_keys);
}

}  // namespace parlance::net
