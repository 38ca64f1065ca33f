#include <fcntl.h>
#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>

#include <parlance/io/endpoint.hpp>
#include <parlance/net/address.hpp>
#include <parlance/net/detail/openssl.hpp>
#include <parlance/net/detail/pem.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/self_signed.hpp>

namespace parlance::net {
namespace {

constexpr const char* doing = "make a certificate";
constexpr long kept_days = 3650;
constexpr long early_seconds = 3600;  // a peer's clock may be behind

using file_ptr = std::unique_ptr<std::FILE, freed_by<std::fclose>>;
using names_ptr = std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>>;
using name_ptr = std::unique_ptr<GENERAL_NAME, freed_by<GENERAL_NAME_free>>;

/// One subject alternative name. Not by OpenSSL's text form, in which a comma would begin another.
name_ptr alternative(const std::string& name) {
  name_ptr made(GENERAL_NAME_new());
  if (!made) refuse_by_openssl(doing);
  if (endpoint::parse_ip(name, 0)) {
    ASN1_OCTET_STRING* const address = a2i_IPADDRESS(name.c_str());
    if (!address) throw io::error(errc::tls, doing, fmt::format("{} is no address for a certificate", name));
    GENERAL_NAME_set0_value(made.get(), GEN_IPADD, address);
    return made;
  }
  const std::string ascii = to_ascii(name);
  if (ascii.empty() || !std::ranges::all_of(ascii, [](char c) { return c > ' ' && c < '\x7f'; }))
    throw io::error(errc::tls, doing, fmt::format("\"{}\" is no name for a certificate", name));
  ASN1_IA5STRING* const text = ASN1_IA5STRING_new();
  if (!text || ASN1_STRING_set(text, ascii.data(), static_cast<int>(ascii.size())) != 1)
    refuse_by_openssl(doing);
  GENERAL_NAME_set0_value(made.get(), GEN_DNS, text);
  return made;
}

void add_names(X509* certificate, const std::vector<std::string>& names) {
  const names_ptr all(GENERAL_NAMES_new());
  if (!all) refuse_by_openssl(doing);
  for (const std::string& name : names) {
    name_ptr one = alternative(name);
    if (sk_GENERAL_NAME_push(all.get(), one.get()) == 0) refuse_by_openssl(doing);
    (void)one.release();
  }
  if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, all.get(), 0, X509V3_ADD_DEFAULT) != 1)
    refuse_by_openssl(doing);
}

bool exists(const std::string& file) {
  struct stat about;
  if (::stat(file.c_str(), &about) == 0) return true;
  if (errno == ENOENT) return false;
  throw io::error(io::from_errno(errno), fmt::format("look for {}", file));
}

/// Written beside its place, for its owner alone, and linked there whole. One that appeared meanwhile stays.
template <class Write> void write_file(const std::string& file, Write write) {
  const std::string tried = fmt::format("write {}", file);
  std::string beside = file + ".XXXXXX";
  const int fd = ::mkostemp(beside.data(), O_CLOEXEC);  // with mode 0600
  if (fd < 0) throw io::error(io::from_errno(errno), tried);
  int failed = errno = 0;
  {
    const file_ptr out(::fdopen(fd, "w"));
    if (!out || write(out.get()) != 1 || std::fflush(out.get()) != 0 || ::fsync(fd) != 0)
      failed = errno ? errno : EIO;
    if (!out) ::close(fd);
  }
  if (!failed && ::link(beside.c_str(), file.c_str()) != 0) failed = errno;
  ::unlink(beside.c_str());
  ERR_clear_error();
  if (failed) throw io::error(io::from_errno(failed), tried);
}

}  // namespace

void certificate_freed::operator()(x509_st* certificate) const noexcept { X509_free(certificate); }
void certificate_freed::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }

key_ptr make_key() {
  key_ptr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (!key) refuse_by_openssl(doing);
  return key;
}

certificate_ptr make_certificate(evp_pkey_st* key, const std::vector<std::string>& names, long days) {
  certificate_ptr made(X509_new());
  X509* const certificate = made.get();
  std::array<unsigned char, 16> serial;
  if (!certificate || RAND_bytes(serial.data(), serial.size()) != 1) refuse_by_openssl(doing);
  serial[0] &= 0x7f;
  const std::unique_ptr<BIGNUM, freed_by<BN_free>> number(BN_bin2bn(serial.data(), serial.size(), nullptr));
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
  X509_set_version(certificate, X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -early_seconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate), days * 24 * 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* const subject = X509_get_subject_name(certificate);
  const auto* text = reinterpret_cast<const unsigned char*>("parlance, made on the spot");
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, text, -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  add_names(certificate, names.empty() ? std::vector<std::string>{"localhost", "127.0.0.1", "::1"} : names);
  if (X509_sign(certificate, key, EVP_sha256()) == 0) refuse_by_openssl(doing);
  return made;
}

bool make_self_signed(const std::string& cert_file, const std::string& key_file,
                      const std::vector<std::string>& names) {
  const bool has_key = exists(key_file);
  if (exists(cert_file)) {
    if (has_key) return false;
    throw io::error(errc::tls, fmt::format("use the certificate {}", cert_file),
                    fmt::format("its key {} is not there", key_file));
  }
  // The certificate is last: when it is there, all is.
  const key_ptr key = has_key ? read_key(key_file) : make_key();
  const certificate_ptr certificate = make_certificate(key.get(), names, kept_days);
  if (!has_key)
    write_file(key_file, [&](std::FILE* out) {
      return PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  write_file(cert_file, [&](std::FILE* out) { return PEM_write_X509(out, certificate.get()); });
  return true;
}

}  // namespace parlance::net
