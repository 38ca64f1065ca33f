// Random conversations under random faults: whatever happens, bytes come in order, none is invented, and none
// is lost unless somebody was told of a failure.
#include "io/seeds.hpp"

#include <gtest/gtest-spi.h>

#include <map>
#include <random>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

using dice = std::mt19937_64;

struct outcome {
  std::string sent, received;
  std::error_code failed;
};

struct conversation {
  explicit conversation(std::uint64_t seed) : chance(seed) {}

  bool one_in(std::uint64_t n) { return chance() % n == 0; }
  duration moment() { return std::chrono::microseconds(chance() % 3000); }

  /// Echoes, at times slowly, at times not to the end.
  task<void> serve(socket_ptr caller) {
    outcome& told = servers[caller->remote().port()];
    if (one_in(4)) caller->set_timeout(one_in(2) ? side::read : side::write, moment());
    const bool aborts = one_in(10);
    try {
      for (;;) {
        const std::string bytes = co_await receive(*caller);
        told.received += bytes;
        if (bytes.empty()) break;
        if (one_in(5)) co_await sleep(moment());
        if (aborts && one_in(5)) {
          told.failed = std::make_error_code(std::errc::connection_aborted);
          caller->abort();
          co_return;
        }
        co_await send_all(*caller, bytes);
        told.sent += bytes;
      }
      caller->shutdown(SHUT_WR);
    } catch (const error& e) {
      told.failed = e.code();
    }
  }

  /// Takes what comes, at times by receives that are cancelled.
  task<void> listen_to(stream_socket& s, outcome& told) {
    const bool impatient = one_in(3);
    for (;;) {
      std::string bytes;
      const auto once = [&]() -> task<void> { bytes = co_await receive(s); };
      if (!impatient) {
        co_await once();
      } else if (const std::error_code failed = co_await failure_of(timeout(moment() / 10, once()))) {
        if (failed == errc::timed_out) continue;
        throw error(failed, "recv");
      }
      if (bytes.empty()) break;
      told.received += bytes;
    }
  }

  task<void> say_something(stream_socket& s, outcome& told) {
    try {
      for (auto messages = chance() % 8; messages > 0; --messages) {
        const std::string bytes = pattern(chance() % 6000, static_cast<unsigned>(chance()));
        told.sent += bytes;
        co_await send_all(s, bytes);
        if (one_in(3)) co_await sleep(moment());
      }
      s.shutdown(SHUT_WR);
    } catch (const error& e) {
      told.failed = e.code();
    }
  }

  task<void> call(endpoint server) {
    const socket_ptr s = open_socket();
    outcome told;
    std::uint16_t port = 0;
    try {
      co_await sleep(moment());
      co_await connect_to(*s, server);
      port = s->local().port();
      scope sending;
      sending.spawn(say_something(*s, told));
      co_await listen_to(*s, told);
      co_await sending.join();
    } catch (const error& e) {
      told.failed = e.code();
    }
    clients[port] = told;
  }

  task<void> run() {
    const listening_ptr listener = listening(static_cast<int>(chance() % 4));
    const auto callers = chance() % 5 + 1;
    scope sessions;
    scope calling;
    sessions.spawn([&]() -> task<void> {
      for (;;) sessions.spawn(serve(co_await accept_one(*listener)));
    });
    for (std::uint64_t i = 0; i < callers; ++i) calling.spawn(call(listener->local()));
    co_await timeout(1h, calling.join());
    // What the servers have still to say, they say now.
    co_await sleep(10s);
  }

  std::string verdict() const {
    for (const auto& [port, client] : clients) {
      if (!client.sent.starts_with(client.received)) return "a client received what it had not sent";
      const auto found = servers.find(port);
      if (found == servers.end()) continue;
      const outcome& server = found->second;
      if (!client.sent.starts_with(server.received)) return "a server received what nobody sent";
      if (!server.failed && server.sent != server.received) return "a server ended before the end";
      if (!server.failed && !client.failed && client.received != client.sent)
        return "bytes were lost in silence";
    }
    return {};
  }

  dice chance;
  std::map<std::uint16_t, outcome> clients, servers;
};

std::string trial(std::uint64_t seed, bool with_resets) {
  dice chance(seed);
  const auto probability = [&] { return static_cast<double>(chance() % 100) / 100; };
  const loop here({.backend = "sim",
                   .sim = {.seed = seed,
                           .max_delay = std::chrono::microseconds(10 + chance() % 2000),
                           .short_reads = probability(),
                           .short_writes = probability(),
                           .resets = with_resets ? probability() / 50 : 0,
                           .buffer = 1 + chance() % 10'000}});
  conversation talk(seed);
  wait(talk.run());
  return talk.verdict();
}

TEST(seeds, conversations_under_delays_and_short_steps_lose_nothing) {
  for_each_seed(1000, [](std::uint64_t seed) { return trial(seed, false); });
}

TEST(seeds, conversations_under_resets_lose_nothing_in_silence) {
  for_each_seed(1000, [](std::uint64_t seed) { return trial(seed, true); });
}

TEST(seeds, one_that_fails_is_told_in_a_line_that_runs_it_again) {
  testing::TestPartResultArray failures;
  {
    const testing::ScopedFakeTestPartResultReporter catcher(&failures);
    for_each_seed(1000, [](std::uint64_t seed) { return std::string(seed == 17 ? "wrong" : ""); });
  }
  ASSERT_EQ(failures.size(), 1);
  const std::string told = failures.GetTestPartResult(0).message();
  EXPECT_NE(told.find("wrong\nPARLANCE_SIM_SEED=17 "), std::string::npos) << told;
  EXPECT_NE(told.find(" --gtest_filter=seeds.one_that_fails_is_told_in_a_line_that_runs_it_again"),
            std::string::npos)
      << told;
  setenv("PARLANCE_SIM_SEED", "17", 1);
  std::vector<std::uint64_t> tried;
  for_each_seed(1000, [&](std::uint64_t seed) {
    tried.push_back(seed);
    return std::string();
  });
  unsetenv("PARLANCE_SIM_SEED");
  EXPECT_EQ(tried, std::vector<std::uint64_t>{17});
}

}  // namespace
}  // namespace parlance::io
