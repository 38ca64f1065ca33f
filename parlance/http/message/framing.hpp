// Where the body of a message ends (RFC 9112 6.3), the question that request smuggling is about.
//
//   auto framing = http::frame_response("GET", head);
//   if (!framing) throw ...(framing.error().text);
//   http::body_reader body(*framing);
//
// Lengths that disagree, a length that is not plain digits (a sign, a space, an overflow), and any transfer
// coding other than one `chunked` are refused.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include <parlance/http/base/protocol_error.hpp>
#include <parlance/http/message/message.hpp>

namespace parlance::http {

enum class body_kind {
  none,     ///< no body whatever the fields say: HEAD, 1xx, 204, 304, a request without length, CONNECT's 2xx
  length,   ///< exactly `framing::length` bytes
  chunked,  ///< the chunked coding says
  until_close,  ///< a response without length: the end of the stream is its end
};

struct framing {
  body_kind kind = body_kind::none;
  /// Of `body_kind::length` only.
  std::uint64_t length = 0;
  /// Whether another message may follow on this connection once this one is done (RFC 9112 9.3).
  bool persistent = true;

  friend bool operator==(const framing&, const framing&) = default;
};

/// `method` is that of the request which this answers.
///
/// Transfer-Encoding beside Content-Length: the coding wins, as in every browser, and the connection is not
/// used again. A second message is what such a response could forge, and there is none.
std::expected<framing, protocol_error> frame_response(std::string_view method, const response_head&);

/// Transfer-Encoding beside Content-Length is refused, for somebody in front of us may have read the other
/// one.
std::expected<framing, protocol_error> frame_request(const request_head&);

}  // namespace parlance::http
