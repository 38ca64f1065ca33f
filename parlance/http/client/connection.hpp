// A connection to a server and the requests on it, whatever version of HTTP is spoken there.
//
//   std::unique_ptr<http::request_stream> asked = connection.begin({.head = head, .limits = limits});
//   http::response_head head = co_await asked->receive_head();         // 1xx too: until a final one
//   for (std::string_view piece; !(piece = co_await asked->read()).empty();) ...
//   asked.reset();
//   if (connection.available()) ...                                    // for the next request
//
// A failure is a `failure`, without the URL: whoever asked knows that.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/base/error.hpp>
#include <parlance/http/body/body_source.hpp>
#include <parlance/http/message/message.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::http {

enum class phase : std::uint8_t { connecting, sending, waiting, head, body };

/// As client_options has them.
struct stream_limits {
  io::duration first_byte = io::unlimited;
  io::duration stall = io::unlimited;
  io::duration go_ahead = std::chrono::seconds(1);
};

/// A request as a connection takes it.
struct outgoing {
  /// Without what frames the body.
  request_head head;
  /// Null: none. At its first byte; outlives the stream.
  body_source* body = nullptr;
  /// Nothing follows it on this connection, and the server is told so.
  bool last = false;
  /// Send the body only when the server says so, or says nothing for `limits.go_ahead` (RFC 9110 10.1.1).
  bool expect_continue = false;
  /// As client_options has them.
  bool ignore_length = false, keeps_chunks = false;
  stream_limits limits = {};
};

/// One request and its answer. It goes before its connection; when it goes before the answer is whole, no
/// other request may follow on HTTP/1.
class request_stream {
 public:
  request_stream() = default;
  request_stream(const request_stream&) = delete;
  request_stream& operator=(const request_stream&) = delete;
  virtual ~request_stream() = default;

  /// The next head: any number of interim ones (1xx), then the final one. Throws failure.
  virtual io::task<response_head> receive_head() = 0;
  /// Settles where the body ends, after the final head. Throws failure. `read` does it, too.
  virtual void begin_body() = 0;
  /// The next bytes of the body; valid until the next read, or the end of this. Empty: it is whole. Throws
  /// failure.
  virtual io::task<std::string_view> read() = 0;

  virtual phase now_in() const noexcept = 0;
  /// The head as it was sent.
  virtual std::string_view sent_head() const noexcept = 0;
  /// When the first byte of an answer came.
  virtual std::optional<io::time_point> answered() const noexcept = 0;
  /// Whether a byte of the request may have reached the server.
  virtual bool has_sent() const noexcept = 0;
  /// Whether the server has said that it did not look at it (RFC 9113 8.7), so it does no harm to ask again.
  virtual bool was_refused() const noexcept { return false; }
  /// False where there is no body whatever the fields say: HEAD, 204, 304.
  virtual bool has_body() const noexcept = 0;
  /// Bytes of the body so far, and how many there will be, when that is known.
  virtual std::uint64_t received() const noexcept = 0;
  virtual std::optional<std::uint64_t> announced() const noexcept = 0;
  /// Fields that came after the body.
  virtual const field_list& trailers() const noexcept = 0;
  /// Whether another request may follow once this answer is read to its end, as far as can be told.
  virtual bool can_be_followed() const noexcept = 0;
};

class connection {
 public:
  connection() = default;
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  /// Closes at once.
  virtual ~connection() = default;

  /// Starts to send. Throws std::invalid_argument for a head that cannot be sent. Only while it is available.
  virtual std::unique_ptr<request_stream> begin(outgoing what) = 0;

  /// Whether another request may begin now.
  virtual bool available() const noexcept = 0;

  /// How many requests may be under way at a time.
  virtual std::size_t capacity() const noexcept = 0;

  /// Waits, while no request is under way, until the connection is fit for none: the server has ended it, or
  /// sent what nobody asked for. `available` says false from then on.
  virtual io::task<void> until_unfit() = 0;

  virtual const net::stream& below() const noexcept = 0;
};

}  // namespace parlance::http
