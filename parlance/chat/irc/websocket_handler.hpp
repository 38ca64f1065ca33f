// A caller who speaks IRC over a WebSocket (IRCv3 WebSocket, RFC 6455): each message is one line, without its
// end.
#pragma once

#include <string>
#include <string_view>

#include <parlance/chat/core/protocol_handler.hpp>
#include <parlance/chat/irc/irc_client.hpp>
#include <parlance/http/websocket/websocket.hpp>

namespace parlance::chat::irc {

inline constexpr std::string_view websocket_text_protocol = "text.ircv3.net";
inline constexpr std::string_view websocket_binary_protocol = "binary.ircv3.net";

class websocket_handler final : public protocol_handler {
 public:
  /// `from.framed` says which of the two it is. The handshake is over.
  websocket_handler(hub& chat, connection& by, caller from);

  void feed(std::string_view bytes) override { input_ = bytes; }
  bool next() override;
  io::event* busy() override { return client_.busy(); }
  std::string_view unread() const override { return input_; }
  void give_up_waiting() override { client_.give_up_waiting(); }
  double cost() override { return cost_; }
  void end(std::string_view why) override { client_.gone(why.empty() ? "Connection closed" : why); }
  const caller& from() const override { return client_.from(); }
  client* window() override { return &client_; }
  /// The Close frame.
  std::string last_bytes() override;

 private:
  void obey(std::string_view message);
  void closed(const http::websocket_event& close);
  void answer_control_frames();

  irc_client client_;
  http::websocket socket_;
  std::string_view input_;
  double cost_ = 1;
};

}  // namespace parlance::chat::irc
