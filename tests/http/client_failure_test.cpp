#include <string>

#include <parlance/io/combinators.hpp>
#include <parlance/net/error.hpp>

#include "http/client_support.hpp"
#include "http/keeping_server.hpp"

namespace parlance::http::test {
namespace {

class client_failure : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(client_failure);

// --- a server that is broken, or means no good

TEST_P(client_failure, of_a_body_that_is_too_short_says_how_much_is_missing) {
  io::wait([]() -> task<void> {
    outcome got = co_await fetch_from(says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"));
    EXPECT_EQ(got.code, errc::incomplete);
    EXPECT_TRUE(says_all(got.text, {"get http://127.0.0.1:", "/page", "5 of 10 bytes", "after "}))
        << got.text;
    got = co_await fetch_from(says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"));
    EXPECT_EQ(got.code, errc::incomplete);
    EXPECT_TRUE(says_all(got.text, {"5 bytes", "last chunk"})) << got.text;
    got = co_await fetch_from(says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"));
    EXPECT_EQ(got.code, errc::incomplete);
  }());
}

TEST_P(client_failure, of_a_coded_body_that_is_too_short_is_the_same) {
  io::wait([]() -> task<void> {
    // A gzip head, and no more.
    const std::string head("\x1f\x8b\x08\0\0\0\0\0\0\3", 10);
    const outcome got = co_await fetch_from(says("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + head));
    EXPECT_EQ(got.code, errc::incomplete) << got.text;
  }());
}

TEST_P(client_failure, of_a_coding_is_told) {
  io::wait([]() -> task<void> {
    outcome got =
        co_await fetch_from(says("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nno gzip at all"));
    EXPECT_EQ(got.code, errc::coding) << got.text;
    got = co_await fetch_from(says("HTTP/1.1 200 OK\r\nContent-Encoding: rot13\r\n\r\nuryyb"));
    EXPECT_EQ(got.code, errc::coding);
    EXPECT_TRUE(says_all(got.text, {"rot13"})) << got.text;
  }());
}

TEST_P(client_failure, of_an_unknown_coding_is_none_where_the_status_tells_of_another) {
  io::wait([]() -> task<void> {
    outcome got = co_await fetch_from(
        says("HTTP/1.1 404 Not Found\r\nContent-Encoding: rot13\r\nContent-Length: 5\r\n\r\nuryyb"));
    EXPECT_FALSE(got.code) << got.text;
    got = co_await fetch_from(
        says("HTTP/1.1 404 Not Found\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nuryyb"));
    EXPECT_EQ(got.code, errc::coding) << "one that is known is held to";
    got = co_await fetch_from(
        says("HTTP/1.1 400 Bad Request\r\nContent-Encoding: rot13\r\nContent-Length: 5\r\n\r\nuryyb"));
    EXPECT_EQ(got.body, "uryyb") << got.text;
    got = co_await fetch_from(
        says("HTTP/1.1 399 Odd\r\nContent-Encoding: rot13\r\nContent-Length: 5\r\n\r\nuryyb"));
    EXPECT_EQ(got.code, errc::coding);
  }());
}

TEST_P(client_failure, of_framing_is_never_guessed_away) {
  io::wait([]() -> task<void> {
    for (const char* fields : {"Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5, 6\r\n",
                               "Content-Length: +5\r\n", "Content-Length: -5\r\n", "Content-Length: 0x5\r\n",
                               "Content-Length: 99999999999999999999\r\n", "Content-Length : 5\r\n",
                               "Transfer-Encoding: gzip\r\n", "Transfer-Encoding: chunked, chunked\r\n"}) {
      const outcome got =
          co_await fetch_from(says("HTTP/1.1 200 OK\r\n" + std::string(fields) + "\r\nhello"));
      EXPECT_EQ(got.code, errc::malformed) << fields << got.text;
    }
  }());
}

TEST_P(client_failure, of_a_chunk_size_is_never_guessed_away) {
  io::wait([]() -> task<void> {
    for (const char* size : {"+5", "-5", "0x5", "5 5", "", "fffffffffffffffff", "g", "5\n"}) {
      const outcome got = co_await fetch_from(says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                                                   std::string(size) + "\r\nhello\r\n0\r\n\r\n"));
      EXPECT_EQ(got.code, errc::malformed) << size << got.text;
    }
  }());
}

TEST_P(client_failure, is_what_is_no_http) {
  io::wait([]() -> task<void> {
    for (const char* answer : {"SSH-2.0-OpenSSH_9.2\r\n", "220 mail ready\r\n", "HTTP/2.0 200 OK\r\n\r\n",
                               "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n"}) {
      const outcome got = co_await fetch_from(says(answer));
      EXPECT_EQ(got.code, errc::malformed) << answer << got.text;
    }
  }());
}

TEST_P(client_failure, is_a_connection_that_ends_within_the_head) {
  io::wait([]() -> task<void> {
    outcome got = co_await fetch_from(says(""));
    EXPECT_EQ(got.code, errc::incomplete);
    EXPECT_TRUE(says_all(got.text, {"without an answer"})) << got.text;
    got = co_await fetch_from(says("HTTP/1.1 200 OK\r\nContent-"));
    EXPECT_EQ(got.code, errc::incomplete);
  }());
}

/// Sends `begin`, then `again` for as long as it is taken.
handler never_ends(std::string begin, std::string again) {
  return [begin = std::move(begin), again = std::move(again)](net::stream& caller, asked) -> task<void> {
    co_await caller.send(begin);
    for (;;) co_await caller.send(again);
  };
}

TEST_P(client_failure, is_a_head_without_end) {
  io::wait([]() -> task<void> {
    const std::string line = "X: " + std::string(100, 'x') + "\r\n";
    outcome got = co_await fetch_from(never_ends("HTTP/1.1 200 OK\r\n", line));
    EXPECT_EQ(got.code, errc::malformed) << got.text;
    got = co_await fetch_from(never_ends("HTTP/1.1 200 OK\r\nX: ", std::string(1000, 'x')));
    EXPECT_EQ(got.code, errc::malformed) << got.text;
    got = co_await fetch_from(never_ends("", "HTTP/1.1 103 Early Hints\r\n\r\n"));
    EXPECT_EQ(got.code, errc::malformed);
    EXPECT_TRUE(says_all(got.text, {"32 interim"})) << got.text;
    got = co_await fetch_from(never_ends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", line));
    EXPECT_EQ(got.code, errc::malformed) << got.text;
  }());
}

TEST_P(client_failure, is_a_protocol_that_nobody_asked_for) {
  io::wait([]() -> task<void> {
    const outcome got = co_await fetch_from(says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"));
    EXPECT_EQ(got.code, errc::malformed) << got.text;
  }());
}

TEST_P(client_failure, of_the_connection_in_a_body_says_where) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start([](net::stream& caller, asked) -> task<void> {
      co_await caller.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
      co_await sleep(20ms);
      caller.abort();
    });
    exchange e = co_await open(to(from->at("/")));
    EXPECT_EQ(co_await e.read(), "hello");
    std::string text;
    try {
      co_await e.read();
    } catch (const io::error& failure) {
      EXPECT_EQ(failure.code(), std::errc::connection_reset);
      text = failure.what();
    }
    EXPECT_TRUE(says_all(text, {"reset", "in the body, 5 of 10 bytes"})) << text;
  }());
}

TEST_P(client_failure, of_an_upload_says_so) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start([](net::stream& caller, asked) -> task<void> {
      caller.abort();
      co_return;
    });
    request what = to(from->at("/"));
    what.method = "POST";
    what.body = io::test::pattern(20'000'000);
    const outcome got = co_await fetch(what);
    EXPECT_TRUE(got.code == std::errc::connection_reset || got.code == std::errc::broken_pipe) << got.text;
    EXPECT_TRUE(says_all(got.text, {"post http://"})) << got.text;
  }());
}

// --- nobody there, or nobody to trust

TEST_P(client_failure, to_connect_names_the_address) {
  io::wait([]() -> task<void> {
    std::string gone;
    {
      const auto closed = co_await server::start(says(""));
      gone = closed->origin();
    }
    const outcome got = co_await fetch(gone + "/");
    EXPECT_EQ(got.code, std::errc::connection_refused) << got.text;
    EXPECT_TRUE(says_all(got.text, {"get " + gone + "/: connect " + gone.substr(7) + ": connection refused"}))
        << got.text;
  }());
}

TEST_P(client_failure, to_trust_is_told) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(says(""), net::tls_context::server());
    const outcome got = co_await fetch(from->at("/"));
    EXPECT_EQ(got.code, net::errc::certificate) << got.text;
    EXPECT_TRUE(from->heads.empty());
  }());
}

TEST_P(client_failure, of_tls_to_end_as_it_should_is_no_end_of_a_body) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(
        [](net::stream& caller, asked) -> task<void> {
          co_await caller.send("HTTP/1.0 200 OK\r\n\r\nhello");
          co_await caller.below()->shutdown();  // no close_notify
          co_await sleep(1h);
        },
        net::tls_context::server());
    const outcome got = co_await fetch(from->at("/"), {.tls = {.insecure_accept_any_certificate = true}});
    EXPECT_EQ(got.code, net::errc::truncated) << got.text;
  }());
}

TEST_P(client_failure, never_tells_the_password) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(says(""));
    const outcome got = co_await fetch("http://me:secret@" + from->origin().substr(7) + "/");
    EXPECT_EQ(got.code, errc::incomplete);
    EXPECT_EQ(got.text.find("secret"), std::string::npos) << got.text;
  }());
}

TEST_P(client_failure, of_a_url_is_told) {
  io::wait([]() -> task<void> {
    std::error_code code;
    try {
      co_await get("http://[");
    } catch (const io::error& e) {
      code = e.code();
    }
    EXPECT_EQ(code, errc::url);
  }());
}

// --- the n-th operation

task<outcome> fetch_with_a_body_and_a_redirect() {
  const auto from = co_await server::start([](net::stream& caller, asked what) -> task<void> {
    while (what.more.size() < 100'000) {
      const std::string_view arrived = co_await caller.recv();
      if (arrived.empty()) co_return;
      what.more += arrived;
    }
    if (what.head.starts_with("POST /a "))
      co_await caller.send(redirect_to("/b", 308));
    else
      co_await caller.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    co_await caller.shutdown();
  });
  request what = to(from->at("/a"));
  what.method = "POST";
  what.body = io::test::pattern(100'000);
  co_return co_await fetch(std::move(what), {.stall_timeout = 5s, .timeout = 20s});
}

TEST(client_failure_in_turn, of_any_operation_is_an_error_or_does_no_harm) {
  const io::test::watchdog patience;
  for (std::uint64_t n = 1;; ++n) {
    io::loop simulated({.backend = "sim", .sim = {.fail_nth = n}});
    outcome got;
    try {
      got = io::wait(fetch_with_a_body_and_a_redirect());
    } catch (const io::error& e) {
      // The server did not come to be.
      got.code = e.code();
      got.text = e.what();
    }
    EXPECT_TRUE(got.code || got.body == "hello") << "operation " << n;
    if (io::sim_operations() < n) {
      EXPECT_EQ(got.body, "hello") << got.text;
      EXPECT_GT(n, 15U);
      return;
    }
  }
}

task<outcome> fetch_several_by_one_client() {
  const auto from = co_await keeping_server::start({redirect_to("/b", 307)});
  client one({.stall_timeout = 5s, .timeout = 20s, .connections = {.per_route = 1}});
  outcome result;
  try {
    request what = to(from->at("/a"));
    what.method = "PUT";
    what.body = io::test::pattern(100'000);
    co_await one.send(std::move(what));
    const auto [first, second] = co_await io::all(one.get(from->at("/c")), one.get(from->at("/d")));
    result.body = first.body + second.body;
  } catch (const io::error& e) {
    result.code = e.code();
    result.text = e.what();
  }
  EXPECT_LE(one.connections(), 1U);
  co_return result;
}

TEST(client_failure_in_turn, of_any_operation_is_an_error_or_does_no_harm_to_what_is_kept) {
  const io::test::watchdog patience;
  for (std::uint64_t n = 1;; ++n) {
    io::loop simulated({.backend = "sim", .sim = {.fail_nth = n}});
    outcome got;
    try {
      got = io::wait(fetch_several_by_one_client());
    } catch (const io::error& e) {
      // The server did not come to be.
      got.code = e.code();
      got.text = e.what();
    }
    EXPECT_TRUE(got.code || got.body == "hellohello") << "operation " << n;
    if (io::sim_operations() < n) {
      EXPECT_EQ(got.body, "hellohello") << got.text;
      return;
    }
  }
}

}  // namespace
}  // namespace parlance::http::test
