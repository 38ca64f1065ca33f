// What the files that call OpenSSL have in common.
#pragma once

#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace parlance::net {

template <auto Free> struct freed_by {
  template <class T> void operator()(T* p) const noexcept { Free(p); }
};
using x509_ptr = std::unique_ptr<X509, freed_by<X509_free>>;

/// The first thing that OpenSSL complains of, in its words; the queue is empty afterwards.
std::string openssl_reason();

/// Throws io::error (errc::tls) with that reason.
[[noreturn]] void refuse_by_openssl(std::string_view doing);

/// SHA-256 of a certificate, as "AB:CD:..."; empty when there is none.
std::string sha256_of(const X509* certificate);

}  // namespace parlance::net
