// How a stream behaves, the same over TCP, Unix sockets and TLS, on every backend.
#include "net/support.hpp"

namespace parlance::net::test {
namespace {

class streams : public on_every_stream {};
PARLANCE_ON_EVERY_STREAM(streams);

TEST_P(streams, carry_bytes_both_ways) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    co_await two.a.send("ping");
    EXPECT_EQ(co_await recv_until(two.b, 4), "ping");
    co_await two.b.send("pong");
    EXPECT_EQ(co_await recv_until(two.a, 4), "pong");
    EXPECT_TRUE(two.a.is_open());
  }(both()));
}

TEST_P(streams, let_a_send_last_longer_than_its_limit_while_it_gets_on) {
  io::wait([](task<ends> making) -> task<void> {
    constexpr io::duration limit = 2s;
    ends two = co_await std::move(making);
    two.a.set_send_timeout(limit);
    const std::string much(64 << 20, 'm');  // three times what the kernel holds of it at most
    scope reading;
    std::size_t heard = 0;
    // All of it takes twice as long as the limit, and no part of it a fifth of the limit.
    reading.spawn([&]() -> task<void> {
      const io::time_point began = io::loop::current().now();
      for (std::string_view text; heard < much.size() && !(text = co_await two.b.recv()).empty();) {
        heard += text.size();
        const double part = static_cast<double>(heard) / static_cast<double>(much.size());
        co_await io::sleep_until(began + std::chrono::duration_cast<io::duration>(2 * part * limit));
      }
    });
    const io::time_point start = io::loop::current().now();
    co_await two.a.send(much);
    EXPECT_GT(io::loop::current().now() - start, limit);
    co_await reading.join();
    EXPECT_EQ(heard, much.size());
  }(both()));
}

TEST_P(streams, end_once_and_for_ever) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    co_await two.a.send("last words");
    co_await two.a.shutdown();
    EXPECT_EQ(co_await recv_all(two.b), "last words");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(co_await two.b.recv(), "");
    EXPECT_EQ(co_await two.b.peek(), "");
  }(both()));
}

TEST_P(streams, are_half_closed_by_the_caller_and_still_answered) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    co_await two.a.send("question");
    co_await two.a.shutdown();
    EXPECT_EQ(co_await recv_all(two.b), "question");
    co_await sleep(5ms);
    co_await two.b.send("ans");
    co_await two.b.send("wer");
    co_await two.b.shutdown();
    EXPECT_EQ(co_await recv_all(two.a), "answer");
  }(both()));
}

TEST_P(streams, are_half_closed_by_the_one_who_was_called_and_still_heard) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    co_await two.b.shutdown();
    EXPECT_EQ(co_await two.a.recv(), "");
    co_await two.a.send("I am not done");
    co_await two.a.shutdown();
    EXPECT_EQ(co_await recv_all(two.b), "I am not done");
  }(both()));
}

TEST_P(streams, send_nothing_after_their_half_close) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    co_await two.a.shutdown();
    co_await two.a.shutdown();
    EXPECT_EQ(co_await failure(send_text(two.a, "more")), std::errc::broken_pipe);
  }(both()));
}

TEST_P(streams, half_close_after_the_sends_that_still_wait) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const std::string bytes = pattern(6'000'000);
    scope sending;
    sending.spawn([&]() -> task<void> { co_await two.a.send(bytes); });
    sending.spawn([&]() -> task<void> { co_await two.a.send("!"); });
    sending.spawn([&]() -> task<void> { co_await two.a.shutdown(); });
    EXPECT_TRUE(co_await recv_all(two.b) == bytes + "!");
    co_await sending.join();
  }(both()));
}

TEST_P(streams, send_nothing_for_an_empty_send) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    co_await two.a.send("");
    const std::string_view nothing[] = {"", ""};
    co_await two.a.send(nothing);
    co_await two.a.send(std::span<const std::string_view>());
    EXPECT_EQ(co_await failure(io::timeout(10ms, two.b.recv())), io::errc::timed_out);
    co_await two.a.send("x");
    EXPECT_EQ(co_await two.b.recv(), "x");
  }(both()));
}

TEST_P(streams, return_from_an_empty_send_at_once_even_when_the_peer_does_not_read) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const std::string& bytes = too_much();
    EXPECT_EQ(co_await failure(io::timeout(20ms, two.a.send(bytes))), io::errc::timed_out);
    EXPECT_FALSE(co_await failure(io::timeout(30s, two.a.send(""))));
  }(both()));
}

TEST_P(streams, gather_more_pieces_than_the_kernel_takes_at_once) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    std::vector<std::string> texts;
    std::string whole;
    for (unsigned i = 0; i < 3000; ++i) whole += texts.emplace_back(pattern(i % 7, i));  // IOV_MAX is 1024
    const std::vector<std::string_view> pieces(texts.begin(), texts.end());
    scope sending;
    sending.spawn([&]() -> task<void> {
      co_await two.a.send(pieces);
      co_await two.a.shutdown();
    });
    EXPECT_TRUE(co_await recv_all(two.b) == whole);
    co_await sending.join();
  }(both()));
}

task<void> send_and_end(stream& s, std::string_view bytes) {
  co_await s.send(bytes);
  co_await s.shutdown();
}

TEST_P(streams, carry_8_megabytes_both_ways_at_once) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const std::string there = pattern(8'000'000, 1), back = pattern(8'000'000, 2);
    scope sending;
    sending.spawn(send_and_end(two.a, there));
    sending.spawn(send_and_end(two.b, back));
    std::string heard;
    scope receiving;
    receiving.spawn([&]() -> task<void> { heard = co_await recv_all(two.a); });
    EXPECT_TRUE(co_await recv_all(two.b) == there);
    co_await receiving.join();
    EXPECT_TRUE(heard == back);
    co_await sending.join();
  }(both()));
}

TEST_P(streams, keep_a_chunk_until_the_next_recv) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    co_await two.a.send("first");
    const std::string_view first = co_await two.b.recv();
    co_await two.a.send("second");
    co_await two.b.send("something else");
    co_await sleep(10ms);
    EXPECT_EQ(first, "first");
    EXPECT_EQ(co_await two.b.recv(), "second");
  }(both()));
}

TEST_P(streams, leave_what_was_peeked_at) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    co_await two.a.send("GET /");
    const std::string_view peeked = co_await two.b.peek();
    EXPECT_EQ(peeked, "GET /");
    EXPECT_EQ(co_await two.b.peek(), "GET /");
    co_await two.a.send(" HTTP/1.1");
    co_await sleep(10ms);
    EXPECT_EQ(peeked, "GET /");
    EXPECT_EQ(co_await two.b.recv(), "GET /");
    EXPECT_EQ(co_await two.b.recv(), " HTTP/1.1");
    co_await two.a.shutdown();
    EXPECT_EQ(co_await two.b.peek(), "");
    EXPECT_EQ(co_await two.b.recv(), "");
  }(both()));
}

TEST_P(streams, keep_what_was_peeked_at_when_they_move) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    co_await two.a.send("x");
    EXPECT_EQ(co_await two.b.peek(), "x");
    stream elsewhere = std::move(two.b);
    EXPECT_FALSE(two.b.is_open());
    EXPECT_EQ(co_await elsewhere.recv(), "x");
    two.b = std::move(elsewhere);
    co_await two.b.send("y");
    EXPECT_EQ(co_await two.a.recv(), "y");
  }(both()));
}

TEST_P(streams, refuse_a_second_recv_at_once) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    scope first;
    std::string got;
    first.spawn([&]() -> task<void> { got = co_await two.a.recv(); });
    co_await sleep(2ms);
    EXPECT_EQ(co_await failure(two.a.recv()), std::errc::connection_already_in_progress);
    EXPECT_EQ(co_await failure(two.a.peek()), std::errc::connection_already_in_progress);
    co_await two.b.send("for the first");
    co_await first.join();
    EXPECT_EQ(got, "for the first");
  }(both()));
}

TEST_P(streams, send_in_the_order_of_the_calls) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    // Each is more than fits, so that all but the first must queue.
    const std::string first = pattern(3'000'000, 1), second = pattern(3'000'000, 2);
    scope sending;
    sending.spawn([&]() -> task<void> { co_await two.a.send(first); });
    sending.spawn([&]() -> task<void> { co_await two.a.send(second); });
    sending.spawn([&]() -> task<void> { co_await two.a.send("third"); });
    EXPECT_TRUE(co_await recv_until(two.b, 6'000'005) == first + second + "third");
    co_await sending.join();
  }(both()));
}

TEST_P(streams, send_beside_a_recv_that_waits) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    scope receiving;
    std::string got;
    receiving.spawn([&]() -> task<void> { got = co_await two.a.recv(); });
    co_await sleep(2ms);
    co_await two.a.send("ping");
    EXPECT_EQ(co_await two.b.recv(), "ping");
    co_await two.b.send("pong");
    co_await receiving.join();
    EXPECT_EQ(got, "pong");
  }(both()));
}

TEST_P(streams, end_a_recv_that_makes_no_progress) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    two.a.set_recv_timeout(20ms);
    EXPECT_EQ(co_await failure(two.a.recv()), io::errc::timed_out);
    co_await two.b.send("late");
    EXPECT_EQ(co_await two.a.recv(), "late");
    two.a.set_recv_timeout(io::unlimited);
    EXPECT_EQ(co_await failure(io::timeout(40ms, two.a.recv())), io::errc::timed_out);
  }(both()));
}

TEST_P(streams, end_a_send_that_makes_no_progress) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    two.a.set_send_timeout(20ms);
    const std::string& bytes = too_much();
    EXPECT_EQ(co_await failure(two.a.send(bytes)), io::errc::timed_out);
  }(both()));
}

// However many wait, and whenever they came, none does for more than twice as long.
TEST_P(streams, end_all_sends_that_wait_while_none_makes_progress) {
  io::wait([](task<ends> making) -> task<void> {
    constexpr io::duration limit = 100ms;
    ends two = co_await std::move(making);
    two.a.set_send_timeout(limit);
    scope sending;
    int late = 0;
    for (int i = 0; i < 10; ++i) {
      sending.spawn([&]() -> task<void> {
        const io::time_point came = io::loop::current().now();
        EXPECT_EQ(co_await failure(two.a.send(too_much())), io::errc::timed_out);
        ++late;
        if (simulated()) EXPECT_LT(io::loop::current().now() - came, 2 * limit + 10ms);
      });
      co_await sleep(5ms);
    }
    co_await sending.join();
    EXPECT_EQ(late, 10);
  }(both()));
}

TEST_P(streams, name_the_peer_in_errors) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const std::string peer = two.a.remote().to_string();
    EXPECT_EQ(co_await words(io::timeout(1ms, two.a.recv())), "receive from " + peer + ": timed out");
    co_await two.a.shutdown();
    EXPECT_EQ(co_await words(send_text(two.a, "x")), "send to " + peer + ": broken pipe");
  }(both()));
}

TEST_P(streams, do_nothing_once_closed) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    two.a.abort();
    two.a.abort();
    EXPECT_FALSE(two.a.is_open());
    EXPECT_EQ(co_await failure(recv_some(two.a)), errc::closed);
    EXPECT_EQ(co_await failure(peek_some(two.a)), errc::closed);
    EXPECT_EQ(co_await failure(send_text(two.a, "x")), errc::closed);
    EXPECT_EQ(co_await failure(two.a.shutdown()), errc::closed);
    EXPECT_FALSE(co_await failure(two.a.close()));
    EXPECT_EQ(two.a.remote().to_string(), "nowhere");
    EXPECT_FALSE(two.a.info());
  }(both()));
}

}  // namespace
}  // namespace parlance::net::test
