// Server-sent events (https://html.spec.whatwg.org/#server-sent-events) as bytes in and bytes out.
//
//   http::event_parser events;
//   for (std::string_view text; !(text = co_await e.read()).empty();)        // of an exchange
//     for (;;) {
//       auto event = events.next(text);
//       if (!event) throw ...(event.error().text);
//       if (!*event) break;                                                 // more bytes are needed
//       use((*event)->type, (*event)->data);
//     }
//
// A server writes them with event_writer (server/event_writer.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/base/protocol_error.hpp>
#include <parlance/io/time.hpp>

namespace parlance::http {

/// Without ends of lines in `type` and `id`.
struct server_event {
  /// May have many lines.
  std::string_view data;
  /// Empty: "message".
  std::string_view type = {};
  /// What a client that comes back tells in Last-Event-ID; empty: none.
  std::string_view id = {};
};

/// Appends one as it goes over the wire; an end of a line in the data, CR LF and CR too, arrives as LF. Throws
/// std::invalid_argument for an id or a type with CR, LF or NUL.
void append_event(std::string& out, const server_event& what);
/// How long a client waits before it comes back; in whole milliseconds.
void append_retry(std::string& out, io::duration wait);

/// For a client. After an error it is spent.
class event_parser {
 public:
  /// `most`: bytes of one event; no more than that is held.
  explicit event_parser(std::size_t most = std::size_t{1} << 20U) noexcept : most_(most) {}

  /// Takes from `bytes` up to and with the next event; nothing: `bytes` is used up. What it gives is valid until
  /// the next call. An event that the end of the stream cuts off is none.
  std::expected<std::optional<server_event>, protocol_error> next(std::string_view& bytes);

  /// Of the last event that had one, for Last-Event-ID.
  const std::string& last_id() const noexcept { return last_id_; }
  /// What the server has said last of how long to wait before coming back.
  std::optional<io::duration> retry() const noexcept { return retry_; }

 private:
  bool end_line();
  void take_field(std::string_view name, std::string_view value);

  std::size_t most_;
  bool began_ = false;     // what could be the mark of UTF-8 is past
  bool after_cr_ = false;  // a LF that comes now belongs to the CR before
  bool given_ = false;     // the last event is still being looked at
  std::string line_, data_, type_, last_id_;
  std::optional<io::duration> retry_;
};

}  // namespace parlance::http
