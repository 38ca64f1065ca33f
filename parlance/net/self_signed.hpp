// A key and a certificate that nobody else signed, for a server that was given none.
//
//   net::make_self_signed(data / "cert.pem", data / "key.pem", {"chat.example", "192.0.2.1"});
//   auto context = net::tls_context::server(
//       {.certificates = {{.cert_file = data / "cert.pem", .key_file = data / "key.pem"}}});
//
// Who calls such a server compares fingerprints; kept in files, the fingerprint is the same after a restart.
#pragma once

#include <memory>
#include <string>
#include <vector>

struct evp_pkey_st;
struct x509_st;

namespace parlance::net {

/// Makes what is not there: a P-256 key, and a certificate for it and for `names`, in PEM files that only
/// their owner may read and write. A key without a certificate gets one; what is there is never written over.
/// Says whether anything was made.
///
/// A name is a host name or a numeric address; with none it is localhost's. The certificate is good for ten
/// years. Files appear whole or not at all. Blocks for a moment. Throws io::error naming the file, and also
/// when there is a certificate without its key.
bool make_self_signed(const std::string& cert_file, const std::string& key_file,
                      const std::vector<std::string>& names = {});

/// Frees OpenSSL's objects.
struct certificate_freed {
  void operator()(x509_st* certificate) const noexcept;
  void operator()(evp_pkey_st* key) const noexcept;
};
using certificate_ptr = std::unique_ptr<x509_st, certificate_freed>;
using key_ptr = std::unique_ptr<evp_pkey_st, certificate_freed>;

/// In memory. Both throw io::error.
key_ptr make_key();
certificate_ptr make_certificate(evp_pkey_st* key, const std::vector<std::string>& names, long days);

}  // namespace parlance::net
