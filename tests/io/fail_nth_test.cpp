#include "io/fail_nth.hpp"

namespace parlance::io {
namespace {
using namespace test;

/// Sends back what it receives, and ends its side when the caller has.
task<void> echo(socket_ptr caller) {
  for (;;) {
    const std::string bytes = co_await receive(*caller);
    if (bytes.empty()) break;
    co_await send_all(*caller, bytes);
  }
  caller->shutdown(SHUT_WR);
}

task<void> talk(endpoint server, std::string bytes) {
  const socket_ptr s = open_socket();
  co_await connect_to(*s, server);
  scope sending;
  sending.spawn([&]() -> task<void> {
    co_await send_all(*s, bytes);
    s->shutdown(SHUT_WR);
  });
  const std::string back = co_await receive_all(*s);
  co_await sending.join();
  // A server that failed is allowed to have said less; what it said is right.
  EXPECT_EQ(back, bytes.substr(0, back.size()));
}

task<void> conversation(int callers) {
  const listening_ptr listener = listening();
  scope everybody;
  everybody.spawn([&]() -> task<void> {
    scope sessions;
    for (int i = 0; i < callers; ++i) sessions.spawn(echo(co_await accept_one(*listener)));
    co_await sessions.join();
  });
  for (int i = 0; i < callers; ++i)
    everybody.spawn(talk(listener->local(), pattern(10'000, static_cast<unsigned>(i))));
  co_await everybody.join();
}

TEST(fail_nth, an_echo_survives_the_failure_of_each_operation) {
  const watchdog patience;
  const std::uint64_t operations = fail_each_operation([] { return conversation(1); });
  // Two sockets, an accept, a connect, and at least as many sends and receives as there are chunks.
  EXPECT_GE(operations, 8U);
}

TEST(fail_nth, callers_at_the_same_time_survive_the_failure_of_each_operation) {
  const watchdog patience;
  EXPECT_GE(fail_each_operation([] { return conversation(4); }, {.seed = 7, .short_reads = 0.2}), 29U);
}

TEST(fail_nth, a_conversation_that_swallows_a_failure_may_succeed) {
  EXPECT_EQ(fail_each_operation([]() -> task<void> {
              co_await failure_of([]() -> task<void> {
                open_socket();
                co_return;
              }());
            }),
            1U);
}

}  // namespace
}  // namespace parlance::io
