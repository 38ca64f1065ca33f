// Compression of WebSocket messages, permessage-deflate (RFC 7692).
//
//   const auto agreed = http::agree_on_deflate(head.fields.combined("Sec-WebSocket-Extensions"));
//   if (agreed) response.fields.append("Sec-WebSocket-Extensions", agreed->answer());
//
// Each message is compressed by itself, in both directions (no context takeover): so a connection holds nothing
// between messages, and nothing that one message says can be learned from the size of another.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::http {

struct deflate_agreement {
  /// Bits of the window with which the server compresses: 9 to 15.
  int server_window = 15;
  /// Whether the client has asked for a smaller one, and so is told.
  bool tells_window = false;

  /// As in the server's Sec-WebSocket-Extensions.
  std::string answer() const;
};

/// What a server answers to a client's offers, of which the first that it can keep to counts. Nothing: there is
/// none, and messages are not compressed.
std::optional<deflate_agreement> agree_on_deflate(std::string_view offers);

/// The payload of a message whose first frame has RSV1 set.
std::string deflate_message(std::string_view message, int window = 15);
/// The message in it. Nothing: it is broken, or longer than `most` bytes, which `is_long` tells apart; no more than
/// that is ever held.
std::optional<std::string> inflate_message(std::string_view payload, std::size_t most, bool& is_long);

}  // namespace parlance::http
