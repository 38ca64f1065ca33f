// Learning that the peer has ended while nobody reads, and without taking what it said.
#include <parlance/net/remote_stream.hpp>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

class end_of_the_peer : public on_every_stream {};
PARLANCE_ON_EVERY_STREAM(end_of_the_peer);

TEST_P(end_of_the_peer, is_told_while_nobody_reads_and_takes_no_bytes) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    bool over = false;
    scope waiting;
    waiting.spawn([&]() -> task<void> { co_await two.b.peer_ended(), over = true; });
    co_await two.a.send("last words");
    co_await sleep(10ms);
    EXPECT_FALSE(over);
    co_await two.a.shutdown();
    co_await waiting.join();
    EXPECT_TRUE(over);
    co_await two.b.peer_ended();
    EXPECT_EQ(co_await recv_all(two.b), "last words");
    co_await two.b.send("an answer");
    EXPECT_EQ(co_await recv_until(two.a, 9), "an answer");
  }(both()));
}

TEST_P(end_of_the_peer, is_told_when_the_connection_breaks) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    scope waiting;
    waiting.spawn(two.b.peer_ended());
    co_await sleep(5ms);
    two.a.abort();
    co_await waiting.join();
    co_await two.b.peer_ended();
  }(both()));
}

TEST_P(end_of_the_peer, may_be_waited_for_beside_a_recv_and_by_several) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    std::string got;
    scope waiting;
    waiting.spawn([&]() -> task<void> { got = co_await recv_all(two.b); });
    for (int i = 0; i < 3; ++i) waiting.spawn(two.b.peer_ended());
    co_await two.a.send("hello");
    co_await two.a.shutdown();
    co_await waiting.join();
    EXPECT_EQ(got, "hello");
  }(both()));
}

TEST_P(end_of_the_peer, waits_are_cancelled_and_destroyed_and_leave_the_connection_as_it_was) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    EXPECT_EQ(co_await cancelled_before(two.b.peer_ended()), io::errc::cancelled);
    EXPECT_EQ(co_await cancelled_meanwhile(two.b.peer_ended()), io::errc::cancelled);
    EXPECT_EQ(co_await failure(io::timeout(5ms, two.b.peer_ended())), io::errc::timed_out);
    {
      scope waiting;
      waiting.spawn(two.b.peer_ended());
      co_await io::yield();
    }
    const auto ended = [](stream& s) -> task<bool> { co_return (co_await s.peer_ended(), true); };
    for (int moment = 0; moment < moments; ++moment) {
      scope sending;
      if (moment == moments - 1) sending.spawn(two.a.shutdown());
      co_await cancelled_about(moment, ended(two.b), [](bool) {});
      co_await sending.join();
    }
    co_await two.b.peer_ended();
    EXPECT_EQ(co_await two.b.recv(), "");
  }(both()));
}

TEST_P(end_of_the_peer, waits_end_when_this_side_closes_or_aborts) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    std::error_code failed[2];
    scope waiting;
    waiting.spawn([&]() -> task<void> { failed[0] = co_await failure(two.a.peer_ended()); });
    waiting.spawn([&]() -> task<void> { failed[1] = co_await failure(two.b.peer_ended()); });
    co_await sleep(5ms);
    two.a.abort();
    two.b.close_at_once();
    co_await waiting.join();
    EXPECT_EQ(failed[0], io::from_errno(ECONNABORTED));
    EXPECT_EQ(failed[1], io::errc::cancelled);
    EXPECT_EQ(co_await words(two.a.peer_ended()), "wait for the end of a stream: it is closed on this side");
  }(both()));
}

TEST_P(end_of_the_peer, waits_do_not_keep_a_closed_connection_open) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    scope waiting;
    waiting.spawn([&]() -> task<void> { co_await failure(two.b.peer_ended()); });
    co_await sleep(5ms);
    two.b.close_at_once();
    co_await failure(io::timeout(5s, two.a.recv()));
    co_await two.a.peer_ended();
    co_await waiting.join();
  }(both()));
}

TEST_P(end_of_the_peer, waits_outlive_a_move) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    bool over = false;
    scope waiting;
    waiting.spawn([&]() -> task<void> { co_await two.b.peer_ended(), over = true; });
    co_await sleep(5ms);
    const stream moved = std::move(two.b);
    co_await two.a.shutdown();
    co_await waiting.join();
    EXPECT_TRUE(over);
  }(both()));
}

class end_of_the_peer_threads : public testing::TestWithParam<std::string> {
 protected:
  io::test::watchdog patience;
  io::loop here{{.backend = GetParam()}};
  io::loop_thread there{GetParam()};
};
PARLANCE_ON_EVERY_KERNEL_BACKEND(end_of_the_peer_threads);

TEST_P(end_of_the_peer_threads, is_told_on_another_loop) {
  io::wait([](io::loop_thread& where) -> task<void> {
    ends two = co_await tcp_ends();
    remote_stream far(std::move(two.b), where);
    EXPECT_EQ(co_await cancelled_meanwhile(far.peer_ended()), io::errc::cancelled);
    EXPECT_EQ(co_await failure(io::timeout(5ms, far.peer_ended())), io::errc::timed_out);
    co_await two.a.send("last words");
    co_await two.a.shutdown();
    co_await far.peer_ended();
    EXPECT_EQ(co_await recv_all(far), "last words");
    ends others = co_await tcp_ends();
    remote_stream closed(std::move(others.b), where);
    std::error_code failed;
    scope waiting;
    waiting.spawn([&]() -> task<void> { failed = co_await failure(closed.peer_ended()); });
    co_await sleep(5ms);
    closed.abort();
    co_await waiting.join();
    EXPECT_EQ(failed, io::from_errno(ECONNABORTED));
    EXPECT_EQ(co_await failure(others.a.recv()), std::errc::connection_reset);
  }(there));
}

}  // namespace
}  // namespace parlance::net::test
