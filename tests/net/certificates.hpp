// Certificates made for a test: an authority, and what it signs.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include "net/temporary_folder.hpp"

namespace parlance::net::test {

template <auto Free> struct freed_with {
  template <class T> void operator()(T* p) const noexcept { Free(p); }
};
using certificate = std::unique_ptr<X509, freed_with<X509_free>>;
using private_key = std::unique_ptr<EVP_PKEY, freed_with<EVP_PKEY_free>>;

inline private_key make_key() { return private_key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")); }

/// Files in PEM.
struct shown_files {
  std::string cert, key;
};

struct issue_options {
  /// Subject alternative names as OpenSSL writes them: "DNS:example.com,IP:127.0.0.1". Empty: none.
  std::string names = {};
  std::string common_name = "a test";
  /// Seconds from now.
  long valid_from = -3600, valid_until = 3600;
  bool self_signed = false;
  /// May sign others.
  bool is_authority = false;
  /// "critical,serverAuth"; empty: for everything.
  std::string usage = {};
  /// Instead of an elliptic curve.
  bool rsa = false;
};

class authority {
 public:
  explicit authority(const temporary_folder& in, std::string name = "authority",
                     const std::string& common_name = "a test's authority")
      : in_(in),
        name_(std::move(name)),
        key_(make_key()),
        own_(make({.common_name = common_name, .self_signed = true}, key_.get())) {
    write(file(), own_.get(), nullptr);
  }

  /// Its own certificate, for those who trust it.
  std::string file() const { return in_.path(name_ + ".crt"); }

  /// One that was issued itself, with `is_authority`.
  static authority of(const shown_files& files, const temporary_folder& in) { return {in, files}; }

  /// Files named after `name`.
  shown_files issue(const std::string& name, const issue_options& options) const {
    const private_key key =
        options.rsa ? private_key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})) : make_key();
    const certificate made = make(options, key.get());
    const shown_files files{in_.path(name + ".crt"), in_.path(name + ".key")};
    write(files.cert, made.get(), nullptr);
    write(files.key, nullptr, key.get());
    return files;
  }

  /// A list of what is revoked, in PEM, that is in date for an hour.
  std::string revoke(const shown_files& files) const {
    const std::unique_ptr<X509_CRL, freed_with<X509_CRL_free>> list(X509_CRL_new());
    const std::unique_ptr<ASN1_TIME, freed_with<ASN1_TIME_free>> now(X509_gmtime_adj(nullptr, -60)),
        then(X509_gmtime_adj(nullptr, 3600));
    X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(own_.get()));
    X509_CRL_set1_lastUpdate(list.get(), now.get());
    X509_CRL_set1_nextUpdate(list.get(), then.get());
    const std::unique_ptr<BIO, freed_with<BIO_free>> in(BIO_new_file(files.cert.c_str(), "r")),
        out(BIO_new(BIO_s_mem()));
    const certificate revoked(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    X509_REVOKED* const entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked.get()));
    X509_REVOKED_set_revocationDate(entry, now.get());
    X509_CRL_add0_revoked(list.get(), entry);
    if (X509_CRL_sign(list.get(), key_.get(), EVP_sha256()) == 0 ||
        PEM_write_bio_X509_CRL(out.get(), list.get()) != 1)
      throw std::runtime_error("revoke " + files.cert);
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
  }

  static void write(const std::string& path, X509* made, EVP_PKEY* key) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::fopen(path.c_str(), "w"), std::fclose);
    if (!out || (made && PEM_write_X509(out.get(), made) != 1) ||
        (key && PEM_write_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1))
      throw std::runtime_error("write " + path);
  }

 private:
  authority(const temporary_folder& in, const shown_files& files) : in_(in), name_("unnamed") {
    const std::unique_ptr<BIO, freed_with<BIO_free>> cert(BIO_new_file(files.cert.c_str(), "r")),
        key(BIO_new_file(files.key.c_str(), "r"));
    own_.reset(PEM_read_bio_X509(cert.get(), nullptr, nullptr, nullptr));
    key_.reset(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
  }

  certificate make(const issue_options& options, EVP_PKEY* key) const {
    certificate made(X509_new());
    X509* const x = made.get();
    static long serial = 1;
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x), options.valid_from);
    X509_gmtime_adj(X509_getm_notAfter(x), options.valid_until);
    X509_set_pubkey(x, key);
    X509_NAME* const name = X509_get_subject_name(x);
    const auto* text = reinterpret_cast<const unsigned char*>(options.common_name.c_str());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0);
    X509_set_issuer_name(x, options.self_signed ? name : X509_get_subject_name(own_.get()));
    if (options.self_signed || options.is_authority) extend(x, NID_basic_constraints, "critical,CA:TRUE");
    if (!options.names.empty()) extend(x, NID_subject_alt_name, options.names);
    if (!options.usage.empty()) extend(x, NID_ext_key_usage, options.usage);
    if (X509_sign(x, options.self_signed ? key : key_.get(), EVP_sha256()) == 0)
      throw std::runtime_error("X509_sign");
    return made;
  }

  static void extend(X509* x, int id, const std::string& value) {
    const std::unique_ptr<X509_EXTENSION, freed_with<X509_EXTENSION_free>> made(
        X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str()));
    if (!made || X509_add_ext(x, made.get(), -1) != 1) throw std::runtime_error("extend with " + value);
  }

  const temporary_folder& in_;
  const std::string name_;
  private_key key_;
  certificate own_;
};

}  // namespace parlance::net::test
