// A server's connection of HTTP/2: many requests at a time, each handled as it comes.
//
// A client that asks and takes it back, again and again, ends the connection (CVE-2023-44487), as one does whose head
// does not end in time, or on whose connection nothing is asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include <parlance/http/http2/http2_session.hpp>
#include <parlance/http/server/http2_exchange.hpp>
#include <parlance/http/server/server_options.hpp>
#include <parlance/http/server/server_request.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/serve.hpp>

namespace parlance::http {

class http2_server final : private http2_session {
 public:
  /// All of it outlives this; `with` is the caller whose stream it takes over.
  http2_server(net::caller& with, const server_handler& handler, const server_options& options);
  ~http2_server() override;

  /// Until the connection is over. Throws only when it is cancelled.
  io::task<void> run();

 private:
  friend http2_exchange;

  http2_stream* open(std::int32_t id) override;
  /// Its head is whole.
  bool has_request(http2_exchange& on);
  void stream_was_reset() noexcept override;
  void has_read() override;

  io::task<void> watch_for_the_end();
  io::task<void> keep_time();
  io::time_point due() const;
  void look_at_the_time() noexcept;
  io::task<void> serve_one(http2_exchange& on);
  io::task<void> answer(http2_exchange& on);
  /// No more requests are taken; the connection ends with the last answer.
  void go_away() noexcept;
  void end_when_done() noexcept;

  net::caller& caller_;
  const server_handler& handler_;
  const server_options& options_;
  const server_limits& limits_;
  const server_peers peers_;
  std::list<http2_exchange> exchanges_;
  std::vector<http2_exchange*> to_serve_;
  io::event all_done_;
  io::time_point idle_since_;
  io::time_point head_due_ = io::never;
  io::time_point waits_until_ = io::never;  // `keep_time` does
  io::event due_earlier_;
  std::size_t asked_ = 0;
  double resets_ = 0;  // that have come lately
  io::time_point reset_;
  bool going_ = false;
  io::scope tasks_;  // goes first
};

/// What a client of HTTP/2 says first (RFC 9113 3.4).
inline constexpr std::string_view http2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace parlance::http
