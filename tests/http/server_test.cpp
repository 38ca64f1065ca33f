// The server's connection: what is answered, in which order, and how it ends.
#include <fstream>

#include <parlance/io/combinators.hpp>
#include <parlance/net/memory_stream.hpp>
#include <parlance/net/tls_context.hpp>

#include "http/server_support.hpp"
#include "net/temporary_folder.hpp"

namespace parlance::http::test {
namespace {

class servers : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(servers);

constexpr const char* goodbye = "GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
constexpr const char* last_answer =
    "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\nGET /last: \n";

TEST_P(servers, answer_with_head_and_body) {
  io::wait([]() -> task<void> {
    const auto server = co_await serving::start([](server_request&, server_response& answer) -> task<void> {
      answer.fields().append("X-Kind", "test");
      co_await answer.status(201).send("made\n");
    });
    EXPECT_EQ(co_await answer_to(*server, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              "HTTP/1.1 201 Created\r\nX-Kind: test\r\nContent-Type: text/plain; charset=utf-8\r\n"
              "Content-Length: 5\r\nConnection: close\r\n\r\nmade\n");
  }());
}

TEST_P(servers, tell_the_date) {
  io::wait([]() -> task<void> {
    const auto server = co_await serving::start(echo);
    net::stream s = co_await server->connect();
    co_await s.send(goodbye);
    const std::string answer = co_await rest_of(s);
    EXPECT_NE(answer.find(" GMT\r\n"), answer.npos) << answer;
    EXPECT_NE(without_dates(answer), answer);
  }());
}

TEST_P(servers, keep_the_connection_of_http_1_1_and_of_1_0_when_it_asks) {
  io::wait([]() -> task<void> {
    const auto server = co_await serving::start(echo);
    EXPECT_EQ(co_await answer_to(*server, std::string("GET /a HTTP/1.1\r\nHost: h\r\n\r\n") + goodbye),
              std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nGET /a: \n") + last_answer);
    EXPECT_EQ(co_await answer_to(*server,
                                 "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n"),
              "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: keep-alive\r\n\r\nGET /a: \n"
              "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nGET /b: \n");
  }());
}

TEST_P(servers, answer_pipelined_requests_in_order) {
  io::wait([]() -> task<void> {
    const auto server =
        co_await serving::start([](server_request& asked, server_response& answer) -> task<void> {
          if (asked.path() == "/slow") co_await io::sleep(20ms);
          co_await echo(asked, answer);
        });
    std::string all, expected;
    for (int i = 0; i < 200; ++i) {
      const std::string path = i % 50 == 0 ? "/slow" : "/" + std::to_string(i);
      all += "POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
      const std::string body = "POST " + path + ": abc\n";
      expected += "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    EXPECT_EQ(co_await answer_to(*server, all + goodbye), expected + last_answer);
  }());
}

TEST_P(servers, end_quietly_when_the_client_does) {
  io::wait([]() -> task<void> {
    const auto server = co_await serving::start(echo);
    net::stream s = co_await server->connect();
    co_await s.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    co_await s.shutdown();
    EXPECT_EQ(status_of(co_await rest_of(s)), "200 OK");
    net::stream silent = co_await server->connect();
    co_await silent.shutdown();
    EXPECT_EQ(co_await rest_of(silent), "");
    EXPECT_TRUE(server->failures.empty());
  }());
}

TEST_P(servers, take_bytes_that_come_one_by_one) {
  io::wait([]() -> task<void> {
    const auto server = co_await serving::start(echo);
    net::stream s = co_await server->connect();
    const std::string text =
        "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: yes\r\n\r\n";
    for (const char& c : text) {
      co_await s.send(std::string_view(&c, 1));
      co_await io::yield();
    }
    EXPECT_EQ(without_dates(co_await rest_of(s)),
              "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\nPOST /a: abcde\n");
  }());
}

TEST_P(servers, give_the_body_piece_by_piece_and_no_faster_than_it_is_read) {
  io::wait([]() -> task<void> {
    constexpr std::size_t size = 20'000'000;
    std::size_t taken = 0;
    io::event go_on;
    server_options options;
    options.limits.body = size;
    const auto server = co_await serving::start(
        [&](server_request& asked, server_response& answer) -> task<void> {
          taken = (co_await asked.read()).size();
          co_await go_on;
          for (std::string_view piece; !(piece = co_await asked.read()).empty();) taken += piece.size();
          co_await answer.send("ok\n", {});
        },
        options);
    net::stream s = co_await server->connect();
    const std::string body(size, 'x');
    const std::string head =
        "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: " + std::to_string(size) +
        "\r\n\r\n";
    io::scope sending;
    bool sent = false;
    sending.spawn([&]() -> task<void> {
      co_await s.send({head, body});
      sent = true;
    });
    co_await io::test::eventually([&] { return taken != 0; });
    co_await io::sleep(50ms);
    EXPECT_FALSE(sent);
    go_on.set();
    EXPECT_EQ(status_of(co_await rest_of(s)), "200 OK");
    EXPECT_EQ(taken, size);
  }());
}

TEST_P(servers, read_what_a_handler_leaves_of_a_body_within_a_limit) {
  io::wait([]() -> task<void> {
    server_options options;
    options.limits.drain = 100;
    const auto server = co_await serving::start(
        [](server_request&, server_response& answer) -> task<void> { co_await answer.send("ok", {}); },
        options);
    const std::string kept = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    const std::string closed = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    const auto post = [](std::size_t size) {
      return "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
             std::string(size, 'x');
    };
    EXPECT_EQ(co_await answer_to(*server, post(100) + goodbye), kept + closed);
    EXPECT_EQ(co_await answer_to(*server, post(101) + goodbye), closed);
    const std::string chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(co_await answer_to(*server, chunked + "5\r\nhello\r\n0\r\n\r\n" + goodbye), kept + closed);
    EXPECT_EQ(
        co_await answer_to(*server, chunked + "400\r\n" + std::string(1024, 'x') + "\r\n0\r\n\r\n" + goodbye),
        kept);
    // Where one ends that is malformed, nobody knows.
    EXPECT_EQ(co_await answer_to(*server, chunked + "nonsense\r\n" + goodbye), kept);
  }());
}

TEST_P(servers, say_continue_when_the_handler_first_reads) {
  io::wait([]() -> task<void> {
    io::event go_on;
    const auto server =
        co_await serving::start([&](server_request& asked, server_response& answer) -> task<void> {
          if (asked.path() == "/unread") co_return co_await answer.status(403).send("no", {});
          co_await go_on;
          co_await echo(asked, answer);
        });
    const auto head = [](std::string path) {
      return "POST " + path +
             " HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n";
    };
    net::stream s = co_await server->connect();
    co_await s.send(head("/a"));
    go_on.set();
    std::string said(co_await s.recv());
    EXPECT_EQ(said, "HTTP/1.1 100 Continue\r\n\r\n");
    co_await s.send("hi");
    EXPECT_EQ(status_of(co_await rest_of(s)), "200 OK");
    // Who does not wait for it is not told.
    EXPECT_EQ(co_await status_for(*server, head("/a") + "hi"), "200 OK");
    // Whether the body comes then, nobody knows.
    EXPECT_EQ(co_await answer_to(*server, head("/unread")),
              "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
  }());
}

TEST_P(servers, answer_head_without_a_body) {
  io::wait([]() -> task<void> {
    const auto server =
        co_await serving::start([](server_request& asked, server_response& answer) -> task<void> {
          if (asked.path() == "/whole") co_return co_await answer.send("four", {});
          co_await answer.write("one");
          co_await answer.write("two");
        });
    EXPECT_EQ(co_await answer_to(*server,
                                 "HEAD /whole HTTP/1.1\r\nHost: h\r\n\r\n"
                                 "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
  }());
}

TEST_P(servers, stream_in_chunks_and_to_http_1_0_until_the_end) {
  io::wait([]() -> task<void> {
    const auto server =
        co_await serving::start([](server_request& asked, server_response& answer) -> task<void> {
          if (asked.path() == "/length") answer.length(6);
          co_await answer.write("one");
          co_await answer.write("");
          co_await answer.write("two");
          field_list trailers;
          trailers.append("X-Sum", "6");
          if (asked.path() == "/trailers") co_await answer.finish(trailers);
        });
    const auto ask = [&](std::string path, std::string version) {
      return answer_to(*server,
                       "GET " + path + " HTTP/" + version + "\r\nHost: h\r\nConnection: close\r\n\r\n");
    };
    EXPECT_EQ(co_await ask("/", "1.1"),
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
              "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
    EXPECT_EQ(co_await ask("/trailers", "1.1"),
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
              "3\r\none\r\n3\r\ntwo\r\n0\r\nX-Sum: 6\r\n\r\n");
    EXPECT_EQ(co_await ask("/", "1.0"), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nonetwo");
    EXPECT_EQ(co_await ask("/length", "1.1"),
              "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nonetwo");
  }());
}

TEST_P(servers, write_no_faster_than_the_client_reads) {
  io::wait([]() -> task<void> {
    std::size_t written = 0;
    constexpr std::size_t pieces = 2000;
    const auto server = co_await serving::start([&](server_request&, server_response& answer) -> task<void> {
      const std::string piece(10'000, 'x');
      for (; written < pieces; ++written) co_await answer.write(piece);
    });
    net::stream s = co_await server->connect();
    co_await s.send(goodbye);
    co_await io::sleep(50ms);
    EXPECT_LT(written, pieces);
    const std::string all = co_await rest_of(s);
    EXPECT_TRUE(all.ends_with("\r\n0\r\n\r\n"));
    EXPECT_EQ(written, pieces);
  }());
}

TEST_P(servers, answer_500_to_what_a_handler_throws_and_tell_of_it) {
  io::wait([]() -> task<void> {
    const auto server =
        co_await serving::start([](server_request& asked, server_response& answer) -> task<void> {
          if (asked.path() == "/silent") co_return;
          if (asked.path() == "/field") answer.fields().append("Content-Length", "7");
          if (asked.path() == "/field") co_await answer.send("x");
          throw std::runtime_error("secret");
        });
    const std::string expected =
        "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "X-Content-Type-Options: nosniff\r\nContent-Length: 38\r\nConnection: close\r\n\r\n"
        "the server has failed at this request\n";
    for (const std::string path : {"/", "/silent", "/field"})
      EXPECT_EQ(co_await answer_to(*server, "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n"), expected);
    EXPECT_EQ(server->failures.size(), 3U);
    EXPECT_EQ(server->failures.at(0), "secret");
  }());
}

// What a client has sent may be in it, and reaches a terminal.
TEST_P(servers, tell_of_failures_without_what_a_terminal_would_obey) {
  testing::internal::CaptureStderr();
  io::wait([]() -> task<void> {
    net::listener at = co_await net::listen("127.0.0.1:0");
    io::event stop;
    server_options options;
    options.connections.stop = &stop;
    io::scope running;
    running.spawn(http::serve(
        at,
        [](server_request& asked, server_response&) -> task<void> {
          if (asked.path() == "/other") throw 1;
          throw std::runtime_error("a\x1b[2J\x7f\nb~ \xc3\xa4");
          co_return;
        },
        std::move(options)));
    for (const std::string path : {"/", "/other"}) {
      net::stream caller = co_await net::connect(at.local().to_string());
      co_await caller.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
      EXPECT_TRUE((co_await rest_of(caller)).starts_with("HTTP/1.1 500 "));
    }
    stop.set();
    co_await running.join();
  }());
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(told.contains("GET / of 127.0.0.1:")) << told;
  EXPECT_TRUE(told.contains(": a?[2J??b~ \xc3\xa4\n")) << told;
  EXPECT_TRUE(told.contains(": an exception that is no std::exception\n")) << told;
}

TEST_P(servers, cut_an_answer_that_a_handler_leaves_half_done) {
  io::wait([]() -> task<void> {
    const auto server =
        co_await serving::start([](server_request& asked, server_response& answer) -> task<void> {
          if (asked.path() == "/short") answer.length(10);
          co_await answer.write("half");
          if (asked.path() != "/short") throw std::runtime_error("broken");
        });
    for (const std::string path : {"/", "/short"}) {
      const std::string at_1_1 = co_await answer_to(*server, "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
      EXPECT_TRUE(at_1_1.ends_with("half\r\nreset") || at_1_1.ends_with("halfreset") || at_1_1 == "reset")
          << at_1_1;
    }
    const std::string at_1_0 = co_await answer_to(*server, "GET / HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(at_1_0.ends_with("reset")) << at_1_0;
    EXPECT_EQ(server->failures.size(), 3U);
  }());
}

TEST_P(servers, answer_with_what_a_refusal_says) {
  io::wait([]() -> task<void> {
    const auto server = co_await serving::start([](server_request&, server_response&) -> task<void> {
      throw refusal(401, "log in", {{"WWW-Authenticate", "Basic realm=\"x\""}});
      co_return;
    });
    EXPECT_EQ(co_await answer_to(*server, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
              "Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
              "Content-Length: 7\r\nConnection: close\r\n\r\nlog in\n");
    EXPECT_TRUE(server->failures.empty());
  }());
}

TEST_P(servers, tell_what_was_asked_in_each_form_of_a_target) {
  io::wait([]() -> task<void> {
    const auto server =
        co_await serving::start([](server_request& asked, server_response& answer) -> task<void> {
          co_await answer.send(std::string(asked.host()) + " " + std::string(asked.path()) + " " +
                                   std::string(asked.query()) + " " + asked.query("b").value_or("none"),
                               {});
        });
    const auto ask = [&](std::string line) -> task<std::string> {
      const std::string answer =
          co_await answer_to(*server, line + " HTTP/1.1\r\nHost: h:80\r\nConnection: close\r\n\r\n");
      co_return answer.substr(answer.find("\r\n\r\n") + 4);
    };
    EXPECT_EQ(co_await ask("GET /p%20q?a=1&b=x+y%21"), "h:80 /p%20q a=1&b=x+y%21 x y!");
    EXPECT_EQ(co_await ask("GET http://other:8080/p?b"), "other:8080 /p b ");
    EXPECT_EQ(co_await ask("GET HTTPS://[::1]?b=2"), "[::1] / b=2 2");
    EXPECT_EQ(co_await ask("OPTIONS *"), "h:80 *  none");
    EXPECT_EQ(co_await ask("OPTIONS http://other"), "other *  none");
  }());
}

TEST_P(servers, give_the_connection_away_after_101) {
  io::wait([]() -> task<void> {
    const auto server = co_await serving::start([](server_request&, server_response& answer) -> task<void> {
      if (!answer.can_upgrade()) throw refusal(426, "only upgrades here");
      answer.fields().append("Connection", "Upgrade");
      answer.fields().append("Upgrade", "shout");
      net::stream with = co_await answer.upgrade();
      for (std::string_view text; !(text = co_await with.recv()).empty();)
        co_await with.send(std::string(text) + "!");
      co_await with.close();
    });
    net::stream s = co_await server->connect();
    co_await s.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\nhey");
    co_await s.shutdown();
    EXPECT_EQ(without_dates(co_await rest_of(s)),
              "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\nhey!");
    EXPECT_EQ(co_await status_for(*server, "GET / HTTP/1.0\r\nHost: h\r\n\r\n"), "426 Upgrade Required");
  }());
}

TEST_P(servers, are_understood_by_the_client) {
  io::wait([]() -> task<void> {
    const auto server = co_await serving::start(echo);
    http::client client;
    for (int i = 0; i < 3; ++i) {
      const response got = co_await client.post(server->at("/x?y"), std::string(100'000, 'b'));
      EXPECT_EQ(got.status, 200U);
      EXPECT_EQ(got.body, "POST /x: " + std::string(100'000, 'b') + "\n");
    }
    EXPECT_EQ(client.connections(), 1U);
  }());
}

TEST_P(servers, speak_over_tls) {
  io::wait([]() -> task<void> {
    server_options options;
    options.connections.tls = [context = net::tls_context::server()] { return context; };
    const auto server = co_await serving::start(
        [](server_request& asked, server_response& answer) -> task<void> {
          if (!asked.secure()) throw refusal(400, "not over TLS");
          co_await echo(asked, answer);
        },
        options);
    http::client client({.tls = {.insecure_accept_any_certificate = true}});
    const std::string at = "https" + server->at("/x").substr(4);
    for (int i = 0; i < 2; ++i) {
      const response got = co_await client.post(at, std::string(100'000, 'b'));
      EXPECT_EQ(got.body, "POST /x: " + std::string(100'000, 'b') + "\n");
    }
    EXPECT_EQ(client.connections(), 1U);
  }());
}

TEST_P(servers, stop_once_what_is_under_way_is_answered) {
  io::wait([]() -> task<void> {
    io::event begun, go_on;
    const auto server =
        co_await serving::start([&](server_request& asked, server_response& answer) -> task<void> {
          if (asked.path() == "/slow") {
            begun.set();
            co_await go_on;
          }
          co_await echo(asked, answer);
        });
    net::stream idle = co_await server->connect(), busy = co_await server->connect();
    co_await idle.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(status_of(std::string(co_await idle.recv())), "200 OK");
    co_await busy.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    co_await begun;
    server->stop.set();
    EXPECT_EQ(co_await rest_of(idle), "");
    go_on.set();
    EXPECT_EQ(without_dates(co_await rest_of(busy)),
              "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nGET /slow: \n");
    co_await server->end();
  }());
}

TEST_P(servers, know_what_a_host_may_be) {
  io::wait([]() -> task<void> {
    const auto server = co_await serving::start(
        [](server_request&, server_response& answer) -> task<void> { co_await answer.send("ok", {}); });
    const auto ask = [&](const std::string& host) -> task<std::string> {
      co_return status_of(
          co_await answer_to(*server, "GET / HTTP/1.1\r\nConnection: close\r\nHost: " + host + "\r\n\r\n"));
    };
    for (const char* host : {"a", "z", "A", "Z", "0", "9", "az.AZ-09_~!$&'()*+,;=", "%41", "a%4f%F0", "h:80"})
      EXPECT_EQ(co_await ask(host), "200 OK") << host;
    for (const char* host : {"`", "{", "@", "[", "%", "%4", "a%4", "%g1", "%1g", "a%", "a b", "/", "^"})
      EXPECT_EQ(co_await ask(host), "400 Bad Request") << host;
  }());
}

TEST_P(servers, redirect_by_the_status_that_a_handler_chose) {
  io::wait([]() -> task<void> {
    const auto server =
        co_await serving::start([](server_request& asked, server_response& answer) -> task<void> {
          answer.status(static_cast<unsigned>(std::stoul(std::string(asked.path().substr(1)))));
          co_await answer.redirect("/there");
        });
    for (const auto& [status, wanted] : {std::pair{"300", "300"},
                                         {"308", "308"},
                                         {"399", "399"},
                                         {"200", "303"},
                                         {"299", "303"},
                                         {"400", "303"},
                                         {"404", "303"}}) {
      const std::string answer = co_await answer_to(
          *server, std::string("GET /") + status + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      EXPECT_TRUE(status_of(answer).starts_with(wanted)) << status << ": " << answer;
      EXPECT_TRUE(answer.contains("Location: /there\r\n")) << answer;
    }
  }());
}

TEST_P(servers, know_for_whom_a_proxy_asks_only_from_proxies_that_are_trusted) {
  io::wait([]() -> task<void> {
    const auto who = [](server_request& asked, server_response& answer) -> task<void> {
      co_await answer.send(asked.remote().address() + (asked.secure() ? " secure" : ""), {});
    };
    server_options options;
    options.proxies = {net::network::parse("127.0.0.0/8"), net::network::parse("10.0.0.0/8")};
    const auto behind = co_await serving::start(who, options);
    options.proxies.pop_back();
    options.proxies.front() = net::network::parse("192.0.2.0/24");
    const auto before = co_await serving::start(who, options);
    const auto ask = [](const serving& at, std::string fields) -> task<std::string> {
      const std::string answer =
          co_await answer_to(at, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + fields + "\r\n");
      co_return status_of(answer) == "200 OK" ? answer.substr(answer.find("\r\n\r\n") + 4)
                                              : status_of(answer);
    };
    const std::string told =
        "X-Forwarded-For: 1.1.1.1, 198.51.100.7, 10.0.0.3\r\nX-Forwarded-Proto: https\r\n";
    EXPECT_EQ(co_await ask(*behind, told), "198.51.100.7 secure");
    EXPECT_EQ(co_await ask(*behind, ""), "127.0.0.1");
    EXPECT_EQ(co_await ask(*behind, "Forwarded: for=198.51.100.7\r\n"), "127.0.0.1");
    EXPECT_EQ(co_await ask(*behind, "X-Forwarded-For: nonsense\r\n"), "400 Bad Request");
    EXPECT_EQ(co_await ask(*before, told), "127.0.0.1");
  }());
}

TEST_P(servers, take_over_a_connection_whose_head_has_been_read) {
  io::wait([]() -> task<void> {
    auto [mine, theirs] = net::memory_streams();
    co_await mine.send(goodbye);
    const std::string read(co_await theirs.recv());
    theirs.unread(read);
    io::event stopping;
    net::caller one{.stream = std::move(theirs), .remote = {}, .local = {}, .stopping = stopping};
    const server_handler handler = echo;
    const server_options options;
    io::scope serving;
    serving.spawn(serve_connection(one, handler, options));
    EXPECT_EQ(without_dates(co_await rest_of(mine)), last_answer);
    mine.close_at_once();
    co_await serving.join();
  }());
}

class server_threads : public testing::TestWithParam<std::string> {
 protected:
  io::test::watchdog patience;
  io::loop here{{.backend = GetParam()}};
};
INSTANTIATE_TEST_SUITE_P(on, server_threads, testing::ValuesIn(io::test::real_backends()),
                         io::test::name_of_backend);

TEST_P(server_threads, answer_beside_each_other_and_share_a_folder) {
  const net::test::temporary_folder folder;
  std::ofstream(folder.path("a.txt")) << "content";
  io::wait([&]() -> task<void> {
    io::event stop;
    server_options options;
    options.connections.stop = &stop;
    std::vector<net::listener> all = co_await net::listen_shared("127.0.0.1:0", 2);
    const std::string at = "http://" + all.front().local().to_string();
    router site;
    site.get("/{path...}", files(folder.path(""), {.fresh = 1ms}));
    io::scope running;
    running.spawn(serve_on_threads(std::move(all), site, options));
    const auto ask = [](std::string where) -> task<std::string> {
      std::string result;
      for (int i = 0; i < 20; ++i) result += (co_await http::get(where)).body;
      co_return result;
    };
    std::vector<task<std::string>> asking;
    for (int i = 0; i < 8; ++i) asking.push_back(ask(at + (i % 2 == 0 ? "/a.txt" : "/none")));
    const std::vector<std::string> answers = co_await io::all(std::move(asking));
    for (std::size_t i = 0; i < 8; i += 2) EXPECT_EQ(answers[i].size(), 20U * 7U);
    stop.set();
    co_await running.join();
  }());
}

}  // namespace
}  // namespace parlance::http::test
