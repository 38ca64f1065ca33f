// A response whose head has come and whose body is on its way, after whatever redirects there were.
//
//   http::exchange e = co_await client.open({.target = url});
//   for (std::string_view piece; !(piece = co_await e.read()).empty();) co_await file.write(piece);
//
// Belongs to its loop's thread, and may outlive its client.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/http/client/client_options.hpp>
#include <parlance/http/client/connector.hpp>
#include <parlance/http/client/pool.hpp>
#include <parlance/http/client/request.hpp>
#include <parlance/http/message/message.hpp>
#include <parlance/http/url/url.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

namespace parlance::http {

/// When each part of a request was done, counted from when it had a place among the connections; zero where a
/// part did not happen, as on a connection that is used again.
struct exchange_times {
  io::duration resolved{}, connected{}, secured{}, first_byte{}, complete{};
};

/// A redirect that was followed.
struct hop {
  url from;
  unsigned status = 0;
  exchange_times times;
};

/// What the exchanges of a client share.
struct client_parts {
  explicit client_parts(client_options with);

  client_options options;
  connector dialler;
  std::shared_ptr<pool> connections;
};

class exchange {
 public:
  /// Sends a request and waits for the head of the final response.
  static io::task<exchange> begin(std::shared_ptr<client_parts> by, request what);

  exchange(exchange&&) noexcept;
  exchange& operator=(exchange&&) noexcept;
  /// Closes the connection, unless the body is whole, or HTTP/2 is spoken: then it is the client's again.
  ~exchange();

  const response_head& head() const noexcept;
  /// Where it came from, after redirects.
  const url& target() const noexcept;

  /// The next bytes of the body, decoded; valid until the next read. Empty: it is whole. Throws io::error
  /// when it is not, saying how many bytes came of how many, and errc::coding when it cannot be decoded.
  io::task<std::string_view> read();
  /// The rest of the body in one. Throws errc::too_large beyond `max_body`.
  io::task<std::string> read_all();

  /// Bytes of the body so far as they came, before decoding; and how many were announced, when that is known.
  std::uint64_t received() const noexcept;
  std::optional<std::uint64_t> announced() const noexcept;
  /// Bytes after the end of what was compressed, which are no part of the body.
  std::uint64_t left_out() const noexcept;
  /// Fields that came after the body, once it is whole.
  const field_list& trailers() const noexcept;
  /// Of the last request.
  const exchange_times& times() const noexcept;
  /// The redirects that led here, the first first.
  const std::vector<hop>& hops() const noexcept;

 private:
  struct state;
  explicit exchange(std::unique_ptr<state> s) noexcept;
  std::unique_ptr<state> state_;
};

}  // namespace parlance::http
