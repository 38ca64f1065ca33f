// What RFC 9113 says that a server must do, section by section, and what nobody may do to one.
#include <algorithm>
#include <fstream>

#include <parlance/http/http2/http2_stream.hpp>

#include "http/http2_frames.hpp"
#include "net/temporary_folder.hpp"

namespace parlance::http::test {

task<std::string> verdict(frames& from) {
  for (;;) {
    const std::optional<heard> one = co_await from.next();
    if (!one) co_return "end";
    if (one->type == headers_frame) co_return one->fields.empty() ? "?" : one->fields[0].second;
    if (one->type == rst_frame) co_return "RST " + std::string(name_of_http2_error(one->number()));
    if (one->type == goaway_frame) co_return "GOAWAY " + std::string(name_of_http2_error(one->number(4)));
  }
}

namespace {

class http2_servers : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(http2_servers);

const std::string hello = std::string(preface) + frame(settings_frame, no_flags, 0);

task<frames> greet(const serving& server) {
  frames mine(co_await server.connect());
  co_await mine.say(hello);
  co_return mine;
}

struct example {
  const char* section;
  std::string bytes;  // behind the preface and SETTINGS
  std::string expected;
};

std::string headers(const field_pairs& fields, unsigned flags = end_headers | end_stream) {
  return frame(headers_frame, flags, 1, block(fields));
}

/// A request whose fields are these.
std::string with(const field_pairs& more) { return headers(request_for("GET", "/", more)); }

const std::string post = headers(request_for("POST", "/"), end_headers);
const std::string get = get_frame(1);

TEST_P(http2_servers, follow_the_rules_of_frames) {
  const std::vector<example> all = {
      {"4.1 unknown types are ignored", frame(0x16, 0, 0, "12345678") + get, "200"},
      {"4.1 unknown flags are ignored", frame(ping_frame, 0x16, 0, "12345678") + get, "200"},
      {"4.1 the reserved bit is ignored", frame(ping_frame, 0, 0x80000000U, "12345678") + get, "200"},
      {"4.2 DATA beyond the largest frame", post + frame(data_frame, 0, 1, std::string(16385, 'a')),
       "GOAWAY FRAME_SIZE_ERROR"},
      {"4.2 HEADERS beyond the largest frame",
       frame(headers_frame, end_headers | end_stream, 1, std::string(16385, 'a')), "GOAWAY FRAME_SIZE_ERROR"},
      {"4.3 a block that cannot be read",
       frame(headers_frame, end_headers | end_stream, 1, "\xff\xff\xff\xff\xff\xff"),
       "GOAWAY COMPRESSION_ERROR"},
      {"4.3 another frame within a block",
       frame(headers_frame, end_stream, 1, block(request_for("GET", "/"))) +
           frame(ping_frame, 0, 0, "12345678"),
       "GOAWAY PROTOCOL_ERROR"},
      {"5.1 DATA on an idle stream", frame(data_frame, end_stream, 1, "a"), "GOAWAY PROTOCOL_ERROR"},
      {"5.1 RST_STREAM on an idle stream", frame(rst_frame, 0, 1, number32(8)), "GOAWAY PROTOCOL_ERROR"},
      {"5.1 WINDOW_UPDATE on an idle stream", frame(window_frame, 0, 1, number32(8)),
       "GOAWAY PROTOCOL_ERROR"},
      {"5.1 CONTINUATION on an idle stream",
       frame(continuation_frame, end_headers, 1, block(request_for("GET", "/"))), "GOAWAY PROTOCOL_ERROR"},
      {"5.1.1 an even stream",
       frame(headers_frame, end_headers | end_stream, 2, block(request_for("GET", "/"))),
       "GOAWAY PROTOCOL_ERROR"},
      {"5.3.1 a stream that depends on itself",
       frame(priority_frame, 0, 1, number32(1) + "\x10") + get_frame(3), "GOAWAY PROTOCOL_ERROR"},
      {"6.1 DATA on stream 0", frame(data_frame, 0, 0, "a"), "GOAWAY PROTOCOL_ERROR"},
      {"6.1 more padding than there is",
       post + frame(data_frame, padded | end_stream, 1,
                    "\x06"
                    "1234"),
       "GOAWAY PROTOCOL_ERROR"},
      {"6.2 HEADERS on stream 0",
       frame(headers_frame, end_headers | end_stream, 0, block(request_for("GET", "/"))),
       "GOAWAY PROTOCOL_ERROR"},
      {"6.2 more padding than there is",
       frame(headers_frame, padded | end_headers | end_stream, 1,
             "\x09"
             "1234"),
       "GOAWAY PROTOCOL_ERROR"},
      {"6.3 PRIORITY on stream 0", frame(priority_frame, 0, 0, number32(1) + "\x10"),
       "GOAWAY PROTOCOL_ERROR"},
      {"6.4 RST_STREAM on stream 0", frame(rst_frame, 0, 0, number32(8)), "GOAWAY PROTOCOL_ERROR"},
      {"6.4 RST_STREAM of another length", post + frame(rst_frame, 0, 1, "123"), "GOAWAY FRAME_SIZE_ERROR"},
      {"6.5 SETTINGS with ACK and more", frame(settings_frame, ack, 0, std::string(6, '\0')),
       "GOAWAY FRAME_SIZE_ERROR"},
      {"6.5 SETTINGS of a stream", frame(settings_frame, 0, 1), "GOAWAY PROTOCOL_ERROR"},
      {"6.5 SETTINGS of no whole entries", frame(settings_frame, 0, 0, "123"), "GOAWAY FRAME_SIZE_ERROR"},
      {"6.5.2 ENABLE_PUSH of 2", frame(settings_frame, 0, 0, std::string("\0\2", 2) + number32(2)),
       "GOAWAY PROTOCOL_ERROR"},
      {"6.5.2 a window that is too large",
       frame(settings_frame, 0, 0, std::string("\0\4", 2) + number32(0x80000000U)),
       "GOAWAY FLOW_CONTROL_ERROR"},
      {"6.5.2 a frame size that is too small",
       frame(settings_frame, 0, 0, std::string("\0\5", 2) + number32(16383)), "GOAWAY PROTOCOL_ERROR"},
      {"6.5.2 a frame size that is too large",
       frame(settings_frame, 0, 0, std::string("\0\5", 2) + number32(1U << 24U)), "GOAWAY PROTOCOL_ERROR"},
      {"6.5.2 a setting that nobody knows",
       frame(settings_frame, 0, 0, std::string("\0\xff", 2) + number32(1)) + get, "200"},
      {"6.6 PUSH_PROMISE", post + frame(push_frame, end_headers, 1, number32(2)), "GOAWAY PROTOCOL_ERROR"},
      {"6.7 PING of a stream", frame(ping_frame, 0, 1, "12345678"), "GOAWAY PROTOCOL_ERROR"},
      {"6.7 PING of another length", frame(ping_frame, 0, 0, "1234"), "GOAWAY FRAME_SIZE_ERROR"},
      {"6.8 GOAWAY of a stream", frame(goaway_frame, 0, 1, number32(0) + number32(0)),
       "GOAWAY PROTOCOL_ERROR"},
      {"6.9 WINDOW_UPDATE of 0", frame(window_frame, 0, 0, number32(0)), "GOAWAY PROTOCOL_ERROR"},
      {"6.9 WINDOW_UPDATE of another length", frame(window_frame, 0, 0, "123"), "GOAWAY FRAME_SIZE_ERROR"},
      {"6.9.1 a window beyond 2^31-1",
       frame(window_frame, 0, 0, number32(0x7fffffff)) + frame(window_frame, 0, 0, number32(0x7fffffff)),
       "GOAWAY FLOW_CONTROL_ERROR"},
      {"6.9.1 a stream's window beyond 2^31-1", post + frame(window_frame, 0, 1, number32(0x7fffffff)),
       "RST FLOW_CONTROL_ERROR"},
      {"6.10 CONTINUATIONs",
       frame(headers_frame, end_stream, 1, block(request_for("GET", "/"))) +
           frame(continuation_frame, 0, 1, block({{"a", "b"}})) + frame(continuation_frame, end_headers, 1),
       "200"},
      {"6.10 CONTINUATION behind END_HEADERS",
       post + frame(continuation_frame, end_headers, 1, block({{"a", "b"}})), "GOAWAY PROTOCOL_ERROR"},
      {"6.10 CONTINUATION of another stream",
       frame(headers_frame, end_stream, 1, block(request_for("GET", "/"))) +
           frame(continuation_frame, end_headers, 3),
       "GOAWAY PROTOCOL_ERROR"},
  };
  io::wait([](const std::vector<example>& examples) -> task<void> {
    const auto server = co_await serving::start(echo);
    for (const example& each : examples) {
      frames mine = co_await greet(*server);
      co_await mine.say(each.bytes);
      EXPECT_EQ(co_await verdict(mine), each.expected) << each.section;
    }
  }(all));
}

TEST_P(http2_servers, follow_the_rules_of_messages) {
  const auto without = [](std::string_view name) {
    field_pairs all = request_for("GET", "/");
    std::erase_if(all, [&](const auto& each) { return each.first == name; });
    return all;
  };
  const std::vector<example> all = {
      {"8.1 trailers without END_STREAM", post + headers({{"a", "b"}}, end_headers), "RST PROTOCOL_ERROR"},
      {"8.1.1 fewer bytes than Content-Length",
       headers(request_for("POST", "/", {{"content-length", "5"}}), end_headers) +
           frame(data_frame, end_stream, 1, "abc"),
       "RST PROTOCOL_ERROR"},
      {"8.1.1 more bytes than Content-Length",
       headers(request_for("POST", "/", {{"content-length", "1"}}), end_headers) +
           frame(data_frame, end_stream, 1, "abc"),
       "RST PROTOCOL_ERROR"},
      {"8.2.1 a name in capitals", with({{"X-A", "b"}}), "RST PROTOCOL_ERROR"},
      {"8.2.1 a name with a space", with({{"x a", "b"}}), "RST PROTOCOL_ERROR"},
      {"8.2.1 a value with a line's end", with({{"x", "a\r\nb"}}), "RST PROTOCOL_ERROR"},
      {"8.2.1 a value with NUL", with({{"x", std::string("a\0b", 3)}}), "RST PROTOCOL_ERROR"},
      {"8.2.2 Connection", with({{"connection", "close"}}), "RST PROTOCOL_ERROR"},
      {"8.2.2 Transfer-Encoding", with({{"transfer-encoding", "chunked"}}), "RST PROTOCOL_ERROR"},
      {"8.2.2 Upgrade", with({{"upgrade", "websocket"}}), "RST PROTOCOL_ERROR"},
      {"8.2.2 Keep-Alive", with({{"keep-alive", "1"}}), "RST PROTOCOL_ERROR"},
      {"8.2.2 Proxy-Connection", with({{"proxy-connection", "close"}}), "RST PROTOCOL_ERROR"},
      {"8.2.2 TE that is not trailers", with({{"te", "gzip"}}), "RST PROTOCOL_ERROR"},
      {"8.2.2 TE: trailers", with({{"te", "trailers"}}), "200"},
      {"8.3 an unknown pseudo-field", with({{":unknown", "b"}}), "RST PROTOCOL_ERROR"},
      {"8.3 a response's pseudo-field", headers({{":status", "200"}, {":method", "GET"}}),
       "RST PROTOCOL_ERROR"},
      {"8.3 pseudo-fields behind others",
       headers({{"a", "b"}, {":method", "GET"}, {":scheme", "http"}, {":path", "/"}}), "RST PROTOCOL_ERROR"},
      {"8.3 a pseudo-field in trailers", post + headers({{":method", "GET"}}), "RST PROTOCOL_ERROR"},
      {"8.3.1 no :method", headers(without(":method")), "RST PROTOCOL_ERROR"},
      {"8.3.1 no :scheme", headers(without(":scheme")), "RST PROTOCOL_ERROR"},
      {"8.3.1 no :path", headers(without(":path")), "RST PROTOCOL_ERROR"},
      {"8.3.1 :path is empty", headers(request_for("GET", "")), "RST PROTOCOL_ERROR"},
      {"8.3.1 :method twice", with({{":method", "GET"}}), "RST PROTOCOL_ERROR"},
      {"8.3.1 no host", headers(without(":authority")), "RST PROTOCOL_ERROR"},
      {"8.3.1 Host for :authority",
       headers({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "h"}}), "200"},
      {"8.3.1 Host is another", with({{"host", "other"}}), "400"},
      {"8.3.1 an authority with a user",
       headers({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "me@h"}}), "400"},
      {"8.5 CONNECT", headers({{":method", "CONNECT"}, {":authority", "h:1"}}), "501"},
      {"an Expect that is not known", with({{"expect", "wonders"}}), "417"},
      {"* for OPTIONS, of a scheme that has none",
       headers({{":method", "OPTIONS"}, {":scheme", "ftp"}, {":path", "*"}, {":authority", "h"}}), "200"},
      {"a path that is none", headers(request_for("GET", "nonsense")), "RST PROTOCOL_ERROR"},
      {"a path that is not ASCII", headers(request_for("GET", "/\xc2\x9b")), "400"},
      {"a whole URL for a path, of a scheme that has none",
       headers({{":method", "GET"}, {":scheme", "ftp"}, {":path", "http://other/"}, {":authority", "h"}}),
       "400"},
      {"* for another method than OPTIONS, of such a scheme",
       headers({{":method", "GET"}, {":scheme", "ftp"}, {":path", "*"}, {":authority", "h"}}), "400"},
  };
  io::wait([](const std::vector<example>& examples) -> task<void> {
    const auto server = co_await serving::start(echo);
    for (const example& each : examples) {
      frames mine = co_await greet(*server);
      co_await mine.say(each.bytes);
      EXPECT_EQ(co_await verdict(mine), each.expected) << each.section;
      // The connection of a stream that was wrong is another's still (RFC 9113 5.4.2).
      co_await mine.say(get_frame(5));
      const auto other = co_await mine.next(headers_frame, 5);
      EXPECT_TRUE(other) << each.section;
    }
  }(all));
}

TEST_P(http2_servers, want_the_preface_whole) {
  io::wait([]() -> task<void> {
    const auto server = co_await serving::start(echo);
    frames mine(co_await server->connect());
    for (const char byte : hello) {
      co_await mine.say({byte});
      co_await io::yield();
    }
    co_await mine.say(get);
    EXPECT_EQ(co_await verdict(mine), "200");
    EXPECT_EQ(status_of(co_await answer_to(*server, "PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n")),
              "505 HTTP Version Not Supported");
    EXPECT_EQ(status_of(co_await answer_to(*server, "PUT /a HTTP/1.0\r\n\r\n")), "200 OK");
    frames other(co_await server->connect());
    co_await other.say(std::string(preface) + frame(ping_frame, 0, 0, "12345678"));
    EXPECT_EQ(co_await verdict(other), "GOAWAY PROTOCOL_ERROR");
  }());
}

TEST_P(http2_servers, answer_many_requests_as_they_are_done) {
  io::wait([]() -> task<void> {
    io::event second;
    const auto server =
        co_await serving::start([&](server_request& asked, server_response& answer) -> task<void> {
          if (asked.path() == "/2") second.set();
          if (asked.path() == "/1") co_await second;
          co_await echo(asked, answer);
        });
    frames mine = co_await greet(*server);
    co_await mine.say(get_frame(1, "/1"));
    co_await mine.say(get_frame(3, "/2"));
    for (const std::uint32_t expected : {3U, 1U}) {
      const auto one = co_await mine.next(data_frame);
      EXPECT_EQ(one->stream, expected);
      EXPECT_EQ(one->payload, expected == 3 ? "GET /2: \n" : "GET /1: \n");
    }
  }());
}

TEST_P(http2_servers, keep_to_the_windows_of_the_client) {
  io::wait([]() -> task<void> {
    const auto server = co_await serving::start([](server_request&, server_response& answer) -> task<void> {
      co_await answer.send(std::string(200, 'a'));
    });
    frames mine(co_await server->connect());
    co_await mine.say(std::string(preface) +
                      frame(settings_frame, 0, 0, std::string("\0\4", 2) + number32(10)) + get);
    EXPECT_EQ((co_await mine.next(data_frame))->payload.size(), 10U);
    co_await mine.say(frame(window_frame, 0, 1, number32(7)));
    EXPECT_EQ((co_await mine.next(data_frame))->payload.size(), 7U);
    co_await mine.say(frame(settings_frame, 0, 0, std::string("\0\4", 2) + number32(1000)));
    const auto rest = co_await mine.next(data_frame);
    EXPECT_EQ(rest->payload.size(), 183U);
    EXPECT_EQ(rest->flags, end_stream);
  }());
}

TEST_P(http2_servers, give_room_for_as_much_of_a_body_as_handlers_have_read) {
  io::wait([]() -> task<void> {
    io::event read;
    const auto server =
        co_await serving::start([&](server_request& asked, server_response& answer) -> task<void> {
          co_await read;
          co_await echo(asked, answer);
        });
    frames mine = co_await greet(*server);
    co_await mine.say(post);
    for (int i = 0; i < 4; ++i)
      co_await mine.say(frame(data_frame, 0, 1, std::string(i == 3 ? 16383 : 16384, 'a')));
    co_await mine.say(frame(ping_frame, 0, 0, "12345678"));
    for (;;) {
      const auto one = co_await mine.next();
      EXPECT_FALSE(one->type == window_frame && one->stream == 1);
      if (one->type == ping_frame) break;
    }
    read.set();
    EXPECT_TRUE(co_await mine.next(window_frame, 1));
    co_await mine.say(frame(data_frame, end_stream, 1, "b"));
    EXPECT_EQ(co_await verdict(mine), "200");
    // Beyond what there was room for.
    frames other = co_await greet(*server);
    read.reset();
    co_await other.say(post);
    for (int i = 0; i < 5; ++i) co_await other.say(frame(data_frame, 0, 1, std::string(16384, 'a')));
    EXPECT_EQ(co_await verdict(other), "RST FLOW_CONTROL_ERROR");
    read.set();
  }());
}

TEST_P(http2_servers, tell_trailers_and_100_continue) {
  io::wait([]() -> task<void> {
    const auto server =
        co_await serving::start([](server_request& asked, server_response& answer) -> task<void> {
          const std::string body = co_await asked.read_all();
          co_await answer.write(body);
          field_list trailers;
          trailers.append("X-Sum", asked.trailers().get("x-end").value_or("none"));
          co_await answer.finish(trailers);
        });
    frames mine = co_await greet(*server);
    co_await mine.say(headers(request_for("POST", "/", {{"expect", "100-continue"}}), end_headers));
    EXPECT_EQ(co_await verdict(mine), "100");
    co_await mine.say(frame(data_frame, 0, 1, "abc") + headers({{"x-end", "yes"}}));
    EXPECT_EQ(co_await verdict(mine), "200");
    EXPECT_EQ((co_await mine.next(data_frame))->payload, "abc");
    const auto trailers = co_await mine.next(headers_frame);
    EXPECT_EQ(trailers->fields, (field_pairs{{"x-sum", "yes"}}));
    EXPECT_EQ(trailers->flags & end_stream, 1U);
  }());
}

// Larger than what is kept in memory, and than one step; its ranges, too.
TEST_P(http2_servers, send_files_step_by_step) {
  io::wait([]() -> task<void> {
    const net::test::temporary_folder folder;
    std::string content;
    while (content.size() < 200'000) content += std::to_string(content.size()) + ' ';
    std::ofstream(folder.path("large.bin"), std::ios::binary) << content;
    router r;
    r.get("/{path...}", files(folder.path("")));
    const auto server = co_await serving::start(r);
    client_options options;
    options.versions = http_versions::http_2;
    client one(options);
    EXPECT_TRUE((co_await one.get(server->at("/large.bin"))).body == content);
    request part{.target = url::parse(server->at("/large.bin")).value()};
    part.fields.append("Range", "bytes=70000-140000");
    const response got = co_await one.send(part);
    EXPECT_EQ(got.status, 206U);
    EXPECT_TRUE(got.body == content.substr(70000, 70001));
    request head{.target = part.target};
    head.method = "HEAD";
    EXPECT_EQ((co_await one.send(head)).body, "");
    // One that becomes shorter while it is sent does not pass for whole.
    EXPECT_EQ((co_await one.get(server->at("/none"))).status, 404U);
  }());
}

TEST_P(http2_servers, reset_what_a_handler_leaves_half_done) {
  io::wait([]() -> task<void> {
    const auto server =
        co_await serving::start([](server_request& asked, server_response& answer) -> task<void> {
          if (asked.path() == "/thrown") throw std::runtime_error("thrown");
          co_await answer.length(5).write("abc");
        });
    frames mine = co_await greet(*server);
    co_await mine.say(get_frame(1, "/half"));
    EXPECT_EQ(co_await verdict(mine), "200");
    EXPECT_EQ(co_await verdict(mine), "RST INTERNAL_ERROR");
    co_await mine.say(get_frame(3, "/thrown"));
    EXPECT_EQ(co_await verdict(mine), "500");
  }());
}

TEST_P(http2_servers, do_not_wait_for_a_body_that_nobody_wants) {
  io::wait([]() -> task<void> {
    const auto server = co_await serving::start(
        [](server_request&, server_response& answer) -> task<void> { co_await answer.send("no, thanks"); });
    frames mine = co_await greet(*server);
    co_await mine.say(post);
    EXPECT_EQ(co_await verdict(mine), "200");
    EXPECT_EQ(co_await verdict(mine), "RST NO_ERROR");
  }());
}

TEST_P(http2_servers, cancel_the_handler_of_a_stream_that_is_reset) {
  io::wait([]() -> task<void> {
    int cancelled = 0;
    io::event over, begun;
    const auto server =
        co_await serving::start([&](server_request& asked, server_response& answer) -> task<void> {
          if (asked.path() != "/long") co_return co_await echo(asked, answer);
          begun.set();
          try {
            co_await io::sleep(1h);
          } catch (const io::error&) {
            ++cancelled;
            over.set();
            throw;
          }
        });
    frames mine = co_await greet(*server);
    co_await mine.say(get_frame(1, "/long"));
    co_await begun;
    co_await mine.say(frame(rst_frame, 0, 1, number32(8)) + get_frame(3));
    EXPECT_EQ(co_await verdict(mine), "200");
    co_await over;
    // And the end of the connection does it, too.
    over.reset(), begun.reset();
    co_await mine.say(get_frame(5, "/long"));
    co_await begun;
    mine.below().close_at_once();
    co_await over;
    EXPECT_EQ(cancelled, 2);
    EXPECT_TRUE(server->failures.empty());
    co_await server->end();
  }());
}

TEST_P(http2_servers, end_whatever_a_handler_throws_at_the_end_of_its_stream) {
  io::wait([]() -> task<void> {
    io::event begun;
    const auto server = co_await serving::start([&](server_request&, server_response&) -> task<void> {
      begun.set();
      try {
        co_await io::sleep(1h);
      } catch (const io::error&) {
        throw std::logic_error("thrown");
      }
    });
    frames mine = co_await greet(*server);
    co_await mine.say(get_frame(1));
    co_await begun;
    co_await mine.below().shutdown();
    while (co_await mine.next()) continue;
    co_await server->end();
  }());
}

TEST_P(http2_servers, go_away_when_they_stop_and_end_what_is_under_way) {
  io::wait([]() -> task<void> {
    io::event go_on, begun;
    const auto server =
        co_await serving::start([&](server_request& asked, server_response& answer) -> task<void> {
          begun.set();
          co_await go_on;
          co_await echo(asked, answer);
        });
    frames mine = co_await greet(*server), idle = co_await greet(*server);
    co_await mine.say(get_frame(1));
    co_await begun;
    co_await idle.say(frame(ping_frame, 0, 0, "12345678"));
    EXPECT_TRUE(co_await idle.next(ping_frame));
    server->stop.set();
    const auto bye = co_await mine.next(goaway_frame);
    EXPECT_EQ(bye->number(), 1U);
    EXPECT_EQ(bye->number(4), 0U);
    EXPECT_EQ(co_await verdict(idle), "GOAWAY NO_ERROR");
    EXPECT_FALSE(co_await idle.next());
    go_on.set();
    EXPECT_EQ(co_await verdict(mine), "200");
    EXPECT_TRUE(co_await mine.next(data_frame));
    while (co_await mine.next()) continue;
    co_await server->end();
  }());
}

// --- hostile

TEST_P(http2_servers, bound_heads) {
  io::wait([]() -> task<void> {
    server_options options;
    options.limits.head = {.bytes = 1000, .fields = 10};
    const auto server = co_await serving::start(echo, options);
    frames mine = co_await greet(*server);
    co_await mine.say(with({{"x", std::string(1000, 'a')}}));
    EXPECT_EQ(co_await verdict(mine), "431");
    field_pairs many;
    for (int i = 0; i < 20; ++i) many.emplace_back("x", "a");
    co_await mine.say(
        frame(headers_frame, end_headers | end_stream, 3, block(request_for("GET", "/", many))));
    EXPECT_EQ(co_await verdict(mine), "431");
    // Trailers, too.
    co_await mine.say(
        frame(headers_frame, end_headers, 5, block(request_for("POST", "/"))) +
        frame(headers_frame, end_headers | end_stream, 5, block({{"x", std::string(1000, 'a')}})));
    EXPECT_TRUE((co_await verdict(mine)).starts_with("RST "));
  }());
}

TEST_P(http2_servers, take_heads_as_large_as_they_may_be) {
  io::wait([]() -> task<void> {
    server_options options;
    options.limits.head = {.bytes = 1000, .fields = 10};
    const auto server = co_await serving::start(echo, options);
    const auto verdict_of = [&](const field_pairs& more) -> task<std::string> {
      frames mine = co_await greet(*server);
      co_await mine.say(with(more));
      co_return co_await verdict(mine);
    };
    // As lines of HTTP/1.1: a name, a value, and four bytes besides.
    std::size_t left = 1000 - std::string("x").size() - 4;
    for (const auto& [name, value] : request_for("GET", "/")) left -= name.size() + value.size() + 4;
    EXPECT_EQ(co_await verdict_of({{"x", std::string(left, 'a')}}), "200");
    EXPECT_EQ(co_await verdict_of({{"x", std::string(left + 1, 'a')}}), "431");
    field_pairs many(10, {"x", "a"});
    EXPECT_EQ(co_await verdict_of(many), "200");
    many.emplace_back("x", "a");
    EXPECT_EQ(co_await verdict_of(many), "431");
  }());
}

TEST_P(http2_servers, know_for_whom_a_proxy_asks) {
  io::wait([]() -> task<void> {
    const auto who = [](server_request& asked, server_response& answer) -> task<void> {
      co_await answer.send(asked.remote().address() + (asked.secure() ? " secure" : ""), {});
    };
    server_options options;
    options.proxies = {net::network::parse("127.0.0.0/8")};
    const auto server = co_await serving::start(who, options);
    const auto ask = [&](const field_pairs& more) -> task<std::string> {
      frames mine = co_await greet(*server);
      co_await mine.say(with(more));
      const std::string status = co_await verdict(mine);
      co_return status == "200" ? (co_await mine.next(data_frame))->payload : status;
    };
    EXPECT_EQ(co_await ask({}), "127.0.0.1");
    EXPECT_EQ(co_await ask({{"x-forwarded-for", "198.51.100.7"}, {"x-forwarded-proto", "https"}}),
              "198.51.100.7 secure");
    EXPECT_EQ(co_await ask({{"x-forwarded-for", "nonsense"}}), "400");
  }());
}

/// Says it again and again; gives what the server said to it in the end.
task<std::string> flood(const serving& server, std::string first, std::string again) {
  frames mine = co_await greet(server);
  co_await mine.say(std::move(first));
  std::string many;
  while (many.size() < 10000) many += again;
  try {
    for (int i = 0; i < 2000; ++i) co_await io::timeout(20s, mine.say(many));
  } catch (const io::error& e) {
    if (e.code() == io::errc::timed_out) throw;
    co_return "ended";
  }
  co_return "took all of it";
}

TEST_P(http2_servers, end_with_who_floods_them) {
  io::wait([]() -> task<void> {
    const auto server = co_await serving::start(echo);
    // Nothing of what it answers is read.
    EXPECT_EQ(co_await flood(*server, "", frame(ping_frame, 0, 0, "12345678")), "ended");
    EXPECT_EQ(co_await flood(*server, "", frame(settings_frame, 0, 0)), "ended");
    EXPECT_EQ(co_await flood(*server, frame(headers_frame, end_stream, 1, block(request_for("GET", "/"))),
                             frame(continuation_frame, 0, 1, block({{"a", "b"}}))),
              "ended");
    EXPECT_EQ(co_await flood(*server, frame(headers_frame, end_stream, 1, block(request_for("GET", "/"))),
                             frame(continuation_frame, 0, 1)),
              "ended");
  }());
}

TEST_P(http2_servers, end_with_who_asks_and_takes_it_back) {
  io::wait([]() -> task<void> {
    std::size_t called = 0;
    const auto server = co_await serving::start([&](server_request&, server_response&) -> task<void> {
      ++called;
      co_await io::sleep(1h);
    });
    frames mine = co_await greet(*server);
    std::string said;
    for (std::uint32_t i = 0; i < 1000; ++i)
      said += get_frame(2 * i + 1) + frame(rst_frame, 0, 2 * i + 1, number32(8));
    co_await mine.say(said);
    EXPECT_EQ(co_await verdict(mine), "GOAWAY ENHANCE_YOUR_CALM");
    EXPECT_LT(called, 300U);
  }());
}

// With a clock that stands still, so that none is forgiven meanwhile.
TEST(http2_servers_in_time, count_what_is_taken_back) {
  const io::loop here({.backend = "sim"});
  io::wait([]() -> task<void> {
    const auto server =
        co_await serving::start([](server_request& asked, server_response& answer) -> task<void> {
          if (asked.path() != "/") co_await io::sleep(1h);
          co_await echo(asked, answer);
        });
    const auto taken_back = [&](std::uint32_t many) -> task<std::string> {
      frames mine = co_await greet(*server);
      std::string said;
      for (std::uint32_t i = 0; i < many; ++i)
        said += get_frame(2 * i + 1, "/long") + frame(rst_frame, 0, 2 * i + 1, number32(8));
      co_await mine.say(said + get_frame(2 * many + 1));
      co_return co_await verdict(mine);
    };
    EXPECT_EQ(co_await taken_back(200), "200");
    EXPECT_EQ(co_await taken_back(201), "GOAWAY ENHANCE_YOUR_CALM");
    // A window that becomes too large is the end of its stream, too, by the server's hand.
    const auto broken = [&](std::uint32_t many) -> task<std::string> {
      frames mine = co_await greet(*server);
      for (std::uint32_t i = 0; i < many; ++i) {
        co_await mine.say(get_frame(2 * i + 1, "/long") +
                          frame(window_frame, 0, 2 * i + 1, number32(0x7fffffff)));
        if (std::string told = co_await verdict(mine); told != "RST FLOW_CONTROL_ERROR") co_return told;
      }
      co_await mine.say(get_frame(2 * many + 1));
      co_return co_await verdict(mine);
    };
    EXPECT_EQ(co_await broken(190), "200");
    EXPECT_EQ(co_await broken(300), "GOAWAY ENHANCE_YOUR_CALM");
  }());
}

TEST_P(http2_servers, refuse_more_streams_than_they_said) {
  io::wait([]() -> task<void> {
    server_options options;
    options.limits.streams = 3;
    const auto server = co_await serving::start(
        [](server_request&, server_response&) -> task<void> { co_await io::sleep(1h); }, options);
    frames mine = co_await greet(*server);
    for (const std::uint32_t id : {1U, 3U, 5U, 7U}) co_await mine.say(get_frame(id));
    const std::string said = co_await verdict(mine);
    EXPECT_TRUE(said == "RST REFUSED_STREAM" || said == "GOAWAY PROTOCOL_ERROR") << said;
  }());
}

TEST(http2_servers_in_time, wait_for_nobody_for_ever) {
  const io::loop here({.backend = "sim"});
  io::wait([]() -> task<void> {
    const auto server =
        co_await serving::start([](server_request& asked, server_response& answer) -> task<void> {
          if (asked.path() == "/large") co_await answer.send(std::string(100'000, 'a'));
          co_await echo(asked, answer);
        });
    const server_limits limits;
    const auto within = [](io::time_point from, io::duration limit) {
      return io::loop::current().now() - from <= limit + 5s;
    };
    struct example {
      std::string bytes;
      io::duration limit;
      std::string expected;
    };
    const std::string half = frame(headers_frame, end_stream, 1, block(request_for("GET", "/")));
    const std::vector<example> all = {
        {"", limits.head_time, "end"},
        {std::string(preface.substr(0, 10)), 2 * limits.head_time, "end"},
        {hello, limits.head_time, "GOAWAY NO_ERROR"},
        {hello + half, limits.head_time, "GOAWAY NO_ERROR"},
        {hello + post, limits.stall, "408"},
        {hello + get_frame(1, "/large"), limits.stall, "RST CANCEL"},
        {hello + get, limits.idle, "GOAWAY NO_ERROR"},
    };
    for (const example& each : all) {
      const io::time_point start = io::loop::current().now();
      frames mine(co_await server->connect(), 10min);
      if (!each.bytes.empty()) co_await mine.say(each.bytes);
      std::string said = co_await verdict(mine);
      if (said == "200") said = co_await verdict(mine);
      EXPECT_EQ(said, each.expected) << each.bytes;
      EXPECT_TRUE(within(start, each.limit)) << each.bytes;
      EXPECT_FALSE(within(start, each.limit - 6s)) << each.bytes;
    }
  }());
}

}  // namespace
}  // namespace parlance::http::test
