#include "certificates.hpp"

#include <filesystem>

#include <parlance/net/self_signed.hpp>

namespace parlance::cli {

std::unique_ptr<net::reloading_tls_context> open_certificates(const chat::settings& of) {
  if (!of.tls.enabled) return nullptr;
  net::tls_server_options options{
      .cert_file = of.tls.certificate,
      .key_file = of.tls.key,
      // Accounts can be logged in to by certificate (SASL EXTERNAL).
      .request_client_certificate = true,
  };
  if (options.cert_file.empty() && !of.store.folder.empty()) {
    const std::filesystem::path folder = of.store.folder;
    options.cert_file = folder / "certificate.pem";
    options.key_file = folder / "key.pem";
    net::make_self_signed(options.cert_file, options.key_file, {of.server.name, "localhost"});
  }
  return std::make_unique<net::reloading_tls_context>(std::move(options));
}

bool same_certificates(const chat::settings& a, const chat::settings& b) {
  return a.tls.enabled == b.tls.enabled && a.tls.certificate == b.tls.certificate && a.tls.key == b.tls.key;
}

}  // namespace parlance::cli
