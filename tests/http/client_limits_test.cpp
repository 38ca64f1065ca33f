#include <optional>
#include <string>

#include <parlance/io/context.hpp>
#include <parlance/net/error.hpp>

#include "http/client_support.hpp"

namespace parlance::http::test {
namespace {

class client_limits : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(client_limits);

constexpr const char* half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello";

// --- time

TEST_P(client_limits, end_a_silence_and_say_in_which_phase_it_was) {
  io::wait([]() -> task<void> {
    const client_options options{.first_byte_timeout = 300ms, .stall_timeout = 200ms};
    outcome got = co_await fetch_from(says_and_stays(""), options);
    EXPECT_EQ(got.code, io::errc::timed_out);
    EXPECT_TRUE(says_all(got.text, {"sent nothing for 0.3 s", "waiting for the response"})) << got.text;
    got = co_await fetch_from(says_and_stays("HTTP/1.1 103 Early Hints\r\n\r\n"), options);
    EXPECT_EQ(got.code, io::errc::timed_out);
    EXPECT_TRUE(says_all(got.text, {"sent nothing for 0.3 s", "waiting for the response"})) << got.text;
    got = co_await fetch_from(says_and_stays("HTTP/1.1 200 OK\r\nX: "), options);
    EXPECT_EQ(got.code, io::errc::timed_out);
    EXPECT_TRUE(says_all(got.text, {"in the head"})) << got.text;
    got = co_await fetch_from(says_and_stays(half), options);
    EXPECT_EQ(got.code, io::errc::timed_out);
    EXPECT_TRUE(says_all(got.text, {"sent nothing for 0.2 s", "in the body, 5 of 10 bytes"})) << got.text;
  }());
}

TEST_P(client_limits, of_a_silence_do_not_count_before_the_first_byte) {
  io::wait([]() -> task<void> {
    const outcome got = co_await fetch_from(
        [](net::stream& caller, asked) -> task<void> {
          co_await sleep(500ms);
          co_await caller.send("HTTP/1.1 103 Early Hints\r\n\r\n");
          co_await sleep(500ms);
          co_await caller.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        },
        {.stall_timeout = 200ms});
    EXPECT_EQ(got.body, "ok") << got.text;
  }());
}

TEST_P(client_limits, end_a_head_that_dribbles) {
  io::wait([]() -> task<void> {
    const outcome got =
        co_await fetch_from(dribbles("HTTP/1.1 200 OK\r\nX: " + std::string(1000, 'x') + "\r\n\r\n", 20ms),
                            {.stall_timeout = 400ms});
    EXPECT_EQ(got.code, io::errc::timed_out);
    EXPECT_TRUE(says_all(got.text, {"the head was not whole 0.4 s after it began"})) << got.text;
  }());
}

TEST_P(client_limits, let_a_body_dribble) {
  io::wait([]() -> task<void> {
    const outcome got = co_await fetch_from(
        [](net::stream& caller, asked) -> task<void> {
          co_await caller.send("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n");
          for (int i = 0; i < 20; ++i) {
            co_await sleep(60ms);
            co_await caller.send("x");
          }
        },
        {.stall_timeout = 1s});
    EXPECT_EQ(got.body, std::string(20, 'x')) << got.text;
  }());
}

TEST_P(client_limits, of_a_silence_do_not_count_while_a_long_request_is_sent) {
  io::wait([]() -> task<void> {
    // Much more than a connection holds.
    constexpr std::size_t size = 40'000'000;
    const auto from = co_await server::start([&](net::stream& caller, asked what) -> task<void> {
      for (std::size_t came = what.more.size(), pauses = 0; came < size;) {
        came += (co_await caller.recv()).size();
        if (came < pauses * size / 10) continue;
        ++pauses;
        co_await sleep(130ms);
      }
      co_await caller.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    request what = to(from->at("/"));
    what.method = "POST";
    what.body = std::string(size, 'x');
    const io::time_point start = io::loop::current().now();
    const outcome got = co_await fetch(what, {.stall_timeout = 1s});
    EXPECT_EQ(got.body, "ok") << got.text;
    EXPECT_GT(io::loop::current().now() - start, 1s);
  }());
}

TEST_P(client_limits, end_an_upload_that_nobody_takes) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(says_and_stays(""));
    request what = to(from->at("/"));
    what.method = "POST";
    what.body = std::string(50'000'000, 'x');
    const outcome got = co_await fetch(what, {.stall_timeout = 400ms});
    EXPECT_EQ(got.code, io::errc::timed_out);
    EXPECT_TRUE(says_all(got.text, {"took nothing for 0.4 s", "sending the request"})) << got.text;
  }());
}

TEST_P(client_limits, end_the_whole_wherever_it_is) {
  io::wait([]() -> task<void> {
    const client_options options{.timeout = 300ms};
    for (const auto& [answer, phase] :
         {std::pair{says_and_stays(""), "waiting for the response"},
          std::pair{says_and_stays("HTTP/1.1 200"), "in the head of the response"},
          std::pair{says_and_stays(half), "in the body, 5 of 10 bytes"},
          std::pair{dribbles("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'), 5ms),
                    "in the"}}) {
      const outcome got = co_await fetch_from(answer, options);
      EXPECT_EQ(got.code, io::errc::timed_out);
      EXPECT_TRUE(says_all(got.text, {"not done within the 0.3 s", phase})) << got.text;
    }
  }());
}

TEST_P(client_limits, end_the_whole_through_redirects) {
  io::wait([]() -> task<void> {
    const outcome got = co_await fetch_from(
        [](net::stream& caller, asked) -> task<void> {
          co_await sleep(50ms);
          co_await caller.send(redirect_to("/again"));
          co_await caller.shutdown();
        },
        {.timeout = 500ms});
    EXPECT_EQ(got.code, io::errc::timed_out);
    EXPECT_TRUE(says_all(got.text, {"not done within the 0.5 s", "/again, redirected from "})) << got.text;
  }());
}

TEST_P(client_limits, end_a_tls_handshake_that_does_not_come) {
  io::wait([]() -> task<void> {
    net::listener silent = co_await net::listen("127.0.0.1:0");
    const outcome got =
        co_await fetch("https://" + silent.local().to_string() + "/", {.connect_timeout = 300ms});
    EXPECT_EQ(got.code, io::errc::timed_out);
    EXPECT_TRUE(says_all(got.text, {"TLS handshake", "after "})) << got.text;
  }());
}

TEST_P(client_limits, of_others_end_it_too) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(says_and_stays(half));
    exchange e = co_await open(to(from->at("/")));
    EXPECT_EQ(co_await e.read(), "hello");
    std::string text;
    try {
      co_await io::timeout(30ms, e.read());
    } catch (const io::error& failure) {
      EXPECT_EQ(failure.code(), io::errc::timed_out);
      text = failure.what();
    }
    EXPECT_TRUE(says_all(text, {"timed out", "in the body"})) << text;
  }());
}

// --- being cancelled

/// Whether the caller ends its side or resets the connection: true, once it has.
task<bool> goes_away(net::stream& caller) {
  try {
    while (!(co_await caller.recv()).empty()) continue;
    co_return true;
  } catch (const io::error& e) {
    co_return e.code() == std::errc::connection_reset;
  }
}

/// How a fetch ends that is cancelled after some time; before it starts, when that is none.
task<std::error_code> cancelled_after(io::duration time, handler answer, request what = {}) {
  const auto from = co_await server::start(std::move(answer));
  what.target = url::parse(from->at("/")).value();
  io::context limits;
  if (time == 0ms) limits.cancel();
  std::optional<outcome> got;
  io::scope fetching;
  fetching.spawn([&]() -> task<void> {
    // Not inside the handler of the cancellation: `fetch` takes it for an answer.
    got = co_await io::run_in(limits, fetch(what));
  });
  if (time != 0ms) co_await sleep(time);
  EXPECT_EQ(got.has_value(), time == 0ms);
  limits.cancel();
  co_await fetching.join();
  co_return got.value_or(outcome()).code;
}

TEST_P(client_limits, cancelling_ends_it_before_it_starts_and_in_each_phase) {
  io::wait([]() -> task<void> {
    EXPECT_EQ(co_await cancelled_after(0ms, says(half)), io::errc::cancelled);
    EXPECT_EQ(co_await cancelled_after(20ms, says_and_stays("")), io::errc::cancelled);
    EXPECT_EQ(co_await cancelled_after(20ms, says_and_stays("HTTP/1.1 200")), io::errc::cancelled);
    EXPECT_EQ(co_await cancelled_after(20ms, says_and_stays(half)), io::errc::cancelled);
    request upload;
    upload.method = "POST";
    upload.body = std::string(50'000'000, 'x');
    EXPECT_EQ(co_await cancelled_after(20ms, says_and_stays(""), std::move(upload)), io::errc::cancelled);
  }());
}

TEST_P(client_limits, a_cancelled_fetch_leaves_nothing_behind) {
  io::wait([]() -> task<void> {
    bool gone = false;
    const auto from = co_await server::start(
        [&](net::stream& caller, asked) -> task<void> { gone = co_await goes_away(caller); });
    co_await fetch(from->at("/"), {.timeout = 300ms});
    co_await io::test::eventually([&] { return gone; });
  }());
}

TEST_P(client_limits, an_exchange_that_is_dropped_in_an_upload_ends_it) {
  io::wait([]() -> task<void> {
    bool gone = false;
    const auto from = co_await server::start([&](net::stream& caller, asked) -> task<void> {
      co_await caller.send("HTTP/1.1 200 OK\r\n\r\nhello");
      co_await sleep(30ms);
      gone = co_await goes_away(caller);
    });
    request what = to(from->at("/"));
    what.method = "POST";
    what.body = std::string(50'000'000, 'x');
    {
      exchange e = co_await open(std::move(what));
      EXPECT_EQ(co_await e.read(), "hello");
    }
    co_await io::test::eventually([&] { return gone; });
  }());
}

}  // namespace
}  // namespace parlance::http::test
