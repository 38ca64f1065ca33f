// What is spoken between threads: mailboxes and workers. Run under ThreadSanitizer, too.
#include <pthread.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <future>
#include <stdexcept>
#include <thread>

#include <parlance/io/blocking.hpp>
#include <parlance/io/loop_thread.hpp>
#include <parlance/io/mailbox.hpp>
#include <parlance/io/signals.hpp>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

class mailbox_threads : public testing::TestWithParam<std::string> {
 protected:
  watchdog patience;
  loop here{{.backend = GetParam()}};
};
INSTANTIATE_TEST_SUITE_P(on, mailbox_threads, testing::ValuesIn(real_backends()), name_of_backend);

TEST_P(mailbox_threads, keep_the_order_of_each_sender) {
  constexpr int senders = 4, each = 5000;
  mailbox<std::pair<int, int>> letters;
  std::vector<std::thread> threads;
  for (int from = 0; from < senders; ++from)
    threads.emplace_back([to = letters.address(), from] {
      for (int i = 0; i < each; ++i)
        while (!to.try_put({from, i})) std::this_thread::yield();
    });
  wait([&]() -> task<void> {
    std::array<int, senders> next{};
    for (int i = 0; i < senders * each; ++i) {
      const auto [from, number] = co_await letters.take();
      EXPECT_EQ(number, next[static_cast<std::size_t>(from)]++);
    }
  }());
  for (std::thread& t : threads) t.join();
}

TEST_P(mailbox_threads, wake_a_loop_that_waits) {
  mailbox<std::string> letters;
  std::thread sender([to = letters.address()] {
    std::this_thread::sleep_for(20ms);
    EXPECT_TRUE(to.try_put("x"));
  });
  EXPECT_EQ(wait(letters.take()), "x");
  sender.join();
}

TEST_P(mailbox_threads, two_loops_play_ping_pong) {
  mailbox<int> mine;
  std::promise<mailbox<int>::sender> theirs;
  std::thread other([&, to = mine.address()] {
    const loop there({.backend = GetParam()});
    mailbox<int> box;
    theirs.set_value(box.address());
    for (int i = 0; i < 500; ++i) EXPECT_TRUE(to.try_put(wait(box.take()) + 1));
  });
  const mailbox<int>::sender to = theirs.get_future().get();
  int ball = 0;
  for (int i = 0; i < 500; ++i) {
    EXPECT_TRUE(to.try_put(ball));
    ball = wait(mine.take());
  }
  EXPECT_EQ(ball, 500);
  other.join();
}

/// Cannot always be moved.
struct fragile {
  explicit fragile(bool is_broken) : breaks(is_broken) {}
  fragile(fragile&& from) : breaks(from.breaks) {
    if (breaks) throw std::runtime_error("broken");
  }
  bool breaks;
};

TEST_P(mailbox_threads, lose_no_place_to_what_cannot_be_put_in) {
  mailbox<fragile> letters(2);
  for (int i = 0; i < 5; ++i) EXPECT_THROW((void)letters.try_put(fragile(true)), std::runtime_error);
  EXPECT_TRUE(letters.try_put(fragile(false)));
  EXPECT_TRUE(letters.try_put(fragile(false)));
  EXPECT_FALSE(letters.try_put(fragile(false)));
  EXPECT_FALSE(wait(letters.take()).breaks);
}

TEST_P(mailbox_threads, senders_outlive_the_loop) {
  std::atomic<bool> closed = false;
  std::thread sender;
  {
    const loop inner({.backend = GetParam()});
    const mailbox<std::string> letters;
    sender = std::thread([&closed, to = letters.address()] {
      while (to.try_put("x")) std::this_thread::yield();
      closed = true;
    });
    wait(sleep(5ms));
  }
  sender.join();
  EXPECT_TRUE(closed);
}

// The second would have the first one's value, or neither would go on.
TEST_P(mailbox_threads, are_heard_by_one_at_a_time) {
  wait([]() -> task<void> {
    mailbox<int> letters;
    int got = 0;
    scope taking;
    taking.spawn([&]() -> task<void> { got = co_await letters.take(); });
    const auto second = [&]() -> task<void> { co_await letters.take(); };
    EXPECT_THROW(co_await second(), std::logic_error);
    EXPECT_TRUE(letters.try_put(1));
    co_await taking.join();
    EXPECT_EQ(got, 1);
    EXPECT_EQ(co_await failure_of(timeout(1ms, second())), errc::timed_out);
    EXPECT_TRUE(letters.try_put(2));
    EXPECT_EQ(co_await letters.take(), 2);
  }());
}

class worker_threads : public mailbox_threads {
 protected:
  /// What `ask` gives in a child that was forked.
  static int in_a_child(const std::function<int()>& ask) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(30);
      ::_exit(ask());
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
};
INSTANTIATE_TEST_SUITE_P(on, worker_threads, testing::ValuesIn(real_backends()), name_of_backend);

TEST_P(worker_threads, give_what_the_call_gives_and_throw_what_it_throws) {
  wait([]() -> task<void> {
    const auto caller = std::this_thread::get_id();
    EXPECT_NE(co_await blocking([] { return std::this_thread::get_id(); }), caller);
    EXPECT_EQ(std::this_thread::get_id(), caller);
    std::string thrown;
    try {
      co_await blocking([] { throw std::runtime_error("on a worker"); });
    } catch (const std::runtime_error& e) {
      thrown = e.what();
    }
    EXPECT_EQ(thrown, "on a worker");
    EXPECT_EQ(*co_await blocking([only = std::make_unique<int>(7)]() mutable { return std::move(only); }), 7);
  }());
}

TEST_P(worker_threads, do_many_calls_and_few_at_a_time) {
  wait([]() -> task<void> {
    std::atomic<unsigned> running = 0, most = 0;
    int done = 0;
    scope calls;
    for (int i = 0; i < 100; ++i)
      calls.spawn([&]() -> task<void> {
        co_await blocking([&] {
          const unsigned now = ++running;
          for (unsigned seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
          }
          std::this_thread::sleep_for(100us);
          --running;
        });
        ++done;
      });
    co_await calls.join();
    EXPECT_EQ(done, 100);
    EXPECT_LE(most, workers);
  }());
}

// The parent's are not there, and what it has counted is not so.
TEST_P(worker_threads, of_a_child_that_was_forked_are_its_own) {
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "ThreadSanitizer has no threads after fork";
#endif
  wait([]() -> task<void> { co_await blocking([] {}), co_await blocking([] {}, lane::look_ups); }());
  EXPECT_EQ(in_a_child([] {
              loop mine({.backend = GetParam()});
              return wait(blocking([] { return 4; })) + wait(blocking([] { return 2; }, lane::look_ups));
            }),
            6);
}

/// No thread can be made while it is there: none has room for its stack.
struct no_more_threads {
  no_more_threads() {
    pthread_getattr_default_np(&usual);
    pthread_attr_t huge;
    pthread_attr_init(&huge);
    pthread_attr_setstacksize(&huge, std::size_t{1} << 47);
    pthread_setattr_default_np(&huge);
  }
  ~no_more_threads() { pthread_setattr_default_np(&usual); }
  no_more_threads(const no_more_threads&) = delete;
  no_more_threads& operator=(const no_more_threads&) = delete;
  pthread_attr_t usual;
};

TEST_P(worker_threads, that_cannot_be_had_are_an_error_or_their_work_is_anothers_and_never_both) {
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "ThreadSanitizer has no threads after fork";
#endif
  const auto ask = []() -> int {
    loop mine({.backend = GetParam()});
    bool ran = false;
    const auto call = [&]() -> task<void> { co_await blocking([&ran] { ran = true; }); };
    {
      const no_more_threads none;
      if (wait(failure_of(call())) != from_errno(EAGAIN)) return 1;
    }
    wait(blocking([] {}));  // behind it, were it to run
    if (ran) return 2;
    const no_more_threads but_one;
    scope calls;
    int done = 0;
    for (int i = 0; i < 20; ++i)
      calls.spawn([&]() -> task<void> { done += co_await blocking([] { return 1; }); });
    wait(calls.join());
    return done;
  };
  EXPECT_EQ(in_a_child(ask), 20);
}

TEST_P(worker_threads, drop_the_result_of_a_call_that_was_abandoned) {
  const auto witness = std::make_shared<int>(1);
  std::promise<void> gate;
  wait([&]() -> task<void> {
    const auto call = [&]() -> task<void> {
      co_await blocking([copy = witness, opened = gate.get_future().share()] {
        opened.wait();
        return copy;
      });
    };
    EXPECT_EQ(co_await failure_of(timeout(5ms, call())), errc::timed_out);
    EXPECT_GT(witness.use_count(), 1);
    gate.set_value();
    while (witness.use_count() > 1) co_await sleep(1ms);
  }());
}

TEST_P(worker_threads, may_finish_after_the_loop) {
  const auto witness = std::make_shared<int>(1);
  std::promise<void> gate;
  {
    const loop inner({.backend = GetParam()});
    const auto call = [&]() -> task<void> {
      co_await blocking([copy = witness, opened = gate.get_future().share()] {
        opened.wait();
        return copy;
      });
    };
    EXPECT_EQ(wait(failure_of(timeout(5ms, call()))), errc::timed_out);
  }
  gate.set_value();
  while (witness.use_count() > 1) std::this_thread::sleep_for(1ms);
}

TEST_P(worker_threads, of_one_lane_do_not_wait_for_those_of_the_other) {
  std::atomic<unsigned> hanging = 0;
  for (const auto& [hangs, most, other] : {std::tuple(lane::look_ups, look_up_workers, lane::calls),
                                           std::tuple(lane::calls, workers, lane::look_ups)})
    wait([](std::atomic<unsigned>& count, lane in, unsigned limit, lane beside) -> task<void> {
      std::promise<void> gate;
      const std::shared_future<void> opened = gate.get_future().share();
      count = 0;
      scope calls;
      for (unsigned i = 0; i < limit + 4; ++i)
        calls.spawn([&count, opened, in]() -> task<void> {
          const auto hang = [&count, opened] {
            ++count;
            opened.wait();
          };
          co_await blocking(hang, in);
        });
      co_await eventually([&] { return count == limit; });
      EXPECT_EQ(co_await timeout(30s, blocking([] { return 7; }, beside)), 7);
      EXPECT_EQ(count, limit);
      gate.set_value();
      co_await calls.join();
    }(hanging, hangs, most, other));
}

TEST_P(worker_threads, destroy_the_call_before_its_answer_comes) {
  wait([]() -> task<void> {
    for (int i = 0; i < 50; ++i) {
      const auto witness = std::make_shared<int>(1);
      co_await blocking([copy = witness] {});
      EXPECT_EQ(witness.use_count(), 1);
    }
  }());
}

TEST_P(worker_threads, give_references_and_what_can_only_be_moved) {
  wait([]() -> task<void> {
    int here = 0;
    EXPECT_EQ(&co_await blocking([&]() -> int& { return here; }), &here);
    loop_thread other(loop::current().kernel().name());
    EXPECT_EQ(&co_await run_on(other, [&]() -> task<int&> { co_return here; }), &here);
    EXPECT_EQ(
        *co_await run_on(other, []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(3); }),
        3);
  }());
}

/// Something of one's own that waits for a thread.
class number_of_a_thread final : public awaiting<int> {
 public:
  explicit number_of_a_thread(std::optional<int> what) noexcept
      : awaiting("wait for a number"), what_(what) {}
  bool await_ready() noexcept { return heed_cancellation(); }
  void await_suspend(std::coroutine_handle<> waiter) {
    // It may live longer than the test, and must not take a signal of the next.
    auto back = std::make_shared<reply>(ask(waiter));
    thread_without_signals([back = std::move(back), what = what_] {
      if (what) back->give(*what);
    }).detach();
  }

 private:
  std::optional<int> what_;
};

TEST_P(worker_threads, of_ones_own_are_awaited_and_always_answer) {
  wait([]() -> task<void> {
    EXPECT_EQ(co_await timeout(30s, number_of_a_thread(42)), 42);
    std::string said;
    try {
      co_await timeout(30s, number_of_a_thread(std::nullopt));
    } catch (const error& e) {
      said = e.what();
    }
    EXPECT_EQ(said, "wait for a number: cancelled");
    const auto look = []() -> task<void> { co_await timeout(0s, number_of_a_thread(1)); };
    EXPECT_EQ(co_await failure_of(look()), errc::timed_out);
  }());
}

TEST_P(worker_threads, leave_signals_to_the_others) {
  const auto takes = [](int number) {
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    return sigismember(&mask, number) == 0;
  };
  wait([&]() -> task<void> {
    EXPECT_FALSE(co_await blocking([takes] { return takes(SIGTERM) || takes(SIGHUP) || takes(SIGCONT); }));
    EXPECT_TRUE(co_await blocking([takes] { return takes(SIGSEGV) && takes(SIGABRT); }));
    EXPECT_TRUE(takes(SIGTERM));
    signals stop{SIGUSR1};
    ::kill(::getpid(), SIGUSR1);
    EXPECT_EQ(co_await timeout(30s, stop.next()), SIGUSR1);
  }());
  loop_thread other(GetParam());
  EXPECT_FALSE(wait(run_on(other, [takes]() -> task<bool> { co_return takes(SIGTERM); })));
}

// Taking requests back reads the very completion that tells of a post, and the loop must not then sleep.
TEST_P(worker_threads, are_heard_by_a_loop_that_leaves_scopes) {
  constexpr int rounds = 1500;
  mailbox<int> letters;
  std::atomic<int> asked = 0;
  std::vector<std::thread> others;
  for (int which = 0; which < 2; ++which)
    others.emplace_back([&asked, which, to = letters.address()] {
      for (int seen = 0; seen < rounds;) {
        asked.wait(seen);
        const int next = asked.load();
        for (int i = seen; i < next; ++i) {
          // At any moment of what the other does meanwhile.
          for (volatile int delay = (i * 7919 + which * 104729) % 20000; delay > 0;) delay = delay - 1;
          EXPECT_TRUE(to.try_put(i));
        }
        seen = next;
      }
    });
  wait([&]() -> task<void> {
    const datagram_ptr datagrams = open_datagram();
    datagrams->bind(loopback());
    char room[10];
    for (int i = 0; i < rounds; ++i) {
      {
        ends pair;
        std::tie(pair.a, pair.b) = loop::current().kernel().open_pair();
        scope waiting;
        waiting.spawn([&]() -> task<void> { co_await receive(*pair.b); });
        waiting.spawn([&]() -> task<void> { co_await recv_from_operation(*datagrams, std::span(room)); });
        co_await yield();
        ++asked;
        asked.notify_all();
        if (i % 2) co_await yield();
      }
      for (std::size_t who = 0; who < others.size(); ++who) co_await letters.take();
    }
  }());
  for (std::thread& t : others) t.join();
}

TEST_P(worker_threads, each_thread_has_a_loop_of_its_own) {
  const loop* others = nullptr;
  std::thread([&] { others = &loop::current(); }).join();
  EXPECT_NE(others, &loop::current());
}

}  // namespace
}  // namespace parlance::io
