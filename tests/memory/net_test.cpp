// Memory that runs out under streams: an error, and nothing that came is lost, or passes for whole what is not.
#include <openssl/crypto.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdlib>

#include "memory/failing.hpp"

namespace parlance::net::test {
namespace {

class streams_without_memory : public on_every_stream {};
INSTANTIATE_TEST_SUITE_P(on, streams_without_memory,
                         testing::Combine(testing::ValuesIn(every_kernel_backend()),
                                          testing::Values("tcp", "unix", "tls", "memory")),
                         name_of_stream);

// What is sent is there before, and what is expected afterwards, so that only what is between has no memory.
TEST_P(streams_without_memory, a_recv_is_asked_for_again) {
  fail_each_allocation([&] {
    std::optional<ends> two;
    {
      const spared beforehand;
      two = io::wait(both());
      two->b.set_recv_timeout(30s);
      io::wait(send_text(two->a, "hello"));
    }
    std::string got;
    std::string_view chunk;
    const outcome how = outcome_of([&] { chunk = io::wait(two->b.recv()); });
    const spared afterwards;
    if (how != outcome::done) {
      got = io::wait(recv_some(two->b), 30s);
    } else {
      got = chunk;
    }
    EXPECT_EQ(got, "hello");
    two.reset();
  });
}

// However it fails, what is sent next does not pass for its rest.
TEST_P(streams_without_memory, of_a_send_it_is_known_what_went) {
  const std::string piece = pattern(5'000);
  for (const bool all : {false, true})
    fail_each_allocation(
        [&] {
          std::optional<ends> two;
          {
            const spared beforehand;
            two = io::wait(both());
          }
          const std::string_view pieces[] = {"one", piece, "three"};
          std::size_t sent = 0;
          const outcome how = outcome_of([&] { io::wait(two->a.send(pieces)); }, &sent);
          const spared afterwards;
          const std::string whole = "one" + piece + "three";
          std::string expected = whole.substr(0, how == outcome::done ? whole.size() : sent);
          const std::error_code next = io::wait(failure(send_text(two->a, "next")));
          if (how == outcome::no_memory && next) {
            EXPECT_EQ(next, std::errc::broken_pipe);
          } else {
            EXPECT_FALSE(next) << next.message();
            expected += "next";
            EXPECT_EQ(io::wait(recv_until(two->b, expected.size()), 30s), expected);
          }
          two.reset();
        },
        all);
}

// Behind one that was late, and of which its caller does not hear how much went, nothing goes.
TEST_P(streams_without_memory, a_send_that_is_late_tells_how_much_went_or_is_the_last) {
  static_cast<void>(too_much());
  fail_each_allocation([&] {
    std::optional<ends> two;
    {
      const spared beforehand;
      two = io::wait(both());
      two->a.set_send_timeout(5ms);
    }
    outcome how = outcome::done;
    try {
      io::wait(two->a.send(too_much()));
    } catch (const io::error&) {
      how = outcome::error;
    } catch (const std::bad_alloc&) {
      how = outcome::no_memory;
    }
    const spared afterwards;
    two->a.set_send_timeout(30s);
    std::string got;
    std::error_code next;
    io::wait(
        [](stream& by, stream& to, std::string& all, std::error_code& failed) -> task<void> {
          scope receiving;
          receiving.spawn([&]() -> task<void> {
            co_await failure([](stream& from, std::string& into) -> task<void> {
              for (std::string more; !(more = co_await recv_some(from)).empty();) into += more;
            }(to, all));
          });
          failed = co_await failure(by.send("next"));
          by.close_at_once();
          co_await receiving.join();
        }(two->a, two->b, got, next),
        30s);
    if (how == outcome::no_memory && next) EXPECT_EQ(next, std::errc::broken_pipe);
    if (how == outcome::no_memory && !next) EXPECT_EQ(got, "next");
    if (how == outcome::error) EXPECT_FALSE(next) << next.message();
    two.reset();
    std::string().swap(got);
  });
}

TEST_P(streams_without_memory, a_pump_goes_on) {
  const std::string text = pattern(9'000);
  fail_each_allocation([&] {
    std::optional<ends> from, to;
    {
      const spared beforehand;
      from = io::wait(both());
      to = io::wait(both());
      io::wait(send_text(from->a, text));
      io::wait(from->a.shutdown());
    }
    const outcome how = outcome_of([&] { io::wait(pump(from->b, to->a, {.half_close = true})); });
    const spared afterwards;
    std::error_code again;
    if (how != outcome::done) again = io::wait(failure(pump(from->b, to->a, {.half_close = true})), 30s);
    if (again) {
      EXPECT_EQ(again, std::errc::broken_pipe);
    } else {
      EXPECT_EQ(io::wait(recv_all(to->b), 30s), text);
    }
    from.reset();
    to.reset();
  });
}

TEST_P(streams_without_memory, a_relay_passes_nothing_for_whole_that_is_not) {
  const std::string text = pattern(9'000);
  fail_each_allocation([&] {
    std::optional<ends> one, other;
    {
      const spared beforehand;
      one = io::wait(both());
      other = io::wait(both());
      io::wait(send_text(one->a, text));
      io::wait(one->a.shutdown());
      io::wait(other->b.shutdown());
    }
    const outcome how = outcome_of([&] { io::wait(relay(one->b, other->a, {.idle = 30s})); });
    const spared afterwards;
    if (how != outcome::done) {
      one->b.abort();
      other->a.abort();
    }
    if (how == outcome::done) {
      EXPECT_EQ(io::wait(recv_all(other->b), 30s), text);
    } else if (kind != "unix") {  // which has no reset
      std::string got;
      const std::error_code ended =
          io::wait(failure([](stream& s, std::string& all) -> task<void> {
                     for (std::string more; !(more = co_await recv_some(s)).empty();) all += more;
                   }(other->b, got)),
                   30s);
      if (!ended) EXPECT_EQ(got, text);
    }
    one.reset();
    other.reset();
  });
}

// What lies where it was received needs none.
TEST_P(streams_without_memory, readers_give_back_what_they_did_not_give_out) {
  ends two = io::wait(both());
  for (const bool is_gathered : {false, true}) {
    io::wait(send_text(two.a, "hello"));
    std::optional<reader> in(std::in_place, two.b);
    if (is_gathered)
      EXPECT_EQ(io::wait(failure(io::timeout(50ms, in->line()))), io::errc::timed_out);
    else
      EXPECT_EQ(io::wait(in->exactly(2)), "he");
    failing = 1, all_that_follow = true;
    in.reset();
    failing = 0, all_that_follow = false;
    EXPECT_EQ(two.b.is_open(), !is_gathered);
    if (!is_gathered) EXPECT_EQ(io::wait(recv_some(two.b)), "llo");
  }
  const std::error_code told = io::wait(failure(two.a.recv()), 30s);
  if (kind == "tcp" || kind == "memory") EXPECT_EQ(told, std::errc::connection_reset);
}

TEST_P(streams_without_memory, a_reader_loses_nothing_or_the_stream_is_closed) {
  for (const bool goes : {false, true})
    fail_each_allocation([&] {
      std::optional<ends> two;
      std::optional<reader> in;
      {
        const spared beforehand;
        two = io::wait(both());
        in.emplace(two->b);
        io::wait(send_text(two->a, "a beginning"));
        EXPECT_EQ(io::wait(peek_some(two->b)), "a beginning");
      }
      // The second half comes with another recv, so the line is gathered.
      std::optional<std::string_view> line;
      const outcome how = outcome_of([&] {
        io::wait([&]() -> task<void> {
          const auto rest = [&]() -> task<void> {
            co_await io::yield();
            co_await two->a.send(" and an end\nrest\n");
          };
          co_await io::all([](std::optional<std::string_view>& into,
                              reader& by) -> task<void> { into = co_await by.line(); }(line, *in),
                           rest());
        }());
      });
      std::string got;
      {
        const spared afterwards;
        if (how == outcome::done) EXPECT_EQ(line, "a beginning and an end");
        if (line) got = std::string(*line) + "\n";
      }
      if (goes) in.reset();
      const spared afterwards;
      if (two->b.is_open()) {
        two->a.close_at_once();
        const std::string whole = "a beginning and an end\nrest\n";
        io::wait(failure([](stream& from, std::optional<reader>& by, std::string& all) -> task<void> {
                   if (!by)
                     for (std::string more; !(more = co_await recv_some(from)).empty();) all += more;
                   else
                     for (std::string_view more; !(more = co_await by->some()).empty();) all += more;
                 }(two->b, in, got)),
                 30s);
        EXPECT_TRUE(whole.starts_with(got)) << got;
        EXPECT_TRUE(got.starts_with("a beginning")) << got;
      }
      in.reset();
      two.reset();
      std::string().swap(got);
    });
}

TEST_P(streams_without_memory, handshakes_fail_or_succeed) {
  if (kind == "tls") return;  // is made on the way
  static_cast<void>(trusting());
  static_cast<void>(shown_on_the_spot());
  fail_each_allocation([&] {
    std::optional<ends> two;
    {
      const spared beforehand;
      two = io::wait(both());
    }
    try {
      io::wait(
          [&]() -> task<void> {
            scope calling;
            auto called = calling.run(two->a.start_tls(trusting(), "localhost"));
            auto calls = calling.run(two->b.start_tls(shown_on_the_spot()));
            co_await called;
            co_await calls;
          }(),
          30s);
    } catch (const io::error&) {  // a certificate is refused that cannot be looked at
    } catch (const std::bad_alloc&) {
    }
    const spared afterwards;
    two.reset();
  });
}

TEST_P(streams_without_memory, streams_on_another_loop_are_ended) {
  io::loop_thread other(std::get<0>(GetParam()));
  for (const bool at_the_end_all_fail : {false, true})
    fail_each_allocation([&] {
      std::optional<ends> two;
      std::optional<stream> there;
      {
        const spared beforehand;
        two = io::wait(both());
        if (kind == "memory") return;  // stays on its loop
        there.emplace(remote_stream(std::move(two->a), other));
      }
      std::size_t sent = 0;
      const outcome how = outcome_of([&] { io::wait(there->send("hello"), 30s); }, &sent);
      std::string got;
      {
        const spared meanwhile;
        if (how == outcome::done) EXPECT_EQ(io::wait(recv_until(two->b, 5), 30s), "hello");
        io::wait(send_text(two->b, "answer"));
      }
      std::string_view answer;
      const outcome heard = outcome_of([&] { answer = io::wait(there->recv(), 30s); });
      {
        const spared meanwhile;
        got = heard == outcome::done ? std::string(answer) : io::wait(recv_some(*there), 30s);
        EXPECT_EQ(got, "answer");
        // Behind one of which nobody knows how much went there may be nothing more, but nobody hangs.
        if (const std::error_code next = io::wait(failure(there->send("next")), 30s))
          EXPECT_EQ(next, std::errc::broken_pipe);
        std::string().swap(got);
      }
      const std::size_t before = failing;
      if (at_the_end_all_fail) failing = 1, all_that_follow = true;
      there.reset();
      all_that_follow = false;
      failing = before;
      const spared afterwards;
      two.reset();
    });
}

/// Of OpenSSL, which has its memory by a function of ours here: so many allocations from now; 0: none fails.
thread_local std::size_t failing_in_openssl = 0;

bool fails_in_openssl() noexcept { return failing_in_openssl != 0 && --failing_in_openssl == 0; }

[[gnu::constructor]] void give_openssl_its_memory() {
  CRYPTO_set_mem_functions(
      [](std::size_t size, const char*, int) { return fails_in_openssl() ? nullptr : std::malloc(size); },
      [](void* at, std::size_t size, const char*, int) -> void* {
        if (size == 0) {
          std::free(at);
          return nullptr;
        }
        return fails_in_openssl() ? nullptr : std::realloc(at, size);
      },
      [](void* at, const char*, int) { std::free(at); });
}

// Some of the thousands that a handshake makes, and all that a few messages do.
TEST(tls_without_memory, fails_or_is_what_it_should_be) {
  io::loop here({.backend = "sim"});
  static_cast<void>(io::wait(ends_of("tls")));
  for (std::size_t nth = 1;; nth += 1 + nth / 8) {
    SCOPED_TRACE(nth);
    failing_in_openssl = nth;
    try {
      io::wait(
          []() -> task<void> {
            ends two = co_await ends_of("tls");
            co_await two.a.send("question");
            EXPECT_EQ(co_await recv_until(two.b, 8), "question");
          }(),
          60s);
    } catch (const io::error&) {
    } catch (const std::bad_alloc&) {
    }
    if (std::exchange(failing_in_openssl, 0) != 0) break;
  }
  for (std::size_t nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    ends two = io::wait(ends_of("tls"));
    std::string got;
    failing_in_openssl = nth;
    try {
      io::wait(
          [](ends& both, std::string& by_b) -> task<void> {
            for (int i = 0; i < 3; ++i) {
              co_await both.a.send(pattern(20'000));
              by_b += co_await recv_until(both.b, 20'000);
            }
          }(two, got),
          60s);
    } catch (const io::error&) {
    } catch (const std::bad_alloc&) {
    }
    const bool is_last = std::exchange(failing_in_openssl, 0) != 0;
    const std::string whole = pattern(20'000) + pattern(20'000) + pattern(20'000);
    EXPECT_TRUE(whole.starts_with(got));
    if (is_last) break;
  }
}

class servers_without_memory : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(servers_without_memory);

task<void> echo(caller one) {
  const std::string_view said = co_await one.stream.recv();
  co_await one.stream.send(said);
}

/// A connection by calls that never wait, and need no memory.
int called(const endpoint& whom) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(fd, whom.data(), whom.size()), 0);
  EXPECT_EQ(::send(fd, "hi", 2, 0), 2);
  return fd;
}

// It costs this or that caller, and the server goes on.
TEST_P(servers_without_memory, serve_whoever_comes_next) {
  fail_each_allocation([&] {
    std::optional<listener> listening;
    io::event stop;
    std::optional<scope> serving;
    int callers[3];
    unsigned failures = 0;
    bool served = true;
    {
      const spared beforehand;
      listening = io::wait(listen("127.0.0.1:0", {.on_pause = [](std::string_view) {}}));
      serving.emplace();
      serving->spawn([](listener& at, io::event& end, unsigned& failed, bool& well) -> task<void> {
        serve_options options;
        options.stop = &end;
        options.on_failure = [&](std::exception_ptr, const endpoint&) { ++failed; };
        try {
          co_await serve(at, echo, std::move(options));
        } catch (...) {
          well = false;
        }
      }(*listening, stop, failures, served));
      for (int& each : callers) each = called(listening->local());
    }
    const auto late = std::chrono::steady_clock::now() + 30s;
    for (const int each : callers) {
      pollfd answered{.fd = each, .events = POLLIN, .revents = 0};
      while (::poll(&answered, 1, 0) == 0 && std::chrono::steady_clock::now() < late) here.run_ready();
      EXPECT_NE(answered.revents, 0) << "neither answered nor ended";
    }
    const spared afterwards;
    const int next = called(listening->local());
    pollfd answered{.fd = next, .events = POLLIN, .revents = 0};
    while (::poll(&answered, 1, 0) == 0 && std::chrono::steady_clock::now() < late) here.run_ready();
    char said[4];
    EXPECT_EQ(::recv(next, said, sizeof said, 0), 2);
    ::close(next);
    for (const int each : callers) ::close(each);
    stop.set();
    io::wait(serving->join(), 30s);
    EXPECT_TRUE(served);
    serving.reset();
    listening.reset();
  });
}

}  // namespace
}  // namespace parlance::net::test
