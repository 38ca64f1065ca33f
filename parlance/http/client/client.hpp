// Fetching: one line for most, and the same engine piece by piece for who wants it.
//
//   http::response page = io::wait(http::get("https://example.com/"));
//   fmt::print("{} {}\n", page.status, page.text());
//
//   http::client client;                                            // keeps its connections
//   http::response made = co_await client.post("https://example.com/items", http::json(R"({"a":1})"));
//   http::exchange e = co_await client.open({.target = url});       // the head has come, the body streams
//   for (std::string_view piece; !(piece = co_await e.read()).empty();) co_await file.write(piece);
//
// Redirects are followed, at most 20 and never from https to http; gzip, deflate, br and zstd are taken off;
// a body that is shorter than announced is an error. Every exchange has limits: connecting, the wait for an
// answer, each silence of the server, and, when it is given, the whole. A status of 400 or above is an answer,
// not an error.
//
// What goes wrong is an io::error that names the URL (without its password), why, in which phase and after
// how long: `get http://127.0.0.1:8000/: body ended after 5 of 10 bytes (in the body, after 12 ms)`. Its code
// is an http::errc, a net::errc, an io::errc or the kernel's.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <parlance/http/base/error.hpp>
#include <parlance/http/body/bodies.hpp>
#include <parlance/http/client/client_options.hpp>
#include <parlance/http/client/exchange.hpp>
#include <parlance/http/client/request.hpp>
#include <parlance/io/task.hpp>

namespace parlance::http {

/// Belongs to the loop of the thread that makes it, as its exchanges do. Several requests at a time: those
/// beyond the limits of `client_options::connections` wait. A connection that is kept is used again for the
/// same origin, and only for it; a request that finds that its server has closed it meanwhile is sent again,
/// once, over a new one, if nothing was answered and it is idempotent or nothing of it was sent (RFC 9110
/// 9.2.2). Closes what is kept when it goes; exchanges may outlive it.
class client {
 public:
  explicit client(client_options options = {});
  client(client&&) noexcept = default;
  client& operator=(client&& other) noexcept;
  ~client();

  /// Sends a request and waits for the head of the final response.
  io::task<exchange> open(request what);
  /// The same, and for all of the body, which is kept in memory.
  io::task<response> send(request what);

  /// `send` by method, to a URL as people type it.
  io::task<response> get(std::string url, field_list fields = {});
  io::task<response> head(std::string url, field_list fields = {});
  io::task<response> post(std::string url, request_body body, field_list fields = {});
  io::task<response> put(std::string url, request_body body, field_list fields = {});
  io::task<response> patch(std::string url, request_body body, field_list fields = {});
  /// DELETE.
  io::task<response> del(std::string url, field_list fields = {});

  /// Its connections, in use or not, and those of them that are kept for later.
  std::size_t connections() const noexcept;
  std::size_t idle_connections() const noexcept;

 private:
  std::shared_ptr<client_parts> parts_;
};

/// With a client for this call alone, which keeps no connection.
io::task<exchange> open(request what, client_options options = {});
io::task<response> send(request what, client_options options = {});
io::task<response> get(std::string url, client_options options = {});

}  // namespace parlance::http
