// WebSockets as messages: both ends, pings, limits and the end.
#include <parlance/http/server/accept_websocket.hpp>

#include "http/server_support.hpp"

namespace parlance::http::test {
namespace {

class websocket_streams : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(websocket_streams);

constexpr const char* handshake =
    "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// What became of a server's end.
struct ended {
  close_code code = close_code::no_status;
  std::string reason;
  bool over = false;
};

server_handler echoing(ended& how, websocket_limits limits = {}) {
  return [&how, limits](server_request& asked, server_response& answer) -> task<void> {
    websocket_stream socket(co_await accept_websocket(asked, answer, {.subprotocols = {"echo"}}), limits);
    while (auto message = co_await socket.receive()) {
      if (message->data == "end") {
        co_await socket.close(close_code::normal, "you said so");
        break;
      }
      if (message->is_text)
        co_await socket.send_text(std::string(message->data) + "!");
      else
        co_await socket.send_binary(message->data);
    }
    EXPECT_FALSE(socket.is_open());
    EXPECT_FALSE(co_await socket.send_text("too late"));
    EXPECT_FALSE(co_await socket.send_binary("too late"));
    how = {.code = socket.code(), .reason = socket.reason(), .over = true};
  };
}

/// Says the handshake, and takes the head of the answer.
task<net::stream> open_websocket(const serving& server, std::string more = {}) {
  net::stream s = co_await server.connect();
  co_await s.send(std::string(handshake) + "\r\n" + more);
  std::string head;
  while (head.find("\r\n\r\n") == head.npos) {
    const std::string_view text = co_await s.recv();
    if (text.empty()) throw std::runtime_error("no answer: " + head);
    head += text;
  }
  EXPECT_EQ(status_of(head), "101 Switching Protocols");
  EXPECT_NE(head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), head.npos);
  s.unread(head.substr(head.find("\r\n\r\n") + 4));
  co_return std::move(s);
}

TEST_P(websocket_streams, pass_messages_both_ways) {
  io::wait([]() -> task<void> {
    ended how;
    const auto server = co_await serving::start(echoing(how));
    websocket_stream mine({.stream = co_await open_websocket(*server)}, {}, websocket::role::client);
    for (const std::string& text : {std::string("hello"), std::string(), std::string(500'000, 'x')}) {
      EXPECT_TRUE(co_await mine.send_text(text));
      const auto answer = co_await mine.receive();
      EXPECT_TRUE(answer && answer->is_text && answer->data == text + "!");
    }
    EXPECT_TRUE(co_await mine.send_binary(std::string_view("\0\xff", 2)));
    const auto answer = co_await mine.receive();
    EXPECT_TRUE(answer && !answer->is_text && answer->data == std::string_view("\0\xff", 2));
    co_await mine.close(close_code(4000), "bye");
    EXPECT_EQ(mine.code(), close_code(4000));
    co_await io::test::eventually([&] { return how.over; });
    EXPECT_EQ(how.code, close_code(4000));
    EXPECT_EQ(how.reason, "bye");
  }());
}

TEST_P(websocket_streams, take_what_came_along_with_the_handshake) {
  io::wait([]() -> task<void> {
    ended how;
    const auto server = co_await serving::start(echoing(how));
    websocket peer(websocket::role::client);
    peer.send_text("early");
    websocket_stream mine({.stream = co_await open_websocket(*server, peer.take_output())}, {},
                          websocket::role::client);
    const auto answer = co_await mine.receive();
    EXPECT_TRUE(answer && answer->data == "early!");
  }());
}

TEST_P(websocket_streams, are_closed_by_either_side) {
  io::wait([]() -> task<void> {
    ended how;
    const auto server = co_await serving::start(echoing(how));
    websocket_stream mine({.stream = co_await open_websocket(*server)}, {}, websocket::role::client);
    co_await mine.send_text("end");
    EXPECT_FALSE((co_await mine.receive()).has_value());
    EXPECT_EQ(mine.code(), close_code::normal);
    EXPECT_EQ(mine.reason(), "you said so");
    co_await io::test::eventually([&] { return how.over; });
    EXPECT_EQ(how.code, close_code::normal);
    how = {};
    {
      net::stream gone = co_await open_websocket(*server);
      co_await gone.close();
    }
    co_await io::test::eventually([&] { return how.over; });
    EXPECT_EQ(how.code, close_code::abnormal);
    EXPECT_TRUE(server->failures.empty());
  }());
}

TEST_P(websocket_streams, end_with_who_breaks_the_rules) {
  io::wait([]() -> task<void> {
    ended how;
    const auto server = co_await serving::start(echoing(how, {.message = 100}));
    const auto after = [&](std::string frames) -> task<close_code> {
      how = {};
      net::stream s = co_await open_websocket(*server, frames);
      websocket_stream mine({.stream = std::move(s)}, {}, websocket::role::client);
      EXPECT_FALSE((co_await mine.receive()).has_value());
      co_await io::test::eventually([&] { return how.over; });
      EXPECT_EQ(how.code, mine.code());
      co_return mine.code();
    };
    websocket peer(websocket::role::client);
    peer.send_text(std::string(101, 'x'));
    EXPECT_EQ(co_await after(peer.take_output()), close_code::too_big);
    EXPECT_EQ(co_await after("\x81\x02hi"), close_code::protocol_error);  // not masked
    EXPECT_EQ(co_await after(std::string("\x81\x81\0\0\0\0\xff", 7)), close_code::invalid_data);
  }());
}

TEST_P(websocket_streams, ping_who_is_silent_and_give_up_who_does_not_answer) {
  io::wait([]() -> task<void> {
    ended how;
    const auto server = co_await serving::start(echoing(how, {.silence = 100ms}));
    {
      websocket_stream mine({.stream = co_await open_websocket(*server)}, {.silence = 2s},
                            websocket::role::client);
      io::scope receiving;
      receiving.spawn([&]() -> task<void> { co_await mine.receive(); });
      co_await io::sleep(600ms);
      EXPECT_FALSE(how.over);
    }
    co_await io::test::eventually([&] { return how.over; });
    how = {};
    net::stream silent = co_await open_websocket(*server);
    EXPECT_TRUE((co_await rest_of(silent)).starts_with(std::string_view("\x89\0", 2)));
    co_await io::test::eventually([&] { return how.over; });
    EXPECT_EQ(how.code, close_code::abnormal);
  }());
}

TEST_P(websocket_streams, answer_pings_while_nobody_sends) {
  io::wait([]() -> task<void> {
    ended how;
    const auto server = co_await serving::start(echoing(how));
    net::stream s = co_await open_websocket(*server, std::string("\x89\x82\0\0\0\0hi", 8));
    std::string pong;
    while (pong.size() < 4) pong += co_await s.recv();
    EXPECT_EQ(pong, "\x8a\x02hi");
  }());
}

TEST_P(websocket_streams, say_that_they_go_away_when_the_server_stops) {
  io::wait([]() -> task<void> {
    ended how;
    const auto server = co_await serving::start(echoing(how));
    websocket_stream mine({.stream = co_await open_websocket(*server)}, {}, websocket::role::client);
    co_await mine.send_text("x");
    EXPECT_TRUE((co_await mine.receive()).has_value());
    server->stop.set();
    EXPECT_FALSE((co_await mine.receive()).has_value());
    EXPECT_EQ(mine.code(), close_code::going_away);
    co_await server->end();
    EXPECT_TRUE(how.over);
  }());
}

TEST_P(websocket_streams, are_opened_only_by_a_handshake_and_not_by_pages_of_others) {
  io::wait([]() -> task<void> {
    ended how;
    const auto server = co_await serving::start(echoing(how));
    const std::string start = handshake;
    EXPECT_EQ(
        co_await status_for(*server, start + "Origin: https://evil.example\r\nConnection: close\r\n\r\n"),
        "403 Forbidden");
    const std::string plain =
        co_await answer_to(*server, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(status_of(plain), "426 Upgrade Required");
    EXPECT_NE(plain.find("Upgrade: websocket\r\n"), plain.npos);
    EXPECT_EQ(co_await status_for(*server, "POST" + start.substr(3) + "Connection: close\r\n\r\n"),
              "405 Method Not Allowed");
    EXPECT_FALSE(how.over);
  }());
}

}  // namespace
}  // namespace parlance::http::test
