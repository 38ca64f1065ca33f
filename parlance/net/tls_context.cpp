#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include <parlance/io/error.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/openssl.hpp>
#include <parlance/net/self_signed.hpp>
#include <parlance/net/tls_context.hpp>

namespace parlance::net {
namespace {

void use_files(SSL_CTX* context, const std::string& cert_file, const std::string& key_file) {
  if (SSL_CTX_use_certificate_chain_file(context, cert_file.c_str()) != 1)
    refuse_by_openssl(fmt::format("read the certificate {}", cert_file));
  const bool read = SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) == 1;
  if (!read && ERR_GET_LIB(ERR_peek_error()) != ERR_LIB_X509)
    refuse_by_openssl(fmt::format("read the key {}", key_file));
  if (!read || SSL_CTX_check_private_key(context) != 1)
    refuse_by_openssl(fmt::format("use the key {} with the certificate {}", key_file, cert_file));
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

// A worker may still be reading certificates when the process ends, so OpenSSL must not clean up at exit
// before it.
ssl_ctx_st* new_context() {
  OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, nullptr);
  return SSL_CTX_new(TLS_method());
}

}  // namespace

tls_context::tls_context() : context_(new_context()) {
  if (!context_) refuse_by_openssl("start TLS");
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
      refuse_by_openssl("read the system's certificate authorities");
    if (!options.ca_file.empty() && SSL_CTX_load_verify_file(native, options.ca_file.c_str()) != 1)
      refuse_by_openssl(fmt::format("read the authorities in {}", options.ca_file));
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

}  // namespace parlance::net
