// What is asked for, what comes back, and what passes by in between.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/http/body/body_source.hpp>
#include <parlance/http/message/message.hpp>
#include <parlance/http/url/url.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::http {

/// What passes by, for who shows it. Called on the loop; must not throw.
struct exchange_observer {
  std::function<void(const url& target, const net::stream& connection)> connected = {};
  /// Instead: a connection that another request has used is used again.
  std::function<void(const url& target, const net::stream& connection)> reused = {};
  /// The head as it was sent, and as it came.
  std::function<void(std::string_view head)> sent = {};
  std::function<void(const response_head& head)> received = {};
  /// What came of the body, before it is decoded; not that of redirects.
  std::function<void(std::string_view piece)> received_body = {};
  /// A redirect is followed.
  std::function<void(const url& next)> redirected = {};
};

struct request {
  url target;
  std::string method = "GET";
  /// What stands on the request line (RFC 9112 3.2) instead of the target's path and query, as "*" for OPTIONS. Empty:
  /// those. Not after a redirect.
  std::string request_target = {};
  /// Host, User-Agent, Accept and Accept-Encoding are added where they are not given (no Accept-Encoding
  /// beside a Range), and Authorization where the URL has a name and a password or the client has
  /// (credentials), and Cookie where its jar has some. Content-Length,
  /// Transfer-Encoding and Connection are ours.
  field_list fields = {};
  /// Names of fields that are not added, and so not sent unless they are given; Host is always sent.
  std::vector<std::string> omitted = {};
  /// Sent while the answer is awaited: a server may answer, even refuse, before it has read all of it.
  request_body body = {};
  exchange_observer observer = {};

  /// Whether `omitted` names this field.
  bool omits(std::string_view name) const noexcept;
};

/// A whole response.
struct response {
  unsigned status = 0;
  std::string reason;
  field_list fields;
  /// Decoded.
  std::string body;
  /// Where it came from, after redirects.
  url target;

  /// 200 to 299.
  bool ok() const noexcept { return status >= 200 && status < 300; }
  /// The body as UTF-8, by the charset of its Content-Type.
  std::string text() const;
};

}  // namespace parlance::http
