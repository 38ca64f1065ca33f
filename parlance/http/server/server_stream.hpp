// One request and its answer as the connection of a server has them, whatever version of HTTP is spoken there:
// what server_request and server_response stand on.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <parlance/http/message/message.hpp>
#include <parlance/io/task.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::http {

class server_stream {
 public:
  server_stream() = default;
  server_stream(const server_stream&) = delete;
  server_stream& operator=(const server_stream&) = delete;
  virtual ~server_stream() = default;

  /// The next bytes of the request's body; valid until the next read. Empty: it is whole. Tells a client that
  /// waits for it to send them (RFC 9110 10.1.1). Throws refusal for a body that is malformed, cut short or
  /// too slow, io::error when the connection fails.
  virtual io::task<std::string_view> read() = 0;
  /// How many bytes of a body the head announces; empty when only its end will tell. 0: there is none.
  virtual std::optional<std::uint64_t> announced() const noexcept = 0;
  /// Bytes of the body so far.
  virtual std::uint64_t received() const noexcept = 0;
  /// Fields that came after it.
  virtual const field_list& trailers() const noexcept = 0;

  /// Waits until the client has ended its side or is gone, and takes nothing of what it sent before.
  virtual io::task<void> gone() = 0;

  // The answer: a head once, pieces of a body, and the end. The connection adds Date and what frames the body.
  // Each throws io::error when the connection fails, or takes nothing for too long.

  /// `length`: of the body; empty: its end will tell. `first`: its beginning, which goes along. Throws
  /// std::invalid_argument for a head that cannot be sent.
  virtual io::task<void> send_head(const response_head& head, std::optional<std::uint64_t> length,
                                   std::string_view first) = 0;
  virtual io::task<void> send(std::string_view piece) = 0;
  /// A part of a regular file, whose descriptor stays the caller's.
  virtual io::task<void> send_file(int file, std::uint64_t offset, std::uint64_t length) = 0;
  /// `trailers`: for after a body whose length was not told, where the client can take them.
  virtual io::task<void> finish(const field_list& trailers) = 0;

  /// Whether the connection may become another protocol's.
  virtual bool can_upgrade() const noexcept = 0;
  /// Answers with 101, and gives the connection away, with what has arrived of the other protocol.
  virtual io::task<net::stream> upgrade(const response_head& head) = 0;
};

}  // namespace parlance::http
