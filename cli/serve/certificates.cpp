#include <filesystem>

#include <parlance/net/self_signed.hpp>

#include <cli/serve/certificates.hpp>

namespace parlance::cli {

std::unique_ptr<net::reloading_tls_context> open_certificates(const chat::settings& of) {
  if (!of.tls.enabled) return nullptr;
  net::tls_certificate shown{.cert_file = of.tls.certificate, .key_file = of.tls.key};
  if (is_made_on_the_spot(of) && !of.store.folder.empty()) {
    const std::filesystem::path folder = of.store.folder;
    shown.key_file = folder / self_made_files[0];
    shown.cert_file = folder / self_made_files[1];
    net::make_self_signed(shown.cert_file, shown.key_file, {of.server.name, "localhost"});
  }
  // Accounts can be logged in to by certificate (SASL EXTERNAL).
  net::tls_server_options options{.client_certificates = net::client_certificate::any};
  if (!shown.empty()) options.certificates.push_back(std::move(shown));
  return std::make_unique<net::reloading_tls_context>(std::move(options));
}

bool is_made_on_the_spot(const chat::settings& of) {
  return of.tls.enabled && of.tls.certificate.empty() && of.tls.key.empty();
}

bool same_certificates(const chat::settings& a, const chat::settings& b) {
  return a.tls.enabled == b.tls.enabled && a.tls.certificate == b.tls.certificate && a.tls.key == b.tls.key;
}

}  // namespace parlance::cli
