// From one stream into another, one way and both.
#include <cerrno>

#include <parlance/net/pump.hpp>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

class pumping : public on_every_stream {};
PARLANCE_ON_EVERY_STREAM(pumping);

/// Two callers, and the two streams between which a forwarder stands.
struct forwarded {
  stream left, a, b, right;
};

task<forwarded> between(std::string kind) {
  ends first = co_await ends_of(kind);
  ends second = co_await ends_of(kind);
  co_return forwarded{std::move(first.a), std::move(first.b), std::move(second.a), std::move(second.b)};
}

TEST_P(pumping, copies_until_the_end_and_counts) {
  io::wait([](std::string its) -> task<void> {
    forwarded f = co_await between(its);
    const std::string bytes = pattern(3'000'000);
    std::size_t told = 0;
    std::uint64_t size = 0;
    scope moving;
    moving.spawn([&]() -> task<void> {
      co_await f.left.send(bytes);
      co_await f.left.shutdown();
    });
    moving.spawn([&]() -> task<void> {
      size =
          co_await pump(f.a, f.b, {.half_close = true, .progress = [&](std::size_t more) { told += more; }});
    });
    EXPECT_TRUE(co_await recv_all(f.right) == bytes);
    co_await moving.join();
    EXPECT_EQ(size, bytes.size());
    EXPECT_EQ(told, bytes.size());
    co_await f.right.send("it may still answer");
    EXPECT_EQ(co_await f.b.recv(), "it may still answer");
  }(kind));
}

TEST_P(pumping, leaves_the_other_side_open_when_it_is_not_asked_to_end_it) {
  io::wait([](std::string its) -> task<void> {
    forwarded f = co_await between(its);
    co_await f.left.send("one, ");
    co_await f.left.shutdown();
    EXPECT_EQ(co_await pump(f.a, f.b), 5U);
    co_await f.b.send("two");
    EXPECT_EQ(co_await recv_until(f.right, 8), "one, two");
  }(kind));
}

TEST_P(pumping, ends_after_a_silence) {
  io::wait([](std::string its) -> task<void> {
    forwarded f = co_await between(its);
    co_await f.left.send("a word");
    try {
      co_await pump(f.a, f.b, {.idle = 30ms});
      ADD_FAILURE() << "it did not end";
    } catch (const io::error& e) {
      EXPECT_EQ(e.code(), io::errc::timed_out);
      EXPECT_EQ(e.bytes_sent(), 6U);
    }
  }(kind));
}

TEST_P(pumping, tells_how_much_went_when_it_is_cancelled_and_goes_on_from_there) {
  io::wait([](std::string its) -> task<void> {
    forwarded f = co_await between(its);
    const std::string bytes = pattern(12'000'000);
    scope moving;
    moving.spawn([&]() -> task<void> {
      co_await f.left.send(bytes);
      co_await f.left.shutdown();
    });
    std::uint64_t size = 0;
    try {
      co_await io::timeout(simulated() ? 50ms : 500ms, pump(f.a, f.b));
      ADD_FAILURE() << "it went to nobody";
    } catch (const io::error& e) {
      EXPECT_EQ(e.code(), io::errc::timed_out);
      EXPECT_GT(e.bytes_sent(), 0U);
      size = e.bytes_sent();
    }
    moving.spawn([&]() -> task<void> { size += co_await pump(f.a, f.b, {.half_close = true}); });
    EXPECT_TRUE(co_await recv_all(f.right) == bytes);
    co_await moving.join();
    EXPECT_EQ(size, bytes.size());
  }(kind));
}

TEST_P(pumping, fails_when_the_other_side_does_and_gives_back_what_did_not_go) {
  io::wait([](std::string its) -> task<void> {
    forwarded f = co_await between(its);
    co_await f.b.shutdown();
    co_await f.left.send("kept");
    EXPECT_EQ(co_await failure(pump(f.a, f.b)), io::from_errno(EPIPE));
    EXPECT_EQ(co_await f.a.recv(), "kept");
    f.left.abort();
    EXPECT_EQ(co_await failure(pump(f.a, f.right)),
              its == "unix" ? std::error_code() : io::from_errno(ECONNRESET));
  }(kind));
}

TEST_P(pumping, passes_on_nobody_elses_bytes_when_its_source_is_gone_while_it_sends) {
  io::wait([](std::string its) -> task<void> {
    for (const bool aborted : {false, true}) {
      forwarded f = co_await between(its);
      ends stranger = co_await tcp_ends();
      std::uint64_t size = 0;
      scope moving;
      moving.spawn([&]() -> task<void> { co_await failure(f.left.send(std::string(12'000'000, 'a'))); });
      moving.spawn([&]() -> task<void> {
        try {
          co_await pump(f.a, f.b);
        } catch (const io::error& e) {
          size = e.bytes_sent();
        }
        co_await f.b.shutdown();
      });
      co_await sleep(simulated() ? 50ms : 500ms);  // until it waits in its send
      aborted ? f.a.abort() : f.a.close_at_once();
      moving.spawn([&]() -> task<void> {
        co_await stranger.a.send(std::string(4'000'000, 's'));
        co_await stranger.a.shutdown();
      });
      EXPECT_EQ((co_await recv_all(stranger.b)).size(), 4'000'000U);
      const std::string got = co_await recv_all(f.right);
      co_await moving.join();
      EXPECT_EQ(got.find_first_not_of('a'), std::string::npos);
      EXPECT_EQ(got.size(), size);
    }
  }(kind));
}

TEST_P(pumping, relays_both_ways_until_both_have_ended) {
  io::wait([](std::string its) -> task<void> {
    forwarded f = co_await between(its);
    relayed whole;
    scope relaying;
    relaying.spawn([&]() -> task<void> { whole = co_await relay(f.a, f.b); });
    co_await f.left.send("question");
    EXPECT_EQ(co_await recv_until(f.right, 8), "question");
    co_await f.left.shutdown();
    EXPECT_EQ(co_await f.right.recv(), "");
    co_await f.right.send("an answer after the end of the question");
    co_await f.right.shutdown();
    EXPECT_EQ(co_await recv_all(f.left), "an answer after the end of the question");
    co_await relaying.join();
    EXPECT_EQ(whole.a_to_b, 8U);
    EXPECT_EQ(whole.b_to_a, 39U);
  }(kind));
}

TEST_P(pumping, loses_nothing_when_a_relay_is_cancelled_again_and_again) {
  io::wait([](std::string its) -> task<void> {
    forwarded f = co_await between(its);
    const std::string bytes = pattern(simulated() ? 600'000 : 12'000'000);
    scope moving;
    for (stream* one : {&f.left, &f.right})
      moving.spawn([](stream& from, const std::string& all) -> task<void> {
        co_await from.send(all);
        co_await from.shutdown();
      }(*one, bytes));
    moving.spawn([&]() -> task<void> {
      for (bool over = false; !over;) try {
          co_await io::timeout(3ms, relay(f.a, f.b));
          over = true;
        } catch (const io::error& e) {
          if (e.code() != io::errc::timed_out) throw;
        }
    });
    const auto slowly = [](stream& from) -> task<std::string> {
      std::string all;
      for (std::string_view more; !(more = co_await from.recv()).empty(); all += more) co_await sleep(100us);
      co_return all;
    };
    const auto [to_the_left, to_the_right] = co_await io::all(slowly(f.left), slowly(f.right));
    EXPECT_TRUE(to_the_left == bytes);
    EXPECT_TRUE(to_the_right == bytes);
    co_await moving.join();
  }(kind));
}

TEST_P(pumping, relays_as_long_as_one_way_brings_something) {
  io::wait([](std::string its) -> task<void> {
    if (!simulated()) co_return;  // where the machine may be busy for as long
    forwarded f = co_await between(its);
    relayed so_far;
    std::error_code failed;
    scope relaying;
    constexpr io::duration idle = 50ms;
    relaying.spawn([&]() -> task<void> {
      failed = co_await failure(relay(f.a, f.b, {.idle = idle, .so_far = &so_far}));
    });
    const io::time_point start = io::loop::current().now();
    while (io::loop::current().now() - start < 2 * idle) {
      co_await f.right.send("x");
      EXPECT_EQ(co_await f.left.recv(), "x");
      EXPECT_FALSE(failed);
      co_await sleep(idle / 10);
    }
    EXPECT_GT(so_far.b_to_a, 0U);
    EXPECT_EQ(so_far.a_to_b, 0U);
    co_await relaying.join();
    EXPECT_EQ(failed, io::errc::timed_out);
    EXPECT_GE(io::loop::current().now() - start, 3 * idle - idle / 5);
  }(kind));
}

TEST_P(pumping, does_not_call_a_side_silent_that_takes_slowly) {
  io::wait([](std::string its) -> task<void> {
    if (!simulated()) co_return;  // where the machine may be busy for as long
    forwarded f = co_await between(its);
    constexpr io::duration idle = 50ms;
    std::error_code failed;
    scope relaying;
    relaying.spawn([&]() -> task<void> { failed = co_await failure(relay(f.a, f.b, {.idle = idle})); });
    relaying.spawn([&]() -> task<void> { co_await f.left.send(too_much()); });
    co_await sleep(10 * idle);
    EXPECT_FALSE(failed) << failed.message();
    EXPECT_TRUE(co_await recv_until(f.right, too_much().size()) == too_much());
    co_await relaying.join();
    EXPECT_EQ(failed, io::errc::timed_out);
  }(kind));
}

TEST_P(pumping, leaves_no_side_of_a_relay_that_fails_with_a_clean_end) {
  io::wait([](std::string its) -> task<void> {
    for (const bool of_left : {true, false}) {
      forwarded f = co_await between(its);
      stream& cut = of_left ? f.left : f.right;
      stream& other = of_left ? f.right : f.left;
      std::error_code failed;
      scope relaying;
      relaying.spawn([&]() -> task<void> { failed = co_await failure(relay(f.a, f.b)); });
      co_await cut.send("not all of it");
      EXPECT_EQ(co_await recv_until(other, 13), "not all of it");
      if (its == "unix")  // which knows no resets
        (of_left ? f.a : f.b).abort();
      else if (its == "tls")
        co_await cut.below()->shutdown();  // what somebody in between can do
      else
        cut.abort();
      co_await relaying.join();
      EXPECT_TRUE(failed);
      EXPECT_FALSE(f.a.is_open());
      EXPECT_FALSE(f.b.is_open());
      if (its != "unix") EXPECT_EQ(co_await failure(recv_some(other)), std::errc::connection_reset);
    }
  }(kind));
}

TEST_P(pumping, keeps_what_was_told_its_end_when_a_relay_fails) {
  io::wait([](std::string its) -> task<void> {
    forwarded f = co_await between(its);
    std::error_code failed;
    scope relaying;
    relaying.spawn([&]() -> task<void> { failed = co_await failure(relay(f.a, f.b)); });
    co_await f.right.send("a whole answer");
    co_await f.right.shutdown();
    EXPECT_EQ(co_await recv_all(f.left), "a whole answer");
    f.b.abort();
    co_await f.left.send("for nobody");
    co_await relaying.join();
    EXPECT_EQ(failed, errc::closed);
    EXPECT_TRUE(f.a.is_open());
  }(kind));
}

TEST_P(pumping, gives_up_the_other_way_when_one_fails_and_when_it_is_cancelled_or_destroyed) {
  io::wait([](std::string its) -> task<void> {
    forwarded f = co_await between(its);
    relayed so_far;
    EXPECT_EQ(co_await cancelled_meanwhile(relay(f.a, f.b, {.so_far = &so_far})), io::errc::cancelled);
    {
      scope relaying;
      relaying.spawn([&]() -> task<void> { co_await relay(f.a, f.b); });
      co_await io::yield();
    }
    co_await f.left.send("still there");
    EXPECT_EQ(co_await f.a.recv(), "still there");
    co_await f.right.send("unread");
    co_await sleep(5ms);
    f.a.abort();
    EXPECT_EQ(co_await failure(relay(f.a, f.b)), errc::closed);
    EXPECT_FALSE(f.b.is_open()) << "it would end it as if that was all";
  }(kind));
}

/// Of a transport: the n-th thing that is asked of it fails, a send when a part of it has gone.
class failing_transport final : public transport {
 public:
  failing_transport(stream below, int nth, std::size_t part)
      : below_(std::move(below)), nth_(nth), part_(part) {}

  io::task<std::string_view> recv() override {
    if (fails()) throw io::error(io::from_errno(EIO), "receive");
    co_return co_await below_.recv();
  }
  io::task<void> send(std::span<const std::string_view> pieces, std::shared_ptr<const void>) override {
    if (!fails()) co_return co_await below_.send(pieces);
    const std::string_view first = pieces.front().substr(0, part_);
    co_await below_.send(first);
    throw io::error(io::from_errno(EIO), "send").sent(first.size());
  }
  io::task<void> shutdown() override {
    if (fails()) throw io::error(io::from_errno(EIO), "shut down");
    co_await below_.shutdown();
  }
  io::task<void> close(close_limits limits) override { return below_.close(limits); }
  void close_at_once() noexcept override { below_.close_at_once(); }
  void abort() noexcept override { below_.abort(); }
  void set_timeout(io::side, io::duration) override {}

 private:
  bool fails() noexcept { return --nth_ == 0; }

  stream below_;
  int nth_;
  std::size_t part_;
};

/// Pumps, over and over until it succeeds. How often it failed.
task<int> pump_until_it_does(stream& from, stream& to, std::uint64_t& size) {
  for (int failures = 0;; ++failures) try {
      size += co_await pump(from, to, {.half_close = true});
      co_return failures;
    } catch (const io::error& e) {
      EXPECT_EQ(e.code(), std::errc::io_error);
      size += e.bytes_sent();
    }
}

// Whichever of them: it is told how much went, and the next begins there.
TEST(pumping_that_fails, loses_nothing_and_sends_nothing_twice) {
  io::loop here({.backend = "sim"});
  const std::string text = pattern(20'000);
  for (const std::size_t part : {0U, 1U, 700U, 100'000U})
    for (const bool source_fails : {true, false})
      for (int nth = 1, failures = 1; failures != 0; ++nth) {
        SCOPED_TRACE(std::to_string(nth) + (source_fails ? " of the source, " : ", ") + std::to_string(part));
        auto [left, a] = memory_streams(1'000);
        auto [b, right] = memory_streams(3'000);
        stream from(std::make_shared<failing_transport>(std::move(a), source_fails ? nth : 0, part));
        stream to(std::make_shared<failing_transport>(std::move(b), source_fails ? 0 : nth, part));
        std::uint64_t size = 0;
        std::string got;
        io::wait([](stream& by, stream& in, stream& out, stream& at, const std::string& all,
                    std::uint64_t& went, std::string& arrived, int& failed) -> task<void> {
          scope both;
          both.spawn([&]() -> task<void> {
            co_await by.send(all);
            co_await by.shutdown();
          });
          both.spawn([&]() -> task<void> { arrived = co_await recv_all(at); });
          failed = co_await pump_until_it_does(in, out, went);
          co_await both.join();
        }(left, from, to, right, text, size, got, failures));
        EXPECT_EQ(size, text.size());
        EXPECT_TRUE(got == text) << got.size();
      }
}

}  // namespace
}  // namespace parlance::net::test
