// What RFC 9113 and RFC 7541 say that both ends of HTTP/2 must refuse, may ignore, or must take, beside what
// http2_server_test.cpp and http2_client_test.cpp have. Where an error of a stream is called for, one of the connection
// may be made of it (RFC 9113 5.4.2).
#include <algorithm>

#include <parlance/http/http2/http2_stream.hpp>

#include "http/client_support.hpp"
#include "http/framed_server.hpp"

namespace parlance::http::test {
namespace {

class http2_rules : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(http2_rules);

struct example {
  const char* section;
  std::string bytes;
  std::vector<std::string> expected;  // one of them
};

const std::vector<std::string> fine = {"200"};
const std::vector<std::string> protocol_error = {"GOAWAY PROTOCOL_ERROR"};
const std::vector<std::string> compression_error = {"GOAWAY COMPRESSION_ERROR"};
const std::vector<std::string> frame_size_error = {"GOAWAY FRAME_SIZE_ERROR"};
const std::vector<std::string> stream_closed = {"RST STREAM_CLOSED", "GOAWAY STREAM_CLOSED"};
const std::vector<std::string> malformed = {"RST PROTOCOL_ERROR", "GOAWAY PROTOCOL_ERROR"};

/// "nothing" where none comes.
task<std::string> verdict_in_time(frames& from) {
  try {
    co_return co_await verdict(from);
  } catch (const io::error& e) {
    if (e.code() != io::errc::timed_out) throw;
  }
  co_return "nothing";
}

void expect_one_of(const std::string& got, const example& of) {
  EXPECT_NE(std::ranges::find(of.expected, got), of.expected.end()) << of.section << ": " << got;
}

const std::string hello = std::string(preface) + frame(settings_frame, no_flags, 0);
const std::string post = frame(headers_frame, end_headers, 1, block(request_for("POST", "/")));
const std::string begun = frame(headers_frame, end_stream, 1, block(request_for("GET", "/")));
const std::string waiting = get_frame(1, "/wait");
const std::string other = get_frame(3);
const std::string a_priority = number32(0) + "\x10";

std::string setting(std::uint8_t which, std::uint32_t value) {
  return std::string{'\0', static_cast<char>(which)} + number32(value);
}

/// GET / of h, as the static table has it.
const std::string indexed = std::string("\x82\x86\x84\x01\x01h");
std::string get_with(std::string_view more) {
  return frame(headers_frame, end_headers | end_stream, 1, indexed + std::string(more));
}

/// Blocks that one cannot read, and such that one can (RFC 7541).
std::vector<example> blocks() {
  const std::string name("\0\1x", 3);
  return {
      {"RFC 7541 2.3.3 index 0", "\x80", compression_error},
      {"RFC 7541 2.3.3 beyond both tables", "\xc6", compression_error},
      {"RFC 7541 5.1 a number without an end", "\xff\xff\xff\xff\xff\xff\xff\xff\x0f", compression_error},
      {"RFC 7541 5.2 Huffman's code", name + "\x81\x07", fine},
      {"RFC 7541 5.2 padding of eight bits", name + "\x82\x07\xff", compression_error},
      {"RFC 7541 5.2 padding that is not EOS", name + std::string("\x81\0", 2), compression_error},
      {"RFC 7541 5.2 EOS in a string", name + "\x84\xff\xff\xff\xff", compression_error},
      {"RFC 7541 5.2 a string beyond its block", name + "\x05" + "a", compression_error},
      {"RFC 7541 4.2 a size update behind fields", "\x20", compression_error},
  };
}

TEST_P(http2_rules, hold_for_servers) {
  std::vector<example> all = {
      {"4.2 the largest DATA", post + frame(data_frame, end_stream, 1, std::string(16384, 'a')), fine},
      {"5.1 half closed: DATA", waiting + frame(data_frame, end_stream, 1, "a"), stream_closed},
      {"5.1 half closed: HEADERS", waiting + get_frame(1), stream_closed},
      {"5.1 half closed: CONTINUATION", waiting + frame(continuation_frame, end_headers, 1), protocol_error},
      {"5.1 half closed: WINDOW_UPDATE", waiting + frame(window_frame, 0, 1, number32(1)) + other, fine},
      {"5.1 half closed: PRIORITY", waiting + frame(priority_frame, 0, 1, a_priority) + other, fine},
      {"5.1 half closed: RST_STREAM", waiting + frame(rst_frame, 0, 1, number32(8)) + other, fine},
      {"5.1 reset: DATA is discarded",
       post + frame(rst_frame, 0, 1, number32(8)) + frame(data_frame, 0, 1, "a") + other,
       {"200", "RST STREAM_CLOSED", "GOAWAY STREAM_CLOSED", "GOAWAY PROTOCOL_ERROR"}},
      {"5.1 reset: HEADERS are discarded",
       post + frame(rst_frame, 0, 1, number32(8)) + get_frame(1) + other,
       {"200", "RST STREAM_CLOSED", "GOAWAY STREAM_CLOSED", "GOAWAY PROTOCOL_ERROR"}},
      {"5.1 idle: PRIORITY", frame(priority_frame, 0, 9, a_priority) + other, fine},
      // The RFC wants an error of the connection; nghttp2 takes it for a stream that is closed, and serves nobody by it.
      {"5.1.1 a smaller stream than the last",
       get_frame(5, "/wait") + get_frame(3, "/wait") + get_frame(7),
       {"200", "GOAWAY PROTOCOL_ERROR", "GOAWAY STREAM_CLOSED"}},
      {"5.3.1 HEADERS that depend on themselves",
       frame(headers_frame, end_headers | end_stream | with_priority, 1,
             number32(1) + "\x10" + block(request_for("GET", "/"))),
       malformed},
      {"5.5 an unknown frame", frame(0xfa, 0xff, 7, "anything") + other, fine},
      {"5.5 an unknown frame within a block", begun + frame(0xfa, 0, 1, "anything"), protocol_error},
      {"6.1 DATA with padding",
       post + frame(data_frame, padded | end_stream, 1, std::string("\3abc\0\0\0", 7)), fine},
      {"6.1 padding and nothing else",
       post + frame(data_frame, padded | end_stream, 1, std::string("\2\0\0", 3)), fine},
      {"6.1 DATA of no bytes that says how much padding",
       post + frame(data_frame, padded, 1),
       {"GOAWAY FRAME_SIZE_ERROR", "GOAWAY PROTOCOL_ERROR"}},
      {"6.2 HEADERS with padding and priority",
       frame(headers_frame, end_headers | end_stream | padded | with_priority, 1,
             "\2" + number32(0) + "\xff" + block(request_for("GET", "/")) + std::string(2, '\0')),
       fine},
      {"6.2 HEADERS of another stream within a block", begun + get_frame(3), protocol_error},
      {"6.2 PRIORITY within a block", begun + frame(priority_frame, 0, 1, a_priority), protocol_error},
      {"6.3 PRIORITY of another length",
       waiting + frame(priority_frame, 0, 1, "1234"),
       {"RST FRAME_SIZE_ERROR", "GOAWAY FRAME_SIZE_ERROR"}},
      {"6.5 SETTINGS that say one thing twice",
       frame(settings_frame, 0, 0, setting(4, 100) + setting(4, 1)) + other, fine},
      {"6.9 WINDOW_UPDATE of 0 for a stream", post + frame(window_frame, 0, 1, number32(0)), malformed},
      {"6.9.2 a window beyond 2^31-1 by SETTINGS",
       post + frame(window_frame, 0, 1, number32(0x7fffffff - 65535)) +
           frame(settings_frame, 0, 0, setting(4, 65536)),
       {"RST FLOW_CONTROL_ERROR", "GOAWAY FLOW_CONTROL_ERROR"}},
      {"6.10 CONTINUATION of stream 0", begun + frame(continuation_frame, end_headers, 0), protocol_error},
      {"6.10 CONTINUATION behind the last",
       begun + frame(continuation_frame, end_headers, 1) + frame(continuation_frame, end_headers, 1),
       {"200", "GOAWAY PROTOCOL_ERROR"}},
      {"6.10 CONTINUATION behind DATA",
       post + frame(data_frame, 0, 1, "a") + frame(continuation_frame, end_headers, 1), protocol_error},
      {"7 RST_STREAM of an unknown code", waiting + frame(rst_frame, 0, 1, number32(0xff)) + other, fine},
      {"7 GOAWAY of an unknown code",
       frame(goaway_frame, 0, 0, number32(0) + number32(0xff)) + other,
       {"200", "GOAWAY NO_ERROR", "end"}},
      {"8.1.1 the sum of DATA is not Content-Length",
       frame(headers_frame, end_headers, 1, block(request_for("POST", "/", {{"content-length", "5"}}))) +
           frame(data_frame, 0, 1, "abc") + frame(data_frame, end_stream, 1, "d"),
       malformed},
      {"8.1.1 no DATA for a Content-Length",
       frame(headers_frame, end_headers | end_stream, 1,
             block(request_for("POST", "/", {{"content-length", "5"}}))),
       malformed},
      {"8.1.1 two lengths",
       frame(headers_frame, end_headers, 1,
             block(request_for("POST", "/", {{"content-length", "1"}, {"content-length", "2"}}))) +
           frame(data_frame, end_stream, 1, "a"),
       malformed},
      {"8.3.1 :scheme twice",
       frame(headers_frame, end_headers | end_stream, 1,
             block({{":method", "GET"}, {":scheme", "http"}, {":scheme", "http"}, {":path", "/"}})),
       malformed},
      {"8.3.1 :path twice",
       frame(headers_frame, end_headers | end_stream, 1,
             block({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":path", "/"}})),
       malformed},
      {"8.5 CONNECT with a path", frame(headers_frame, end_headers, 1, block(request_for("CONNECT", "/"))),
       malformed},
      {"RFC 7541 6.3 a table beyond what was said",
       frame(headers_frame, end_headers | end_stream, 1, "\x3f\xe1\x7f" + indexed), compression_error},
      {"RFC 7541 6.3 a smaller table", frame(headers_frame, end_headers | end_stream, 1, "\x20" + indexed),
       fine},
  };
  for (const example& each : blocks()) all.push_back({each.section, get_with(each.bytes), each.expected});
  io::wait([](const std::vector<example>& examples) -> task<void> {
    const auto server =
        co_await serving::start([](server_request& asked, server_response& answer) -> task<void> {
          if (asked.path() == "/wait") co_await io::sleep(1h);
          co_await echo(asked, answer);
        });
    for (const example& each : examples) {
      frames mine(co_await server->connect());
      co_await mine.say(hello + each.bytes);
      expect_one_of(co_await verdict_in_time(mine), each);
    }
  }(all));
}

TEST_P(http2_rules, say_what_a_server_answers_to_settings_and_pings) {
  io::wait([]() -> task<void> {
    const auto server = co_await serving::start(echo);
    frames mine(co_await server->connect());
    co_await mine.say(hello);
    for (;;) {
      const auto one = co_await mine.next(settings_frame);
      if ((one->flags & ack) == 0) continue;
      EXPECT_EQ(one->payload, "");
      break;
    }
    // One with ACK is an answer, and is not answered.
    co_await mine.say(frame(ping_frame, ack, 0, "not this") + frame(ping_frame, 0, 0, "but this"));
    const auto one = co_await mine.next(ping_frame);
    EXPECT_EQ(one->payload, "but this");
    EXPECT_EQ(one->flags, ack);
    // Of the same setting twice the last one counts (RFC 9113 6.5.3).
    co_await mine.say(frame(settings_frame, 0, 0, setting(4, 100) + setting(4, 1)) + get_frame(1));
    EXPECT_EQ((co_await mine.next(data_frame))->payload.size(), 1U);
  }());
}

// RFC 9113 6.9.2: a window that is made smaller may be below 0, and opens from there.
TEST_P(http2_rules, have_servers_keep_to_a_window_below_0) {
  io::wait([]() -> task<void> {
    const auto server = co_await serving::start([](server_request&, server_response& answer) -> task<void> {
      co_await answer.send(std::string(100, 'a'));
    });
    frames mine(co_await server->connect());
    co_await mine.say(std::string(preface) + frame(settings_frame, 0, 0, setting(4, 10)) + get_frame(1));
    EXPECT_EQ((co_await mine.next(data_frame))->payload.size(), 10U);
    co_await mine.say(frame(settings_frame, 0, 0, setting(4, 3)));  // 7 below 0
    co_await mine.say(frame(window_frame, 0, 1, number32(7)) + frame(ping_frame, 0, 0, "12345678"));
    for (;;) {
      const auto one = co_await mine.next();
      EXPECT_NE(one->type, data_frame);
      if (one->type == ping_frame) break;
    }
    co_await mine.say(frame(window_frame, 0, 1, number32(2)));
    EXPECT_EQ((co_await mine.next(data_frame))->payload.size(), 2U);
  }());
}

// --- clients

client_options speaking_2() {
  client_options options;
  options.versions = http_versions::http_2;
  return options;
}

std::string head(const field_pairs& fields, unsigned flags = end_headers) {
  return frame(headers_frame, flags, 1, block(fields));
}
const std::string answered = answer_frames(1, "hello");

TEST_P(http2_rules, hold_for_clients) {
  const std::string ok = head({{":status", "200"}});
  const std::string half = head({{":status", "200"}}, 0);
  std::vector<example> all = {
      {"4.2 DATA beyond the largest frame", ok + frame(data_frame, 0, 1, std::string(16385, 'a')),
       frame_size_error},
      {"4.2 HEADERS beyond the largest frame", frame(headers_frame, end_headers, 1, std::string(16385, 'a')),
       frame_size_error},
      {"5.1 idle: DATA", frame(data_frame, 0, 3, "a"), protocol_error},
      {"5.1 idle: HEADERS", frame(headers_frame, end_headers, 3, block({{":status", "200"}})),
       protocol_error},
      {"5.1 idle: RST_STREAM", frame(rst_frame, 0, 3, number32(8)), protocol_error},
      {"5.1 idle: WINDOW_UPDATE", frame(window_frame, 0, 3, number32(8)), protocol_error},
      {"5.1 idle: CONTINUATION", frame(continuation_frame, end_headers, 3), protocol_error},
      {"5.1.1 a stream of the server's", frame(headers_frame, end_headers, 2, block({{":status", "200"}})),
       protocol_error},
      {"5.5 an unknown frame within a block", half + frame(0xfa, 0, 1, "anything"), protocol_error},
      {"6.1 DATA on stream 0", frame(data_frame, 0, 0, "a"), protocol_error},
      {"6.1 more padding than there is",
       ok + frame(data_frame, padded, 1,
                  "\x06"
                  "1234"),
       protocol_error},
      {"6.2 HEADERS on stream 0", frame(headers_frame, end_headers, 0, block({{":status", "200"}})),
       protocol_error},
      {"6.2 more padding than there is",
       frame(headers_frame, padded | end_headers, 1,
             "\x09"
             "1234"),
       protocol_error},
      {"6.2 PRIORITY within a block", half + frame(priority_frame, 0, 1, a_priority), protocol_error},
      {"6.3 PRIORITY on stream 0", frame(priority_frame, 0, 0, a_priority), protocol_error},
      {"6.3 PRIORITY of another length",
       frame(priority_frame, 0, 1, "1234"),
       {"RST FRAME_SIZE_ERROR", "GOAWAY FRAME_SIZE_ERROR"}},
      {"6.4 RST_STREAM on stream 0", frame(rst_frame, 0, 0, number32(8)), protocol_error},
      {"6.4 RST_STREAM of another length", frame(rst_frame, 0, 1, "123"), frame_size_error},
      {"6.5 SETTINGS with ACK and more", frame(settings_frame, ack, 0, std::string(6, '\0')),
       frame_size_error},
      {"6.5 SETTINGS of a stream", frame(settings_frame, 0, 1), protocol_error},
      {"6.5 SETTINGS of no whole entries", frame(settings_frame, 0, 0, "123"), frame_size_error},
      {"6.5.2 a server that would be pushed to", frame(settings_frame, 0, 0, setting(2, 1)), protocol_error},
      {"6.5.2 ENABLE_PUSH of 2", frame(settings_frame, 0, 0, setting(2, 2)), protocol_error},
      {"6.5.2 a window that is too large",
       frame(settings_frame, 0, 0, setting(4, 0x80000000U)),
       {"GOAWAY FLOW_CONTROL_ERROR"}},
      {"6.5.2 a frame size that is too small", frame(settings_frame, 0, 0, setting(5, 16383)),
       protocol_error},
      {"6.5.2 a frame size that is too large", frame(settings_frame, 0, 0, setting(5, 1U << 24U)),
       protocol_error},
      {"6.6 PUSH_PROMISE", frame(push_frame, end_headers, 1, number32(2) + block(request_for("GET", "/"))),
       protocol_error},
      {"6.7 PING of a stream", frame(ping_frame, 0, 1, "12345678"), protocol_error},
      {"6.7 PING of another length", frame(ping_frame, 0, 0, "1234"), frame_size_error},
      {"6.8 GOAWAY of a stream", frame(goaway_frame, 0, 1, number32(0) + number32(0)), protocol_error},
      {"6.8 GOAWAY that is too short", frame(goaway_frame, 0, 0, number32(0)), frame_size_error},
      {"6.9 WINDOW_UPDATE of 0", frame(window_frame, 0, 0, number32(0)), protocol_error},
      {"6.9 WINDOW_UPDATE of 0 for a stream", frame(window_frame, 0, 1, number32(0)), malformed},
      {"6.9 WINDOW_UPDATE of another length", frame(window_frame, 0, 0, "123"), frame_size_error},
      {"6.9.1 a window beyond 2^31-1",
       frame(window_frame, 0, 0, number32(0x7fffffff)),
       {"GOAWAY FLOW_CONTROL_ERROR"}},
      {"6.9.1 a stream's window beyond 2^31-1",
       frame(window_frame, 0, 1, number32(0x7fffffff)),
       {"RST FLOW_CONTROL_ERROR", "GOAWAY FLOW_CONTROL_ERROR"}},
      {"6.10 CONTINUATION of stream 0", half + frame(continuation_frame, end_headers, 0), protocol_error},
      {"6.10 CONTINUATION of another stream", half + frame(continuation_frame, end_headers, 3),
       protocol_error},
      {"6.10 CONTINUATION behind END_HEADERS", ok + frame(continuation_frame, end_headers, 1),
       protocol_error},
      {"8.1.1 two lengths", head({{":status", "200"}, {"content-length", "1"}, {"content-length", "2"}}),
       malformed},
      {"8.2.1 a value with NUL", head({{":status", "200"}, {"x", std::string("a\0b", 3)}}), malformed},
      {"8.2.1 a value with a line's end", head({{":status", "200"}, {"x", "a\r\nb: c"}}), malformed},
      {"8.2.2 Transfer-Encoding", head({{":status", "200"}, {"transfer-encoding", "chunked"}}), malformed},
      {"8.2.2 Upgrade", head({{":status", "200"}, {"upgrade", "h2c"}}), malformed},
      {"8.3 :status behind others", head({{"x", "a"}, {":status", "200"}}), malformed},
      {"8.3 a request's pseudo-field", head({{":status", "200"}, {":path", "/"}}), malformed},
      {"8.3 an unknown pseudo-field", head({{":status", "200"}, {":x", "/"}}), malformed},
      {"8.3 a pseudo-field in trailers", ok + head({{":status", "200"}}, end_headers | end_stream),
       malformed},
      {"8.3.2 :status twice", head({{":status", "200"}, {":status", "200"}}), malformed},
      {"8.3.2 a :status of four digits", head({{":status", "2000"}}), malformed},
      {"RFC 7541 6.3 a table beyond what was said", frame(headers_frame, end_headers, 1, "\x3f\xe1\x7f\x88"),
       compression_error},
  };
  for (const example& each : blocks()) {
    if (each.expected != fine)
      all.push_back({each.section, frame(headers_frame, end_headers, 1, "\x88" + each.bytes), each.expected});
  }
  io::wait([](const std::vector<example>& examples) -> task<void> {
    for (const example& each : examples) {
      std::string said;
      io::event heard;
      const auto from = co_await framed_server::start([&](frames& caller, std::size_t) -> task<void> {
        co_await caller.next(headers_frame);
        co_await caller.say(each.bytes);
        said = co_await verdict_in_time(caller);
        heard.set();
      });
      const outcome got = co_await fetch(from->at("/"), speaking_2());
      EXPECT_EQ(got.status, 0U) << each.section;
      EXPECT_NE(got.text, "") << each.section;
      co_await heard;
      expect_one_of(said, each);
    }
  }(all));
}

TEST_P(http2_rules, have_clients_take_what_is_strange_and_right) {
  const std::vector<std::pair<const char*, std::string>> all = {
      {"4.1 an unknown frame", frame(0xfa, 0xff, 0, "anything") + answered},
      {"4.1 an unknown frame of the stream", frame(0xfa, 0xff, 1, "anything") + answered},
      {"4.1 unknown flags", frame(ping_frame, 0x16, 0, "12345678") + answered},
      {"4.1 the reserved bit", frame(ping_frame, 0, 0x80000000U, "12345678") + answered},
      {"5.1 PRIORITY of any stream", frame(priority_frame, 0, 9, a_priority) + answered},
      {"6.1 padding", head({{":status", "200"}}) +
                          frame(data_frame, padded | end_stream, 1, "\3hello" + std::string(3, '\0'))},
      {"6.1 DATA of no bytes", head({{":status", "200"}}) + frame(data_frame, 0, 1) +
                                   frame(data_frame, 0, 1, "hello") + frame(data_frame, end_stream, 1)},
      {"6.2 padding and priority",
       frame(headers_frame, end_headers | padded | with_priority, 1,
             "\2" + number32(0) + "\xff" + block({{":status", "200"}}) + std::string(2, '\0')) +
           frame(data_frame, end_stream, 1, "hello")},
      {"6.5.2 a setting that nobody knows", frame(settings_frame, 0, 0, setting(0xff, 1)) + answered},
      {"6.5.2 push is off, as it was", frame(settings_frame, 0, 0, setting(2, 0)) + answered},
      {"6.7 PING that answers nothing", frame(ping_frame, ack, 0, "12345678") + answered},
      {"6.8 GOAWAY of an unknown code, with a reason",
       frame(goaway_frame, 0, 0, number32(1) + number32(0xff) + "why") + answered},
      {"6.10 CONTINUATIONs", head({{":status", "200"}}, 0) + frame(continuation_frame, 0, 1) +
                                 frame(continuation_frame, end_headers, 1, block({{"a", "b"}})) +
                                 frame(data_frame, end_stream, 1, "hello")},
      {"8.1 interim answers",
       head({{":status", "103"}}) + head({{":status", "100"}}) + head({{":status", "199"}}) + answered},
      {"8.1 trailers", head({{":status", "200"}}) + frame(data_frame, 0, 1, "hello") +
                           head({{"x", "a"}}, end_headers | end_stream)},
      {"RFC 7541 Huffman's code",
       frame(headers_frame, end_headers, 1, "\x88" + std::string("\0\1x\x81\x07", 5)) +
           frame(data_frame, end_stream, 1, "hello")},
      {"5.1 DATA behind the end", answered + frame(data_frame, 0, 1, "more")},
      {"5.1 HEADERS behind the end", answered + head({{":status", "404"}})},
      {"5.1 RST_STREAM behind the end", answered + frame(rst_frame, 0, 1, number32(0))},
      {"5.1 WINDOW_UPDATE behind the end", answered + frame(window_frame, 0, 1, number32(8))},
  };
  io::wait([](const std::vector<std::pair<const char*, std::string>>& examples) -> task<void> {
    for (const auto& [section, bytes] : examples) {
      const auto from = co_await framed_server::start([&](frames& caller, std::size_t number) -> task<void> {
        const auto one = co_await caller.next(headers_frame);
        if (number == 0) co_await caller.say(bytes);
        if (number != 0) co_await caller.say(answer_frames(one->stream, "hello"));
        while (const auto next = co_await caller.next(headers_frame))
          co_await caller.say(answer_frames(next->stream, "hello"));
      });
      client one(speaking_2());
      for (int i = 0; i < 2; ++i) {
        const response got = co_await one.get(from->at("/"));
        EXPECT_EQ(got.status, 200U) << section << ": " << i;
        EXPECT_EQ(got.body, "hello") << section << ": " << i;
      }
    }
  }(all));
}

TEST_P(http2_rules, say_what_a_client_answers_to_settings_and_pings) {
  io::wait([]() -> task<void> {
    std::size_t acknowledged = 0;
    std::vector<std::string> pings;
    const auto from = co_await framed_server::start([&](frames& caller, std::size_t) -> task<void> {
      co_await caller.next(headers_frame);
      co_await caller.say(frame(settings_frame, 0, 0, setting(1, 100)) +
                          frame(ping_frame, ack, 0, "not this") + frame(ping_frame, 0, 0, "but this"));
      for (;;) {
        const auto one = co_await caller.next();
        if (one->type == settings_frame && (one->flags & ack) != 0) ++acknowledged;
        if (one->type != ping_frame) continue;
        pings.push_back(one->payload);
        EXPECT_EQ(one->flags, ack);
        break;
      }
      co_await caller.say(answered);
      while (co_await caller.next()) continue;
    });
    EXPECT_EQ((co_await fetch(from->at("/"), speaking_2())).status, 200U);
    EXPECT_EQ(pings, std::vector<std::string>{"but this"});
    EXPECT_EQ(acknowledged, 2U) << "the first, and this one";
  }());
}

}  // namespace
}  // namespace parlance::http::test
