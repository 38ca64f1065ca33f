// A whole response with a small body that is in memory, for a server's few pages.
//
//   co_await stream.send(http::write_response({.body = "all is well\n"}, head.method, http::after::close));
//
// A `Date` is not sent: RFC 9110 6.6.1 has it of servers with a clock, and this has none; a page for which it
// matters brings it in `fields`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <parlance/http/message/message.hpp>

namespace parlance::http {

struct page {
  unsigned status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string_view body = {};
  /// Whatever else is to be said, such as Cache-Control; not what is written anyway: Content-Type,
  /// Content-Length, X-Content-Type-Options and whether the connection ends.
  field_list fields = {};
};

/// What becomes of the connection.
enum class after : std::uint8_t { close, keep_alive };

/// What may become of it after a request, going by its own words (RFC 9112 9.3); `close` also when its body
/// was not read, for nobody knows then where the next request begins.
after after_request(const request_head&);

/// Head and body on the wire; the head alone for the method HEAD and a status that has no body (1xx, 204,
/// 304). Content-Length is what GET would give (RFC 9110 8.6). Browsers are told to take the type at its
/// word. Throws std::invalid_argument for fields that would break their line.
std::string write_response(const page&, std::string_view method, after);

}  // namespace parlance::http
