// A server's connection of HTTP/1: request after request, each answered before the next is looked at.
//
// What is refused here, and reaches no handler: a head that is malformed, too long or too slow, a target or a
// Host that makes no sense, framing that two readers could read differently, an Expect that is not known. The
// connection ends with that answer, for nobody knows where another request would begin.
#pragma once

#include <optional>
#include <string_view>

#include <parlance/http/base/protocol_error.hpp>
#include <parlance/http/message/head_parser.hpp>
#include <parlance/http/server/http1_exchange.hpp>
#include <parlance/http/server/refusal.hpp>
#include <parlance/http/server/server_options.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/task.hpp>
#include <parlance/net/serve.hpp>

namespace parlance::http {

class http1_server {
 public:
  /// All of it outlives this; `with` is the caller whose stream it takes over.
  http1_server(net::caller& with, const server_handler& handler, const server_options& options);

  /// Until the connection is over. Throws only when it is cancelled.
  io::task<void> run();

 private:
  io::task<void> watch_for_the_end();
  io::task<bool> receive_head();
  io::task<bool> receive_some();
  io::task<void> wait_for_request();
  io::task<bool> serve_one(bool last);
  io::task<void> refuse(const protocol_error& why, std::string_view method);

  net::caller& caller_;
  const server_handler& handler_;
  const server_options& options_;
  const server_limits& limits_;
  const server_peers peers_;
  http1_wire wire_;
  request_parser parser_;
  request_head head_;
  io::time_point head_due_ = io::never;
  bool asked_before_ = false;
  io::context idle_;  // for the wait between requests; cancelled when the server stops
};

}  // namespace parlance::http
