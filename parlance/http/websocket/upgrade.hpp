// The opening handshake of a WebSocket, as the server (RFC 6455 4.2, RFC 9110 7.8).
//
//   const http::upgrade_rules rules{.subprotocols = {"text.ircv3.net"}};
//   if (const auto subprotocol = http::judge_upgrade(head, rules))
//     ...                                             // answered with 101 and upgrade_fields(head, *subprotocol),
//                                                     // what follows are frames: websocket.hpp
//
// A handler has all of it done by accept_websocket.
//
// Browsers let any page open a WebSocket to any server, with the cookies that the server gave; `origins` is
// what a server has against that.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/http/base/protocol_error.hpp>
#include <parlance/http/message/message.hpp>

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
  /// Whether messages are compressed for those who offer it (RFC 7692), at the cost of time. For accept_websocket.
  bool deflate = false;
  /// What a page that is refused is told more.
  std::string advice = {};
};

/// Whether it is meant to become a WebSocket, rightly or not: `Upgrade` has "websocket" in it.
bool asks_for_websocket(const request_head&) noexcept;

/// The subprotocol that was chosen, empty for none; or why it is refused, with 400, 403, 405, 426, or whatever is wrong
/// with the request's framing.
std::expected<std::string, protocol_error> judge_upgrade(const request_head&, const upgrade_rules& = {});
/// The fields of 101, for a request that was judged; `subprotocol`: what was chosen.
field_list upgrade_fields(const request_head&, std::string_view subprotocol);
/// What a refusal with this status says beside its reason: Allow, Upgrade, Sec-WebSocket-Version.
field_list upgrade_refusal_fields(unsigned status);

/// Sec-WebSocket-Accept for a Sec-WebSocket-Key: what a client expects to get back.
std::string accept_of(std::string_view key);

}  // namespace parlance::http
