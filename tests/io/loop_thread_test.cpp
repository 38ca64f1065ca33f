// Loops on threads of their own, and tasks that are sent to them. Run under ThreadSanitizer, too.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <parlance/io/blocking.hpp>
#include <parlance/io/loop_thread.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/io/wait.hpp>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

class loop_threads : public testing::TestWithParam<std::string> {
 protected:
  watchdog patience;
  loop here{{.backend = GetParam()}};
};
INSTANTIATE_TEST_SUITE_P(on, loop_threads, testing::ValuesIn(real_backends()), name_of_backend);

TEST_P(loop_threads, run_what_is_posted_in_order_and_before_they_end) {
  std::vector<int> seen;
  std::thread::id where;
  {
    loop_thread other(GetParam());
    for (int i = 0; i < 1000; ++i) other.post([&seen, i] { seen.push_back(i); });
    other.post([&where] { where = std::this_thread::get_id(); });
  }
  ASSERT_EQ(seen.size(), 1000U);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST_P(loop_threads, use_the_backend_that_was_asked_for) {
  loop_thread other(GetParam());
  EXPECT_EQ(
      wait(run_on(other,
                  []() -> task<std::string> { co_return std::string(loop::current().kernel().name()); })),
      GetParam());
}

TEST_P(loop_threads, refuse_a_backend_that_is_not_there) { EXPECT_THROW(loop_thread("abacus"), io::error); }
TEST_P(loop_threads, are_not_simulated) { EXPECT_THROW(loop_thread("sim"), io::error); }

// As a static of the program's, which outlives the loop of the main thread.
TEST_P(loop_threads, may_have_a_scope_that_outlives_their_last_loop) {
  std::thread([] {
    struct left_over {
      mutex lock;
      event never_set;
      scope tasks;
    };
    thread_local std::optional<left_over> all;  // made before the loop, so it goes after
    EXPECT_FALSE(all);
    all.emplace();
    const auto take_turns = []() -> task<void> {
      const mutex::guard mine = co_await all->lock.lock();
      co_await all->never_set;
    };
    for (int i = 0; i < 3; ++i) all->tasks.spawn(take_turns);
    EXPECT_EQ(all->tasks.size(), 3U);
  }).join();
}

TEST_P(loop_threads, give_back_what_a_task_gives_or_throws) {
  loop_thread other(GetParam());
  wait([](loop_thread& there) -> task<void> {
    for (int i = 0; i < 200; ++i)
      EXPECT_EQ(co_await run_on(there,
                                [i]() -> task<std::unique_ptr<int>> {
                                  if (i % 2) co_await sleep(1us);
                                  co_return std::make_unique<int>(i);
                                }) != nullptr,
                true);
    bool is_done = false;
    co_await run_on(there, [&]() -> task<void> {
      is_done = true;
      co_return;
    });
    EXPECT_TRUE(is_done);
    try {
      co_await run_on(there, []() -> task<void> {
        co_await sleep(1us);
        throw std::runtime_error("no");
      });
      ADD_FAILURE();
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "no");
    }
  }(other));
}

TEST_P(loop_threads, run_many_tasks_at_once) {
  loop_thread other(GetParam());
  wait([](loop_thread& there) -> task<void> {
    std::atomic<int> now = 0, most = 0;
    scope all;
    for (int i = 0; i < 100; ++i)
      all.spawn([&]() -> task<void> {
        co_await run_on(there, [&]() -> task<void> {
          most = std::max(most.load(), ++now);
          co_await sleep(5ms);
          --now;
        });
      });
    co_await all.join();
    EXPECT_GT(most, 50);
  }(other));
}

/// Tells on which thread it ended.
struct mortal {
  std::promise<std::thread::id>* grave;
  ~mortal() { grave->set_value(std::this_thread::get_id()); }
};

TEST_P(loop_threads, end_there_what_a_task_holds) {
  std::promise<std::thread::id> grave;
  loop_thread other(GetParam());
  const auto there = wait(run_on(other, [held = std::make_unique<mortal>(&grave)]() -> task<std::thread::id> {
    co_return std::this_thread::get_id();
  }));
  EXPECT_EQ(grave.get_future().get(), there);
}

TEST_P(loop_threads, let_an_abandoned_task_go_on_to_its_end) {
  std::promise<void> ended;
  loop_thread other(GetParam());
  wait([](loop_thread& there, std::promise<void>& done) -> task<void> {
    try {
      co_await timeout(5ms, run_on(there, [&done]() -> task<std::string> {
                         co_await sleep(20ms);
                         done.set_value();
                         co_return "nobody reads this";
                       }));
      ADD_FAILURE();
    } catch (const io::error& e) {
      EXPECT_EQ(e.code(), errc::timed_out);
    }
  }(other, ended));
  ended.get_future().get();
  // And a wait that is destroyed.
  std::promise<void> again;
  {
    scope waiting;
    waiting.spawn([&]() -> task<void> {
      co_await run_on(other, [&again]() -> task<void> {
        co_await sleep(20ms);
        again.set_value();
      });
    });
    wait(sleep(5ms));
  }
  again.get_future().get();
}

TEST_P(loop_threads, do_not_begin_what_is_cancelled_before) {
  loop_thread other(GetParam());
  context room;
  room.cancel();
  wait([](loop_thread& there, context& in) -> task<void> {
    bool begun = false;
    try {
      co_await run_in(in, run_on(there, [&begun]() -> task<void> {
                        begun = true;
                        co_return;
                      }));
      ADD_FAILURE();
    } catch (const io::error& e) {
      EXPECT_EQ(e.code(), errc::cancelled);
    }
    EXPECT_FALSE(begun);
  }(other, room));
}

TEST_P(loop_threads, answer_those_who_wait_when_they_end) {
  auto other = std::make_unique<loop_thread>(GetParam());
  wait([](std::unique_ptr<loop_thread>& there) -> task<void> {
    scope waiting;
    bool answered = false;
    waiting.spawn([&]() -> task<void> {
      try {
        co_await run_on(*there, []() -> task<void> { co_await sleep(1h); });
        ADD_FAILURE();
      } catch (const io::error& e) {
        EXPECT_EQ(e.code(), errc::cancelled);
        answered = true;
      }
    });
    co_await sleep(5ms);
    there.reset();
    co_await waiting.join();
    EXPECT_TRUE(answered);
  }(other));
}

// A task that runs there may be the last who holds it.
TEST_P(loop_threads, may_be_ended_by_their_own) {
  wait([](std::string backend) -> task<void> {
    std::promise<void> gone;
    auto held = std::make_shared<std::promise<void>*>(&gone);
    loop_thread* there = nullptr;
    {
      auto other =
          std::shared_ptr<loop_thread>(new loop_thread(backend), [](loop_thread* its) { delete its; });
      there = other.get();
      there->post([other, held]() mutable {
        loop_thread& here = *other;
        here.tasks().spawn(
            [](std::shared_ptr<loop_thread>, std::shared_ptr<std::promise<void>*> done) -> task<void> {
              const std::unique_ptr<std::promise<void>, void (*)(std::promise<void>*)> at_the_end(
                  *done, [](std::promise<void>* its) { its->set_value(); });
              co_await sleep(20ms);
            }(std::move(other), std::move(held)));
      });
    }
    co_await blocking([&] { EXPECT_EQ(gone.get_future().wait_for(20s), std::future_status::ready); });
  }(GetParam()));
}

}  // namespace
}  // namespace parlance::io
