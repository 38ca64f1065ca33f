#include <string>

#include <parlance/http/client/connect_websocket.hpp>
#include <parlance/http/message/head_parser.hpp>
#include <parlance/http/websocket/upgrade.hpp>

#include "http/client_support.hpp"

namespace parlance::http::test {
namespace {

class connect_websocket : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(connect_websocket);

request_head parsed(std::string_view text) {
  request_parser parser;
  EXPECT_TRUE(parser.feed(text).value_or(false));
  return parser.take();
}

std::string key_of(const asked& what) {
  return std::string(parsed(what.head).fields.get("Sec-WebSocket-Key").value_or(""));
}

/// 101, with the first subprotocol that the rules know.
std::string accepting(const asked& what, const upgrade_rules& rules = {}) {
  const request_head head = parsed(what.head);
  return serialise(response_head{
      .status = 101, .reason = "Yes", .fields = upgrade_fields(head, judge_upgrade(head, rules).value())});
}

/// Says back whatever comes.
handler echoes(upgrade_rules rules = {}) {
  return [rules](net::stream& caller, asked what) -> task<void> {
    co_await caller.send(accepting(what, rules));
    websocket_stream socket({.stream = std::move(caller)});
    while (auto message = co_await socket.receive()) co_await socket.send_text(message->data);
  };
}

std::string at(const server& from) { return "ws" + from.at("/chat?x").substr(4); }

task<outcome> try_to_open(std::string where, websocket_request what = {}, client_options options = {}) {
  outcome result;
  try {
    const opened_websocket got = co_await http::connect_websocket(where, what, options);
    result.body = got.subprotocol;
    result.status = 101;
  } catch (const io::error& e) {
    result.code = e.code();
    result.text = e.what();
  }
  co_return result;
}

TEST_P(connect_websocket, speaks_with_a_server) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(echoes({.subprotocols = {"b"}}));
    const auto jar = std::make_shared<cookie_jar>();
    jar->put({.name = "id", .value = "1", .domain = "127.0.0.1"});
    websocket_request what{.subprotocols = {"a", "b"}};
    what.fields.append("Origin", from->origin());
    websocket_stream socket(
        co_await http::connect_websocket("ws://me:secret@" + from->origin().substr(7) + "/chat?x", what,
                                         {.cookies = jar}),
        {}, websocket::role::client);
    EXPECT_EQ(socket.subprotocol(), "b");
    EXPECT_TRUE(co_await socket.send_text("hello"));
    const auto message = co_await socket.receive();
    EXPECT_TRUE(message && message->data == "hello" && message->is_text);
    co_await socket.close();
    EXPECT_EQ(socket.code(), close_code::normal);
    EXPECT_TRUE(
        says_all(from->heads.at(0),
                 {"GET /chat?x HTTP/1.1\r\n", "\r\nConnection: Upgrade\r\n", "\r\nCookie: id=1\r\n",
                  "\r\nAuthorization: Basic bWU6c2VjcmV0\r\n", "\r\nSec-WebSocket-Protocol: a, b\r\n"}))
        << from->heads.at(0);
  }());
}

TEST_P(connect_websocket, speaks_over_tls_when_it_is_called_so) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(echoes(), net::tls_context::server());
    const outcome got = co_await try_to_open("wss" + from->origin().substr(5), {},
                                             {.tls = {.insecure_accept_any_certificate = true}});
    EXPECT_EQ(got.status, 101U) << got.text;
  }());
}

TEST_P(connect_websocket, keeps_what_came_with_the_answer) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start([](net::stream& caller, asked what) -> task<void> {
      std::string answer = accepting(what);
      append_frame(answer, opcode::text, "at once");
      co_await caller.send(answer);
      co_await sleep(1h);
    });
    websocket_stream socket(co_await http::connect_websocket(at(*from)), {}, websocket::role::client);
    const auto message = co_await socket.receive();
    EXPECT_TRUE(message && message->data == "at once");
  }());
}

TEST_P(connect_websocket, tells_why_none_is_opened) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(says("HTTP/1.1 403 Not you\r\nContent-Length: 0\r\n\r\n"));
    outcome got = co_await try_to_open("ws://me:secret@" + from->origin().substr(7) + "/");
    EXPECT_EQ(got.code, errc::refused);
    EXPECT_TRUE(says_all(got.text, {"403 Not you", from->origin()})) << got.text;
    EXPECT_FALSE(got.text.contains("secret")) << got.text;
    EXPECT_EQ((co_await try_to_open("ws://[")).code, errc::url);
    EXPECT_EQ((co_await try_to_open("ftp://example.com")).code, errc::url);
    const auto redirecting = co_await server::start(says(redirect_to("/there")));
    EXPECT_EQ((co_await try_to_open(at(*redirecting))).code, errc::refused);
  }());
}

TEST_P(connect_websocket, takes_no_answer_that_is_not_for_it) {
  io::wait([]() -> task<void> {
    const std::string good = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
    for (const auto& [fields, with_key] :
         {std::pair<std::string, bool>{good + "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", false},
          {"Connection: Upgrade\r\nSec-WebSocket-Accept: ", true},
          {"Upgrade: websocket\r\nSec-WebSocket-Accept: ", true},
          {"Sec-WebSocket-Extensions: permessage-deflate\r\n" + good, true},
          {"Sec-WebSocket-Protocol: other\r\n" + good, true},
          {"Sec-WebSocket-Accept: x\r\n" + good, true}}) {
      const auto from = co_await server::start([&](net::stream& caller, asked what) -> task<void> {
        co_await caller.send("HTTP/1.1 101 Yes\r\n" + fields +
                             (with_key ? accept_of(key_of(what)) + "\r\n\r\n" : "\r\n"));
        co_await sleep(1h);
      });
      EXPECT_EQ((co_await try_to_open(at(*from), {.subprotocols = {"mine"}})).code, errc::malformed)
          << fields;
    }
    for (const char* answer : {"SSH-2.0-x\r\n\r\n", "HTTP/1.1 101 Yes\r\n"}) {
      const auto from = co_await server::start(says(answer));
      EXPECT_NE((co_await try_to_open(at(*from))).status, 101U) << answer;
    }
  }());
}

TEST_P(connect_websocket, does_not_wait_for_ever) {
  io::wait([]() -> task<void> {
    for (const auto& [says, within] :
         {std::pair<const char*, client_options>{"", {.first_byte_timeout = 20ms}},
          {"HTTP/1.1 101 Yes\r\n", {.stall_timeout = 20ms}}}) {
      const auto from = co_await server::start(says_and_stays(says));
      const outcome got = co_await try_to_open(at(*from), {}, within);
      EXPECT_EQ(got.code, io::errc::timed_out) << got.text;
    }
  }());
}

TEST(connect_websocket_in_time, wants_a_head_whole_that_has_begun) {
  const io::loop here({.backend = "sim"});
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(dribbles("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", 1s));
    const io::time_point begun = io::loop::current().now();
    const outcome got =
        co_await try_to_open(at(*from), {}, {.first_byte_timeout = 100s, .stall_timeout = 10s});
    EXPECT_EQ(got.code, io::errc::timed_out) << got.text;
    EXPECT_LT(io::loop::current().now() - begun, 12s);
  }());
}

// Each answer has its own time, as with any request.
TEST(connect_websocket_in_time, waits_anew_behind_an_interim_answer) {
  const io::loop here({.backend = "sim"});
  io::wait([]() -> task<void> {
    const auto from = co_await server::start([](net::stream& caller, asked what) -> task<void> {
      for (int i = 0; i < 3; ++i) {
        co_await sleep(8s);
        co_await caller.send("HTTP/1.1 102 Processing\r\n\r\n");
      }
      co_await sleep(8s);
      co_await caller.send(accepting(what));
    });
    const outcome got = co_await try_to_open(at(*from), {}, {.first_byte_timeout = 10s, .stall_timeout = 1s});
    EXPECT_EQ(got.status, 101U) << got.text;
  }());
}

TEST_P(connect_websocket, goes_through_a_tunnel_of_an_http_proxy) {
  io::wait([]() -> task<void> {
    const auto proxy = co_await server::start(says("HTTP/1.1 403 No\r\n\r\n"));
    co_await try_to_open("ws://a.example/", {}, {.proxies = proxy_rules::all(proxy->origin())});
    EXPECT_TRUE(proxy->heads.at(0).starts_with("CONNECT a.example:80 "));
  }());
}

TEST_P(connect_websocket, answers_a_challenge) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start([](net::stream& caller, asked what) -> task<void> {
      const bool knows = what.head.contains("Authorization: Digest ");
      co_await caller.send(knows ? accepting(what)
                                 : "HTTP/1.1 401 Who?\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", "
                                   "qop=\"auth\"\r\nContent-Length: 0\r\n\r\n");
      co_await caller.shutdown();
    });
    const auto known = std::make_shared<credentials>();
    known->add(origin::of(url::parse(from->origin()).value()),
               {.by = login::scheme::digest, .user = "me", .password = "x"});
    EXPECT_EQ((co_await try_to_open(at(*from), {}, {.credentials = known})).status, 101U);
  }());
}

}  // namespace
}  // namespace parlance::http::test
