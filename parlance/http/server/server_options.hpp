// What a server keeps to, and what it calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <vector>

#include <parlance/http/message/field_line.hpp>
#include <parlance/http/message/forwarded.hpp>
#include <parlance/http/server/server_request.hpp>
#include <parlance/http/server/server_response.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/network.hpp>
#include <parlance/net/serve.hpp>

namespace parlance::http {

/// Answers a request. One that gives an answer to none is a failure, 500. It knows nothing of the version of HTTP,
/// and may be called for many requests at a time.
using server_handler = std::function<io::task<void>(server_request& asked, server_response& answer)>;

struct server_limits {
  /// Of a request's head; beyond it 414 or 431.
  head_limits head = {.bytes = 32768, .fields = 100};
  /// From a head's first byte, or from the beginning of the connection, to its last: 408.
  io::duration head_time = std::chrono::seconds(15);
  /// How long a connection is kept on which nothing is asked.
  io::duration idle = std::chrono::seconds(60);
  /// Bytes of a body that a handler gets, unless it says otherwise: 413.
  std::uint64_t body = std::uint64_t{1} << 20U;
  /// The longest silence within a body, which ends in 408, and the longest that a client may not take anything of
  /// an answer, which ends the connection.
  io::duration stall = std::chrono::seconds(30);
  /// Bytes of a body that no handler has read, and for how long they are waited for, until the connection is
  /// given up instead of being kept.
  std::uint64_t drain = std::uint64_t{64} << 10U;
  io::duration drain_time = std::chrono::seconds(5);
  /// Requests on a connection; it ends with the last.
  std::size_t requests = 10'000;
  /// Of them, under way at a time on a connection of HTTP/2.
  std::uint32_t streams = 100;
};

/// Prints what was asked and what the exception says on stderr, one line.
void log_server_failure(std::exception_ptr why, const server_request& asked);

struct server_options {
  server_limits limits = {};
  /// Proxies that tell for whom they ask, and in which field (forwarded.hpp): server_request::remote and secure are
  /// what they say then. A field from anywhere else is nobody's word. What is no address in it is refused with 400.
  std::vector<net::network> proxies = {};
  forwarded_by proxies_tell_by = forwarded_by::x_forwarded_for;
  /// Told what a handler threw, other than a refusal and the end of its connection. Default: a line on stderr.
  /// Empty: nobody is told. Must not throw.
  std::function<void(std::exception_ptr why, const server_request& asked)> on_failure = log_server_failure;
  /// The connections: TLS, how many, PROXY headers, the end. When it stops, idle connections end at once, and the
  /// others after the answer that is under way.
  net::serve_options connections = {};
};

}  // namespace parlance::http
