// Servers for the tests of the client: they say what a test makes them say, and remember what they were
// asked.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/http/client.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/listener.hpp>
#include <parlance/net/stream.hpp>
#include <parlance/net/tls.hpp>

#include "io/support.hpp"

namespace parlance::http::test {

using namespace std::chrono_literals;
using io::sleep;
using io::task;

/// What came from a caller: a request's head with its empty line, and what followed it by then.
struct asked {
  std::string head;
  std::string more;
};

/// What a server does with a caller whose head has been read.
using handler = std::function<task<void>(net::stream& caller, asked what)>;

inline task<asked> read_head(net::stream& caller) {
  std::string all;
  for (;;) {
    const std::string_view arrived = co_await caller.recv();
    if (arrived.empty()) throw std::runtime_error("the head was not whole");
    all += arrived;
    if (const std::size_t end = all.find("\r\n\r\n"); end != all.npos)
      co_return asked{.head = all.substr(0, end + 4), .more = all.substr(end + 4)};
  }
}

/// The same answer for everybody, then the end.
inline handler says(std::string answer) {
  return [answer = std::move(answer)](net::stream& caller, asked) -> task<void> {
    co_await caller.send(answer);
    co_await caller.shutdown();
  };
}

/// The same, but the server's end never comes.
inline handler says_and_stays(std::string answer) {
  return [answer = std::move(answer)](net::stream& caller, asked) -> task<void> {
    co_await caller.send(answer);
    co_await sleep(1h);
  };
}

/// A byte at a time, then the end.
inline handler dribbles(std::string answer, io::duration pause = 0ms) {
  return [answer = std::move(answer), pause](net::stream& caller, asked) -> task<void> {
    for (const char& byte : answer) {
      co_await caller.send(std::string_view(&byte, 1));
      if (pause == 0ms)
        co_await io::yield();
      else
        co_await sleep(pause);
    }
    co_await caller.shutdown();
  };
}

inline std::string redirect_to(std::string_view where, unsigned status = 302) {
  return "HTTP/1.1 " + std::to_string(status) + " Elsewhere\r\nLocation: " + std::string(where) +
         "\r\nContent-Length: 0\r\n\r\n";
}

class server {
 public:
  /// Listens, and answers from then on. `secured`: over TLS.
  static task<std::unique_ptr<server>> start(handler answer, std::shared_ptr<net::tls_context> secured = {}) {
    std::unique_ptr<server> made(
        new server(co_await net::listen("127.0.0.1:0", {.on_pause = [](std::string_view) {}}),
                   std::move(answer), std::move(secured)));
    made->callers_.spawn(made->accept());
    co_return made;
  }

  std::string origin() const { return (tls_ ? "https://" : "http://") + listener_.local().to_string(); }
  std::string at(std::string_view path) const { return origin() + std::string(path); }

  /// The heads, in the order in which they came.
  std::vector<std::string> heads;

 private:
  server(net::listener listening, handler answer, std::shared_ptr<net::tls_context> secured)
      : listener_(std::move(listening)), answer_(std::move(answer)), tls_(std::move(secured)) {}

  task<void> accept() {
    for (;;) callers_.spawn(serve(co_await listener_.accept()));
  }

  task<void> serve(net::stream caller) {
    if (tls_) caller = co_await net::tls_accept(std::move(caller), tls_);
    asked what = co_await read_head(caller);
    heads.push_back(what.head);
    co_await answer_(caller, std::move(what));
    co_await caller.close();
  }

  net::listener listener_;
  handler answer_;
  std::shared_ptr<net::tls_context> tls_;
  // A caller that goes away in the middle is what these tests are about.
  io::scope callers_{[](std::exception_ptr) {}};
};

/// How a fetch went.
struct outcome {
  unsigned status = 0;
  std::string body;
  std::error_code code;
  std::string text;
};

inline task<outcome> fetch(request what, client_options options = {}) {
  outcome result;
  try {
    const response got = co_await send(std::move(what), std::move(options));
    result.status = got.status;
    result.body = got.body;
  } catch (const io::error& e) {
    result.code = e.code();
    result.text = e.what();
  }
  co_return result;
}

inline request to(const std::string& target) { return {.target = url::parse(target).value()}; }

inline task<outcome> fetch(const std::string& target, client_options options = {}) {
  return fetch(to(target), std::move(options));
}

/// How a fetch from a server goes that gives everybody `answer`.
inline task<outcome> fetch_from(handler answer, client_options options = {}) {
  const auto from = co_await server::start(std::move(answer));
  co_return co_await fetch(from->at("/page"), std::move(options));
}

inline bool says_all(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::ranges::all_of(parts, [&](std::string_view part) { return text.find(part) != text.npos; });
}

}  // namespace parlance::http::test
