// A semaphore lets so many in, in the order they came, whatever happens to those who wait.
#include <parlance/io/event.hpp>
#include <parlance/io/semaphore.hpp>

#include "io/support.hpp"

namespace parlance::io::test {
namespace {

class semaphore_places : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(semaphore_places);

task<void> take_a_place(semaphore& s, std::string& said, char name) {
  const semaphore::guard place = co_await s.acquire();
  said += name;
  co_await sleep(1ms);
  said += static_cast<char>(std::toupper(name));
}

TEST_P(semaphore_places, are_so_many_and_go_in_the_order_of_the_calls) {
  wait([]() -> task<void> {
    semaphore two(2);
    std::string said;
    event leave[4];
    scope all;
    for (int who = 0; who < 4; ++who)
      all.spawn([&, who]() -> task<void> {
        const semaphore::guard place = co_await two.acquire();
        said += static_cast<char>('a' + who);
        co_await leave[who];
      });
    EXPECT_EQ(said, "ab");
    EXPECT_EQ(two.free(), 0U);
    leave[1].set();
    co_await eventually([&] { return said == "abc"; });
    leave[0].set();
    co_await eventually([&] { return said == "abcd"; });
    EXPECT_EQ(two.free(), 0U);
    leave[2].set();
    leave[3].set();
    co_await all.join();
    EXPECT_EQ(two.free(), 2U);
  }());
}

TEST_P(semaphore_places, are_tried_without_waiting) {
  wait([]() -> task<void> {
    semaphore one(1);
    {
      const std::optional<semaphore::guard> place = one.try_acquire();
      EXPECT_TRUE(place);
      EXPECT_FALSE(one.try_acquire());
    }
    EXPECT_TRUE(one.try_acquire());
    EXPECT_EQ(one.free(), 1U);
    semaphore none(0);
    EXPECT_FALSE(none.try_acquire());
    co_return;
  }());
}

TEST_P(semaphore_places, are_given_up_by_those_who_are_cancelled) {
  wait([]() -> task<void> {
    semaphore one(1);
    std::string said;
    scope all, cancelled;
    all.spawn(take_a_place(one, said, 'a'));
    std::error_code failed;
    cancelled.spawn([&]() -> task<void> { failed = co_await failure_of(take_a_place(one, said, 'b')); });
    all.spawn(take_a_place(one, said, 'c'));
    co_await yield();
    cancelled.cancel();
    co_await cancelled.join();
    EXPECT_EQ(failed, errc::cancelled);
    co_await all.join();
    EXPECT_EQ(said, "aAcC");
    EXPECT_EQ(one.free(), 1U);
  }());
}

TEST_P(semaphore_places, are_not_taken_in_a_cancelled_context) {
  wait([]() -> task<void> {
    semaphore one(1);
    std::string said;
    context called_off;
    called_off.cancel();
    EXPECT_EQ(co_await failure_of(run_in(called_off, take_a_place(one, said, 'a'))), errc::cancelled);
    EXPECT_EQ(one.free(), 1U);
  }());
}

TEST_P(semaphore_places, are_passed_on_by_those_who_are_destroyed) {
  wait([]() -> task<void> {
    semaphore one(1);
    std::string said;
    scope last;
    {
      scope all;
      {
        scope first;
        first.spawn(take_a_place(one, said, 'a'));
        all.spawn(take_a_place(one, said, 'b'));
        last.spawn(take_a_place(one, said, 'c'));
        co_await yield();
      }
      // The place is b's now, who was not resumed yet.
    }
    co_await last.join();
    EXPECT_EQ(said, "acC");
    EXPECT_EQ(one.free(), 1U);
  }());
}

}  // namespace
}  // namespace parlance::io::test
