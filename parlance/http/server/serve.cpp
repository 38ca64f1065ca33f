#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include <parlance/http/server/http1_server.hpp>
#include <parlance/http/server/http2_server.hpp>
#include <parlance/http/server/serve.hpp>
#include <parlance/io/combinators.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/tls_session.hpp>

namespace parlance::http {
namespace {

/// Has copies of its own, for each thread.
net::serve_handler for_connections(server_handler handler, const server_options& options) {
  return [handler = std::move(handler), options](net::caller& one) {
    return serve_connection(one, handler, options);
  };
}

/// By what TLS has agreed on, or by what the client says first (RFC 9113 3.3, 3.4), of which nothing is taken. Nothing:
/// it says nothing in time.
[[gnu::noinline]] io::task<std::optional<bool>> speaks_http2(net::caller& who, io::duration limit) {
  net::stream& from = who.stream;
  if (from.tls()) co_return from.tls()->alpn() == "h2";
  const io::time_point until = io::after(io::loop::current().now(), limit);
  std::string said;
  try {
    while (said.size() < http2_preface.size()) {
      const auto first = co_await io::timeout_at(until, io::race(who.stopping, from.peek()));
      if (first.index() == 0) break;
      if (std::get<1>(first).empty()) co_return std::nullopt;
      const std::string_view bytes = std::get<1>(first);
      if (said.empty() && bytes.front() != http2_preface.front()) co_return false;
      said += co_await from.recv();
      if (!http2_preface.starts_with(std::string_view(said).substr(0, http2_preface.size()))) break;
    }
  } catch (const io::error&) {
    if (io::context::current().cancelled()) throw;
    if (said.empty()) co_return std::nullopt;
  }
  const bool is_preface = said.starts_with(http2_preface);
  if (!said.empty()) from.unread(std::move(said));
  co_return is_preface;
}

/// A frame for each kind of server: that of the connection, which lasts, has room for neither.
template <class Server>
[[gnu::noinline]] io::task<void> serve_by(net::caller& with, const server_handler& handler,
                                          const server_options& options) {
  Server connection(with, handler, options);
  co_await connection.run();
}

}  // namespace

void log_server_failure(std::exception_ptr why, const server_request& asked) {
  std::string text = "an exception that is no std::exception";
  try {
    std::rethrow_exception(std::move(why));
  } catch (const std::exception& e) {
    text = e.what();
  } catch (...) {  // said already
  }
  // It may have in it what the client has sent. (Method and path are visible ASCII.)
  std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  fmt::print(stderr, "{} {} of {}: {}\n", asked.method(), asked.path(), asked.remote().to_string(), text);
}

io::task<void> serve_connection(net::caller& with, const server_handler& handler,
                                const server_options& options) {
  const std::optional<bool> is_2 = co_await speaks_http2(with, options.limits.head_time);
  if (!is_2) co_return co_await with.stream.close();
  if (*is_2)
    co_await serve_by<http2_server>(with, handler, options);
  else
    co_await serve_by<http1_server>(with, handler, options);
}

io::task<void> serve(net::listener&& from, server_handler handler, server_options options) {
  return net::serve(std::move(from), for_connections(std::move(handler), options), options.connections);
}

io::task<void> serve(net::listener& from, server_handler handler, server_options options) {
  return net::serve(from, for_connections(std::move(handler), options), options.connections);
}

io::task<void> serve_on_threads(std::vector<net::listener> from, server_handler handler,
                                server_options options) {
  return net::serve_on_threads(std::move(from), for_connections(std::move(handler), options),
                               options.connections);
}

}  // namespace parlance::http
