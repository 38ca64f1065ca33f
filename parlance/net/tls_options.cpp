#include <cstdlib>

#include <parlance/net/tls_options.hpp>

namespace parlance::net {

// One that is forgotten here does not compile.
bool is_default(const tls_client_options& options) {
  const auto& [ca_file, ca_pem, certificate, alpn, server_name, pins, check, insecure, resume, key_log, least,
               most, ciphers, ciphersuites, groups, crl_file] = options;
  return ca_file.empty() && ca_pem.empty() && certificate.empty() && alpn.empty() && server_name.empty() &&
         pins.empty() && !check && !insecure && resume && key_log.empty() && least == tls_version::v1_2 &&
         most == tls_version::v1_3 && ciphers.empty() && ciphersuites.empty() && groups.empty() &&
         crl_file.empty();
}

std::string environment_key_log() {
  const char* file = ::secure_getenv("SSLKEYLOGFILE");
  return file ? file : "";
}

}  // namespace parlance::net
