// What two ends of TLS have agreed on.
#pragma once

#include <optional>
#include <string>

#include <parlance/net/peer_certificate.hpp>

namespace parlance::net {

struct tls_info {
  /// "TLSv1.3", "TLS_AES_256_GCM_SHA384".
  std::string version, cipher;
  /// The protocol that ALPN chose, or empty (RFC 7301).
  std::string alpn;
  /// The name that the client asked for (SNI, RFC 6066), as it sent it; empty when it asked for none. A
  /// server has only the client's word for it.
  std::string server_name;
  /// What the peer's certificate says, and whether it was verified; nothing when it showed none.
  std::optional<peer_certificate> peer;
  /// It went on with what an earlier handshake had agreed on (RFC 8446, section 2.2).
  bool resumed = false;
};

}  // namespace parlance::net
