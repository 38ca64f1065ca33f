// What a server refuses, and what its limits end.
#include "http/server_support.hpp"

namespace parlance::http::test {
namespace {

class hostile_clients : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(hostile_clients);

/// A request that would be answered if what comes before it were.
constexpr const char* smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

struct wrong {
  std::string request;
  std::string status;
};

task<void> expect_refused(const std::vector<wrong>& all, server_options options = {}) {
  std::size_t called = 0;
  const auto server = co_await serving::start(
      [&](server_request& asked, server_response& answer) -> task<void> {
        ++called;
        co_await echo(asked, answer);
      },
      std::move(options));
  for (const wrong& each : all) {
    const std::string answer = co_await answer_to(*server, each.request + smuggled);
    EXPECT_EQ(status_of(answer), each.status) << each.request;
    EXPECT_NE(answer.find("Connection: close\r\n"), answer.npos) << answer;
    EXPECT_EQ(answer.find("HTTP/1.1", 1), answer.npos) << answer;
  }
  EXPECT_EQ(called, 0U);
}

TEST_P(hostile_clients, do_not_smuggle_requests) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\n", end = "\r\n0\r\n\r\n";
  io::wait(expect_refused({
      {head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" + end, "400 Bad Request"},
      {head + "Content-Length: 5\r\nContent-Length: 6\r\n" + end, "400 Bad Request"},
      {head + "Content-Length: 5, 6\r\n" + end, "400 Bad Request"},
      {head + "Content-Length: +5\r\n" + end, "400 Bad Request"},
      {head + "Content-Length: 0x5\r\n" + end, "400 Bad Request"},
      {head + "Content-Length: 18446744073709551617\r\n" + end, "400 Bad Request"},
      {head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" + end, "400 Bad Request"},
      {head + "Transfer-Encoding: gzip, chunked\r\n" + end, "501 Not Implemented"},
      {head + "Transfer-Encoding: chunked, identity\r\n" + end, "400 Bad Request"},
      {head + "Transfer-Encoding: xchunked\r\n" + end, "400 Bad Request"},
      {head + "Transfer-Encoding : chunked\r\n" + end, "400 Bad Request"},
      {head + "Transfer-Encoding:\r\n chunked\r\n" + end, "400 Bad Request"},
      {head + "X: a\r\n b\r\n" + end, "400 Bad Request"},
      {head + "X: a\rTransfer-Encoding: chunked\r\n" + end, "400 Bad Request"},
      {head + std::string("X: a\0b\r\n", 8) + end, "400 Bad Request"},
      {"POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n" + end, "400 Bad Request"},
  }));
}

TEST_P(hostile_clients, are_told_what_is_wrong_with_a_head) {
  const std::string get = "GET / HTTP/1.1\r\n";
  io::wait(expect_refused({
      {"nonsense\r\n\r\n", "400 Bad Request"},
      {"G(T / HTTP/1.1\r\nHost: h\r\n\r\n", "400 Bad Request"},
      {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "400 Bad Request"},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", "505 HTTP Version Not Supported"},
      {"GET relative HTTP/1.1\r\nHost: h\r\n\r\n", "400 Bad Request"},
      {"GET /#top HTTP/1.1\r\nHost: h\r\n\r\n", "400 Bad Request"},
      {"GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", "400 Bad Request"},
      {"GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n", "400 Bad Request"},
      {"GET http://me:pw@h/a HTTP/1.1\r\nHost: h\r\n\r\n", "400 Bad Request"},
      {"GET * HTTP/1.1\r\nHost: h\r\n\r\n", "400 Bad Request"},
      {"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", "501 Not Implemented"},
      {get + "\r\n", "400 Bad Request"},
      {get + "Host: a\r\nHost: a\r\n\r\n", "400 Bad Request"},
      {get + "Host: a b\r\n\r\n", "400 Bad Request"},
      {get + "Host: a/b\r\n\r\n", "400 Bad Request"},
      {get + "Host: a@b\r\n\r\n", "400 Bad Request"},
      {get + "Host: a:b\r\n\r\n", "400 Bad Request"},
      {get + "Host: a, b\r\n\r\n", "400 Bad Request"},
      {get + "Host: a%2\r\n\r\n", "400 Bad Request"},
      {get + "Host: [::1\r\n\r\n", "400 Bad Request"},
      {get + "Host: h\r\nExpect: 200-ok\r\n\r\n", "417 Expectation Failed"},
  }));
}

TEST_P(hostile_clients, do_not_pass_the_limits_of_a_head) {
  server_options options;
  options.limits.head = {.bytes = 1000, .fields = 5};
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n";
  io::wait(expect_refused(
      {
          {"GET /" + std::string(1000, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n", "414 URI Too Long"},
          {get + "X: " + std::string(1000, 'x') + "\r\n\r\n", "431 Request Header Fields Too Large"},
          {get + "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\n\r\n", "431 Request Header Fields Too Large"},
      },
      options));
}

TEST_P(hostile_clients, do_not_pass_the_limit_of_a_body) {
  io::wait([]() -> task<void> {
    server_options options;
    options.limits.body = 10;
    const auto server = co_await serving::start(
        [](server_request& asked, server_response& answer) -> task<void> {
          if (asked.path() == "/more") asked.limit_body(20);
          co_await echo(asked, answer);
        },
        options);
    const auto post = [](std::string path, std::string framing) {
      return "POST " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + framing;
    };
    const std::string eleven = "Content-Length: 11\r\n\r\nhello world";
    const std::string chunks = "Transfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n";
    EXPECT_EQ(co_await status_for(*server, post("/", eleven)), "413 Content Too Large");
    EXPECT_EQ(co_await status_for(*server, post("/", chunks)), "413 Content Too Large");
    // Nothing more is taken on such a connection, whatever it was asked for.
    const std::string kept = "POST / HTTP/1.1\r\nHost: h\r\n";
    for (const std::string& framing : {eleven, chunks})
      EXPECT_TRUE((co_await answer_to(*server, kept + framing)).contains("\r\nConnection: close\r\n"));
    EXPECT_EQ(co_await status_for(*server, post("/more", eleven)), "200 OK");
    EXPECT_EQ(co_await status_for(*server, post("/more", chunks)), "200 OK");
    // Refused before it is sent.
    EXPECT_EQ(
        co_await status_for(*server, post("/", "Expect: 100-continue\r\nContent-Length: 1000000000\r\n\r\n")),
        "413 Content Too Large");
    EXPECT_TRUE(server->failures.empty());
  }());
}

// A handler that does not read has answered; what follows cannot be told from a body that is broken.
TEST_P(hostile_clients, get_one_answer_where_a_body_that_nobody_reads_is_broken) {
  io::wait([]() -> task<void> {
    const auto server = co_await serving::start(
        [](server_request&, server_response& answer) -> task<void> { co_await answer.send("ok", {}); });
    const std::string answer = co_await answer_to(
        *server,
        std::string("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n") + smuggled);
    EXPECT_EQ(status_of(answer), "200 OK");
    EXPECT_EQ(answer.find("HTTP/1.1", 1), answer.npos) << answer;
  }());
}

TEST_P(hostile_clients, with_a_malformed_body_are_refused) {
  io::wait([]() -> task<void> {
    const auto server = co_await serving::start(echo);
    const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string body :
         {"x\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "5\nhello\r\n0\r\n\r\n", "-1\r\n", "0x5\r\nhello"})
      EXPECT_EQ(co_await status_for(*server, head + body + smuggled), "400 Bad Request") << body;
    net::stream s = co_await server->connect();
    co_await s.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello");
    co_await s.shutdown();
    EXPECT_EQ(status_of(co_await rest_of(s)), "400 Bad Request");
    EXPECT_TRUE(server->failures.empty());
  }());
}

TEST_P(hostile_clients, who_go_on_after_head_with_a_malformed_one_are_told) {
  io::wait([]() -> task<void> {
    const auto server = co_await serving::start(echo);
    const std::string answer =
        co_await answer_to(*server, "HEAD / HTTP/1.1\r\nHost: h\r\n\r\nnonsense\r\n\r\n");
    EXPECT_TRUE(answer.ends_with("request line is not method, target and version: \"nonsense\"\n")) << answer;
  }());
}

TEST_P(hostile_clients, who_are_slow_are_given_up) {
  io::wait([]() -> task<void> {
    server_options options;
    options.limits.head_time = options.limits.stall = options.limits.idle = options.limits.drain_time = 300ms;
    const auto server = co_await serving::start(
        [](server_request& asked, server_response& answer) -> task<void> {
          if (asked.path() == "/unread") co_return co_await answer.send("ok");
          co_await echo(asked, answer);
        },
        options);
    EXPECT_EQ(co_await answer_to(*server, ""), "");
    EXPECT_EQ(co_await status_for(*server, "GET / HTTP/1.1\r\nHo"), "408 Request Timeout");
    EXPECT_EQ(co_await status_for(*server, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe"),
              "408 Request Timeout");
    // After an answer a silence is no fault.
    const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    EXPECT_EQ(co_await answer_to(*server, get), "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nGET /: \n");
    EXPECT_EQ(co_await status_for(*server, "POST /unread HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe"),
              "200 OK");
  }());
}

TEST_P(hostile_clients, cannot_dribble_a_head) {
  io::wait([]() -> task<void> {
    server_options options;
    options.limits.head_time = 300ms;
    const auto server = co_await serving::start(echo, options);
    net::stream s = co_await server->connect();
    io::scope sending{[](std::exception_ptr) {}};
    sending.spawn([&]() -> task<void> {
      co_await s.send("GET / HTTP/1.1\r\nX: ");
      for (;;) {
        co_await s.send("x");
        co_await io::sleep(20ms);
      }
    });
    EXPECT_EQ(status_of(co_await rest_of(s)).substr(0, 3), "408");
  }());
}

TEST_P(hostile_clients, who_take_no_answer_are_given_up) {
  io::wait([]() -> task<void> {
    server_options options;
    options.limits.stall = 300ms;
    bool ended = false;
    const auto server = co_await serving::start(
        [&](server_request&, server_response& answer) -> task<void> {
          const struct at_the_end {
            ~at_the_end() { over = true; }
            bool& over;
          } noticed{ended};
          const std::string piece(100'000, 'x');
          for (;;) co_await answer.write(piece);
        },
        options);
    net::stream s = co_await server->connect();
    co_await s.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    co_await io::test::eventually([&] { return ended; });
    EXPECT_TRUE(server->failures.empty());
  }());
}

TEST_P(hostile_clients, who_go_away_are_no_failure) {
  io::wait([]() -> task<void> {
    bool ended = false;
    const auto server =
        co_await serving::start([&](server_request& asked, server_response& answer) -> task<void> {
          const struct at_the_end {
            ~at_the_end() { over = true; }
            bool& over;
          } noticed{ended};
          co_await echo(asked, answer);
        });
    net::stream s = co_await server->connect();
    co_await s.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe");
    co_await io::sleep(20ms);
    s.abort();
    co_await io::test::eventually([&] { return ended; });
    co_await server->end();
    EXPECT_TRUE(server->failures.empty());
  }());
}

TEST_P(hostile_clients, have_only_so_many_requests_on_a_connection) {
  io::wait([]() -> task<void> {
    server_options options;
    options.limits.requests = 2;
    const auto server = co_await serving::start(echo, options);
    std::string all;
    for (int i = 0; i < 5; ++i) all += "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    EXPECT_EQ(co_await answer_to(*server, all),
              "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nGET /a: \n"
              "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nGET /a: \n");
  }());
}

}  // namespace
}  // namespace parlance::http::test
