// Where a connection comes from.
#pragma once

#include <optional>
#include <string>

#include <parlance/chat/base/network.hpp>

namespace parlance::chat {

enum class framing : unsigned char {
  lines,             ///< bytes, each line with its end
  websocket_text,    ///< each line a text message without its end (IRCv3 WebSocket: text.ircv3.net)
  websocket_binary,  ///< the same as binary messages (binary.ircv3.net)
};

/// What is known of a connection from below.
struct caller {
  std::string address;           ///< "127.0.0.1", or "unix"
  std::string from;              ///< with its port, for operators
  bool is_secure = false;        ///< TLS
  std::string certificate = {};  ///< SHA-256 of the certificate that it showed, lower-case hex; or empty
  framing framed = framing::lines;
  /// By which host and port it has found the server, as a URL has them; empty: by a Unix socket.
  std::string here = {};

  /// Nothing for who calls by a Unix socket.
  std::optional<chat::network> network() const;
};

}  // namespace parlance::chat
