// What two ends of TLS have agreed on.
#pragma once

#include <string>

namespace parlance::net {

struct tls_info {
  /// "TLSv1.3", "TLS_AES_256_GCM_SHA384".
  std::string version, cipher;
  /// The protocol that ALPN chose, or empty (RFC 7301).
  std::string alpn;
  /// SHA-256 of the peer's certificate, as "AB:CD:..."; empty when it showed none.
  std::string peer_fingerprint;
};

}  // namespace parlance::net
