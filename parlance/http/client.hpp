// Fetching: one line for most, and the same engine piece by piece for who wants it.
//
//   http::response page = io::wait(http::get("https://example.com/"));
//   fmt::print("{} {}\n", page.status, page.text());
//
//   http::exchange e = co_await http::open({.target = url});     // the head has come, the body streams
//   for (std::string_view piece; !(piece = co_await e.read()).empty();) co_await file.write(piece);
//
// Redirects are followed, at most 20 and never from https to http; gzip, deflate, br and zstd are taken off;
// a body that is shorter than announced is an error. Every exchange has limits: connecting, the wait for an
// answer, each silence of the server, and, when it is given, the whole. A status of 400 or above is an answer,
// not an error.
//
// What goes wrong is an io::error that names the URL (without its password), why, in which phase and after
// how long: `get http://127.0.0.1:8000/: body ended after 5 of 10 bytes (in the body, after 12 ms)`. Its code
// is an http::errc, a net::errc, an io::errc or the kernel's. An exchange belongs to its loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/body_reader.hpp>
#include <parlance/http/content_coding.hpp>
#include <parlance/http/error.hpp>
#include <parlance/http/message.hpp>
#include <parlance/http/redirect.hpp>
#include <parlance/http/url.hpp>
#include <parlance/io/task.hpp>
#include <parlance/net/connect.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::http {

/// When each part of an exchange was done, counted from the start of its last redirect; zero where a part did
/// not happen.
struct exchange_times {
  io::duration resolved{}, connected{}, secured{}, first_byte{}, complete{};
};

/// What passes by, for who shows it. Called on the loop; must not throw.
struct exchange_observer {
  std::function<void(const url& target, const net::stream& connection)> connected = {};
  /// The head as it was sent, and as it came.
  std::function<void(std::string_view head)> sent = {};
  std::function<void(const response_head& head)> received = {};
  /// A redirect is followed.
  std::function<void(const url& next)> redirected = {};
};

struct request {
  url target;
  std::string method = "GET";
  /// Host, User-Agent, Accept and Accept-Encoding are added where they are not given (no Accept-Encoding
  /// beside a Range), and Authorization where the URL has a name and a password. Content-Length,
  /// Transfer-Encoding and Connection are ours.
  field_list fields = {};
  /// Sent while the answer is awaited: a server may answer, even refuse, before it has read all of it.
  std::string body = {};
};

struct client_options {
  net::tls_client_options tls = {};
  /// Shared by many exchanges when it is given: made from `tls` once, it saves reading the authorities again.
  std::shared_ptr<net::tls_context> tls_context = {};
  /// The name, every address and the TLS handshake together.
  io::duration connect_timeout = std::chrono::seconds(30);
  /// From the end of the request to the first byte of its answer, and from an interim answer to the next.
  io::duration first_byte_timeout = std::chrono::seconds(300);
  /// The longest silence of the server in its answer, the longest that it may not take what we send, and the
  /// longest from the first byte of a head to its last.
  io::duration stall_timeout = std::chrono::seconds(60);
  /// The whole, from `open` to the end of the body, redirects included.
  io::duration timeout = io::unlimited;
  /// At most http::max_redirects. 0: a redirect is an answer like any other.
  unsigned max_redirects = http::max_redirects;
  /// Take the content coding off. Otherwise none is asked for and the body passes as it comes. Part of a coded
  /// body (206) passes as it comes, too, for it cannot be decoded.
  bool decode = true;
  /// For `get`, `send` and `read_all`: most bytes of a body that is kept in memory, after decoding.
  std::uint64_t max_body = 256ULL << 20;
  exchange_observer observer = {};
};

/// A response whose head has come and whose body is on its way.
class exchange {
 public:
  exchange(exchange&&) noexcept;
  exchange& operator=(exchange&&) noexcept;
  /// Drops the connection, if the end of the body has not done so.
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
  const exchange_times& times() const noexcept;

 private:
  friend io::task<exchange> open(request, client_options);
  struct state;
  explicit exchange(std::unique_ptr<state> s) noexcept;
  std::unique_ptr<state> state_;
};

/// Sends a request and waits for the head of the final response.
io::task<exchange> open(request what, client_options options = {});

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

/// Fetches a URL, as people type it.
io::task<response> get(std::string url, client_options options = {});
/// The same for any request.
io::task<response> send(request what, client_options options = {});

}  // namespace parlance::http
