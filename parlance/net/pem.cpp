#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <cstring>
#include <exception>

#include <parlance/io/error.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/pem.hpp>

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

key_ptr read_key(const source& from, const tls_password& password) {
  const bio_ptr in = from.open();
  asking ask{password};
  ERR_clear_error();
  key_ptr key(PEM_read_bio_PrivateKey(in.get(), nullptr, asking::answer, &ask));
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

void read_certificates(const source& from, identity& to) {
  const bio_ptr in = from.open();
  ERR_clear_error();
  to.certificate.reset(PEM_read_bio_X509_AUX(in.get(), nullptr, no_password, nullptr));
  to.chain.reset(sk_X509_new_null());
  if (!to.certificate || !to.chain) refuse_by_openssl("read " + from.name());
  while (X509* next = PEM_read_bio_X509(in.get(), nullptr, no_password, nullptr))
    if (sk_X509_push(to.chain.get(), next) == 0) throw std::bad_alloc();
  if (!at_the_end()) refuse_by_openssl("read " + from.name());
}

}  // namespace

key_ptr read_key(const std::string& file, const tls_password& password) {
  return read_key(source{"the key", file, {}}, password);
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
  read_certificates(certificate, read);
  read.key = read_key(key, from.password);
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

}  // namespace parlance::net
