// Certificates, keys and authorities, from PEM files or from memory; certificates and keys also from files of DER and
// PKCS #12. Never asks on the terminal.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include <parlance/net/detail/openssl.hpp>
#include <parlance/net/self_signed.hpp>
#include <parlance/net/tls_options.hpp>

namespace parlance::net {

/// What is shown: a certificate, those between it and the authority, and its key.
struct identity {
  struct chain_freed {
    void operator()(STACK_OF(X509) * all) const noexcept { sk_X509_pop_free(all, X509_free); }
  };
  certificate_ptr certificate;
  std::unique_ptr<STACK_OF(X509), chain_freed> chain;
  key_ptr key;
};

/// Throws io::error that names the file and what is wrong: a key that is encrypted, or not the certificate's.
identity read_identity(const tls_certificate& from);

/// From a file; encrypted, it needs the password.
key_ptr read_key(const std::string& file, const tls_password& password = {});

/// Adds the authorities in a file or in memory, of which one is empty, with their CRLs, which are heeded
/// then. Throws when there is none in it.
void read_authorities(X509_STORE* to, const std::string& file, const std::string& text);

/// Adds the CRLs in a PEM file, which are heeded then. Throws when there is none in it.
void read_revoked(X509_STORE* to, const std::string& file);

}  // namespace parlance::net
