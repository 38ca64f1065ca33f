// Every operation of a stream and of a datagram socket, cancelled before it starts, while it waits and about
// when it succeeds; and its deadline. Nothing that arrived is lost, nothing is sent twice, no descriptor is
// left.
#include "net/support.hpp"

namespace parlance::net::test {
namespace {

class stream_cancels : public on_every_stream {};
PARLANCE_ON_EVERY_STREAM(stream_cancels);

TEST_P(stream_cancels, recv_before_it_starts) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    co_await two.a.send("kept");
    co_await sleep(2ms);
    EXPECT_EQ(co_await cancelled_before(two.b.recv()), io::errc::cancelled);
    EXPECT_EQ(co_await cancelled_before(two.b.peek()), io::errc::cancelled);
    EXPECT_EQ(co_await failure(io::timeout(0s, two.b.recv())), io::errc::timed_out);
    EXPECT_EQ(co_await two.b.recv(), "kept");
  }(both()));
}

TEST_P(stream_cancels, recv_of_what_was_peeked_at) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    co_await two.a.send("kept");
    EXPECT_EQ(co_await two.b.peek(), "kept");
    char room[2];
    EXPECT_EQ(co_await cancelled_before(two.b.recv()), io::errc::cancelled);
    EXPECT_EQ(co_await cancelled_before(two.b.peek()), io::errc::cancelled);
    EXPECT_EQ(co_await cancelled_before(two.b.recv_into(room)), io::errc::cancelled);
    EXPECT_EQ(co_await two.b.recv(), "kept");
  }(both()));
}

TEST_P(stream_cancels, recv_and_peek_while_they_wait) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    EXPECT_EQ(co_await cancelled_meanwhile(two.b.recv()), io::errc::cancelled);
    EXPECT_EQ(co_await cancelled_meanwhile(two.b.peek()), io::errc::cancelled);
    EXPECT_EQ(co_await failure(io::timeout(5ms, two.b.recv())), io::errc::timed_out);
    EXPECT_EQ(co_await failure(io::timeout(5ms, two.b.peek())), io::errc::timed_out);
    co_await two.a.send("for the next");
    EXPECT_EQ(co_await two.b.recv(), "for the next");
  }(both()));
}

TEST_P(stream_cancels, recv_about_when_bytes_arrive_and_none_is_lost) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    std::string sent, got;
    for (int moment = 0; moment < moments; ++moment) {
      scope sending;
      const std::string text = "message " + std::to_string(moment) + ";";
      sending.spawn(send_text(two.a, text));
      sent += text;
      const auto keep = [&](const std::string& more) { got += more; };
      if (moment % 2)
        co_await cancelled_about(moment, recv_some(two.b), keep);
      else
        co_await cancelled_about(moment, peek_some(two.b), [](const std::string&) {});
      co_await sending.join();
    }
    co_await two.a.shutdown();
    got += co_await recv_all(two.b);
    EXPECT_EQ(got, sent);
  }(both()));
}

TEST_P(stream_cancels, send_before_it_starts) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    EXPECT_EQ(co_await cancelled_before(two.a.send("never sent")), io::errc::cancelled);
    EXPECT_EQ(co_await failure(io::timeout(-1s, two.a.send("nor this"))), io::errc::timed_out);
    co_await two.a.send("sent");
    co_await two.a.shutdown();
    EXPECT_EQ(co_await recv_all(two.b), "sent");
  }(both()));
}

/// Sends `bytes` and says how many it was told were taken.
task<std::size_t> taken_of(stream& s, std::string_view bytes, std::error_code& failed) {
  try {
    co_await s.send(bytes);
  } catch (const io::error& e) {
    failed = e.code();
    co_return e.bytes_sent();
  }
  co_return bytes.size();
}

TEST_P(stream_cancels, send_that_its_deadline_cuts_tells_how_much_was_taken) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const std::string& bytes = too_much();
    std::size_t taken = 0;
    try {
      co_await io::timeout(20ms, two.a.send(bytes));
      ADD_FAILURE() << "it went to nobody";
    } catch (const io::error& e) {
      EXPECT_EQ(e.code(), io::errc::timed_out);
      taken = e.bytes_sent();
    }
    EXPECT_GT(taken, 0U);
    EXPECT_LT(taken, bytes.size());
    scope ending;
    ending.spawn(two.a.shutdown());
    EXPECT_TRUE(co_await recv_all(two.b) == bytes.substr(0, taken));
    co_await ending.join();
  }(both()));
}

TEST_P(stream_cancels, send_while_it_waits_and_the_next_goes_on_where_it_ended) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const std::string& bytes = too_much();
    io::context limits;
    std::error_code failed;
    std::size_t taken = 0;
    scope sending;
    sending.spawn(
        [&]() -> task<void> { taken = co_await io::run_in(limits, taken_of(two.a, bytes, failed)); });
    co_await sleep(20ms);
    limits.cancel();
    co_await sending.join();
    EXPECT_EQ(failed, io::errc::cancelled);
    sending.spawn(send_text(two.a, "and then"));
    sending.spawn(two.a.shutdown());
    EXPECT_TRUE(co_await recv_all(two.b) == bytes.substr(0, taken) + "and then");
    co_await sending.join();
  }(both()));
}

TEST_P(stream_cancels, send_by_its_end_half_way_and_nothing_goes_behind_it) {
  io::wait([](task<ends> making, bool tls) -> task<void> {
    ends two = co_await std::move(making);
    const std::string& bytes = too_much();
    std::error_code behind;
    scope others;
    {
      scope destroyed;
      destroyed.spawn(send_text(two.a, bytes));
      others.spawn([&]() -> task<void> { behind = co_await failure(two.a.send("behind")); });
      co_await sleep(20ms);
    }
    co_await io::timeout(20s, others.join());
    EXPECT_EQ(behind, std::errc::broken_pipe);
    EXPECT_EQ(co_await failure(two.a.send("later")), std::errc::broken_pipe);
    EXPECT_EQ(co_await failure(two.a.shutdown()), std::errc::broken_pipe);
    two.a.close_at_once();
    if (!tls) {
      const std::string got = co_await recv_until_silence(two.b);
      EXPECT_LT(got.size(), bytes.size());
      EXPECT_TRUE(got == bytes.substr(0, got.size()));
    }
  }(both(), kind == "tls"));
}

TEST_P(stream_cancels, send_while_it_waits_for_its_turn) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const std::string bytes = pattern(6'000'000);
    scope sending;
    sending.spawn(send_text(two.a, bytes));
    EXPECT_EQ(co_await cancelled_meanwhile(two.a.send("never sent")), io::errc::cancelled);
    EXPECT_EQ(co_await failure(io::timeout(5ms, two.a.send("nor this"))), io::errc::timed_out);
    sending.spawn(two.a.shutdown());
    EXPECT_TRUE(co_await recv_all(two.b) == bytes);
    co_await sending.join();
  }(both()));
}

TEST_P(stream_cancels, send_about_when_it_succeeds_and_it_went_or_it_did_not) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    std::string expected;
    for (int moment = 0; moment < moments; ++moment) {
      const std::string text = "message " + std::to_string(moment) + ";";
      std::error_code failed;
      co_await cancelled_about(moment, taken_of(two.a, text, failed),
                               [&](std::size_t taken) { expected += text.substr(0, taken); });
    }
    co_await two.a.shutdown();
    EXPECT_EQ(co_await recv_all(two.b), expected);
  }(both()));
}

TEST_P(stream_cancels, shutdown_while_it_waits_and_it_can_be_asked_for_again) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const std::string bytes = pattern(6'000'000);
    scope sending;
    sending.spawn(send_text(two.a, bytes));
    EXPECT_EQ(co_await cancelled_before(two.a.shutdown()), io::errc::cancelled);
    EXPECT_EQ(co_await cancelled_meanwhile(two.a.shutdown()), io::errc::cancelled);
    EXPECT_EQ(co_await failure(io::timeout(5ms, two.a.shutdown())), io::errc::timed_out);
    sending.spawn(two.a.shutdown());
    EXPECT_TRUE(co_await recv_all(two.b) == bytes);
    co_await sending.join();
  }(both()));
}

TEST_P(stream_cancels, shutdown_after_it_succeeded) {
  io::wait([](task<ends> making) -> task<void> {
    for (int moment = 0; moment < 4; ++moment) {
      ends two = moment == 0 ? co_await std::move(making) : co_await tcp_ends();
      const std::error_code failed = co_await cancelled_about(
          moment, [](stream& s) -> task<bool> { co_return (co_await s.shutdown(), true); }(two.a),
          [](bool) {});
      if (failed) co_await two.a.shutdown();
      EXPECT_EQ(co_await two.b.recv(), "");
    }
  }(both()));
}

TEST_P(stream_cancels, close_before_it_starts_and_while_it_waits_and_it_is_closed) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const bool has_descriptor = two.a.native_handle() >= 0;
    const std::size_t before = open_descriptors();
    EXPECT_EQ(co_await cancelled_before(two.a.close()), io::errc::cancelled);
    EXPECT_FALSE(two.a.is_open());
    ends others = co_await tcp_ends();
    EXPECT_EQ(co_await cancelled_meanwhile(others.a.close()), io::errc::cancelled);
    EXPECT_FALSE(others.a.is_open());
    ends last = co_await tcp_ends();
    EXPECT_FALSE(co_await failure(io::timeout(5ms, last.a.close())));  // a time limit is what it has anyway
    EXPECT_FALSE(last.a.is_open());
    others.b.abort();
    last.b.abort();
    if (has_descriptor) EXPECT_EQ(open_descriptors(), before - 1);
  }(both()));
}

TEST_P(stream_cancels, close_about_when_it_succeeds_and_it_is_closed) {
  io::wait([](task<ends> making) -> task<void> {
    ends first = co_await std::move(making);
    const std::size_t before = open_descriptors();
    for (int moment = 0; moment < moments; ++moment) {
      ends two = co_await tcp_ends();
      scope other;
      other.spawn(two.b.close());
      co_await cancelled_about(
          moment, [](stream& s) -> task<bool> { co_return (co_await s.close(), true); }(two.a), [](bool) {});
      EXPECT_FALSE(two.a.is_open());
      co_await other.join();
    }
    EXPECT_EQ(open_descriptors(), before);
  }(both()));
}

}  // namespace
}  // namespace parlance::net::test
