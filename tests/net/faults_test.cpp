// Whole conversations on a network that misbehaves: every operation fails once, pieces are cut anywhere, and
// connections break. The seed of a run that fails is in its message.
#include <parlance/io/sim.hpp>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

class faults : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(of, faults, testing::Values("tcp", "unix", "tls"), io::test::name_of_backend);

/// A question, an answer, and polite ends.
task<void> converse(std::string kind) {
  ends two = co_await ends_of(kind);
  co_await two.a.send("question");
  co_await two.a.shutdown();
  EXPECT_EQ(co_await two.b.peek(), "question");
  EXPECT_EQ(co_await recv_all(two.b), "question");
  const std::string_view answer[] = {"ans", "wer"};
  co_await two.b.send(answer);
  scope closing;
  closing.spawn(two.b.close());
  EXPECT_EQ(co_await recv_all(two.a), "answer");
  co_await two.a.close();
  co_await closing.join();
}

TEST_P(faults, of_every_operation_in_turn_are_told_and_leave_nothing) {
  std::uint64_t nth = 0, operations = 0;
  do {
    SCOPED_TRACE(++nth);
    io::loop here({.backend = "sim", .sim = {.fail_nth = nth}});
    try {
      io::wait(converse(GetParam()), 60s);
    } catch (const io::error& e) {
      const std::string said = e.what();
      EXPECT_NE(said.find(": "), std::string::npos) << said;
      EXPECT_NE(e.code(), io::errc::deadlock) << said;
    }
    operations = io::sim_operations();
  } while (operations >= nth);
  EXPECT_GT(nth, 10U);
}

task<void> send_and_end(stream& s, std::string_view bytes) {
  co_await s.send(bytes);
  co_await s.shutdown();
}

/// What each side received.
struct exchanged {
  std::string by_a, by_b;
};

task<void> receive(stream& s, std::string& all) {
  for (std::string_view more; !(more = co_await s.recv()).empty();) all += more;
}

task<void> exchange(std::string kind, std::string_view there, std::string_view back, exchanged& got) {
  ends two = co_await ends_of(kind);
  scope both;
  both.spawn(send_and_end(two.a, there));
  both.spawn(send_and_end(two.b, back));
  both.spawn(receive(two.a, got.by_a));
  both.spawn(receive(two.b, got.by_b));
  co_await both.join();
}

TEST_P(faults, that_cut_everything_into_pieces_change_no_byte) {
  const std::string there = pattern(150'000, 1), back = pattern(100'000, 2);
  for (std::uint64_t seed = 0; seed < 15; ++seed) {
    SCOPED_TRACE(seed);
    io::loop here({.backend = "sim",
                   .sim = {.seed = seed,
                           .short_reads = 0.5,
                           .short_writes = 0.5,
                           .buffer = std::size_t{1000} << (seed % 7)}});
    exchanged got;
    io::wait(exchange(GetParam(), there, back, got));
    EXPECT_TRUE(got.by_a == back && got.by_b == there);
  }
}

TEST_P(faults, that_break_the_connection_end_both_sides) {
  const std::string there = pattern(100'000, 1), back = pattern(100'000, 2);
  int broken = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    io::loop here({.backend = "sim", .sim = {.seed = seed, .short_writes = 0.2, .resets = 0.02}});
    exchanged got;
    try {
      io::wait(exchange(GetParam(), there, back, got), 60s);
    } catch (const io::error& e) {
      ++broken;
      EXPECT_TRUE(e.code() == std::errc::connection_reset || e.code() == std::errc::broken_pipe ||
                  e.code() == errc::truncated)
          << e.what();
    }
    EXPECT_TRUE(back.starts_with(got.by_a) && there.starts_with(got.by_b));
  }
  EXPECT_GT(broken, 0);
}

}  // namespace
}  // namespace parlance::net::test
