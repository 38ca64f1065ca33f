// The opening handshake of a WebSocket, as the server (RFC 6455 4.2, RFC 9110 7.8).
//
//   const http::upgrade_rules rules{.subprotocols = {"text.ircv3.net"}};
//   if (http::asks_for_websocket(head)) {
//     const http::upgrade_answer answer = http::answer_upgrade(head, rules);
//     co_await stream.send(answer.response);
//     if (answer.accepted()) ...                        // what follows the head are frames: websocket.hpp
//   }
//
// Browsers let any page open a WebSocket to any server, with the cookies that the server gave; `origins` is
// what a server has against that.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/http/message.hpp>

namespace parlance::http {

struct upgrade_rules {
  /// Spoken over the WebSocket. Of those that the client offers the first that is here is chosen; a client
  /// that offers none that is here is accepted without one, and a browser hangs up then if it had offered
  /// any.
  std::vector<std::string> subprotocols = {};
  /// Where pages may come from, as "https://example.com", without regard to case; "*": anywhere. Empty: from
  /// the host that was asked for (the Host field), over any port, where those of this machine (localhost,
  /// 127.0.0.1, [::1]) are one. Programs that are no browsers send no Origin and are let in.
  std::vector<std::string> origins = {};
  /// Whether one is called so, of a host in small letters, as a URL has it: its pages are let in when
  /// `origins` is empty. Empty: however one was asked for. For who is asked on this machine, or at a site:
  /// anybody can make a name of theirs resolve to 127.0.0.1, and ask for it from their page in the browser of
  /// who sits here (DNS rebinding). Addresses and this machine's names are always let in.
  std::function<bool(std::string_view host)> takes_host = {};
  /// What a page that is refused is told more.
  std::string advice = {};
};

struct upgrade_answer {
  /// 101 when it was accepted; else 400, 403, 405, 426, or whatever is wrong with the request's framing.
  unsigned status = 400;
  /// All of what is to be sent. A refusal has one line that says why, and ends the connection.
  std::string response = {};
  /// What was chosen; empty for none.
  std::string subprotocol = {};

  bool accepted() const noexcept { return status == 101; }
};

/// Whether it is meant to become a WebSocket, rightly or not: `Upgrade` has "websocket" in it.
bool asks_for_websocket(const request_head&) noexcept;

upgrade_answer answer_upgrade(const request_head&, const upgrade_rules& = {});

/// Sec-WebSocket-Accept for a Sec-WebSocket-Key: what a client expects to get back.
std::string accept_of(std::string_view key);

}  // namespace parlance::http
