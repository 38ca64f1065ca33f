// Two TLS sessions that meet in memory.
#pragma once

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>

#include <parlance/net/error.hpp>
#include <parlance/net/tls_session.hpp>

#include "net/support.hpp"

namespace parlance::net::test {

/// Why each side ended the handshake; empty when it was done.
struct outcome {
  std::string client, server;
  std::error_code client_code, server_code;
};

inline void advance(tls_session& s, bool& done, std::string& failed, std::error_code& code) {
  if (done || code) return;
  try {
    done = s.handshake() == tls_session::step::done;
  } catch (const io::error& e) {
    failed = why(e);
    code = e.code();
  }
}

inline outcome shake_hands(tls_session& client, tls_session& server) {
  outcome both;
  bool client_done = false, server_done = false;
  for (int flight = 0; flight < 4; ++flight) {
    advance(client, client_done, both.client, both.client_code);
    server.feed(client.take_output());
    advance(server, server_done, both.server, both.server_code);
    client.feed(server.take_output());
  }
  EXPECT_TRUE(client_done || both.client_code);
  EXPECT_TRUE(server_done || both.server_code);
  return both;
}

/// What a session reads next, or why it cannot.
inline std::string read_from(tls_session& s) {
  char room[100];
  std::size_t size = 0;
  try {
    s.read(room, sizeof room, size);
  } catch (const io::error& e) {
    return std::string(why(e));
  }
  return {room, size};
}

/// A handshake between two contexts, and what was agreed on.
struct met : outcome {
  std::unique_ptr<tls_session> a, b;  // the client's and the server's
};

inline met meet(const std::shared_ptr<tls_context>& client, const std::shared_ptr<tls_context>& server,
                const std::string& host = "localhost") {
  met made;
  made.a = std::make_unique<tls_session>(client, host);
  made.b = std::make_unique<tls_session>(server, "");
  static_cast<outcome&>(made) = shake_hands(*made.a, *made.b);
  return made;
}

/// What making a context complains of, or nothing.
template <class Make> std::string complaint_of(Make make) {
  try {
    make();
  } catch (const io::error& e) {
    return e.what();
  }
  return {};
}

inline std::string contents(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace parlance::net::test
