#include <fmt/core.h>
#include <sys/socket.h>

#include <cli/base/peer.hpp>

namespace parlance::cli {

std::string name_of(const net::stream& peer) {
  const net::endpoint remote = peer.remote();
  return (remote.family() == AF_UNIX && remote.path().empty() ? peer.local() : remote).to_string();
}

std::string described(const net::tls_session& session) {
  std::string text = fmt::format("{}, {}", session.version(), session.cipher());
  if (const std::string protocol = session.alpn(); !protocol.empty()) text += ", ALPN " + protocol;
  const std::string fingerprint = session.peer_fingerprint();
  return text + (fingerprint.empty() ? ", no certificate shown" : ", certificate SHA-256 " + fingerprint);
}

}  // namespace parlance::cli
