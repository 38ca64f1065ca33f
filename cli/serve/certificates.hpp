// What `parlance serve` shows to those who speak TLS.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <parlance/chat/core/settings.hpp>
#include <parlance/net/reloading_tls_context.hpp>

namespace parlance::cli {

/// In the store's folder, those of the certificate that is made there: the key first, without which the
/// other is of no use.
inline const std::vector<std::string> self_made_files = {"key.pem", "certificate.pem"};

/// The certificate of the settings; when they name none, one that is made and kept in the store's folder,
/// which must be there; without a folder, one that lasts as long as the process. Null when TLS is off. Throws
/// io::error.
std::unique_ptr<net::reloading_tls_context> open_certificates(const chat::settings& of);

/// Whether it is one that the server makes itself, and no browser knows.
bool is_made_on_the_spot(const chat::settings& of);

/// Whether both come to the same certificate.
bool same_certificates(const chat::settings& a, const chat::settings& b);

}  // namespace parlance::cli
