// A server of HTTP:
//
//   io::task<> greet(http::server_request& asked, http::server_response& answer) {
//     co_await answer.send("hello\n");
//   }
//
//   co_await http::serve(co_await net::listen(":8000"), greet);
//
// HTTP/1.1, and HTTP/2 where TLS agrees on it ("h2" among its `alpn`), or where a client without TLS begins with it.
//
// For more than one path there is http::router, for a folder http::files. What a handler throws is answered, too:
// a refusal by what it says, anything else by 500. Nothing of a request is believed: its head, its body, its time
// and how many there are have limits (server_limits), and what two readers could read differently is refused.
#pragma once

#include <vector>

#include <parlance/http/server/refusal.hpp>
#include <parlance/http/server/server_options.hpp>
#include <parlance/http/server/server_request.hpp>
#include <parlance/http/server/server_response.hpp>
#include <parlance/io/task.hpp>
#include <parlance/net/listener.hpp>
#include <parlance/net/serve.hpp>

namespace parlance::http {

/// Serves those who call at `from`, as net::serve does, until `connections.stop` is set.
io::task<void> serve(net::listener&& from, server_handler handler, server_options options = {});
io::task<void> serve(net::listener& from, server_handler handler, server_options options = {});
/// On several threads, as net::serve_on_threads does: each has copies of the handler and the options.
io::task<void> serve_on_threads(std::vector<net::listener> from, server_handler handler,
                                server_options options = {});

/// Serves one connection, to its end; the handler and the options outlive it. For who has accepted it otherwise:
/// what was read of it already is given back to it before (stream::unread).
io::task<void> serve_connection(net::caller& with, const server_handler& handler,
                                const server_options& options);

}  // namespace parlance::http
