// A server's TLS session that is fed anything at all: it never crashes, hands out nothing, and once it has
// refused it has refused for good. The first byte says how the rest is cut into pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include <parlance/io/error.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/tls.hpp>

namespace {

using namespace parlance;

/// Goes on with the handshake as far as `records` lead. False: it was refused.
bool advance(net::tls_session& server, std::string_view records) {
  server.feed(records);
  try {
    // Nobody can finish a handshake without having read the server's part of it.
    if (server.handshake() == net::tls_session::step::done) std::abort();
  } catch (const io::error& e) {
    if (e.code() != net::errc::tls && e.code() != net::errc::truncated) std::abort();
    return false;
  }
  server.take_output();
  return true;
}

bool is_refused_again(net::tls_session& server) {
  char room[16];
  std::size_t size = 0;
  try {
    return server.read(room, sizeof room, size) != net::tls_session::step::done && size == 0;
  } catch (const io::error&) {
    return true;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::shared_ptr<net::tls_context> context =
      net::tls_context::server({.alpn = {"h2", "http/1.1"}});
  if (size == 0) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = data[0] == 0 ? size : data[0];
  net::tls_session server(context, {});
  while (!rest.empty()) {
    const std::string_view next = rest.substr(0, piece);
    rest.remove_prefix(next.size());
    if (!advance(server, next)) {
      if (!is_refused_again(server)) std::abort();
      break;
    }
  }
  return 0;
}
