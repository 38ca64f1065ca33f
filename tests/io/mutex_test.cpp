// A mutex lets one in at a time, in the order they came, whatever happens to those who wait.
#include <parlance/io/mutex.hpp>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

class mutex_turns : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(mutex_turns);

task<void> take_a_turn(mutex& m, std::string& said, char name) {
  const mutex::guard turn = co_await m.lock();
  said += name;
  co_await sleep(1ms);
  said += name;
}

TEST_P(mutex_turns, come_one_at_a_time_in_the_order_of_the_calls) {
  wait([]() -> task<void> {
    mutex m;
    std::string said;
    scope all;
    for (const char name : {'a', 'b', 'c', 'd'}) all.spawn(take_a_turn(m, said, name));
    co_await all.join();
    EXPECT_EQ(said, "aabbccdd");
    EXPECT_FALSE(m.locked());
  }());
}

TEST_P(mutex_turns, are_given_up_by_those_who_are_cancelled) {
  wait([]() -> task<void> {
    mutex m;
    std::string said;
    scope all, cancelled;
    all.spawn(take_a_turn(m, said, 'a'));
    std::error_code failed;
    cancelled.spawn([&]() -> task<void> { failed = co_await failure_of(take_a_turn(m, said, 'b')); });
    all.spawn(take_a_turn(m, said, 'c'));
    co_await yield();
    cancelled.cancel();
    co_await cancelled.join();
    EXPECT_EQ(failed, errc::cancelled);
    co_await all.join();
    EXPECT_EQ(said, "aacc");
  }());
}

TEST_P(mutex_turns, are_not_begun_in_a_cancelled_context) {
  wait([]() -> task<void> {
    mutex m;
    std::string said;
    context limits;
    limits.cancel();
    EXPECT_EQ(co_await failure_of(run_in(limits, take_a_turn(m, said, 'a'))), errc::cancelled);
    EXPECT_FALSE(m.locked());
  }());
}

TEST_P(mutex_turns, are_passed_on_by_those_who_are_destroyed) {
  wait([]() -> task<void> {
    mutex m;
    std::string said;
    scope last;
    {
      scope all;
      {
        scope first;
        first.spawn(take_a_turn(m, said, 'a'));
        all.spawn(take_a_turn(m, said, 'b'));
        last.spawn(take_a_turn(m, said, 'c'));
        co_await yield();
      }
      // The lock is b's now, who was not resumed yet.
    }
    co_await last.join();
    EXPECT_EQ(said, "acc");
    EXPECT_FALSE(m.locked());
  }());
}

}  // namespace
}  // namespace parlance::io
