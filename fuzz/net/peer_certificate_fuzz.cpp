// A certificate that is anything at all: it is read or not, and nothing in what was read misleads a terminal
// or a C string.
#include <openssl/x509.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <parlance/net/peer_certificate.hpp>

namespace {

using namespace parlance;

void check(const std::string& text) {
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }))
    std::abort();
}

void check(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name.empty()) std::abort();
    check(name);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  X509* certificate = d2i_X509(nullptr, &data, static_cast<long>(size));
  if (!certificate) return 0;
  const net::peer_certificate read = net::read_certificate(certificate);
  X509_free(certificate);
  check(read.common_name);
  check(read.subject);
  check(read.issuer);
  check(read.dns_names);
  check(read.ip_addresses);
  check(read.email_addresses);
  check(read.uris);
  if (read.verified) std::abort();
  return 0;
}
