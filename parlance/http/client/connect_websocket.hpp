// Opening a WebSocket as the client (RFC 6455 4.1).
//
//   http::websocket_stream socket(co_await http::connect_websocket("wss://example.com/chat"), {},
//                                 http::websocket::role::client);
//   co_await socket.send_text("hello");
//   while (auto message = co_await socket.receive()) ...
#pragma once

#include <string>
#include <vector>

#include <parlance/http/client/client_options.hpp>
#include <parlance/http/message/message.hpp>
#include <parlance/http/websocket/websocket_stream.hpp>
#include <parlance/io/task.hpp>

namespace parlance::http {

struct websocket_request {
  /// What may be spoken over it, the dearest first; the server chooses one of them, or none.
  std::vector<std::string> subprotocols = {};
  /// Of the request's head, as Origin; those of the handshake are ours.
  field_list fields = {};
};

/// Connects to "ws://...", "wss://..." (or "http://...", "https://..."), as a client with these options does: by
/// its proxies (tunnels), with its credentials, cookies and limits. Redirects are not followed, as in browsers.
/// Throws io::error that names the URL without its password: errc::refused with the status when the server opens
/// none, errc::malformed when it answers as nobody may; std::invalid_argument for a subprotocol that is no token.
io::task<opened_websocket> connect_websocket(std::string url, websocket_request what = {},
                                             client_options options = {});

}  // namespace parlance::http
