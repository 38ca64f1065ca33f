// Happy Eyeballs (RFC 8305): a delay starts the next attempt and never ends an earlier one.
#include <parlance/net/detail/race.hpp>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

TEST(interleaving, takes_the_families_in_turn_and_begins_with_the_first) {
  const auto v4 = [](std::uint8_t n) { return endpoint::ipv4({192, 0, 2, n}, 80); };
  const auto v6 = [](std::uint8_t n) {
    return endpoint::ipv6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, n}, 80);
  };
  using all = std::vector<endpoint>;
  EXPECT_EQ(interleave({v6(1), v6(2), v6(3), v4(1)}), (all{v6(1), v4(1), v6(2), v6(3)}));
  EXPECT_EQ(interleave({v4(1), v6(1), v6(2), v4(2)}), (all{v4(1), v6(1), v4(2), v6(2)}));
  EXPECT_EQ(interleave({v4(1), v4(2)}), (all{v4(1), v4(2)}));
  EXPECT_EQ(interleave({}), all{});
}

/// Listens, but answers nobody before somebody is accepted: another caller fills its queue. On Linux and in
/// the simulation a SYN that finds it full is dropped, and sent again after a second.
struct silent {
  listener listening;
  stream filler;
  endpoint at = listening.local();

  static task<silent> make() {
    listener l = co_await listen("127.0.0.1:0", {.backlog = 0});
    stream s = co_await connect(l.local().to_string());
    co_return silent{std::move(l), std::move(s)};
  }
};

/// Where nobody listens.
task<endpoint> nobody() { co_return (co_await listen("127.0.0.1:0")).local(); }

class racing : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(racing);

TEST_P(racing, takes_the_first_that_answers_and_leaves_those_after_it_untried) {
  io::wait([]() -> task<void> {
    const listener first = co_await listen("127.0.0.1:0"), second = co_await listen("127.0.0.1:0");
    std::vector<attempt> log(3);  // of an earlier one
    const auto winner = co_await race({first.local(), second.local()}, 250ms, log);
    EXPECT_EQ(winner->remote(), first.local());
    EXPECT_EQ(outcomes(log), first.local().to_string() + ": connected");
  }());
}

TEST_P(racing, starts_the_next_after_the_delay_and_no_earlier) {
  io::wait([]() -> task<void> {
    const silent first = co_await silent::make(), second = co_await silent::make();
    std::vector<attempt> log;
    scope attempts;
    attempts.spawn([&]() -> task<void> { co_await race({first.at, second.at}, 60ms, log); });
    const io::time_point start = io::loop::current().now();
    co_await eventually([&] { return log.size() == 1; });
    co_await eventually([&] { return log.size() == 2; });
    EXPECT_GE(io::loop::current().now() - start, 60ms);
    EXPECT_LT(io::loop::current().now() - start, test::patience(62ms));
  }());
}

TEST_P(racing, goes_on_to_one_that_answers_past_one_that_does_not) {
  io::wait([]() -> task<void> {
    const silent first = co_await silent::make();
    const listener second = co_await listen("127.0.0.1:0");
    std::vector<attempt> log;
    const auto winner = co_await race({first.at, second.local()}, 20ms, log);
    EXPECT_EQ(winner->remote(), second.local());
    EXPECT_EQ(outcomes(log),
              first.at.to_string() + ": no answer yet, " + second.local().to_string() + ": connected");
  }());
}

TEST_P(racing, never_ends_an_earlier_attempt_when_it_starts_the_next) {
  io::wait([]() -> task<void> {
    silent first = co_await silent::make();
    const silent second = co_await silent::make(), third = co_await silent::make();
    std::vector<attempt> log;
    scope accepting;
    accepting.spawn([&]() -> task<void> {
      co_await eventually([&] { return log.size() == 3; });  // all three are under way
      (co_await first.listening.accept()).abort();
    });
    const auto winner = co_await io::timeout(30s, race({first.at, second.at, third.at}, 20ms, log));
    EXPECT_EQ(winner->remote(), first.at);
    EXPECT_EQ(log.size(), 3U);
    co_await accepting.join();
  }());
}

TEST_P(racing, starts_the_next_at_once_when_one_fails) {
  io::wait([]() -> task<void> {
    const endpoint refused = co_await nobody();
    const listener second = co_await listen("127.0.0.1:0");
    std::vector<attempt> log;
    const auto winner = co_await io::timeout(30s, race({refused, refused, second.local()}, 60s, log));
    EXPECT_EQ(winner->remote(), second.local());
    EXPECT_EQ(log.at(0).outcome, "connection refused");
  }());
}

TEST_P(racing, starts_the_next_at_once_when_an_earlier_one_fails) {
  io::wait([]() -> task<void> {
    std::optional<silent> first = co_await silent::make();
    const silent second = co_await silent::make();
    const listener third = co_await listen("127.0.0.1:0");
    const endpoint at = first->at;
    scope closing;
    closing.spawn([&]() -> task<void> {
      co_await sleep(50ms);
      first.reset();  // whose SYN, sent again after a second, is then refused
    });
    std::vector<attempt> log;
    const io::time_point start = io::loop::current().now();
    const auto winner = co_await race({at, second.at, third.local()}, 900ms, log);
    EXPECT_EQ(winner->remote(), third.local());
    EXPECT_EQ(log.at(0).outcome, "connection refused");
    EXPECT_LT(io::loop::current().now() - start, test::patience(1190ms));
  }());
}

TEST_P(racing, names_every_address_and_why_it_failed) {
  io::wait([]() -> task<void> {
    const endpoint one = co_await nobody(), other = endpoint::ipv6({}, one.port());
    std::vector<attempt> log;
    const std::string said = co_await words(race({one, other}, 250ms, log));
    EXPECT_EQ(said, "connect: " + one.to_string() + ": connection refused, " + other.to_string() +
                        ": connection refused");
    EXPECT_EQ(co_await failure(race({one, other}, 250ms, log)), std::errc::connection_refused);
  }());
}

TEST_P(racing, closes_the_losers) {
  io::wait([]() -> task<void> {
    const silent first = co_await silent::make(), second = co_await silent::make();
    const listener third = co_await listen("127.0.0.1:0");
    const std::size_t before = open_descriptors();
    std::vector<attempt> log;
    auto winner = co_await race({first.at, second.at, third.local()}, 10ms, log);
    if (!simulated()) EXPECT_EQ(open_descriptors(), before + 1);
    winner.reset();
    EXPECT_EQ(open_descriptors(), before);
  }());
}

TEST_P(racing, closes_all_when_it_is_cancelled_or_late) {
  io::wait([]() -> task<void> {
    const silent first = co_await silent::make(), second = co_await silent::make();
    const std::size_t before = open_descriptors();
    std::vector<attempt> log;
    EXPECT_EQ(co_await cancelled_before(race({first.at, second.at}, 1ms, log)), io::errc::cancelled);
    EXPECT_EQ(co_await cancelled_meanwhile(race({first.at, second.at}, 1ms, log)), io::errc::cancelled);
    EXPECT_EQ(log.size(), 2U);
    EXPECT_EQ(co_await failure(io::timeout(20ms, race({first.at, second.at}, 1ms, log))),
              io::errc::timed_out);
    EXPECT_EQ(open_descriptors(), before);
  }());
}

}  // namespace
}  // namespace parlance::net::test
