// How conversations end: politely, within limits; by a reset; and without SIGPIPE.
#include <sys/time.h>

#include <csignal>
#include <string>

#include <parlance/net/reader.hpp>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

task<void> peek(stream& s) { co_await s.peek(); }
task<void> recv(stream& s) { co_await s.recv(); }

class stream_ends : public on_every_stream {};
PARLANCE_ON_EVERY_STREAM(stream_ends);

TEST_P(stream_ends, close_waits_for_the_last_words_of_both_sides) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    co_await two.b.send("never received");
    co_await sleep(5ms);
    co_await two.a.send("goodbye");
    scope closing;
    closing.spawn(two.a.close());
    EXPECT_EQ(co_await recv_all(two.b), "goodbye");
    co_await two.b.send("so long");
    co_await two.b.close();
    co_await io::timeout(30s, closing.join());
    EXPECT_FALSE(two.a.is_open());
    EXPECT_FALSE(two.b.is_open());
  }(both()));
}

TEST_P(stream_ends, a_shutdown_that_is_destroyed_was_not_asked_for) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const std::string much(8'000'000, 'x');
    scope sending;
    sending.spawn([&]() -> task<void> { co_await two.a.send(much); });
    co_await sleep(1ms);
    EXPECT_EQ((co_await io::race(two.a.shutdown(), sleep(5ms))).index(), 1U);
    reader from(two.b);
    EXPECT_EQ((co_await from.exactly(much.size()))->size(), much.size());
    co_await sending.join();
    co_await two.a.send("more");
    EXPECT_EQ(co_await from.exactly(4), "more");
    co_await two.a.shutdown();
    EXPECT_EQ(co_await from.rest(100), "");
  }(both()));
}

TEST_P(stream_ends, shutdowns_that_are_called_off_were_not_asked_for) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    scope sending;
    sending.spawn([&]() -> task<void> { co_await two.a.send(too_much()); });
    std::error_code first, second;
    io::context limits;
    scope ending;
    ending.spawn([&]() -> task<void> { first = co_await failure(io::timeout(5ms, two.a.shutdown())); });
    ending.spawn([&]() -> task<void> { second = co_await failure(io::run_in(limits, two.a.shutdown())); });
    co_await sleep(20ms);
    EXPECT_EQ(first, io::errc::timed_out);
    EXPECT_EQ(co_await failure(send_text(two.a, "x")), std::errc::broken_pipe) << "the other still asks";
    limits.cancel();
    co_await ending.join();
    EXPECT_EQ(second, io::errc::cancelled);
    sending.spawn([&]() -> task<void> {
      co_await two.a.send("more");
      co_await two.a.shutdown();
    });
    EXPECT_TRUE(co_await recv_all(two.b) == too_much() + "more");
    co_await sending.join();
  }(both()));
}

TEST_P(stream_ends, a_shutdown_goes_along_when_the_stream_is_moved) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    scope work;
    work.spawn([&]() -> task<void> { co_await two.a.send(too_much()); });
    work.spawn([&]() -> task<void> { co_await two.a.shutdown(); });
    co_await sleep(5ms);
    stream moved = std::move(two.a);
    EXPECT_EQ(co_await failure(send_text(moved, "x")), std::errc::broken_pipe);
    EXPECT_TRUE(co_await recv_all(two.b) == too_much());
    co_await work.join();
    EXPECT_EQ(co_await failure(send_text(moved, "x")), std::errc::broken_pipe);
    co_await two.b.send("an answer");
    EXPECT_EQ(co_await recv_until(moved, 9), "an answer");
  }(both()));
}

class unread_bytes : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(unread_bytes);

TEST_P(unread_bytes, reset_also_when_somebody_has_looked_at_them) {
  io::wait([]() -> task<void> {
    for (int how = 0; how < 4; ++how) {
      auto in_memory = memory_streams();
      ends two =
          how == 3 ? ends{std::move(in_memory.first), std::move(in_memory.second)} : co_await tcp_ends();
      co_await two.a.send("0123456789");
      if (how == 0 || how == 3) EXPECT_EQ(co_await two.b.peek(), "0123456789");
      if (how == 1) {
        char room[3];
        EXPECT_EQ(co_await two.b.recv_into(room), 3U);
      }
      if (how == 2) {
        reader lines(two.b);
        EXPECT_EQ(co_await lines.exactly(3), "012");
      }
      two.b.close_at_once();
      EXPECT_EQ(co_await failure(two.a.recv()), std::errc::connection_reset) << how;
      // Politely they are listened to.
      ends polite = co_await tcp_ends();
      co_await polite.a.send("0123456789");
      co_await polite.b.peek();
      scope closing;
      closing.spawn(polite.b.close());
      EXPECT_EQ(co_await recv_all(polite.a), "");
      co_await polite.a.close();
      co_await closing.join();
    }
  }());
}

TEST_P(stream_ends, a_shutdown_that_two_ask_for_is_over_for_neither_before_it_is) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const std::string much = pattern(20'000'000);
    int over = 0;
    scope sending;
    sending.spawn([&]() -> task<void> { co_await two.a.send(much); });
    for (int i = 0; i < 3; ++i)
      sending.spawn([&]() -> task<void> {
        co_await two.a.shutdown();
        ++over;
      });
    co_await sleep(5ms);
    EXPECT_EQ(over, 0);
    EXPECT_TRUE(co_await recv_all(two.b) == much);
    co_await io::timeout(30s, sending.join());
    EXPECT_EQ(over, 3);
    co_await two.a.shutdown();  // and once more
  }(both()));
}

// Linux resets a connection that is closed with bytes unread, and the peer loses what it has not read yet
// (RFC 9293, section 3.6.1).
TEST_P(stream_ends, close_with_unread_bytes_does_not_reset) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const std::string unread = pattern(30'000), last_words = pattern(200'000);
    co_await two.b.send(unread);
    co_await sleep(5ms);
    scope ending;
    ending.spawn([&]() -> task<void> {
      co_await two.a.send(last_words);
      co_await two.a.close();
    });
    co_await sleep(20ms);
    EXPECT_TRUE(co_await recv_all(two.b) == last_words);
    co_await two.b.close();
    co_await io::timeout(30s, ending.join());
  }(both()));
}

TEST_P(stream_ends, a_close_beside_another_waits_for_it_and_cuts_nothing) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const std::string last_words = pattern(200'000);
    scope ending;
    ending.spawn([&]() -> task<void> {
      co_await two.a.send(last_words);
      scope closing;
      closing.spawn(two.a.close({.time = 30s}));
      co_await sleep(5ms);
      co_await two.a.close({.time = 30s});
      EXPECT_FALSE(two.a.is_open());
      co_await closing.join();
    });
    co_await sleep(30ms);
    EXPECT_TRUE(co_await recv_all(two.b) == last_words);
    co_await two.b.close();
    co_await ending.join();
  }(both()));
}

TEST_P(stream_ends, a_close_beside_another_has_limits_of_its_own) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    scope closing;
    closing.spawn(two.a.close({.time = 1h}));
    co_await sleep(5ms);
    co_await two.a.close({.time = 30ms});
    EXPECT_FALSE(two.a.is_open());
    co_await io::timeout(30s, closing.join());
  }(both()));
}

// What it listens to lies where that lay which was received before.
TEST_P(stream_ends, a_close_leaves_nothing_to_readers_and_who_peeked) {
  for (const bool destroyed : {true, false})
    io::wait([](task<ends> pair, bool is_destroyed) -> task<void> {
      ends two = co_await std::move(pair);
      co_await two.a.send("one\ntwo-two-two-two\nthree");
      {
        net::reader in(two.b);
        EXPECT_EQ(co_await in.line(), "one");
        scope closing;
        closing.spawn(two.b.close());
        for (const char* text : {"more and more and more", "even more and more"}) {
          co_await sleep(5ms);
          co_await two.a.send(text);
        }
        co_await sleep(5ms);
        EXPECT_NE(co_await failure(peek(two.b)), std::error_code());
        if (!is_destroyed) closing.cancel();
      }
      EXPECT_FALSE(two.b.is_open());
    }(both(), destroyed));
}

TEST_P(stream_ends, a_close_beside_bytes_that_nobody_received_drops_them) {
  io::wait([](task<ends> pair) -> task<void> {
    ends two = co_await std::move(pair);
    for (int i = 0; i < 120; ++i) co_await two.a.send("0123456789");
    co_await recv_some(two.b);
    two.b.unread("again");
    scope closing;
    closing.spawn(two.b.close());
    co_await sleep(5ms);
    co_await two.a.send("more");
    std::error_code beside;  // TLS may have some that it has decrypted
    for (int i = 0; i < 200 && !beside; ++i) beside = co_await failure(recv(two.b));
    EXPECT_EQ(beside, io::from_errno(EALREADY));
    co_await two.a.close();
    co_await closing.join();
  }(both()));
}

TEST_P(stream_ends, close_is_bounded_by_time) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const io::time_point start = io::loop::current().now();
    co_await two.a.close({.time = 30ms});
    const io::duration took = io::loop::current().now() - start;
    EXPECT_GE(took, 29ms);
    EXPECT_LT(took, test::patience(31ms));
    EXPECT_FALSE(two.a.is_open());
    EXPECT_EQ(co_await two.b.recv(), "");
  }(both()));
}

TEST_P(stream_ends, close_is_bounded_by_bytes) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const std::string& flood = too_much();
    scope flooding;
    std::error_code cut;
    flooding.spawn([&]() -> task<void> {
      for (int i = 0; i < 5 && !cut; ++i) {
        cut = co_await failure(send_text(two.b, flood));
        co_await sleep(2ms);
      }
    });
    const io::time_point start = io::loop::current().now();
    co_await two.a.close({.time = 60s, .bytes = 1000});
    EXPECT_LT(io::loop::current().now() - start, test::patience(1s));
    co_await io::timeout(30s, flooding.join());
    EXPECT_TRUE(cut == std::errc::connection_reset || cut == std::errc::broken_pipe) << cut.message();
  }(both()));
}

TEST_P(stream_ends, close_sends_first_what_still_waits_to_be_sent) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const std::string bytes = pattern(4'000'000);
    scope sending;
    sending.spawn([&]() -> task<void> { co_await two.a.send(bytes); });
    sending.spawn([&]() -> task<void> { co_await two.a.close(); });
    EXPECT_TRUE(co_await recv_all(two.b) == bytes);
    co_await two.b.close();
    co_await sending.join();
  }(both()));
}

TEST_P(stream_ends, close_is_no_error_when_the_peer_has_gone) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    two.b.abort();
    co_await sleep(5ms);
    co_await two.a.close();
    co_await two.a.close();
    EXPECT_FALSE(two.a.is_open());
  }(both()));
}

TEST_P(stream_ends, close_ends_a_recv_that_waits) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    scope receiving;
    std::error_code ended;
    receiving.spawn([&]() -> task<void> { ended = co_await failure(two.a.recv()); });
    co_await sleep(2ms);
    co_await two.a.close();
    co_await io::timeout(30s, receiving.join());
    EXPECT_EQ(ended, io::errc::cancelled);
    EXPECT_EQ(co_await two.b.recv(), "");
  }(both()));
}

/// Fails as no stream does.
class unusual : public transport {
 public:
  io::task<std::string_view> recv() override { co_return ""; }
  io::task<void> send(std::span<const std::string_view>, std::shared_ptr<const void>) override { co_return; }
  io::task<void> shutdown() override {
    if (in_shutdown) throw std::runtime_error("whatever comes");
    co_return;
  }
  io::task<void> close(close_limits) override {
    throw std::runtime_error("whatever comes");
    co_return;
  }
  void close_at_once() noexcept override { ++closed; }
  void abort() noexcept override {}
  void set_timeout(io::side, io::duration) override {}

  bool in_shutdown = false;
  int closed = 0;
};

TEST(stream_over_a_transport, is_closed_whatever_that_throws) {
  io::loop here{{.backend = "sim"}};
  for (const bool in_shutdown : {false, true}) {
    const auto over = std::make_shared<unusual>();
    over->in_shutdown = in_shutdown;
    stream s(over);
    EXPECT_NO_THROW(io::wait(s.close()));
    EXPECT_FALSE(s.is_open());
    EXPECT_EQ(over->closed, 1);
  }
}

/// Ends when it is told to.
class slow_to_end final : public unusual {
 public:
  io::task<void> shutdown() override {
    ++asked;
    co_await may_end;
    if (fails == asked) throw io::error(io::from_errno(EIO), "shut down");
  }
  void close_at_once() noexcept override { may_end.set(); }

  io::event may_end;
  int asked = 0, fails = 0;
};

TEST(stream_over_a_transport, asks_it_for_the_end_once_and_again_only_when_it_has_failed) {
  io::loop here{{.backend = "sim"}};
  io::wait([]() -> task<void> {
    for (const int fails : {0, 1}) {
      const auto over = std::make_shared<slow_to_end>();
      over->fails = fails;
      stream s(over);
      std::error_code first, second, third;
      scope ending;
      ending.spawn([&]() -> task<void> { first = co_await failure(s.shutdown()); });
      ending.spawn([&]() -> task<void> { second = co_await failure(s.shutdown()); });
      ending.spawn([&]() -> task<void> { third = co_await failure(io::timeout(1ms, s.shutdown())); });
      co_await sleep(2ms);
      EXPECT_EQ(over->asked, 1);
      EXPECT_EQ(third, io::errc::timed_out);
      EXPECT_EQ(co_await failure(send_text(s, "x")), std::errc::broken_pipe);
      over->may_end.set();
      co_await ending.join();
      EXPECT_EQ(over->asked, 1 + fails);
      EXPECT_EQ(first, fails ? io::from_errno(EIO) : std::error_code());
      EXPECT_EQ(second, std::error_code());
    }
  }());
}

TEST(stream_over_a_transport, asks_it_for_the_end_once_when_it_is_closed_meanwhile) {
  io::loop here{{.backend = "sim"}};
  io::wait([]() -> task<void> {
    const auto over = std::make_shared<slow_to_end>();
    stream s(over);
    scope ending;
    std::error_code ended;
    ending.spawn([&]() -> task<void> { ended = co_await failure(s.shutdown()); });
    ending.spawn([&]() -> task<void> { co_await s.close({.time = 1ms}); });
    co_await ending.join();
    EXPECT_EQ(over->asked, 1);
    EXPECT_EQ(ended, io::errc::cancelled);
    EXPECT_FALSE(s.is_open());
  }());
}

TEST_P(stream_ends, abort_ends_what_waits) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const std::string& bytes = too_much();
    std::error_code received, sent;
    scope waiting;
    waiting.spawn([&]() -> task<void> { received = co_await failure(two.a.recv()); });
    waiting.spawn([&]() -> task<void> { sent = co_await failure(two.a.send(bytes)); });
    co_await sleep(5ms);
    two.a.abort();
    co_await io::timeout(30s, waiting.join());
    EXPECT_EQ(received, std::errc::connection_aborted);
    EXPECT_EQ(sent, std::errc::connection_aborted);
  }(both()));
}

// SIGPIPE's default action would end this process; the disposition stays as it is.
TEST_P(stream_ends, sending_to_a_peer_that_has_gone_is_an_error_and_no_signal) {
  struct sigaction before{};
  ::sigaction(SIGPIPE, nullptr, &before);
  EXPECT_EQ(before.sa_handler, SIG_DFL);
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    two.b.abort();
    co_await sleep(5ms);
    const std::string_view pieces[] = {"a", "b"};
    std::error_code failed;
    for (int i = 0; i < 20 && !failed; ++i) failed = co_await failure(send_text(two.a, "x"));
    EXPECT_TRUE(failed == std::errc::connection_reset || failed == std::errc::broken_pipe)
        << failed.message();
    failed = co_await failure(two.a.send(pieces));
    EXPECT_TRUE(failed == std::errc::connection_reset || failed == std::errc::broken_pipe)
        << failed.message();
  }(both()));
  struct sigaction after{};
  ::sigaction(SIGPIPE, nullptr, &after);
  EXPECT_EQ(after.sa_handler, SIG_DFL);
}

void ignore_alarm(int) {}

/// SIGALRM every half millisecond, without SA_RESTART: whatever waits in the kernel is interrupted (EINTR).
class interruptions {
 public:
  interruptions() {
    struct sigaction handling{};
    handling.sa_handler = ignore_alarm;
    ::sigaction(SIGALRM, &handling, &before_);
    const itimerval often{.it_interval = {.tv_sec = 0, .tv_usec = 500},
                          .it_value = {.tv_sec = 0, .tv_usec = 500}};
    ::setitimer(ITIMER_REAL, &often, nullptr);
  }
  ~interruptions() {
    const itimerval off{};
    ::setitimer(ITIMER_REAL, &off, nullptr);
    ::sigaction(SIGALRM, &before_, nullptr);
  }
  interruptions(const interruptions&) = delete;
  interruptions& operator=(const interruptions&) = delete;

 private:
  struct sigaction before_{};
};

TEST_P(stream_ends, signals_disturb_nothing) {
  const interruptions often;
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const std::string& bytes = too_much();
    scope sending;
    sending.spawn([&]() -> task<void> {
      co_await two.a.send(bytes);
      co_await sleep(5ms);
      co_await two.a.close();
    });
    EXPECT_TRUE(co_await recv_all(two.b) == bytes);
    co_await two.b.close();
    co_await sending.join();
  }(both()));
}

/// How a stream goes away behind a message of which only a part has gone.
enum class going { politely, at_once, with_the_sender, in_the_middle };

TEST_P(stream_ends, a_part_of_a_message_is_not_taken_for_all_of_it) {
  for (const going how : {going::politely, going::at_once, going::with_the_sender, going::in_the_middle})
    io::wait([](task<ends> making, going how, std::string its) -> task<void> {
      ends two = co_await std::move(making);
      std::optional<stream> sender(std::move(two.a));
      {
        scope sending{[](std::exception_ptr) {}};
        sending.spawn(send_text(*sender, too_much()));
        co_await sleep(5ms);
        if (how == going::in_the_middle) sender->close_at_once();
      }
      if (how == going::politely) co_await sender->close({.time = 1ms});
      if (how == going::at_once) sender->close_at_once();
      sender.reset();
      const std::error_code end = co_await failure(recv_all(two.b));
      if (its == "unix")
        EXPECT_EQ(end, std::error_code());
      else
        EXPECT_TRUE(end == io::from_errno(ECONNRESET) || (its == "tls" && end == errc::truncated))
            << static_cast<int>(how) << ": " << end.message();
    }(both(), how, kind));
}

TEST_P(stream_ends, a_message_that_went_is_taken_whoever_waited_for_it) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    {
      scope sending;
      sending.spawn(send_text(two.a, "all of it"));
      co_await sleep(5ms);
    }
    two.a.close_at_once();
    EXPECT_EQ(co_await recv_some(two.b), "all of it");
  }(both()));
}

class stream_resets : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(stream_resets);

TEST_P(stream_resets, abort_resets_and_the_peer_reads_it) {
  io::wait([]() -> task<void> {
    ends two = co_await tcp_ends();
    const std::string peer = two.b.remote().to_string();
    two.a.abort();
    EXPECT_EQ(co_await words(two.b.recv()), "receive from " + peer + ": connection reset by peer");
  }());
}

TEST_P(stream_resets, destroying_with_unread_bytes_resets) {
  io::wait([]() -> task<void> {
    ends two = co_await tcp_ends();
    co_await two.b.send("never received");
    co_await sleep(10ms);
    {
      const stream dropped = std::move(two.a);
    }
    EXPECT_EQ(co_await failure(two.b.recv()), std::errc::connection_reset);
  }());
}

TEST_P(stream_resets, destroying_without_unread_bytes_ends) {
  io::wait([]() -> task<void> {
    ends two = co_await tcp_ends();
    co_await two.a.send("all of it");
    {
      const stream dropped = std::move(two.a);
    }
    EXPECT_EQ(co_await recv_all(two.b), "all of it");
  }());
}

TEST_P(stream_resets, what_arrived_before_a_reset_is_received) {
  io::wait([]() -> task<void> {
    ends two = co_await tcp_ends();
    co_await two.a.send("before");
    co_await sleep(10ms);
    two.a.abort();
    co_await sleep(10ms);
    EXPECT_EQ(co_await two.b.recv(), "before");
    EXPECT_EQ(co_await failure(two.b.recv()), std::errc::connection_reset);
  }());
}

}  // namespace
}  // namespace parlance::net::test
