// Random destruction, cancellation, abort, reset and half-close, in any order, on connections whose every
// byte is checked: nothing is lost, doubled or invented, unless a connection was broken and somebody told.
//
//   PARLANCE_STRESS_STEPS=1000000 io_test --gtest_filter='*stress*'       each backend takes so many steps
#include <cstdlib>
#include <random>
#include <thread>

#include <parlance/io/mailbox.hpp>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

std::uint64_t steps(std::uint64_t usually) {
  const char* wanted = std::getenv("PARLANCE_STRESS_STEPS");
  return wanted ? std::strtoull(wanted, nullptr, 10) : usually;
}

/// What stands at each position of a stream: no short stretch of it is at two places that are near.
class content {
 public:
  std::string_view at(std::uint64_t position, std::size_t size) const {
    return std::string_view(bytes_).substr(position % period, size);
  }
  static constexpr std::size_t most = 300'000;  // at once

 private:
  static constexpr std::size_t period = 65'521;
  std::string bytes_ = [] {
    const std::string once = pattern(period);
    std::string all;
    while (all.size() < period + most) all += once;
    return all;
  }();
};
/// Made where it is wanted: each test is a process.
const content& written() {
  static const content bytes;
  return bytes;
}

/// One direction of a connection.
struct direction {
  direction(stream_socket& by, stream_socket& to) : from(by), at(to) {}

  task<void> send_some(std::size_t size) {
    send_operation op(from, written().at(sent, size));
    uncertain = true;  // until it is known how far it went
    co_await op;
    uncertain = false;
    sent += op.sent;
    if (op.error && op.error != errc::cancelled && op.error != errc::timed_out) failed = op.error;
  }

  task<void> receive_some() {
    recv_operation op(at);
    const std::string_view chunk = co_await op;
    if (op.error == errc::cancelled || op.error == errc::timed_out) co_return;
    if (op.error) {
      failed = op.error;
    } else if (chunk.empty()) {
      ended = true;
    } else {
      if (chunk != written().at(received, chunk.size())) wrong = true;
      received += chunk.size();
    }
  }

  bool sends() const { return sending && !sending_over; }
  bool receives() const { return receiving && !receiving_over; }

  void begin_send(std::size_t size) {
    sending_over = false;
    sending_limits.emplace(nullptr);
    sending.emplace([](std::exception_ptr) {});
    sending->spawn(run_in(*sending_limits, [](direction& self, std::size_t many) -> task<void> {
      co_await self.send_some(many);
      self.sending_over = true;
    }(*this, size)));
  }
  void begin_receive() {
    receiving_over = false;
    receiving_limits.emplace(nullptr);
    receiving.emplace([](std::exception_ptr) {});
    receiving->spawn(run_in(*receiving_limits, [](direction& self) -> task<void> {
      co_await self.receive_some();
      self.receiving_over = true;
    }(*this)));
  }
  void destroy_send() {
    sending.reset();
    cut = cut || uncertain;
  }

  stream_socket& from;
  stream_socket& at;
  std::uint64_t sent = 0, received = 0;
  bool uncertain = false;  // a send is under way
  bool cut = false;        // one was destroyed: nobody knows how far it went
  bool shut = false, ended = false, wrong = false;
  bool sending_over = false, receiving_over = false;
  std::error_code failed;
  std::optional<context> sending_limits, receiving_limits;
  std::optional<scope> sending, receiving;
};

struct connection {
  explicit connection(ends made) : both(std::move(made)) {}

  ends both;
  direction ways[2] = {{*both.a, *both.b}, {*both.b, *both.a}};
  bool broken = false;  // somebody aborted it
};

class stress : public testing::TestWithParam<std::string> {
 public:
  std::uint64_t below(std::uint64_t bound) { return chance_() % bound; }

  task<void> renew(std::size_t which) {
    std::unique_ptr<connection>& one = connections_[which];
    one.reset();
    ends made;
    switch (below(3)) {
      case 0:
        made = co_await connected();
        break;
      case 1:
        made = co_await connected(unique_name());
        break;
      default:
        std::tie(made.a, made.b) = loop::current().kernel().open_pair();
    }
    one = std::make_unique<connection>(std::move(made));
  }

  /// Reads what is left in both directions, and looks whether it was everything.
  task<void> settle(std::size_t which) {
    connection& one = *connections_[which];
    for (direction& way : one.ways) {
      way.destroy_send();
      way.receiving.reset();
    }
    for (direction& way : one.ways) {
      if (!std::exchange(way.shut, true)) way.from.shutdown(SHUT_WR);
      while (!way.ended && !way.failed) co_await timeout(30s, way.receive_some());
      EXPECT_FALSE(way.wrong) << "at " << way.received << ", seed " << seed_;
      if (!one.broken) EXPECT_FALSE(way.failed) << way.failed.message() << ", seed " << seed_;
      if (way.failed) continue;
      if (way.cut)
        EXPECT_GE(way.received, way.sent) << "seed " << seed_;
      else
        EXPECT_EQ(way.received, way.sent) << "seed " << seed_;
    }
  }

  task<void> one_step() {
    const std::size_t which = below(connections_.size());
    if (!connections_[which]) co_return co_await renew(which);
    connection& one = *connections_[which];
    direction& way = one.ways[below(2)];
    switch (below(16)) {
      case 0:
      case 1:
      case 2:
        if (!way.sends() && !way.cut && !way.shut)
          way.begin_send(below(8) ? below(5'000) : below(content::most));
        break;
      case 3:
      case 4:
      case 5:
      case 6:
        if (!way.receives() && !way.ended) way.begin_receive();
        break;
      case 7:
        way.receiving.reset();
        break;
      case 8:
        if (way.receives()) way.receiving_limits->cancel();
        break;
      case 9:
        if (way.sends()) way.sending_limits->cancel();
        break;
      case 10:
        if (below(4) == 0) way.destroy_send();
        break;
      case 11:
        if (way.receives()) way.receiving_limits->set_deadline(loop::current().now() + 100us * below(10));
        break;
      case 12:
        if (below(8) == 0 && !way.sends() && !way.shut) {
          way.shut = true;
          way.from.shutdown(SHUT_WR);
        }
        break;
      case 13:
        if (below(20) == 0) {
          one.broken = true;
          one.both.a->abort();
        }
        break;
      case 14:
        if (below(10) == 0) {
          if (!one.broken) co_await settle(which);
          co_await renew(which);
        }
        break;
      default:
        if (below(30) == 0) co_await renew(which);
    }
    if (below(4) == 0) co_await yield();
    if (below(60) == 0) co_await sleep(std::chrono::microseconds(below(300)));
  }

  task<void> run(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count && !HasFailure(); ++i) {
      if (i % 1000 == 0) alarm(60);
      co_await one_step();
    }
    for (std::size_t i = 0; i < connections_.size(); ++i)
      if (connections_[i] && !connections_[i]->broken) co_await settle(i);
  }

  std::uint64_t seed_ = std::random_device()();
  std::mt19937_64 chance_{seed_};
  loop here_{{.backend = GetParam(), .sim = {.seed = seed_, .short_reads = 0.1, .short_writes = 0.1}}};
  std::vector<std::unique_ptr<connection>> connections_{8};
};
PARLANCE_ON_EVERY_BACKEND(stress);

TEST_P(stress, of_connections_loses_nothing) {
  const watchdog patience;
  wait(run(steps(5'000)));
}

TEST_P(stress, of_callers_loses_nobody) {
  const watchdog patience;
  wait([](stress& self, std::uint64_t count) -> task<void> {
    const listening_ptr listener = listening(64);
    for (std::uint64_t round = 0; round < count; ++round) {
      if (round % 10 == 0) alarm(60);
      std::vector<socket_ptr> callers, accepted;
      std::optional<scope> taking;
      const auto take = [&]() -> task<void> { accepted.push_back(co_await accept_one(*listener)); };
      while (callers.size() < 20) {
        switch (self.below(4)) {
          case 0:
            taking.emplace([](std::exception_ptr) {});
            taking->spawn(take());
            break;
          case 1:
            taking.reset();
            break;
          case 2:
            callers.push_back(open_socket());
            co_await connect_to(*callers.back(), listener->local());
            break;
          default:
            co_await yield();
        }
      }
      taking.reset();
      while (accepted.size() < callers.size()) co_await timeout(30s, take());
      for (std::size_t i = 0; i < callers.size(); ++i)
        EXPECT_EQ(accepted[i]->remote(), callers[i]->local()) << "seed " << self.seed_;
    }
  }(*this, steps(1'000) / 100));
}

// --- threads

class stress_of_threads : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(on, stress_of_threads, testing::ValuesIn(real_backends()), name_of_backend);

TEST_P(stress_of_threads, posts_arrive_while_scopes_are_left) {
  const watchdog patience;
  const loop here({.backend = GetParam()});
  const std::uint64_t each = steps(2'000);
  constexpr int posters = 3;
  mailbox<int> letters;
  std::vector<std::thread> threads;
  for (int i = 0; i < posters; ++i)
    threads.emplace_back([to = letters.address(), each, i] {
      for (std::uint64_t n = 0; n < each; ++n)
        while (!to.try_put(i)) std::this_thread::yield();
    });
  wait([](mailbox<int>& from, std::uint64_t all) -> task<void> {
    std::uint64_t got = 0;
    ends pair;
    std::tie(pair.a, pair.b) = loop::current().kernel().open_pair();
    const std::string much = pattern(1'000'000);
    while (got < all) {
      if (got % 1000 == 0) alarm(60);
      {
        scope leaving([](std::exception_ptr) {});
        leaving.spawn([&]() -> task<void> { co_await receive(*pair.b); });
        leaving.spawn([&]() -> task<void> { co_await send_all(*pair.a, much); });
        co_await yield();
      }
      for (int i = 0; i < 5 && got < all; ++i, ++got) co_await timeout(30s, from.take());
    }
  }(letters, each * posters));
  for (std::thread& poster : threads) poster.join();
}

}  // namespace
}  // namespace parlance::io
