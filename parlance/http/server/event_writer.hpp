// An answer that is a stream of server-sent events (server_sent_events.hpp).
//
//   http::event_writer events(answer);
//   for (;;) {
//     auto next = co_await io::race(news.next(), asked.gone(), asked.stopping());
//     if (next.index() != 0) co_return;
//     co_await events.send({.data = std::get<0>(next)});
//   }
#pragma once

#include <parlance/http/body/server_sent_events.hpp>
#include <parlance/http/server/server_response.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

namespace parlance::http {

class event_writer {
 public:
  /// Sets what the head says: the type, and that nobody keeps it (Cache-Control: no-store). `answer` outlives this,
  /// and nothing was sent of it.
  explicit event_writer(server_response& answer);

  /// Sends at once. A client that takes nothing keeps it waiting.
  io::task<void> send(const server_event& what);
  /// How long the client is to wait before it comes back.
  io::task<void> retry(io::duration wait);
  /// A line that says nothing, for connections on which silence ends something: proxies, and those of clients that
  /// are gone without a word.
  io::task<void> keep_alive();

 private:
  io::task<void> write(std::string text);

  server_response& answer_;
};

}  // namespace parlance::http
