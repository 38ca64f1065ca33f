// The client on HTTP/2: against our own server, and against one that says frame by frame what a test makes it say.
#include <deque>
#include <set>

#include <parlance/http/body/bodies.hpp>
#include <parlance/http/http2/http2_fields.hpp>
#include <parlance/http/http2/http2_stream.hpp>
#include <parlance/io/combinators.hpp>
#include <parlance/io/context.hpp>
#include <parlance/net/tls_context.hpp>

#include "http/client_support.hpp"
#include "http/framed_server.hpp"
#include "http/http2_frames.hpp"

namespace parlance::http::test {
namespace {

class http2_clients : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(http2_clients);

client_options speaking_2() {
  client_options options;
  options.versions = http_versions::http_2;
  return options;
}

// --- with our server

TEST_P(http2_clients, share_a_connection) {
  io::wait([]() -> task<void> {
    std::set<std::string> callers;
    std::size_t under_way = 0, most = 0;
    const auto server =
        co_await serving::start([&](server_request& asked, server_response& answer) -> task<void> {
          callers.insert(asked.remote().to_string());
          most = std::max(most, ++under_way);
          co_await io::sleep(20ms);
          --under_way;
          co_await echo(asked, answer);
        });
    client one(speaking_2());
    io::scope all;
    const auto ask = [](client& by, std::string at, int i) -> task<void> {
      const response got = co_await by.post(at + std::to_string(i), std::string("b"));
      EXPECT_EQ(got.body, "POST /" + std::to_string(i) + ": b\n");
    };
    for (int i = 0; i < 150; ++i) all.spawn(ask(one, server->at("/"), i));
    co_await all.join();
    EXPECT_GT(most, 20U);
    // The hundred that fit on the first, and what was left.
    EXPECT_LE(callers.size(), 2U);
    EXPECT_EQ(one.idle_connections(), callers.size());
  }());
}

TEST_P(http2_clients, send_and_get_long_bodies) {
  io::wait([]() -> task<void> {
    server_options options;
    options.limits.body = 100 << 20;
    const auto server = co_await serving::start(
        [](server_request& asked, server_response& answer) -> task<void> {
          std::size_t size = 0;
          for (std::string_view piece; !(piece = co_await asked.read()).empty(); size += piece.size())
            co_await answer.write(piece);
          field_list trailers;
          trailers.append("X-Bytes", std::to_string(size));
          co_await answer.finish(trailers);
        },
        options);
    std::string large(5'000'000, 'a');
    for (std::size_t i = 0; i < large.size(); i += 7) large[i] = static_cast<char>('a' + i % 23);
    client one(speaking_2());
    exchange got =
        co_await one.open({.target = url::parse(server->at("/")).value(), .method = "POST", .body = large});
    EXPECT_EQ(got.head().version, version::http_2);
    EXPECT_TRUE(co_await got.read_all() == large);
    EXPECT_EQ(got.trailers().get("x-bytes"), "5000000");
    EXPECT_EQ((co_await one.post(server->at("/"), std::string())).body, "");
    EXPECT_EQ((co_await one.head(server->at("/"))).body, "");
  }());
}

TEST_P(http2_clients, are_told_no_by_a_server_that_speaks_http_1_only) {
  io::wait([]() -> task<void> {
    const auto context = net::tls_context::server({.alpn = {"http/1.1"}});
    const auto from =
        co_await server::start(says("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), context);
    client_options options;
    options.tls.insecure_accept_any_certificate = true;
    EXPECT_EQ((co_await fetch(from->at("/"), options)).body, "hello");
    options.versions = http_versions::http_2;
    const outcome got = co_await fetch(from->at("/"), options);
    EXPECT_NE(got.text, "") << got.body;
  }());
}

// --- with frames

TEST(http2_fields, are_of_a_request_that_can_be_made) {
  for (const char* target : {"", " ", "/a b", "/a\tb", "/a\x7f", "/\xc3\xa4"})
    EXPECT_THROW(http2_fields(request_head{.method = "GET", .target = target}, "https"),
                 std::invalid_argument)
        << target;
  for (const char* method : {"", "G T", "GET\n"})
    EXPECT_THROW(http2_fields(request_head{.method = method, .target = "/"}, "https"), std::invalid_argument)
        << method;
  EXPECT_NO_THROW(http2_fields(request_head{.method = "GET", .target = "/!~"}, "https"));
}

TEST(with_versions, offers_what_was_asked_for) {
  using names = std::vector<std::string>;
  EXPECT_EQ(with_versions({}, http_versions::both).alpn, (names{"h2", "http/1.1"}));
  EXPECT_EQ(with_versions({}, http_versions::http_2).alpn, names{"h2"});
  EXPECT_EQ(with_versions({}, http_versions::http_1).alpn, names{"http/1.1"});
  for (const http_versions which : {http_versions::both, http_versions::http_2, http_versions::http_1})
    EXPECT_EQ(with_versions({.alpn = {"own"}}, which).alpn, names{"own"});
}

/// Answers whatever is asked.
task<void> answer_all(frames& caller) {
  while (const auto one = co_await caller.next(headers_frame))
    co_await caller.say(answer_frames(one->stream, "hello"));
}

TEST_P(http2_clients, ask_as_rfc_9113_has_it) {
  io::wait([]() -> task<void> {
    field_pairs asked;
    const auto from = co_await framed_server::start([&](frames& caller, std::size_t) -> task<void> {
      const auto one = co_await caller.next(headers_frame);
      asked = one->fields;
      co_await caller.say(answer_frames(one->stream, "hello"));
      co_await answer_all(caller);
    });
    request what{.target = url::parse(from->at("/a?b")).value()};
    what.fields.append("X-Mine", "Yes");
    client one(speaking_2());
    EXPECT_EQ((co_await one.send(what)).body, "hello");
    const std::string host = from->at("").substr(7);
    const field_pairs expected = {{":method", "GET"}, {":scheme", "http"}, {":authority", host},
                                  {":path", "/a?b"},  {"x-mine", "Yes"},   {"user-agent", "parlance"},
                                  {"accept", "*/*"}};
    for (const auto& each : expected) EXPECT_EQ(std::ranges::count(asked, each), 1) << each.first;
    for (const auto& [name, value] : asked) EXPECT_TRUE(name != "host" && name != "connection") << name;
  }());
}

TEST_P(http2_clients, never_index_what_tells_a_secret) {
  io::wait([]() -> task<void> {
    std::vector<std::vector<std::string>> never;
    const auto from = co_await framed_server::start([&](frames& caller, std::size_t) -> task<void> {
      while (const auto one = co_await caller.next(headers_frame)) {
        never.push_back(one->never_indexed);
        co_await caller.say(answer_frames(one->stream, "hello"));
      }
    });
    request what{.target = url::parse(from->at("/")).value()};
    what.fields.append("Authorization", "Bearer a-token-that-is-long-enough");
    what.fields.append("Cookie", "a=a-cookie-that-is-long-enough-for-a-table");
    what.fields.append("Proxy-Authorization", "Basic bWU6c2VjcmV0");
    what.fields.append("X-Api-Key", "key");
    what.fields.append("X-Page", "1");
    what.fields.append("Accept-Language", "de");
    client one(speaking_2());
    for (int i = 0; i < 2; ++i) EXPECT_EQ((co_await one.send(what)).body, "hello");
    const std::vector<std::string> secret = {"authorization", "cookie", "proxy-authorization", "x-api-key"};
    for (auto& each : never) {
      std::ranges::sort(each);
      EXPECT_EQ(each, secret);
    }
    EXPECT_EQ(never.size(), 2U);
  }());
}

TEST_P(http2_clients, ask_again_what_was_not_looked_at) {
  io::wait([]() -> task<void> {
    const auto refusing = co_await framed_server::start([&](frames& caller, std::size_t) -> task<void> {
      const auto one = co_await caller.next(headers_frame);
      co_await caller.say(frame(rst_frame, 0, one->stream, number32(7)));
      co_await answer_all(caller);
    });
    client first(speaking_2());
    EXPECT_EQ((co_await first.post(refusing->at("/"), std::string("body"))).body, "hello");
    EXPECT_EQ(refusing->accepted, 1U);
    const auto going = co_await framed_server::start([&](frames& caller, std::size_t number) -> task<void> {
      if (number != 0) co_return co_await answer_all(caller);
      co_await caller.next(headers_frame);
      co_await caller.say(frame(goaway_frame, 0, 0, number32(0) + number32(0)));
      while (co_await caller.next()) continue;
    });
    client second(speaking_2());
    EXPECT_EQ((co_await second.post(going->at("/"), std::string("body"))).body, "hello");
    EXPECT_EQ(going->accepted, 2U);
  }());
}

TEST_P(http2_clients, do_not_ask_again_what_may_have_been_looked_at) {
  io::wait([]() -> task<void> {
    const auto from = co_await framed_server::start([&](frames& caller, std::size_t number) -> task<void> {
      if (number != 0) co_return co_await answer_all(caller);
      const auto one = co_await caller.next(headers_frame);
      co_await caller.say(frame(goaway_frame, 0, 0, number32(one->stream) + number32(0)));
    });
    client one(speaking_2());
    std::string why;
    try {
      co_await one.post(from->at("/"), std::string("body"));
    } catch (const io::error& e) {
      why = e.what();
    }
    EXPECT_TRUE(says_all(why, {"post http://127.0.0.1", "waiting for the response"})) << why;
    EXPECT_EQ(from->accepted, 1U);
    EXPECT_EQ((co_await one.get(from->at("/"))).body, "hello");
  }());
}

TEST_P(http2_clients, finish_what_is_under_way_when_the_server_goes_away) {
  io::wait([]() -> task<void> {
    const auto from = co_await framed_server::start([&](frames& caller, std::size_t number) -> task<void> {
      if (number != 0) co_return co_await answer_all(caller);
      const auto one = co_await caller.next(headers_frame);
      co_await caller.say(frame(goaway_frame, 0, 0, number32(one->stream) + number32(0)));
      co_await caller.say(answer_frames(one->stream, "last"));
      while (co_await caller.next()) continue;
    });
    client one(speaking_2());
    EXPECT_EQ((co_await one.get(from->at("/"))).body, "last");
    EXPECT_EQ((co_await one.get(from->at("/"))).body, "hello");
    EXPECT_EQ(from->accepted, 2U);
  }());
}

TEST_P(http2_clients, give_room_only_for_what_was_read) {
  io::wait([]() -> task<void> {
    constexpr std::size_t window = 1 << 20;
    std::size_t sent = 0;
    io::event full;
    const auto from = co_await framed_server::start([&](frames& caller, std::size_t) -> task<void> {
      const auto one = co_await caller.next(headers_frame);
      co_await caller.say(frame(headers_frame, end_headers, one->stream, block({{":status", "200"}})));
      for (; sent < window; sent += 16384)
        co_await caller.say(frame(data_frame, 0, one->stream, std::string(16384, 'a')));
      co_await caller.say(frame(ping_frame, 0, 0, "12345678"));
      for (;;) {
        const auto next = co_await caller.next();
        if (next->type == ping_frame && (next->flags & ack) != 0) break;
        EXPECT_FALSE(next->type == window_frame && next->stream == one->stream);
      }
      full.set();
      EXPECT_TRUE(co_await caller.next(window_frame, one->stream));
      co_await caller.say(frame(data_frame, end_stream, one->stream, "b"));
      co_await answer_all(caller);
    });
    client one(speaking_2());
    exchange got = co_await one.open(to(from->at("/")));
    co_await full;
    EXPECT_EQ((co_await got.read_all()).size(), window + 1);
  }());
}

TEST_P(http2_clients, keep_to_the_windows_of_the_server) {
  io::wait([]() -> task<void> {
    std::string body;
    const auto from = co_await framed_server::start([&](frames& caller, std::size_t) -> task<void> {
      co_await caller.say(frame(settings_frame, 0, 0, std::string("\0\4", 2) + number32(10)));
      const auto one = co_await caller.next(headers_frame);
      for (unsigned flags = 0; flags == 0;) {
        const auto piece = co_await caller.next(data_frame);
        EXPECT_LE(piece->payload.size(), 65535U);
        body += piece->payload;
        flags = piece->flags & end_stream;
        if (!piece->payload.empty())
          co_await caller.say(
              frame(window_frame, 0, one->stream,
                    number32(static_cast<std::uint32_t>(piece->payload.size()))) +
              frame(window_frame, 0, 0, number32(static_cast<std::uint32_t>(piece->payload.size()))));
      }
      co_await caller.say(answer_frames(one->stream, "hello"));
    });
    client one(speaking_2());
    const std::string large(100'000, 'x');
    EXPECT_EQ((co_await one.put(from->at("/"), large)).body, "hello");
    EXPECT_EQ(body, large);
  }());
}

TEST_P(http2_clients, reset_what_they_do_not_want_and_keep_the_connection) {
  io::wait([]() -> task<void> {
    std::string code;
    const auto from = co_await framed_server::start([&](frames& caller, std::size_t) -> task<void> {
      const auto one = co_await caller.next(headers_frame);
      co_await caller.say(frame(headers_frame, end_headers, one->stream, block({{":status", "200"}})) +
                          frame(data_frame, 0, one->stream, "abc"));
      code = name_of_http2_error((co_await caller.next(rst_frame, one->stream))->number());
      // It may not have known yet.
      co_await caller.say(frame(data_frame, 0, one->stream, "def"));
      co_await answer_all(caller);
    });
    client one(speaking_2());
    {
      exchange got = co_await one.open(to(from->at("/")));
      EXPECT_EQ(co_await got.read(), "abc");
    }
    EXPECT_EQ((co_await one.get(from->at("/"))).body, "hello");
    EXPECT_EQ(code, "CANCEL");
    EXPECT_EQ(from->accepted, 1U);
  }());
}

TEST_P(http2_clients, stop_an_upload_that_is_redirected_before_its_end) {
  io::wait([]() -> task<void> {
    std::string code;
    const auto from = co_await framed_server::start([&](frames& caller, std::size_t) -> task<void> {
      const auto one = co_await caller.next(headers_frame);
      for (std::size_t got = 0; got < 65535;) got += (co_await caller.next(data_frame))->payload.size();
      co_await caller.say(frame(headers_frame, end_headers, one->stream,
                                block({{":status", "303"}, {"location", "/there"}})) +
                          frame(window_frame, 0, one->stream, number32(1 << 20)) +
                          frame(window_frame, 0, 0, number32(1 << 20)));
      const auto next = co_await caller.next();
      EXPECT_EQ(next->type, rst_frame);
      if (next->type == rst_frame) code = name_of_http2_error(next->number());
      co_await answer_all(caller);
    });
    client one(speaking_2());
    EXPECT_EQ((co_await one.post(from->at("/"), std::string(1 << 20, 'x'))).body, "hello");
    EXPECT_EQ(code, "CANCEL");
  }());
}

TEST_P(http2_clients, say_what_is_wrong_with_an_answer) {
  struct example {
    std::string frames;
    std::vector<std::string_view> words;
    errc code = errc::malformed;
  };
  const auto head = [](const field_pairs& fields, unsigned flags = end_headers) {
    return frame(headers_frame, flags, 1, block(fields));
  };
  const std::string ok = head({{":status", "200"}});
  field_pairs many = {{":status", "200"}};
  constexpr head_limits most;
  for (std::size_t i = 0; i <= most.fields; ++i) many.emplace_back("x", "a");
  std::string interim;
  for (int i = 0; i < 100; ++i) interim += head({{":status", "103"}});
  const std::vector<example> all = {
      {frame(rst_frame, 0, 1, number32(2)),
       {"reset (INTERNAL_ERROR)", "waiting for the response"},
       errc::incomplete},
      {head({{":status", "200"}, {"content-length", "3"}}) + frame(data_frame, 0, 1, "abc") +
           head({{"X", "abc"}}, end_headers | end_stream),
       {"broke HTTP/2 (PROTOCOL_ERROR)", "3 of 3 bytes"}},
      {frame(rst_frame, 0, 1, number32(13)), {"reset (HTTP_1_1_REQUIRED)"}, errc::incomplete},
      {ok + frame(data_frame, 0, 1, "abc") + frame(rst_frame, 0, 1, number32(2)),
       {"in the body, 3 bytes"},
       errc::incomplete},
      {head({{":status", "200"}, {"content-length", "10"}}) + frame(data_frame, end_stream, 1, "abc"),
       {"broke HTTP/2 (PROTOCOL_ERROR)", "3 of 10 bytes"},
       errc::incomplete},
      {head({{":status", "200"}, {"content-length", "1"}}) + frame(data_frame, 0, 1, "abc"),
       {"broke HTTP/2 (PROTOCOL_ERROR)"}},
      {head({{":status", "abc"}}), {"broke HTTP/2 (PROTOCOL_ERROR)"}},
      {head({{"x", "abc"}}), {"broke HTTP/2 (PROTOCOL_ERROR)"}},
      {head({{":status", "200"}, {"X", "abc"}}), {"broke HTTP/2 (PROTOCOL_ERROR)"}},
      {head({{":status", "200"}, {"connection", "close"}}), {"broke HTTP/2 (PROTOCOL_ERROR)"}},
      {head({{":status", "101"}}), {"broke HTTP/2 (PROTOCOL_ERROR)"}},
      {head({{":status", "103"}}, end_headers | end_stream), {"broke HTTP/2 (PROTOCOL_ERROR)"}},
      {head(many), {"the head has more than"}},
      {interim, {"interim"}},
      {frame(push_frame, end_headers, 1, number32(2) + block(request_for("GET", "/"))),
       {"broke HTTP/2 (PROTOCOL_ERROR)"}},
      {frame(ping_frame, 0, 0, "1"), {"HTTP/2"}},
      {frame(data_frame, 0, 1, "abc"), {"broke HTTP/2 (PROTOCOL_ERROR)"}},
      {frame(window_frame, 0, 0, number32(0x7fffffff)), {"FLOW_CONTROL_ERROR"}},
      {frame(headers_frame, end_headers, 1, "\xff\xff\xff\xff\xff\xff"), {"COMPRESSION_ERROR"}},
      {"HTTP/1.1 400 Bad Request\r\n\r\n", {"HTTP/2"}},
      {"", {"closed the connection"}, errc::incomplete},
  };
  io::wait([](const std::vector<example>& examples) -> task<void> {
    for (const example& each : examples) {
      const auto from = co_await framed_server::start([&](frames& caller, std::size_t) -> task<void> {
        co_await caller.next(headers_frame);
        if (!each.frames.empty()) co_await caller.say(each.frames);
        if (!each.frames.empty()) co_await io::sleep(20ms);
      });
      const outcome got = co_await fetch(from->at("/"), speaking_2());
      EXPECT_EQ(got.status, 0U) << each.words.front();
      EXPECT_EQ(got.code, each.code) << got.text << "; of " << &each - examples.data();
      EXPECT_TRUE(
          std::ranges::all_of(each.words, [&](std::string_view word) { return got.text.contains(word); }))
          << got.text << "; expected " << *each.words.begin() << " of " << &each - examples.data();
    }
  }(all));
}

TEST_P(http2_clients, take_as_many_fields_as_they_may) {
  io::wait([]() -> task<void> {
    const auto from = co_await framed_server::start([&](frames& caller, std::size_t) -> task<void> {
      const auto one = co_await caller.next(headers_frame);
      constexpr head_limits most;
      field_pairs many = {{":status", "200"}};
      for (std::size_t i = 0; i < most.fields; ++i) many.emplace_back("x", "a");
      co_await caller.say(frame(headers_frame, end_headers | end_stream, one->stream, block(many)));
      co_await answer_all(caller);
    });
    const outcome got = co_await fetch(from->at("/"), speaking_2());
    EXPECT_EQ(got.status, 200U) << got.text;
  }());
}

TEST_P(http2_clients, end_with_a_server_that_floods_them) {
  io::wait([]() -> task<void> {
    const std::string ok = frame(headers_frame, 0, 1, block({{":status", "200"}}));
    for (const std::string& again : {frame(ping_frame, 0, 0, "12345678"), frame(settings_frame, 0, 0),
                                     frame(continuation_frame, 0, 1)}) {
      std::string ended;
      const auto from = co_await framed_server::start([&](frames& caller, std::size_t) -> task<void> {
        co_await caller.next(headers_frame);
        if (again[3] == continuation_frame) co_await caller.say(ok);
        std::string many;
        while (many.size() < 30000) many += again;
        try {
          for (int i = 0; i < 2000; ++i) co_await caller.say(many);
          ended = "took all of it";
        } catch (const io::error&) {
          ended = "ended";
          throw;
        }
      });
      const outcome got = co_await fetch(from->at("/"), speaking_2());
      EXPECT_NE(got.text, "");
      EXPECT_NE(ended, "took all of it");
    }
  }());
}

TEST_P(http2_clients, wait_for_100_continue) {
  io::wait([]() -> task<void> {
    std::string body;
    const auto from = co_await framed_server::start([&](frames& caller, std::size_t) -> task<void> {
      const auto one = co_await caller.next(headers_frame);
      const field_pairs& fields = one->fields;
      EXPECT_EQ(std::ranges::count(fields, std::pair<std::string, std::string>("expect", "100-continue")), 1);
      co_await caller.say(frame(headers_frame, end_headers, one->stream, block({{":status", "100"}})));
      for (unsigned flags = 0; flags == 0;) {
        const auto piece = co_await caller.next(data_frame);
        body += piece->payload;
        flags = piece->flags & end_stream;
      }
      co_await caller.say(answer_frames(one->stream, "hello"));
      // The next is refused at once, and its body is not sent.
      const auto other = co_await caller.next(headers_frame);
      co_await caller.say(
          frame(headers_frame, end_headers | end_stream, other->stream, block({{":status", "403"}})));
      EXPECT_EQ((co_await caller.next(rst_frame, other->stream))->number(), 8U);
    });
    client_options options = speaking_2();
    options.expect_continue_from = 1;
    client one(options);
    EXPECT_EQ((co_await one.put(from->at("/"), std::string("abc"))).body, "hello");
    EXPECT_EQ((co_await one.put(from->at("/"), std::string("abc"))).status, 403U);
    EXPECT_EQ(body, "abc");
  }());
}

TEST(http2_clients_in_time, wait_for_nobody_for_ever) {
  const io::loop here({.backend = "sim"});
  io::wait([]() -> task<void> {
    const auto from = co_await framed_server::start([](frames& caller, std::size_t number) -> task<void> {
      if (number == 2) co_return co_await answer_all(caller);
      const auto one = co_await caller.next(headers_frame);
      if (number == 1)
        co_await caller.say(frame(headers_frame, end_headers, one->stream, block({{":status", "200"}})));
      co_await io::sleep(1h);
    });
    client_options options = speaking_2();
    options.first_byte_timeout = 10s;
    options.stall_timeout = 20s;
    client one(options);
    for (const auto& [limit, phase] :
         {std::pair(10s, "waiting for the response"), std::pair(20s, "in the body")}) {
      const io::time_point start = io::loop::current().now();
      std::string why;
      try {
        co_await one.get(from->at("/"));
      } catch (const io::error& e) {
        why = e.what();
      }
      EXPECT_TRUE(says_all(why, {"sent nothing for", phase})) << why;
      EXPECT_LE(io::loop::current().now() - start, limit + 1s);
    }
    EXPECT_EQ((co_await one.get(from->at("/"))).body, "hello");
    EXPECT_EQ(from->accepted, 3U);
    co_await io::sleep(31s);
    EXPECT_EQ(one.connections(), 0U);
  }());
}

TEST(http2_clients_in_time, want_a_head_whole_that_has_begun) {
  const io::loop here({.backend = "sim"});
  io::wait([]() -> task<void> {
    const auto from = co_await framed_server::start([](frames& caller, std::size_t number) -> task<void> {
      const auto one = co_await caller.next(headers_frame);
      // The first is one frame that dribbles; the second ends in time.
      const std::string head =
          frame(headers_frame, end_headers | end_stream, one->stream,
                block({{":status", "200"}, {"x", std::string(number == 0 ? 1000 : 5, 'x')}}));
      co_await io::sleep(60s);
      for (const char c : head) {
        co_await caller.say({c});
        co_await io::sleep(500ms);
      }
      co_await io::sleep(1h);
    });
    client_options options = speaking_2();
    options.first_byte_timeout = 300s;
    options.stall_timeout = 20s;
    io::time_point start = io::loop::current().now();
    outcome got = co_await fetch(from->at("/"), options);
    EXPECT_EQ(got.code, io::errc::timed_out);
    EXPECT_TRUE(says_all(got.text, {"the head was not whole 20 s after it began", "in the head"}))
        << got.text;
    EXPECT_LE(io::loop::current().now() - start, 90s);
    start = io::loop::current().now();
    got = co_await fetch(from->at("/"), options);
    EXPECT_EQ(got.status, 200U) << got.text;
    EXPECT_GE(io::loop::current().now() - start, 60s);
  }());
}

TEST(http2_clients_in_time, keep_to_the_whole_of_their_time_where_an_answer_has_no_body_and_no_end) {
  const io::loop here({.backend = "sim"});
  io::wait([]() -> task<void> {
    std::vector<field_pairs> heads = {
        {{":status", "204"}}, {{":status", "200"}, {"content-length", "0"}}, {{":status", "200"}}};
    const auto from = co_await framed_server::start([&](frames& caller, std::size_t number) -> task<void> {
      const auto one = co_await caller.next(headers_frame);
      co_await caller.say(frame(headers_frame, end_headers, one->stream, block(heads.at(number))));
      co_await io::sleep(1h);
    });
    client_options options = speaking_2();
    options.timeout = 5s;
    for (const char* method : {"GET", "GET", "HEAD"}) {
      const io::time_point start = io::loop::current().now();
      const outcome got =
          co_await fetch({.target = url::parse(from->at("/")).value(), .method = method}, options);
      EXPECT_TRUE(says_all(got.text, {"not done within the 5 s"})) << got.text;
      EXPECT_LE(io::loop::current().now() - start, 6s);
    }
  }());
}

TEST(http2_clients_in_time, can_be_given_up_at_every_point) {
  const io::loop here({.backend = "sim"});
  io::wait([]() -> task<void> {
    const auto server =
        co_await serving::start([](server_request& asked, server_response& answer) -> task<void> {
          std::string body;
          for (std::string_view piece; !(piece = co_await asked.read()).empty();) {
            co_await io::sleep(1ms);
            body += piece;
          }
          for (std::size_t i = 0; i < body.size(); i += 20'000) {
            co_await answer.write(std::string_view(body).substr(i, 20'000));
            co_await io::sleep(1ms);
          }
        });
    client one(speaking_2());
    int done = 0;
    for (int i = 0; i < 60; ++i) {
      try {
        const response got =
            co_await io::timeout(i * 500us, one.post(server->at("/"), std::string(200'000, 'a')));
        EXPECT_EQ(got.body.size(), 200'000U);
        ++done;
      } catch (const io::error& e) {
        EXPECT_EQ(e.code(), io::errc::timed_out) << e.what();
      }
    }
    EXPECT_GT(done, 0);
    EXPECT_EQ((co_await one.post(server->at("/"), std::string("abc"))).body, "abc");
  }());
}

}  // namespace
}  // namespace parlance::http::test
