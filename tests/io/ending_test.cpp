// Sockets that are closed, aborted or timed out while something waits on them.
#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

class ending : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(ending);

/// Made where it is wanted: each test is a process.
const std::string& much() {
  static const std::string bytes = pattern(20'000'000);
  return bytes;
}

/// A recv, a send and a second send in the queue, all waiting on one socket.
struct busy {
  explicit busy(stream_socket& s) {
    inside.spawn([this, &s]() -> task<void> { recv = co_await failure_of(receive(s)); });
    inside.spawn([this, &s]() -> task<void> {
      send_operation op(s, much());
      co_await op;
      send = op.error;
      sent = op.sent;
    });
    inside.spawn([this, &s]() -> task<void> { queued = co_await failure_of(send_all(s, "queued")); });
  }
  std::error_code recv, send, queued;
  std::size_t sent = 0;
  scope inside;
};

TEST_P(ending, closing_ends_what_waits_with_cancelled) {
  wait([]() -> task<void> {
    ends tcp = co_await connected();
    busy waiting(*tcp.a);
    co_await sleep(20ms);
    tcp.a.reset();
    co_await timeout(30s, waiting.inside.join());
    EXPECT_EQ(waiting.recv, errc::cancelled);
    EXPECT_EQ(waiting.send, errc::cancelled);
    EXPECT_EQ(waiting.queued, errc::cancelled);
  }());
}

TEST_P(ending, aborting_ends_what_waits_with_connection_aborted) {
  wait([]() -> task<void> {
    ends tcp = co_await connected();
    busy waiting(*tcp.a);
    co_await sleep(20ms);
    tcp.a->abort();
    co_await timeout(30s, waiting.inside.join());
    EXPECT_EQ(waiting.recv, std::errc::connection_aborted);
    EXPECT_EQ(waiting.send, std::errc::connection_aborted);
    EXPECT_EQ(waiting.queued, std::errc::connection_aborted);
    tcp.a.reset();
    std::error_code seen;
    while (!seen) seen = co_await failure_of(timeout(30s, receive(*tcp.b)));
    EXPECT_EQ(seen, std::errc::connection_reset);
  }());
}

TEST_P(ending, a_reset_by_the_peer_ends_what_waits) {
  wait([]() -> task<void> {
    ends tcp = co_await connected();
    busy waiting(*tcp.a);
    co_await sleep(20ms);
    tcp.b->abort();
    tcp.b.reset();
    co_await timeout(30s, waiting.inside.join());
    for (const std::error_code& failed : {waiting.recv, waiting.send, waiting.queued})
      if (failed)
        EXPECT_TRUE(failed == std::errc::connection_reset || failed == std::errc::broken_pipe)
            << failed.message();
    EXPECT_TRUE(waiting.send);
    EXPECT_TRUE(waiting.queued);
  }());
}

TEST_P(ending, closing_a_listener_ends_its_accept) {
  wait([]() -> task<void> {
    listening_ptr listener = listening();
    std::error_code failed;
    scope accepting;
    accepting.spawn([&]() -> task<void> { failed = co_await failure_of(accept_one(*listener)); });
    co_await yield();
    listener.reset();
    co_await timeout(30s, accepting.join());
    EXPECT_EQ(failed, errc::cancelled);
  }());
}

// The kernel reads from this memory until it has given it back, so destroying the send must wait for that.
TEST_P(ending, a_big_send_may_be_destroyed_with_its_bytes) {
  wait([]() -> task<void> {
    for (int after_turns = 0; after_turns < 3; ++after_turns) {
      const ends tcp = co_await connected();
      auto bytes = std::make_unique<std::string>(much());
      {
        scope sending;
        sending.spawn(send_all(*tcp.a, *bytes));
        for (int i = 0; i < after_turns; ++i) co_await yield();
      }
      bytes.reset();
      tcp.a->shutdown(SHUT_WR);
      const std::string got = co_await receive_all(*tcp.b);
      EXPECT_TRUE(got == much().substr(0, got.size()));
    }
  }());
}

TEST_P(ending, destroying_half_a_send_ends_those_behind_it) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    scope behind;
    std::error_code failed;
    {
      scope first;
      first.spawn(send_all(*tcp.a, much()));
      behind.spawn([&]() -> task<void> { failed = co_await failure_of(send_all(*tcp.a, "behind")); });
      co_await sleep(10ms);
    }
    co_await timeout(30s, behind.join());
    EXPECT_EQ(failed, std::errc::broken_pipe);
    EXPECT_EQ(co_await failure_of(send_all(*tcp.a, "later")), std::errc::broken_pipe);
    co_await send_all(*tcp.a, "");
    tcp.a->shutdown(SHUT_WR);
    const std::string got = co_await receive_all(*tcp.b);
    EXPECT_TRUE(got == much().substr(0, got.size()));
  }());
}

TEST_P(ending, destroying_a_send_of_which_nothing_has_gone_lets_the_next_one_go) {
  wait([]() -> task<void> {
    const ends local = co_await connected(unique_name());
    std::size_t sent = 0;
    scope filling, last;
    filling.spawn([&]() -> task<void> {
      send_operation op(*local.a, much());
      sent = co_await op;
    });
    co_await sleep(10ms);
    filling.cancel();
    co_await timeout(30s, filling.join());
    {
      scope destroyed;
      destroyed.spawn(send_all(*local.a, "never sent"));
      last.spawn(send_all(*local.a, "the end"));
      co_await sleep(10ms);
    }
    scope reading;
    std::string got;
    reading.spawn([&]() -> task<void> { got = co_await receive_all(*local.b); });
    co_await timeout(30s, last.join());
    local.a->shutdown(SHUT_WR);
    co_await reading.join();
    EXPECT_TRUE(got == much().substr(0, sent) + "the end");
  }());
}

TEST_P(ending, cancelling_the_send_in_front_does_not_begin_those_in_the_same_context) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    scope sending;
    std::error_code failed[4];
    const std::string_view texts[] = {much(), "", "second", ""};
    for (std::size_t i = 0; i < 4; ++i)
      sending.spawn([&, i]() -> task<void> { failed[i] = co_await failure_of(send_all(*tcp.a, texts[i])); });
    co_await sleep(10ms);
    sending.cancel();
    co_await timeout(30s, sending.join());
    for (const std::error_code& each : failed) EXPECT_EQ(each, errc::cancelled);
    tcp.a->shutdown(SHUT_WR);
    const std::string got = co_await receive_all(*tcp.b);
    EXPECT_TRUE(got == much().substr(0, got.size()));
  }());
}

// Both receives are complete in one turn, and who goes on first takes away what the other was given.
TEST_P(ending, a_chunk_that_nobody_saw_goes_with_its_socket) {
  wait([]() -> task<void> {
    for (int i = 0; i < 20; ++i) {
      ends x, y;
      std::tie(x.a, x.b) = loop::current().kernel().open_pair();
      std::tie(y.a, y.b) = loop::current().kernel().open_pair();
      bool closed = false;
      scope both;
      both.spawn([&]() -> task<void> {
        co_await receive(*x.b);
        y.b.reset();
        closed = true;
      });
      both.spawn([&]() -> task<void> {
        recv_operation op(*y.b);
        co_await op;
        EXPECT_EQ(op.chunk, closed ? "" : "y");
        EXPECT_EQ(op.error, closed ? make_error_code(errc::cancelled) : std::error_code());
      });
      both.spawn(send_all(*x.a, "x"));
      both.spawn(send_all(*y.a, "y"));
      co_await timeout(30s, both.join());
    }
  }());
}

TEST_P(ending, a_chunk_that_nobody_saw_is_not_for_another_recv) {
  wait([]() -> task<void> {
    for (int i = 0; i < 20; ++i) {
      ends x, y;
      std::tie(x.a, x.b) = loop::current().kernel().open_pair();
      std::tie(y.a, y.b) = loop::current().kernel().open_pair();
      bool seen = false;
      scope both;
      both.spawn([&]() -> task<void> {
        co_await receive(*x.b);
        if (!seen) EXPECT_EQ(co_await failure_of(receive(*y.b)), std::errc::connection_already_in_progress);
      });
      both.spawn([&]() -> task<void> {
        recv_operation op(*y.b);
        co_await op;
        seen = true;
        EXPECT_EQ(op.chunk, "y");
      });
      both.spawn(send_all(*x.a, "x"));
      both.spawn(send_all(*y.a, "y"));
      co_await timeout(30s, both.join());
    }
  }());
}

// --- set_timeout

TEST_P(ending, a_time_limit_of_a_side_ends_its_operation_only) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    tcp.a->set_timeout(side::read, 10ms);
    EXPECT_EQ(tcp.a->timeout(side::read), 10ms);
    EXPECT_EQ(tcp.a->timeout(side::write), unlimited);
    EXPECT_EQ(co_await failure_of(receive(*tcp.a)), errc::timed_out);
    EXPECT_EQ(co_await failure_of(receive(*tcp.a)), errc::timed_out);
    co_await send_all(*tcp.b, "late");
    EXPECT_EQ(co_await receive(*tcp.a), "late");
  }());
}

TEST_P(ending, a_time_limit_counts_from_the_start_of_each_operation) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    tcp.a->set_timeout(side::read, 1s);
    scope sending;
    sending.spawn([&]() -> task<void> {
      for (int i = 0; i < 5; ++i) {
        co_await sleep(250ms);
        co_await send_all(*tcp.b, "x");
      }
    });
    for (int i = 0; i < 5; ++i) EXPECT_EQ(co_await receive(*tcp.a), "x");
    EXPECT_EQ(co_await failure_of(receive(*tcp.a)), errc::timed_out);
  }());
}

TEST_P(ending, taking_a_time_limit_away_frees_what_waits) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    tcp.a->set_timeout(side::read, 20ms);
    scope reading;
    reading.spawn([&]() -> task<void> { EXPECT_EQ(co_await receive(*tcp.a), "x"); });
    co_await yield();
    tcp.a->set_timeout(side::read, unlimited);
    co_await sleep(40ms);
    co_await send_all(*tcp.b, "x");
    co_await reading.join();
  }());
}

TEST_P(ending, a_longer_limit_than_time_is_none) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    tcp.a->set_timeout(side::read, unlimited - 1ns);
    scope reading;
    reading.spawn([&]() -> task<void> { EXPECT_EQ(co_await receive(*tcp.a), "x"); });
    co_await sleep(5ms);
    co_await send_all(*tcp.b, "x");
    co_await reading.join();
  }());
}

TEST_P(ending, each_send_in_a_queue_has_its_own_limit) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    tcp.a->set_timeout(side::write, 60ms);
    scope sending;
    std::vector<duration> waited;
    for (int i = 0; i < 4; ++i) {
      sending.spawn([&]() -> task<void> {
        const time_point start = loop::current().now();
        EXPECT_EQ(co_await failure_of(send_all(*tcp.a, much())), errc::timed_out);
        waited.push_back(loop::current().now() - start);
      });
      co_await sleep(20ms);
    }
    co_await timeout(30s, sending.join());
    EXPECT_EQ(waited.size(), 4U);
    for (const duration each : waited) {
      EXPECT_GE(each, 60ms);
      EXPECT_LT(each, test::patience(61ms));
    }
  }());
}

TEST_P(ending, a_socket_may_be_destroyed_with_its_limit_running) {
  wait([]() -> task<void> {
    ends tcp = co_await connected();
    tcp.a->set_timeout(side::read, 5ms);
    scope reading;
    std::error_code failed;
    reading.spawn([&]() -> task<void> { failed = co_await failure_of(receive(*tcp.a)); });
    co_await yield();
    tcp.a.reset();
    co_await sleep(10ms);
    EXPECT_EQ(failed, errc::cancelled);
  }());
}

// --- connecting and cancelling at once

TEST_P(ending, a_connect_that_is_cut_leaves_nothing) {
  wait([]() -> task<void> {
    const listening_ptr listener = listening();
    const auto cut_after = [&](int turns) -> task<void> {
      socket_ptr caller = open_socket();
      scope calling;
      calling.spawn(connect_to(*caller, listener->local()));
      for (int i = 0; i < turns; ++i) co_await yield();
      if (turns % 2) caller.reset();
    };
    for (int turns = 0; turns < 6; ++turns) co_await cut_after(turns);
    // Those that got through are accepted and ended; then there is nobody.
    for (;;) {
      socket_ptr caller;
      const auto next = [&]() -> task<void> { caller = co_await accept_one(*listener); };
      if (co_await failure_of(timeout(20ms, next()))) break;
      co_await failure_of(receive(*caller));
    }
  }());
}

TEST_P(ending, descriptors_are_all_closed) {
  const std::size_t before = open_descriptors();
  wait([]() -> task<void> {
    const listening_ptr listener = listening();
    std::vector<socket_ptr> callers;
    for (int i = 0; i < 10; ++i) {
      callers.push_back(open_socket());
      co_await connect_to(*callers.back(), listener->local());
    }
    // Under io_uring the first accept brings them all.
    const socket_ptr only_one = co_await accept_one(*listener);
    co_await yield();
  }());
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(ending, a_reset_that_a_send_met_which_is_gone_is_told_to_the_next_receive) {
  wait([]() -> task<void> {
    ends two = co_await connected();
    two.b->abort();
    two.b.reset();
    co_await sleep(5ms);
    {
      scope sending;
      sending.spawn(send_all(*two.a, "x"));
    }
    EXPECT_EQ(co_await failure_of(receive(*two.a)), std::errc::connection_reset);
  }());
}

// The simulation may take back what was on the way when a connection breaks.
TEST_P(ending, a_reset_that_a_send_met_leaves_what_came_before_it) {
  if (GetParam() == "sim") return;
  wait([]() -> task<void> {
    ends two = co_await connected();
    co_await send_all(*two.b, "last words");
    co_await sleep(5ms);
    two.b->abort();
    two.b.reset();
    std::error_code met;
    while (!met) met = co_await failure_of(timeout(30s, send_all(*two.a, "x")));
    EXPECT_EQ(met, std::errc::connection_reset);
    EXPECT_EQ(co_await receive(*two.a), "last words");
    EXPECT_EQ(co_await failure_of(receive(*two.a)), std::errc::connection_reset);
  }());
}

TEST_P(ending, an_abort_ends_a_receive_that_does_not_know_yet_what_it_has) {
  wait([]() -> task<void> {
    ends two = co_await connected();
    std::error_code failed;
    scope receiving;
    receiving.spawn([&]() -> task<void> { failed = co_await failure_of(receive(*two.a)); });
    co_await sleep(5ms);
    co_await send_all(*two.b, "x");
    loop::current().kernel().wait(after(loop::current().now(), 5ms));
    two.a->abort();
    two.a.reset();
    co_await receiving.join();
    EXPECT_EQ(failed, std::errc::connection_aborted);
  }());
}

}  // namespace
}  // namespace parlance::io
