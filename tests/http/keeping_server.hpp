// A server that keeps its connections, counts them, and can be told how to misbehave.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/client_support.hpp"

namespace parlance::http::test {

class keeping_server {
 public:
  /// `first`: what it says to the first requests, whoever makes them; then, and always, "hello".
  static task<std::unique_ptr<keeping_server>> start(std::deque<std::string> first = {},
                                                     std::shared_ptr<net::tls_context> secured = {}) {
    std::unique_ptr<keeping_server> made(new keeping_server(
        co_await net::listen("127.0.0.1:0", {.on_pause = [](std::string_view) {}}), std::move(secured)));
    made->answers = std::move(first);
    made->callers_.spawn(made->accept());
    co_return made;
  }

  std::string origin() const { return (tls_ ? "https://" : "http://") + listener_.local().to_string(); }
  std::string at(std::string_view path) const { return origin() + std::string(path); }

  std::deque<std::string> answers;
  std::size_t accepted = 0;
  std::vector<std::string> heads, bodies;
  /// Before each answer.
  io::duration pause = 0ms;
  /// Sent a moment after an answer, without a question.
  std::string afterwards;
  bool said_afterwards = false;
  /// Closes a connection after so many answers, without saying so before.
  std::size_t most_per_connection = 1'000'000;
  /// Closes the connection instead of an answer to this request of all, counted from 1.
  std::size_t dies_after_head_of = 0;
  /// The same, when no more than the head, and what came with it, has been read.
  std::size_t dies_within_body_of = 0;

 private:
  keeping_server(net::listener listening, std::shared_ptr<net::tls_context> secured)
      : listener_(std::move(listening)), tls_(std::move(secured)) {}

  task<void> accept() {
    for (;;) {
      net::stream caller = co_await listener_.accept();
      ++accepted;
      callers_.spawn(serve(std::move(caller)));
    }
  }

  static std::size_t length_of(std::string_view head) {
    constexpr std::string_view name = "Content-Length: ";
    const std::size_t at = head.find(name);
    return at == head.npos ? 0 : std::stoul(std::string(head.substr(at + name.size(), 12)));
  }

  /// The next request; false at the end of the caller's.
  task<bool> read_request(net::stream& caller, std::string& rest) {
    const auto more_until = [&](auto there) -> task<bool> {
      while (!there()) {
        const std::string_view arrived = co_await caller.recv();
        if (arrived.empty()) co_return false;
        rest += arrived;
      }
      co_return true;
    };
    const auto take_to = [&](std::size_t end) {
      std::string taken = rest.substr(0, end);
      rest.erase(0, end);
      return taken;
    };
    if (!co_await more_until([&] { return rest.contains("\r\n\r\n"); })) co_return false;
    const std::string head = take_to(rest.find("\r\n\r\n") + 4);
    heads.push_back(head);
    if (heads.size() == dies_within_body_of) co_return false;
    if (head.contains("Expect: 100-continue")) co_await caller.send("HTTP/1.1 100 Continue\r\n\r\n");
    if (head.contains("Transfer-Encoding: chunked")) {
      if (!co_await more_until([&] { return rest.contains("0\r\n\r\n"); })) co_return false;
      bodies.push_back(take_to(rest.find("0\r\n\r\n") + 5));
      co_return true;
    }
    if (!co_await more_until([&] { return rest.size() >= length_of(head); })) co_return false;
    bodies.push_back(take_to(length_of(head)));
    co_return true;
  }

  task<void> serve(net::stream caller) {
    if (tls_) caller = co_await net::tls_accept(std::move(caller), tls_);
    std::string rest;
    for (std::size_t i = 0; i < most_per_connection && co_await read_request(caller, rest); ++i) {
      if (heads.size() == dies_after_head_of) co_return;
      if (pause != 0ms) co_await sleep(pause);
      std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
      if (!answers.empty()) {
        answer = answers.front();
        answers.pop_front();
      }
      co_await caller.send(answer);
      if (afterwards.empty()) continue;
      co_await sleep(5ms);
      co_await caller.send(afterwards);
      said_afterwards = true;
    }
    co_await caller.close();
  }

  net::listener listener_;
  std::shared_ptr<net::tls_context> tls_;
  io::scope callers_{[](std::exception_ptr) {}};
};

}  // namespace parlance::http::test
