// A server beside a test, and callers who say to it what a test makes them say.
#pragma once

#include <gtest/gtest.h>

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/http/client.hpp>
#include <parlance/http/server.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/connect.hpp>
#include <parlance/net/listener.hpp>

#include "io/support.hpp"

namespace parlance::http::test {

using namespace std::chrono_literals;
using io::task;

class serving {
 public:
  static task<std::unique_ptr<serving>> start(server_handler handler, server_options options = {}) {
    std::unique_ptr<serving> made(new serving(co_await net::listen("127.0.0.1:0")));
    options.connections.stop = &made->stop;
    if (options.on_failure)
      options.on_failure = [own = made.get()](std::exception_ptr why, const server_request&) {
        try {
          std::rethrow_exception(std::move(why));
        } catch (const std::exception& e) {
          own->failures.emplace_back(e.what());
        }
      };
    made->running_.spawn(http::serve(made->listener_, std::move(handler), std::move(options)));
    co_return made;
  }
  /// Stops, and waits until nobody is left.
  task<void> end() {
    stop.set();
    co_await running_.join();
  }

  std::string at(std::string_view path) const {
    return "http://" + listener_.local().to_string() + std::string(path);
  }
  task<net::stream> connect() const { return net::connect(listener_.local().to_string()); }

  io::event stop;
  /// What handlers threw.
  std::vector<std::string> failures;

 private:
  explicit serving(net::listener at) : listener_(std::move(at)) {}
  net::listener listener_;
  io::scope running_;
};

/// All that comes until the end; "reset" is added where that is none.
inline task<std::string> rest_of(net::stream& from) {
  std::string all;
  bool reset = false;
  try {
    for (std::string_view text; !(text = co_await from.recv()).empty();) all += text;
  } catch (const io::error& e) {
    reset = e.code() == std::errc::connection_reset;
    if (!reset) throw;
  }
  co_return reset ? all + "reset" : all;
}

/// Without the lines whose value is another each time.
inline std::string without_dates(std::string text) {
  for (std::size_t at; (at = text.find("Date: ")) != text.npos;)
    text.erase(at, text.find("\r\n", at) + 2 - at);
  return text;
}

/// What a server says to `text`, until it ends the connection: it is told of no end before.
inline task<std::string> answer_to(const serving& server, std::string text) {
  net::stream s = co_await server.connect();
  co_await s.send(text);
  co_return without_dates(co_await rest_of(s));
}

/// The first line of the answer, without the version.
inline std::string status_of(const std::string& answer) {
  if (!answer.starts_with("HTTP/1.1 ")) return answer;
  return answer.substr(9, answer.find("\r\n") - 9);
}

/// What it says to `text` and the end, or to `text` that is the last there is.
inline task<std::string> status_for(const serving& server, std::string text) {
  co_return status_of(co_await answer_to(server, std::move(text)));
}

/// Says "METHOD PATH: BODY".
inline task<void> echo(server_request& asked, server_response& answer) {
  const std::string body = co_await asked.read_all();
  co_await answer.send(asked.method() + " " + std::string(asked.path()) + ": " + body + "\n", {});
}

}  // namespace parlance::http::test
