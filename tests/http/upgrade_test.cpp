#include <fmt/core.h>
#include <gtest/gtest.h>

#include <string>

#include <parlance/http/message/head_parser.hpp>
#include <parlance/http/websocket/upgrade.hpp>

namespace parlance::http {
namespace {

request_head parsed(std::string_view text) {
  request_parser parser;
  const auto fed = parser.feed(text);
  EXPECT_TRUE(fed && *fed && text.empty());
  return parser.take();
}

/// The request of RFC 6455 1.2, whose Sec-WebSocket-Accept is known.
request_head example() {
  return parsed(
      "GET /chat HTTP/1.1\r\n"
      "Host: example.com\r\n"
      "Upgrade: websocket\r\n"
      "Connection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Origin: http://example.com\r\n"
      "Sec-WebSocket-Protocol: chat, superchat\r\n"
      "Sec-WebSocket-Version: 13\r\n"
      "\r\n");
}

request_head with(std::string_view name, std::string_view value) {
  request_head head = example();
  head.fields.set(name, value);
  return head;
}

request_head without(std::string_view name) {
  request_head head = example();
  head.fields.remove(name);
  return head;
}

/// 101 when it is let in.
unsigned status(const request_head& request, const upgrade_rules& rules = {}) {
  const auto judged = judge_upgrade(request, rules);
  return judged ? 101U : judged.error().status;
}

TEST(upgrade, accepts_the_example_of_rfc_6455) {
  const auto chosen = judge_upgrade(example(), {.subprotocols = {"chat"}});
  EXPECT_EQ(chosen, "chat");
  const response_head answer{
      .status = 101, .reason = "Switching Protocols", .fields = upgrade_fields(example(), *chosen)};
  EXPECT_EQ(serialise(answer),
            "HTTP/1.1 101 Switching Protocols\r\n"
            "Upgrade: websocket\r\n"
            "Connection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
            "Sec-WebSocket-Protocol: chat\r\n"
            "\r\n");
}

TEST(upgrade, knows_who_asks_for_it) {
  EXPECT_TRUE(asks_for_websocket(example()));
  EXPECT_TRUE(asks_for_websocket(with("Upgrade", "h2c, WebSocket")));
  EXPECT_FALSE(asks_for_websocket(with("Upgrade", "h2c")));
  EXPECT_FALSE(asks_for_websocket(without("Upgrade")));
}

TEST(upgrade, reads_names_without_regard_to_case_and_lists_as_lists) {
  request_head head = with("Upgrade", "WEBSOCKET");
  head.fields.set("Connection", "keep-alive, UPGRADE");
  EXPECT_TRUE(judge_upgrade(head));
}

TEST(upgrade, chooses_what_the_client_likes_best_of_what_it_knows) {
  const upgrade_rules rules{.subprotocols = {"binary.ircv3.net", "text.ircv3.net"}};
  const auto chosen = [&](std::string_view offered) {
    const request_head asked = with("Sec-WebSocket-Protocol", offered);
    const auto judged = judge_upgrade(asked, rules);
    EXPECT_TRUE(judged);
    EXPECT_EQ(upgrade_fields(asked, *judged).contains("Sec-WebSocket-Protocol"), !judged->empty());
    return *judged;
  };
  EXPECT_EQ(chosen("text.ircv3.net, binary.ircv3.net"), "text.ircv3.net");
  EXPECT_EQ(chosen("binary.ircv3.net,text.ircv3.net"), "binary.ircv3.net");
  EXPECT_EQ(chosen("mqtt, text.ircv3.net"), "text.ircv3.net");
  EXPECT_EQ(chosen("mqtt"), "");
  EXPECT_EQ(chosen("TEXT.ircv3.net"), "") << "these names have case";
  request_head two_lines = with("Sec-WebSocket-Protocol", "mqtt");
  two_lines.fields.append("Sec-WebSocket-Protocol", "text.ircv3.net");
  EXPECT_EQ(judge_upgrade(two_lines, rules), "text.ircv3.net");
  EXPECT_EQ(status(with("Sec-WebSocket-Protocol", "text.ircv3.net, a b"), rules), 400U);
}

TEST(upgrade, needs_no_subprotocol) {
  EXPECT_EQ(judge_upgrade(without("Sec-WebSocket-Protocol"), {.subprotocols = {"chat"}}), "");
  EXPECT_EQ(judge_upgrade(example()), "") << "a server that knows none";
}

TEST(upgrade, accepts_no_extension) {
  const request_head asked = with("Sec-WebSocket-Extensions", "permessage-deflate");
  const auto judged = judge_upgrade(asked);
  EXPECT_TRUE(judged);
  EXPECT_FALSE(upgrade_fields(asked, *judged).contains("Sec-WebSocket-Extensions"));
}

TEST(upgrade, is_for_get_alone) {
  request_head head = example();
  for (const auto* method : {"POST", "HEAD", "get"}) {
    head.method = method;
    EXPECT_EQ(status(head), 405U);
  }
  EXPECT_EQ(upgrade_refusal_fields(405).get("Allow"), "GET");
}

TEST(upgrade, tells_what_to_upgrade_to_and_how) {
  request_head old = example();
  old.version = version::http_1_0;
  for (const request_head& head :
       {without("Upgrade"), with("Upgrade", "h2c"), with("Upgrade", "websocket2"), without("Connection"),
        with("Connection", "keep-alive"), with("Sec-WebSocket-Version", "8"),
        with("Sec-WebSocket-Version", "013"), old})
    EXPECT_EQ(status(head), 426U);
  const field_list told = upgrade_refusal_fields(426);
  EXPECT_EQ(told.get("Upgrade"), "websocket");
  EXPECT_TRUE(told.has_token("Connection", "Upgrade"));
  EXPECT_EQ(told.get("Sec-WebSocket-Version"), "13");
}

TEST(upgrade, refuses_a_handshake_that_lacks_something_or_has_it_twice) {
  EXPECT_EQ(status(without("Sec-WebSocket-Version")), 400U);
  EXPECT_EQ(status(without("Sec-WebSocket-Key")), 400U);
  for (const auto* name : {"Sec-WebSocket-Version", "Sec-WebSocket-Key", "Origin"}) {
    request_head twice = example();
    twice.fields.append(name, *twice.fields.get(name));
    EXPECT_EQ(status(twice), 400U) << name;
  }
}

TEST(upgrade, refuses_a_key_that_is_not_16_bytes_in_base64) {
  for (const auto* key :
       {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===",
        "dGhlIHNhbXBsZSBub25jZ!==", "dGhlIHNhbXBsZSBub25jZQAA", "dGhlIHNhbXBsZSBub2=jZQ=="})
    EXPECT_EQ(status(with("Sec-WebSocket-Key", key)), 400U) << key;
  EXPECT_TRUE(judge_upgrade(with("Sec-WebSocket-Key", "AAAAAAAAAA+/AAAAAAAAAA==")));
}

// Otherwise a proxy that saw a body would let a client write what we take for frames.
TEST(upgrade, refuses_a_request_with_a_body) {
  EXPECT_EQ(status(with("Content-Length", "5")), 400U);
  EXPECT_EQ(status(with("Transfer-Encoding", "chunked")), 400U);
  EXPECT_EQ(status(with("Content-Length", "-1")), 400U);
  EXPECT_TRUE(judge_upgrade(with("Content-Length", "0")));
}

TEST(upgrade, lets_in_pages_of_the_origins_it_knows) {
  const upgrade_rules rules{.origins = {"https://chat.example", "http://example.com"}};
  EXPECT_TRUE(judge_upgrade(example(), rules));
  EXPECT_TRUE(judge_upgrade(with("Origin", "https://CHAT.example"), rules));
  EXPECT_TRUE(judge_upgrade(without("Origin"), rules)) << "no browser";
  for (const auto* origin : {"https://example.com", "http://example.com:8080",
                             "http://example.com.evil.example", "http://example.com/", "null", ""})
    EXPECT_EQ(status(with("Origin", origin), rules), 403U) << origin;
  EXPECT_TRUE(judge_upgrade(with("Origin", "null"), {.origins = {"*"}}));
}

TEST(upgrade, lets_in_pages_of_the_host_that_was_asked_for) {
  const auto answer = [](std::string_view host, std::string_view origin) {
    request_head head = with("Origin", origin);
    head.fields.set("Host", host);
    return status(head);
  };
  for (const auto* origin : {"http://example.com", "https://example.com", "HTTPS://Example.COM:8443"})
    EXPECT_EQ(answer("example.com:8000", origin), 101U) << origin;
  for (const auto* origin :
       {"http://localhost", "https://127.0.0.1:3000", "http://[::1]", "http://a.localhost"})
    EXPECT_EQ(answer("localhost:8000", origin), 101U) << origin;
  EXPECT_EQ(answer("[::1]:8000", "http://127.0.0.1:8000"), 101U);
  EXPECT_EQ(answer("192.0.2.1:8000", "http://192.0.2.1"), 101U);
  for (const auto* origin :
       {"https://evil.example", "http://example.com.evil.example", "http://notexample.com",
        "http://localhost", "null", "", "example.com", "http://example.com@evil.example",
        "http://evil.example/example.com", "file://example.com", "http://", "http://127.0.0.1"})
    EXPECT_EQ(answer("example.com:8000", origin), 403U) << origin;
  EXPECT_EQ(answer("localhost:8000", "http://127.evil.example"), 403U);
  request_head no_host = example();
  no_host.fields.remove("Host");
  EXPECT_EQ(status(no_host), 403U);
}

/// Its own page may make the name of anybody's host resolve to this machine.
TEST(upgrade, lets_in_pages_of_one_host_only_where_any_name_may_resolve_to) {
  const upgrade_rules rules{.takes_host = [](std::string_view host) { return host == "chat.example"; },
                            .advice = "see the manual"};
  const auto answer = [&](std::string_view host) {
    request_head head = with("Origin", fmt::format("http://{}", host));
    head.fields.set("Host", host);
    return judge_upgrade(head, rules);
  };
  for (const auto* host : {"chat.example:8000", "CHAT.example", "localhost:8000", "a.localhost", "127.0.0.1",
                           "[::1]:8000", "192.0.2.1", "[2001:db8::1]"})
    EXPECT_TRUE(answer(host)) << host;
  for (const auto* host : {"evil.example", "evil.example:8000", "127.0.0.1.evil.example", "127.evil.example",
                           "chat.example.evil.example", "chat.example."}) {
    const auto refused = answer(host);
    ASSERT_FALSE(refused) << host;
    EXPECT_EQ(refused.error().status, 403U) << host;
    EXPECT_TRUE(refused.error().text.ends_with("may not connect here: see the manual")) << host;
  }
  request_head program = without("Origin");
  program.fields.set("Host", "evil.example");
  EXPECT_TRUE(judge_upgrade(program, rules));
}

}  // namespace
}  // namespace parlance::http
