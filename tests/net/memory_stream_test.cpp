// Streams in memory: what on_every_stream does not try, because only they have it.
#include "net/support.hpp"

namespace parlance::net::test {
namespace {

class memory_streams_of : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(memory_streams_of);

TEST_P(memory_streams_of, a_program_wait_for_room) {
  io::wait([]() -> task<void> {
    auto [a, b] = memory_streams(10);
    bool sent = false;
    scope sending;
    sending.spawn([&]() -> task<void> {
      co_await a.send("fifteen bytes..");
      sent = true;
    });
    co_await sleep(1ms);
    EXPECT_FALSE(sent);
    EXPECT_EQ(co_await b.recv(), "fifteen by");
    EXPECT_EQ(co_await b.recv(), "tes..");
    co_await sending.join();
  }());
}

TEST_P(memory_streams_of, a_program_tell_how_much_of_a_cancelled_send_went) {
  io::wait([]() -> task<void> {
    auto [a, b] = memory_streams(10);
    std::size_t sent = 0;
    try {
      co_await io::timeout(1ms, a.send({"fifteen", " bytes.."}));
    } catch (const io::error& e) {
      EXPECT_EQ(e.code(), io::errc::timed_out);
      sent = e.bytes_sent();
    }
    EXPECT_EQ(sent, 10U);
    EXPECT_EQ(co_await b.recv(), "fifteen by");
  }());
}

TEST_P(memory_streams_of, a_program_reset_like_tcp_when_bytes_are_left_unread) {
  io::wait([]() -> task<void> {
    auto [a, b] = memory_streams();
    co_await a.send("unread");
    b.close_at_once();
    EXPECT_EQ(co_await failure(recv_some(a)), std::errc::connection_reset);
    EXPECT_EQ(co_await failure(send_text(a, "more")), std::errc::connection_reset);
  }());
}

TEST_P(memory_streams_of, a_program_give_what_was_sent_before_a_reset) {
  io::wait([]() -> task<void> {
    for (const bool aborted : {false, true}) {
      auto [a, b] = memory_streams();
      co_await a.send("last words");
      co_await b.send("unread");
      aborted ? a.abort() : a.close_at_once();
      co_await b.peer_ended();
      EXPECT_EQ(co_await b.recv(), "last words");
      EXPECT_EQ(co_await failure(recv_some(b)), std::errc::connection_reset);
    }
  }());
}

TEST_P(memory_streams_of, a_program_have_ended_whatever_comes_behind_the_end) {
  io::wait([]() -> task<void> {
    for (const std::string kind : {"memory", "tcp"})
      for (const bool aborted : {false, true}) {
        ends two = co_await ends_of(kind);
        co_await two.b.send("unread");
        co_await two.a.send("last words");
        co_await two.a.shutdown();
        co_await two.b.peer_ended();
        co_await sleep(5ms);
        aborted ? two.a.abort() : two.a.close_at_once();
        co_await sleep(5ms);
        EXPECT_EQ(co_await two.b.recv(), "last words") << kind;
        EXPECT_EQ(co_await two.b.recv(), "") << kind;
        EXPECT_EQ(co_await two.b.recv(), "") << kind;
        EXPECT_EQ(co_await failure(send_text(two.b, "more")), std::errc::broken_pipe) << kind;
      }
  }());
}

TEST_P(memory_streams_of, a_program_have_room) { EXPECT_THROW(memory_streams(0), io::error); }

TEST_P(memory_streams_of, a_program_end_orderly_and_then_refuse_what_nobody_will_read) {
  io::wait([]() -> task<void> {
    auto [a, b] = memory_streams();
    b.close_at_once();
    EXPECT_EQ(co_await a.recv(), "");
    EXPECT_EQ(co_await a.recv(), "");
    EXPECT_EQ(co_await failure(send_text(a, "more")), std::errc::broken_pipe);
  }());
}

TEST_P(memory_streams_of, a_program_keep_what_arrived_for_the_next_when_a_recv_is_destroyed) {
  io::wait([]() -> task<void> {
    auto [a, b] = memory_streams();
    {
      scope reading;
      reading.spawn([&]() -> task<void> {
        co_await b.recv();
        ADD_FAILURE();
      });
      co_await io::yield();
      co_await a.send("kept");
    }
    EXPECT_EQ(co_await b.recv(), "kept");
  }());
}

TEST_P(memory_streams_of, a_program_have_limits_of_time) {
  io::wait([]() -> task<void> {
    auto [a, b] = memory_streams(1);
    b.set_recv_timeout(2ms);
    EXPECT_EQ(co_await failure(recv_some(b)), io::errc::timed_out);
    a.set_send_timeout(2ms);
    EXPECT_EQ(co_await failure(send_text(a, "too much")), io::errc::timed_out);
  }());
}

TEST(memory_streams_in_simulated_time, wait_without_a_limit_that_is_taken_away) {
  io::loop here{{.backend = "sim"}};
  io::wait([]() -> task<void> {
    auto [a, b] = memory_streams(1);
    a.set_send_timeout(50ms);
    b.set_recv_timeout(50ms);
    scope waiting;
    waiting.spawn([&]() -> task<void> { EXPECT_EQ(co_await recv_some(b), "x"); });
    co_await sleep(5ms);
    b.set_recv_timeout(io::unlimited);
    co_await sleep(100ms);
    EXPECT_EQ(waiting.size(), 1U);
    co_await a.send("x");
    co_await waiting.join();
    waiting.spawn(send_text(a, "xy"));
    co_await sleep(5ms);
    a.set_send_timeout(io::unlimited);
    co_await sleep(100ms);
    EXPECT_EQ(co_await recv_until(b, 2), "xy");
    co_await waiting.join();
  }());
}

TEST_P(memory_streams_of, a_program_have_no_addresses) {
  auto [a, b] = memory_streams();
  EXPECT_EQ(a.local().family(), AF_UNSPEC);
  EXPECT_EQ(b.native_handle(), -1);
  EXPECT_FALSE(a.info());
}

// --- TLS over any stream

TEST_P(memory_streams_of, a_program_carry_tls_and_tls_over_tls) {
  io::wait([]() -> task<void> {
    auto [a, b] = memory_streams(1000);
    ends two = co_await secured(ends{std::move(a), std::move(b)}, trusting(), shown_on_the_spot());
    two = co_await secured(std::move(two), trusting(), shown_on_the_spot());
    scope sending;
    const std::string text = pattern(100'000);
    sending.spawn([&]() -> task<void> {
      co_await two.a.send(text);
      co_await two.a.shutdown();
    });
    EXPECT_EQ(co_await recv_all(two.b), text);
    co_await sending.join();
    EXPECT_TRUE(two.b.below()->below()->below() == nullptr);
  }());
}

class busy_memory_streams : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(busy_memory_streams);

TEST_P(busy_memory_streams, let_others_go_on) {
  const auto talk_for_ever = []() -> task<void> {
    auto [a, b] = memory_streams();
    for (;;) {
      co_await a.send("x");
      co_await b.recv();
    }
  };
  EXPECT_EQ(io::wait(failure(io::timeout(5ms, talk_for_ever()))), io::errc::timed_out);
}

}  // namespace
}  // namespace parlance::net::test
