#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <array>

#include <parlance/io/error.hpp>
#include <parlance/net/detail/openssl.hpp>
#include <parlance/net/error.hpp>

namespace parlance::net {

std::string openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(code)) return io::reason(io::from_errno(ERR_GET_REASON(code)));
  const char* text = ERR_reason_error_string(code);
  return text ? text : "no reason given";
}

void refuse_by_openssl(std::string_view doing) { throw io::error(errc::tls, doing, openssl_reason()); }

std::string sha256_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (!certificate || X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{}{:02X}", i ? ":" : "", digest[i]);
  return text;
}

}  // namespace parlance::net
