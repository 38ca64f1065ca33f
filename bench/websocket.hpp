// The client's side of a WebSocket (RFC 6455), as far as the loads need it: the handshake, and frames of text.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "loopback.hpp"

namespace bench {

/// A message in one frame, of text unless `first` says otherwise; masked, as a client's is.
inline std::string frame_of(std::string_view text, bool masked, unsigned char first = 0x81) {
  constexpr std::size_t most_short = 125;
  const unsigned mark = masked ? 0x80U : 0;
  std::string frame(1, static_cast<char>(first));
  if (text.size() <= most_short)
    frame += static_cast<char>(mark | text.size());
  else
    frame.append({static_cast<char>(mark | 126U), static_cast<char>(text.size() >> 8U),
                  static_cast<char>(text.size() & 0xffU)});
  constexpr std::string_view mask = "\x12\x34\x56\x78";
  if (!masked) return frame.append(text);
  frame += mask;
  for (std::size_t i = 0; i < text.size(); ++i) frame += static_cast<char>(text[i] ^ mask[i % mask.size()]);
  return frame;
}

/// Shakes hands on a socket that blocks. The whole answer comes before anything else.
inline void open_websocket(int socket) {
  constexpr std::string_view asked =
      "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  if (::send(socket, asked.data(), asked.size(), MSG_NOSIGNAL) < 0) fail("send");
  std::string answer;
  std::array<char, 4096> buffer;
  while (!answer.ends_with("\r\n\r\n")) {
    const ssize_t received = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (received <= 0) fail("the WebSocket is not opened");
    answer.append(buffer.data(), static_cast<std::size_t>(received));
  }
  if (!answer.starts_with("HTTP/1.1 101 ")) fail("the WebSocket is refused", EPROTO);
}

}  // namespace bench
