// A server of HTTP/2 that says, frame by frame, what a test makes it say.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <parlance/io/scope.hpp>
#include <parlance/net/listener.hpp>

#include "http/http2_frames.hpp"

namespace parlance::http::test {

/// What a server does with each of its callers, whose preface has been taken and answered.
using framed_handler = std::function<task<void>(frames& caller, std::size_t number)>;

class framed_server {
 public:
  static task<std::unique_ptr<framed_server>> start(framed_handler handler) {
    std::unique_ptr<framed_server> made(
        new framed_server(co_await net::listen("127.0.0.1:0"), std::move(handler)));
    made->callers_.spawn(made->accept());
    co_return made;
  }
  std::string at(std::string_view path) const {
    return "http://" + listener_.local().to_string() + std::string(path);
  }
  std::size_t accepted = 0;

 private:
  framed_server(net::listener at, framed_handler handler)
      : listener_(std::move(at)), handler_(std::move(handler)) {}
  task<void> accept() {
    for (;;) callers_.spawn(serve(co_await listener_.accept()));
  }
  task<void> serve(net::stream caller) {
    const std::size_t number = accepted++;
    frames its(std::move(caller));
    co_await its.take_preface();
    co_await its.say(frame(settings_frame, 0, 0) + frame(settings_frame, ack, 0));
    co_await handler_(its, number);
    co_await its.below().close();
  }

  net::listener listener_;
  framed_handler handler_;
  io::scope callers_{[](std::exception_ptr) {}};
};

inline std::string answer_frames(std::uint32_t stream, std::string_view body, const field_pairs& more = {}) {
  field_pairs fields = {{":status", "200"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return frame(headers_frame, end_headers, stream, block(fields)) +
         frame(data_frame, end_stream, stream, body);
}

}  // namespace parlance::http::test
