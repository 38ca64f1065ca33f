#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <array>
#include <cstring>
#include <exception>

#include <parlance/io/error.hpp>
#include <parlance/net/detail/pem.hpp>
#include <parlance/net/error.hpp>

namespace parlance::net {
namespace {

using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free>>;

struct infos_freed {
  void operator()(STACK_OF(X509_INFO) * all) const noexcept { sk_X509_INFO_pop_free(all, X509_INFO_free); }
};

/// A file, or text in memory.
struct source {
  std::string_view what;
  const std::string &file, &text;

  std::string name() const { return text.empty() ? fmt::format("{} {}", what, file) : std::string(what); }
  bio_ptr open() const {
    if (!file.empty() && !text.empty())
      throw io::error(errc::tls, "read " + std::string(what), "it is given both as a file and as text");
    bio_ptr opened(text.empty() ? BIO_new_file(file.c_str(), "re")
                                : BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    if (!opened) refuse_by_openssl("read " + name());
    return opened;
  }
};

/// Asks nobody, whatever OpenSSL would do without it.
int no_password(char*, int, int, void*) { return -1; }

/// What a password is asked for by, and what came of it.
struct asking {
  const tls_password& password;
  bool asked = false, known = false;
  std::exception_ptr failed = {};

  static int answer(char* room, int size, int, void* self) {
    auto& from = *static_cast<asking*>(self);
    from.asked = true;
    try {
      const auto* who = std::get_if<std::function<std::string()>>(&from.password);
      std::string password = who ? (*who ? (*who)() : std::string()) : std::get<std::string>(from.password);
      from.known = !password.empty();
      const bool fits = password.size() <= static_cast<std::size_t>(size);
      if (fits) std::memcpy(room, password.data(), password.size());
      const int length = fits && from.known ? static_cast<int>(password.size()) : -1;
      OPENSSL_cleanse(password.data(), password.size());
      return length;
    } catch (...) {
      from.failed = std::current_exception();
      return -1;
    }
  }
};

/// All bytes of a source, which may be a pipe, to be read several times; gone from memory after it.
class contents {
 public:
  explicit contents(const source& from) {
    const bio_ptr in = from.open();
    std::array<char, 4096> room{};
    for (int got = 0; (got = BIO_read(in.get(), room.data(), static_cast<int>(room.size()))) > 0;)
      bytes_.append(room.data(), static_cast<std::size_t>(got));
    OPENSSL_cleanse(room.data(), room.size());
  }
  ~contents() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
  contents(const contents&) = delete;
  contents& operator=(const contents&) = delete;

  bio_ptr open() const {
    ERR_clear_error();
    bio_ptr opened(BIO_new_mem_buf(bytes_.data(), static_cast<int>(bytes_.size())));
    if (!opened) throw std::bad_alloc();
    return opened;
  }
  /// DER begins with a SEQUENCE; PEM is text, whatever stands before its first line.
  bool is_der() const { return bytes_.starts_with('\x30'); }

 private:
  std::string bytes_;
};

key_ptr read_key(const source& from, const contents& all, const tls_password& password) {
  if (all.is_der())
    if (key_ptr plain{d2i_PrivateKey_bio(all.open().get(), nullptr)}) return plain;
  asking ask{password};
  // The DER of one that is encrypted (RFC 5958), or PEM.
  key_ptr key(all.is_der() ? d2i_PKCS8PrivateKey_bio(all.open().get(), nullptr, asking::answer, &ask)
                           : PEM_read_bio_PrivateKey(all.open().get(), nullptr, asking::answer, &ask));
  if (ask.failed) {
    ERR_clear_error();
    std::rethrow_exception(ask.failed);
  }
  if (!key && ask.asked) {
    ERR_clear_error();
    throw io::error(errc::tls, "read " + from.name(),
                    ask.known ? "it is encrypted, and not with the password that was given"
                              : "it is encrypted, and no password was given");
  }
  if (!key) refuse_by_openssl("read " + from.name());
  return key;
}

/// The end of what there is to read is no error.
bool at_the_end() {
  const unsigned long code = ERR_peek_last_error();
  if (ERR_GET_LIB(code) != ERR_LIB_PEM || ERR_GET_REASON(code) != PEM_R_NO_START_LINE) return false;
  ERR_clear_error();
  return true;
}

/// PKCS #12: the certificate, its key, and the chain.
void read_bundle(PKCS12* bundle, const source& from, const tls_password& password, identity& to) {
  std::string text;
  if (PKCS12_verify_mac(bundle, nullptr, 0) != 1 && PKCS12_verify_mac(bundle, "", 0) != 1) {
    const auto* who = std::get_if<std::function<std::string()>>(&password);
    text = who ? (*who ? (*who)() : std::string()) : std::get<std::string>(password);
    ERR_clear_error();
    if (PKCS12_verify_mac(bundle, text.c_str(), -1) != 1) {
      const bool known = !text.empty();
      OPENSSL_cleanse(text.data(), text.size());
      ERR_clear_error();
      throw io::error(errc::tls, "read " + from.name(),
                      known ? "it is encrypted, and not with the password that was given"
                            : "it is encrypted, and no password was given");
    }
  }
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* chain = nullptr;
  const int done = PKCS12_parse(bundle, text.c_str(), &key, &certificate, &chain);
  OPENSSL_cleanse(text.data(), text.size());
  to.key.reset(key);
  to.certificate.reset(certificate);
  to.chain.reset(chain ? chain : sk_X509_new_null());
  if (done != 1) refuse_by_openssl("read " + from.name());
  if (!certificate || !key)
    throw io::error(errc::tls, "read " + from.name(), "there is no certificate with its key in it");
}

using bundle_ptr = std::unique_ptr<PKCS12, freed_by<PKCS12_free>>;

void read_certificates(const source& from, const contents& all, const tls_password& password, identity& to) {
  if (all.is_der()) {
    if (const bundle_ptr bundle{d2i_PKCS12_bio(all.open().get(), nullptr)})
      return read_bundle(bundle.get(), from, password, to);
    to.certificate.reset(d2i_X509_bio(all.open().get(), nullptr));
    to.chain.reset(sk_X509_new_null());
    if (!to.certificate || !to.chain) refuse_by_openssl("read " + from.name());
    return;
  }
  const bio_ptr in = all.open();
  to.certificate.reset(PEM_read_bio_X509_AUX(in.get(), nullptr, no_password, nullptr));
  to.chain.reset(sk_X509_new_null());
  if (!to.certificate || !to.chain) refuse_by_openssl("read " + from.name());
  while (X509* next = PEM_read_bio_X509(in.get(), nullptr, no_password, nullptr))
    if (sk_X509_push(to.chain.get(), next) == 0) throw std::bad_alloc();
  if (!at_the_end()) refuse_by_openssl("read " + from.name());
}

}  // namespace

key_ptr read_key(const std::string& file, const tls_password& password) {
  const source from{"the key", file, {}};
  return read_key(from, contents(from), password);
}

identity read_identity(const tls_certificate& from) {
  const source certificate{"the certificate", from.cert_file, from.cert_pem};
  const bool has_key = !from.key_file.empty() || !from.key_pem.empty();
  const source key{"the key", has_key ? from.key_file : from.cert_file,
                   has_key ? from.key_pem : from.cert_pem};
  if (from.empty()) throw io::error(errc::tls, "show a certificate", "none is given");
  if (from.cert_file.empty() && from.cert_pem.empty())
    throw io::error(errc::tls, "use " + key.name(), "it has no certificate");
  identity read;
  const contents shown(certificate);
  read_certificates(certificate, shown, from.password, read);
  if (has_key)
    read.key = read_key(key, contents(key), from.password);
  else if (!read.key)
    read.key = read_key(key, shown, from.password);
  if (X509_check_private_key(read.certificate.get(), read.key.get()) != 1)
    refuse_by_openssl(fmt::format("use {} with {}", key.name(), certificate.name()));
  return read;
}

void read_authorities(X509_STORE* to, const std::string& file, const std::string& text) {
  const source from{text.empty() ? "the authorities in" : "the authorities", file, text};
  const std::string doing = "read " + from.name();
  const bio_ptr in = from.open();
  ERR_clear_error();
  const std::unique_ptr<STACK_OF(X509_INFO), infos_freed> all(
      PEM_X509_INFO_read_bio(in.get(), nullptr, no_password, nullptr));
  if (!all) refuse_by_openssl(doing);
  bool any = false;
  for (int i = 0; i < sk_X509_INFO_num(all.get()); ++i) {
    const X509_INFO* one = sk_X509_INFO_value(all.get(), i);
    if (one->x509 && X509_STORE_add_cert(to, one->x509) != 1) refuse_by_openssl(doing);
    if (one->crl && (X509_STORE_add_crl(to, one->crl) != 1 ||
                     X509_STORE_set_flags(to, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) != 1))
      refuse_by_openssl(doing);
    any = any || one->x509;
  }
  ERR_clear_error();
  if (!any) throw io::error(errc::tls, doing, "there is no certificate in it");
}

void read_revoked(X509_STORE* to, const std::string& file) {
  const std::string doing = "read the revoked certificates in " + file;
  const bio_ptr in(BIO_new_file(file.c_str(), "re"));
  if (!in) refuse_by_openssl(doing);
  ERR_clear_error();
  bool any = false;
  using crl_ptr = std::unique_ptr<X509_CRL, freed_by<X509_CRL_free>>;
  while (const crl_ptr one{PEM_read_bio_X509_CRL(in.get(), nullptr, no_password, nullptr)}) {
    if (X509_STORE_add_crl(to, one.get()) != 1) refuse_by_openssl(doing);
    any = true;
  }
  if (any && !at_the_end()) refuse_by_openssl(doing);
  ERR_clear_error();
  if (!any) throw io::error(errc::tls, doing, "there is no list of them in it");
  if (X509_STORE_set_flags(to, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) != 1)
    refuse_by_openssl(doing);
}

}  // namespace parlance::net
