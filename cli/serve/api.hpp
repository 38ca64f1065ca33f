// What an operator does, by HTTP: what the console does (operator_console.hpp), for programs.
//
//   POST /api/v1/command    {"command": "/rooms"}, as it is typed at the console; answered as parlance admin --json is: 200,
//                           or 422 where it could not be done
//   GET /api/v1/status      people, rooms, messages a second, loop lag, memory
//   GET /api/v1/samples     the same of each five seconds of the last hour
//   GET /api/v1/events      what the console shows, as server-sent events: "heard" (lines of the lobby, where the operator
//                           is seen then), "log"; ?kind=log: that alone
//
// Who asks has a token (`Authorization: Bearer`, RFC 6750), which is made and taken back at the console (/token), and asks by
// TLS or on this machine. A wrong one is a failed login. Since there is no cookie, no page elsewhere can ask for its reader.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <parlance/chat/accounts/api_tokens.hpp>
#include <parlance/chat/base/caller.hpp>
#include <parlance/chat/door/server.hpp>
#include <parlance/http/server/server_request.hpp>
#include <parlance/http/server/server_response.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/list.hpp>
#include <parlance/io/task.hpp>

#include <cli/serve/samples.hpp>

namespace parlance::cli {

struct in_api;

class operator_api {
 public:
  /// Answers what that is asked (server::on_api), and outlives it. `end` ends the server.
  operator_api(chat::server& server, std::function<void()> end);
  operator_api(const operator_api&) = delete;
  operator_api& operator=(const operator_api&) = delete;

  /// Of each line of the server's log.
  void told(std::string_view line);
  /// Takes samples, until it is cancelled.
  io::task<void> keep() { return samples_.keep(); }

 private:
  /// One who listens to events, in its order.
  struct listener : io::link<in_api> {
    explicit listener(std::string token) : by(std::move(token)) {}
    const std::string by;                                          // the name of its token
    io::event is_put_out;                                          // that token is no more
    std::deque<std::pair<std::string_view, std::string>> waiting;  // the kind, and the data
    io::event queued;
    void add(std::string_view kind, std::string data);
  };

  io::task<void> answer(chat::caller from, bool is_private, http::server_request& asked,
                        http::server_response& answer);
  chat::api_token prove(const chat::caller& from, const http::server_request& asked);
  io::task<void> obey(const chat::api_token& by, const chat::caller& from, http::server_request& asked,
                      http::server_response& answer);
  io::task<void> tell_events(const chat::api_token& by, http::server_request& asked,
                             http::server_response& answer);
  std::string status();
  std::string history() const;

  chat::server& server_;
  std::function<void()> end_;
  samples samples_;
  io::list<listener, in_api> listeners_;
};

}  // namespace parlance::cli
