// Signals as something to wait for: with the last that has one it does again what it did, and what had come by
// then is dropped.
#include <csignal>

#include <parlance/io/signals.hpp>
#include <parlance/io/system_call.hpp>

#include "io/support.hpp"

namespace parlance::io::test {
namespace {

class signals_to_wait_for : public on_every_backend {
 protected:
  static void raise_here(int number) { ::kill(::getpid(), number); }
  static bool is_blocked(int number) {
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    return sigismember(&mask, number) == 1;
  }
};
INSTANTIATE_TEST_SUITE_P(on, signals_to_wait_for, testing::ValuesIn(real_backends()), name_of_backend);

TEST_P(signals_to_wait_for, have_numbers_that_there_are) {
  try {
    const signals unknown{SIGUSR1, 1000};
    ADD_FAILURE() << "it was watched";
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "watch signal 1000: invalid argument");
  }
  EXPECT_FALSE(is_blocked(SIGUSR1));
}

// The second would end this process.
TEST_P(signals_to_wait_for, are_dropped_when_nobody_has_asked_for_them) {
  {
    signals ending{SIGUSR1, SIGRTMIN};
    raise_here(SIGUSR1);
    EXPECT_EQ(wait(ending.next(), 30s), SIGUSR1);
    raise_here(SIGUSR1);
    for (int i = 0; i < 3; ++i) raise_here(SIGRTMIN);
  }
  EXPECT_FALSE(is_blocked(SIGUSR1));
  EXPECT_FALSE(is_blocked(SIGRTMIN));
}

TEST_P(signals_to_wait_for, are_left_alone_by_others_that_go_whatever_their_order) {
  std::optional<signals> first, second;
  first.emplace({SIGUSR1, SIGUSR2});
  second.emplace({SIGUSR2, SIGHUP});
  raise_here(SIGUSR2);
  first.reset();
  EXPECT_FALSE(is_blocked(SIGUSR1));
  EXPECT_EQ(wait(second->next(), 30s), SIGUSR2);
  raise_here(SIGHUP);
  EXPECT_EQ(wait(second->next(), 30s), SIGHUP);
  first.emplace({SIGHUP});
  second.reset();
  EXPECT_FALSE(is_blocked(SIGUSR2));
  raise_here(SIGHUP);
  EXPECT_EQ(wait(first->next(), 30s), SIGHUP);
  first.reset();
  EXPECT_FALSE(is_blocked(SIGHUP));
}

TEST_P(signals_to_wait_for, stay_blocked_and_pending_where_they_were_blocked_before) {
  sigset_t some;
  sigemptyset(&some);
  sigaddset(&some, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &some, nullptr);
  {
    const signals waited_for{SIGUSR1};
    raise_here(SIGUSR1);
  }
  EXPECT_TRUE(is_blocked(SIGUSR1));
  constexpr timespec at_once{};
  EXPECT_EQ(::sigtimedwait(&some, nullptr, &at_once), SIGUSR1);
  pthread_sigmask(SIG_UNBLOCK, &some, nullptr);
}

TEST_P(signals_to_wait_for, come_to_one_of_those_who_wait) {
  wait(
      []() -> task<void> {
        signals all{SIGUSR1};
        int heard = 0;
        scope waiting;
        for (int i = 0; i < 2; ++i)
          waiting.spawn([&]() -> task<void> {
            EXPECT_EQ(co_await all.next(), SIGUSR1);
            ++heard;
          });
        co_await sleep(5ms);
        for (int i = 1; i <= 2; ++i) {
          raise_here(SIGUSR1);
          while (heard < i) co_await sleep(1ms);
          co_await sleep(20ms);
          EXPECT_EQ(heard, i);
        }
        co_await waiting.join();
      }(),
      30s);
}

TEST_P(signals_to_wait_for, say_what_was_waited_for) {
  signals waited_for{SIGUSR1};
  std::string said;
  try {
    wait(waited_for.next(), 1ms);
  } catch (const error& e) {
    said = e.what();
  }
  EXPECT_EQ(said, "wait for a signal: timed out");
}

// As sendfile(2) does, of which the last of several sends met EPIPE.
TEST(without_sigpipe, takes_back_one_that_came_although_the_call_did_not_fail) {
  {
    const without_sigpipe quiet;
    ::raise(SIGPIPE);
    errno = 0;
  }
  sigset_t pending;
  ::sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
}

}  // namespace
}  // namespace parlance::io::test
