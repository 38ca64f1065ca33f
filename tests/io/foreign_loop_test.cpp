// A loop inside one that is not ours.
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include <parlance/io/detail/owned_fd.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/mailbox.hpp>
#include <parlance/io/signals.hpp>

#include "io/limit_of_descriptors.hpp"
#include "io/support.hpp"
#include "io/without_standard_input.hpp"

namespace parlance::io::test {
namespace {

/// Waits with poll(2), as a foreign loop does, until `done()`.
class foreign_loop_threads : public testing::TestWithParam<std::string> {
 protected:
  template <class F> void drive(F done) {
    for (here.run_ready(); !done(); here.run_ready()) {
      pollfd ours{here.descriptor(), POLLIN, 0};
      const time_point now = here.now(), next = here.next();
      const duration left = next <= now ? duration::zero() : std::min<duration>(next - now, 20s);
      const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(left);
      // One that nothing wakes sees at its end what it missed.
      ASSERT_GE(::poll(&ours, 1, static_cast<int>(rounded.count())), 0);
      ASSERT_LT(here.now() - now, 19s) << "nothing woke it";
      ++polls_;
    }
  }
  bool says_so() {
    pollfd ours{here.descriptor(), POLLIN, 0};
    return here.next() <= here.now() || ::poll(&ours, 1, 0) > 0;
  }
  watchdog patience;
  loop here{{.backend = GetParam()}};
  int polls_ = 0;
};
INSTANTIATE_TEST_SUITE_P(on, foreign_loop_threads, testing::ValuesIn(real_backends()), name_of_backend);

/// Of what a poll waits for.
void expect_to_be_told(loop& inner, int polled) {
  scope reading;
  reading.spawn([&]() -> task<void> { co_await poll_operation(polled, POLLIN); });
  inner.run_ready();
  pollfd ours{inner.descriptor(), POLLIN, 0};
  while (::poll(&ours, 1, 0) > 0) inner.run_ready();
  EXPECT_EQ(::eventfd_write(polled, 1), 0);
  EXPECT_EQ(::poll(&ours, 1, 30'000), 1);
}

// Of its own, or of a copy that a poll has.
TEST_P(foreign_loop_threads, may_have_a_descriptor_with_the_number_0) {
  std::optional<loop> inner(std::in_place, loop_options{.backend = GetParam()});
  const int polled = ::eventfd(0, EFD_CLOEXEC);
  const without_standard_input closed;
  const int descriptor = inner->descriptor();
  EXPECT_GE(descriptor, 0);
  const std::size_t before = open_descriptors();
  EXPECT_EQ(inner->descriptor(), descriptor);
  EXPECT_EQ(open_descriptors(), before);
  expect_to_be_told(*inner, polled);
  ::close(polled);
  inner.reset();
  EXPECT_LT(::fcntl(descriptor, F_GETFD), 0);
}

TEST_P(foreign_loop_threads, may_poll_by_the_number_0) {
  loop inner({.backend = GetParam()});
  const int polled = ::eventfd(0, EFD_CLOEXEC);
  EXPECT_GT(inner.descriptor(), 0);
  const without_standard_input closed;
  expect_to_be_told(inner, polled);
  EXPECT_LT(::fcntl(0, F_GETFD), 0);
  ::close(polled);
}

TEST_P(foreign_loop_threads, has_a_descriptor_or_says_that_there_are_no_more) {
  bool had = false;
  for (int more = 0; more < 4; ++more) {
    loop inner({.backend = GetParam()});
    const std::size_t before = open_descriptors();
    std::optional<limit_of_descriptors> limit(std::in_place, more);
    std::error_code why;
    try {
      had = inner.descriptor() >= 0;
    } catch (const error& e) {
      limit.reset();  // UBSan looks at what is thrown by a descriptor
      why = e.code();
    }
    if (!why) continue;
    EXPECT_EQ(why, std::errc::too_many_files_open) << more;
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_GE(inner.descriptor(), 0);
  }
  EXPECT_TRUE(had);
}

TEST_P(foreign_loop_threads, drives_connections_that_move_much) {
  const std::string much = pattern(3'000'000);
  std::string got;
  bool done = false;
  scope tasks;
  tasks.spawn([&]() -> task<void> {
    const ends tcp = co_await connected();
    scope sending;
    sending.spawn([&]() -> task<void> {
      co_await send_all(*tcp.a, much);
      tcp.a->shutdown(SHUT_WR);
    });
    got = co_await receive_all(*tcp.b);
    co_await sending.join();
    done = true;
  });
  drive([&] { return done; });
  EXPECT_EQ(got, much);
}

// Its descriptor is first asked for when a poll is over and nobody has been resumed for it yet.
TEST_P(foreign_loop_threads, may_ask_for_the_descriptor_after_something_was_ready) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  scope tasks;
  tasks.spawn([](int fd) -> task<void> {
    co_await yield();
    co_await poll_operation(fd, POLLIN);
  }(ends[0]));
  drive([&] { return tasks.size() == 0; });
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_P(foreign_loop_threads, is_told_when_the_next_timer_is) {
  EXPECT_EQ(here.next(), never);
  bool done = false;
  scope tasks;
  const time_point start = here.now();
  tasks.spawn([&]() -> task<void> {
    co_await sleep(15ms);
    co_await sleep(5ms);
    done = true;
  });
  EXPECT_GE(here.next(), start + 15ms);
  EXPECT_LE(here.next(), here.now() + 15ms);
  drive([&] { return done; });
  EXPECT_GE(here.now() - start, 20ms);
  EXPECT_LT(polls_, 20);  // it does not spin
}

TEST_P(foreign_loop_threads, is_told_that_something_is_ready) {
  bool done = false;
  scope tasks;
  tasks.spawn([&]() -> task<void> {
    for (int i = 0; i < 3; ++i) co_await yield();
    done = true;
  });
  EXPECT_LE(here.next(), here.now());
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(done);
    here.run_ready();
  }
  EXPECT_TRUE(done);
  EXPECT_EQ(here.next(), never);
}

TEST_P(foreign_loop_threads, hears_of_what_other_threads_put_in) {
  mailbox<int> letters;
  int sum = 0;
  scope tasks;
  tasks.spawn([&]() -> task<void> {
    for (;;) sum += co_await letters.take();
  });
  std::thread other([to = letters.address()] {
    for (int i = 0; i < 50; ++i) {
      EXPECT_TRUE(to.try_put(1));
      std::this_thread::sleep_for(200us);
    }
  });
  drive([&] { return sum == 50; });
  other.join();
}

TEST_P(foreign_loop_threads, hears_of_what_others_write_to_what_is_polled) {
  const int bell = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  int rung = 0;
  scope tasks;
  tasks.spawn([&]() -> task<void> {
    for (eventfd_t ignored;; ++rung) {
      co_await poll_operation(bell, POLLIN);
      ::eventfd_read(bell, &ignored);
    }
  });
  here.run_ready();
  static_cast<void>(here.descriptor());  // the first poll began before that
  for (int i = 0; i < 20; ++i) {
    std::thread other([bell] {
      std::this_thread::sleep_for(1ms);
      ::eventfd_write(bell, 1);
    });
    drive([&] { return rung > i; });
    other.join();
  }
  ::close(bell);
}

// Also where it is told of edges alone, and where there are timers beside.
TEST_P(foreign_loop_threads, hears_of_signals_in_an_epoll) {
  for (const std::uint32_t events : {EPOLLIN + 0U, EPOLLIN | EPOLLET})
    for (const bool ticks : {false, true}) {
      const owned_fd around(::epoll_create1(EPOLL_CLOEXEC));
      epoll_event ours{.events = events, .data = {}};
      ASSERT_EQ(::epoll_ctl(around.get(), EPOLL_CTL_ADD, here.descriptor(), &ours), 0);
      signals usr({SIGUSR1, SIGUSR2});
      int heard = 0;
      scope tasks;
      tasks.spawn([&]() -> task<void> {
        for (;; ++heard) co_await usr.next();
      });
      if (ticks)
        tasks.spawn([]() -> task<void> {
          for (;;) co_await sleep(300us);
        });
      for (int sent = 1; sent <= 20; ++sent) {
        std::thread other([sent] {
          std::this_thread::sleep_for(1ms);
          ::kill(::getpid(), sent % 2 ? SIGUSR1 : SIGUSR2);
        });
        here.run_ready();
        while (heard < sent) {
          const time_point now = here.now();
          const duration left = std::clamp<duration>(here.next() - now, duration::zero(), 20s);
          const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(left);
          // The signal itself may come to this thread.
          const int told = ::epoll_wait(around.get(), &ours, 1, static_cast<int>(rounded.count()));
          EXPECT_TRUE(told >= 0 || errno == EINTR);
          EXPECT_LT(here.now() - now, 19s) << "nothing woke it";
          here.run_ready();
        }
        other.join();
      }
      tasks.cancel();
      here.run_ready();
    }
}

TEST_P(foreign_loop_threads, says_that_something_was_begun_or_called_off_outside) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  scope tasks;
  std::error_code failed;
  bool read = false;
  here.run_ready();
  tasks.spawn([&]() -> task<void> {
    co_await poll_operation(ends[0], POLLIN);
    read = true;
    char got;
    EXPECT_EQ(::read(ends[0], &got, 1), 1);
    failed = co_await failure_of([](int fd) -> task<void> { co_await poll_operation(fd, POLLIN); }(ends[0]));
  });
  EXPECT_TRUE(says_so());
  drive([&] { return read; });
  EXPECT_FALSE(says_so());
  tasks.cancel();
  EXPECT_TRUE(says_so());
  drive([&] { return failed == errc::cancelled; });
  for (const int fd : ends) ::close(fd);
}

// What is still there to read is for nobody any more.
TEST_P(foreign_loop_threads, is_not_woken_by_what_was_polled_once) {
  for (const bool asked_before : {true, false}) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    scope tasks;
    bool readable = false;
    if (asked_before) EXPECT_GE(here.descriptor(), 0);
    tasks.spawn([&]() -> task<void> {
      co_await poll_operation(ends[0], POLLIN);
      readable = true;
    });
    here.run_ready();
    ASSERT_EQ(::write(ends[1], "x", 1), 1);
    drive([&] { return readable; });
    // What was begun or answered meanwhile takes a few turns.
    for (int turn = 0; turn < 100 && says_so(); ++turn) here.run_ready();
    EXPECT_FALSE(says_so());
    for (const int fd : ends) ::close(fd);
  }
}

TEST_P(foreign_loop_threads, never_waits_in_run_ready) {
  scope tasks;
  event never_set;
  tasks.spawn([&]() -> task<void> { co_await timeout(1h, never_set); });
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) here.run_ready();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 30s);
  EXPECT_EQ(tasks.size(), 1U);
}

TEST_P(foreign_loop_threads, cannot_be_driven_from_inside) {
  wait([&]() -> task<void> {
    EXPECT_THROW(here.run_ready(), std::logic_error);
    co_return;
  }());
}

TEST(foreign_loop, has_no_descriptor_of_a_simulated_one) {
  const loop simulated({.backend = "sim"});
  try {
    static_cast<void>(simulated.descriptor());
    ADD_FAILURE() << "there is one";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), std::errc::not_supported);
    EXPECT_STREQ(e.what(), "wait for the backend 'sim' from outside: operation not supported");
  }
}

}  // namespace
}  // namespace parlance::io::test
