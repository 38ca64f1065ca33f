// What is wrong with what the peer sent: a value, because a hostile or broken peer is the normal case.
//
//   auto done = parser.feed(text);
//   if (!done) co_await refuse(done.error().status, done.error().text);      // 431, the head is longer than
//   ...
#pragma once

#include <string>

namespace parlance::http {

struct protocol_error {
  /// What a server answers to a request with this fault (RFC 9110 15.5): 400, 414, 431, 501, 505. A client
  /// ignores it.
  unsigned status = 400;
  /// One plain line, naming the limit where one was passed.
  std::string text;

  friend bool operator==(const protocol_error&, const protocol_error&) = default;
};

}  // namespace parlance::http
