#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include <parlance/io/event.hpp>
#include <parlance/io/mailbox.hpp>

#include "io/limit_of_descriptors.hpp"
#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

// --- which backend

struct environment {
  explicit environment(const char* backend) {
    if (const char* before = std::getenv("PARLANCE_BACKEND")) before_ = before;
    setenv("PARLANCE_BACKEND", backend, 1);
  }
  ~environment() {
    if (before_)
      setenv("PARLANCE_BACKEND", before_->c_str(), 1);
    else
      unsetenv("PARLANCE_BACKEND");
  }
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;

 private:
  std::optional<std::string> before_;
};

TEST(choice_of_backend, is_by_name) {
  for (const std::string& name : every_backend()) EXPECT_EQ(loop({.backend = name}).kernel().name(), name);
}

TEST(choice_of_backend, is_by_the_environment_when_no_name_is_given) {
  for (const std::string& name : every_backend()) {
    const environment set(name.c_str());
    EXPECT_EQ(loop().kernel().name(), name);
    EXPECT_EQ(loop({.backend = "sim"}).kernel().name(), "sim");
  }
}

TEST(choice_of_backend, an_unknown_name_is_refused_with_those_that_are_known) {
  try {
    loop({.backend = "kqueue"});
    FAIL() << "accepted";
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "use the backend 'kqueue': there are io_uring, epoll and sim");
  }
  const environment set("nonsense");
  EXPECT_THROW(loop(), error);
}

TEST(first_loop, that_cannot_be_had_is_an_error) {
  std::thread([] {
    const limit_of_descriptors none;
    EXPECT_THROW(wait(sleep(1ms)), error);
    EXPECT_THROW(const context one, error);
    EXPECT_THROW(loop::current(), error);
  }).join();
}

TEST(choice_of_backend, is_io_uring_by_default) {
  const environment set("");
  loop here;
  if (uring_refusal().empty()) {
    EXPECT_EQ(here.kernel().name(), "io_uring");
    EXPECT_EQ(here.fallback_reason(), "");
  } else {
    EXPECT_EQ(here.kernel().name(), "epoll");
    EXPECT_EQ(here.fallback_reason(), uring_refusal());
  }
}

// As container runtimes do.
void forbid(long system_call) {
  const auto number = static_cast<std::uint32_t>(system_call);
  std::array<sock_filter, 4> program{{{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                                      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number},
                                      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
                                      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}}};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    _exit(77);
}

// Says on stderr what a loop is in a process that may not make this system call. Ends it without the
// destructors of what other tests have left, as threads that are not there after a fork.
[[noreturn]] void loop_without(long system_call) {
  forbid(system_call);
  unsetenv("PARLANCE_BACKEND");
  loop here;
  std::fprintf(stderr, "%s, for: %s", std::string(here.kernel().name()).c_str(),
               here.fallback_reason().c_str());
  wait(sleep(1ms));
  try {
    loop({.backend = "io_uring"});
  } catch (const error& e) {
    _exit(e.code() == std::errc::operation_not_permitted ? 0 : 1);
  }
  _exit(2);
}

TEST(choice_of_backend, falls_back_to_epoll_where_any_step_of_io_uring_is_forbidden) {
  EXPECT_EXIT(loop_without(SYS_io_uring_setup), testing::ExitedWithCode(0),
              "epoll, for: start io_uring .setup.: operation not permitted; a container or .* may forbid it");
  if (!uring_refusal().empty()) GTEST_SKIP() << uring_refusal();
  EXPECT_EXIT(loop_without(SYS_io_uring_register), testing::ExitedWithCode(0),
              "epoll, for: start io_uring .buffers.");
  EXPECT_EXIT(loop_without(SYS_io_uring_enter), testing::ExitedWithCode(0),
              "epoll, for: start io_uring .submit.");
}

// --- waiting

class waiting : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(waiting);

TEST_P(waiting, gives_what_the_task_gives) {
  EXPECT_EQ(wait([]() -> task<int> { co_return 42; }()), 42);
  EXPECT_EQ(*wait([]() -> task<std::unique_ptr<int>> {
    co_await yield();
    co_return std::make_unique<int>(1);
  }()),
            1);
  int value = 1;
  wait([](int& same) -> task<int&> { co_return same; }(value)) = 2;
  EXPECT_EQ(value, 2);
}

TEST_P(waiting, throws_what_the_task_throws) {
  EXPECT_THROW(wait([]() -> task<void> {
                 co_await yield();
                 throw std::runtime_error("x");
               }()),
               std::runtime_error);
}

TEST_P(waiting, inside_a_coroutine_is_refused_before_it_starts) {
  wait([]() -> task<void> {
    bool started = false;
    const auto inner = [&]() -> task<void> {
      started = true;
      co_return;
    };
    EXPECT_THROW(wait(inner()), std::logic_error);
    co_await yield();
    EXPECT_THROW(wait(inner()), std::logic_error);
    EXPECT_FALSE(started);
  }());
}

TEST_P(waiting, goes_on_after_a_wait_that_threw) {
  EXPECT_THROW(wait([]() -> task<void> { co_await sleep(1h); }(), 1ms), error);
  wait(sleep(1ms));
}

TEST_P(waiting, on_an_operation_itself) {
  const auto [a, b] = here.kernel().open_pair();
  EXPECT_EQ(wait(send_operation(*a, "x")), 1U);
  EXPECT_EQ(wait(recv_operation(*b)), "x");
  event set;
  set.set();
  wait(set);
}

TEST_P(waiting, loops_nest) {
  EXPECT_EQ(&loop::current(), &here);
  {
    loop inner({.backend = GetParam()});
    EXPECT_EQ(&loop::current(), &inner);
    wait(sleep(1ms));
  }
  EXPECT_EQ(&loop::current(), &here);
  wait(sleep(1ms));
}

// --- fairness

TEST_P(waiting, loops_may_end_in_any_order) {
  auto outer = std::make_unique<loop>(loop_options{.backend = GetParam()});
  auto middle = std::make_unique<loop>(loop_options{.backend = GetParam()});
  auto inner = std::make_unique<loop>(loop_options{.backend = GetParam()});
  middle.reset();
  EXPECT_EQ(&loop::current(), inner.get());
  wait(sleep(1ms));
  inner = std::make_unique<loop>(loop_options{.backend = GetParam()});  // the new one first
  EXPECT_EQ(&loop::current(), inner.get());
  wait(sleep(1ms));
  inner.reset();
  EXPECT_EQ(&loop::current(), outer.get());
  wait(sleep(1ms));
}

TEST_P(waiting, a_limit_of_no_time_that_is_tried_again_and_again_lets_others_go_on) {
  wait([]() -> task<void> {
    scope others;
    bool slept = false;
    others.spawn([&]() -> task<void> {
      co_await sleep(10us);
      slept = true;
    });
    for (int i = 0; i < 10'000'000 && !slept; ++i) try {
        co_await timeout(0s, sleep(1h));
      } catch (const error& e) {
        EXPECT_EQ(e.code(), errc::timed_out);
      }
    EXPECT_TRUE(slept);
  }());
}

TEST_P(waiting, an_operation_that_never_waits_does_not_starve_the_others) {
  wait(
      []() -> task<void> {
        const datagram_ptr receiver = open_datagram(), sender = open_datagram();
        receiver->bind(loopback());
        const ends tcp = co_await connected();
        scope busy;
        std::size_t sent = 0;
        busy.spawn([&]() -> task<void> {
          for (;;) {
            send_to_operation op(*sender, "x", receiver->local());
            co_await op;
            if (op.error) throw error(op.error, "send_to");
            ++sent;
          }
        });
        co_await sleep(20ms);
        co_await send_all(*tcp.a, "x");
        EXPECT_EQ(co_await receive(*tcp.b), "x");
        EXPECT_GT(sent, 0U);
      }(),
      20s);
}

TEST_P(waiting, a_socket_that_is_always_readable_does_not_starve_the_others) {
  wait(
      []() -> task<void> {
        const ends flood = co_await connected(), tcp = co_await connected();
        const std::string bytes = pattern(1'000'000);
        scope busy;
        busy.spawn([&]() -> task<void> {
          for (;;) co_await send_all(*flood.a, bytes);
        });
        busy.spawn([&]() -> task<void> {
          for (;;) co_await receive(*flood.b);
        });
        for (int i = 0; i < 5; ++i) {
          co_await sleep(2ms);
          co_await send_all(*tcp.a, "x");
          EXPECT_EQ(co_await receive(*tcp.b), "x");
        }
      }(),
      20s);
}

TEST_P(waiting, code_that_only_yields_does_not_stop_the_clock) {
  wait(
      []() -> task<void> {
        bool rung = false;
        scope bell;
        bell.spawn([&]() -> task<void> {
          co_await sleep(5ms);
          rung = true;
        });
        while (!rung) co_await yield();
      }(),
      20s);
}

// --- the end of a loop

TEST_P(waiting, work_that_was_posted_dies_with_the_loop) {
  const auto witness = std::make_shared<int>(1);
  std::optional<mailbox<std::shared_ptr<int>>::sender> kept;
  {
    const loop inner({.backend = GetParam()});
    const mailbox<std::shared_ptr<int>> letters;
    EXPECT_TRUE(letters.try_put(witness));
    kept = letters.address();
    EXPECT_EQ(witness.use_count(), 2);
  }
  EXPECT_EQ(witness.use_count(), 1);
  EXPECT_FALSE(kept->try_put(witness));
  EXPECT_EQ(witness.use_count(), 1);
}

TEST_P(waiting, letters_die_with_their_mailbox) {
  const auto witness = std::make_shared<int>(1);
  {
    const mailbox<std::shared_ptr<int>> letters;
    EXPECT_TRUE(letters.try_put(witness));
  }
  wait(yield());
  EXPECT_EQ(witness.use_count(), 1);
}

TEST_P(waiting, a_mailbox_takes_as_many_as_it_has_room_for) {
  mailbox<int> letters(3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(letters.try_put(i));
  EXPECT_FALSE(letters.try_put(3));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(wait(letters.take()), i);
    EXPECT_TRUE(letters.try_put(i + 3));
  }
}

TEST_P(waiting, a_mailbox_copies_what_it_is_lent_and_gives_back_what_it_has_no_room_for) {
  const std::string said = "a string that is long enough to be moved away";
  mailbox<std::string> letters(2);
  std::string text = said;
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(letters.try_put(text));
  EXPECT_FALSE(letters.try_put(std::move(text)));
  EXPECT_EQ(text, said);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(wait(letters.take()), said);
}

TEST_P(waiting, an_event_wakes_everybody_in_order_and_stays_set) {
  wait([]() -> task<void> {
    event flag;
    std::vector<int> woken;
    scope all;
    for (int i = 0; i < 5; ++i)
      all.spawn([&flag, &woken, i]() -> task<void> {
        co_await flag;
        woken.push_back(i);
      });
    flag.set();
    co_await all.join();
    EXPECT_EQ(woken, (std::vector<int>{0, 1, 2, 3, 4}));
    co_await flag;
    flag.reset();
    EXPECT_FALSE(flag.is_set());
    const auto again = [&]() -> task<void> { co_await flag; };
    EXPECT_EQ(co_await failure_of(timeout(1ms, again())), errc::timed_out);
  }());
}

TEST_P(waiting, is_ended_in_its_own_loop_from_within_another) {
  wait([](std::string backend) -> task<void> {
    event happened;
    bool resumed = false;
    scope waits;
    waits.spawn([&]() -> task<void> {
      co_await happened;
      resumed = true;
    });
    {
      const loop inner({.backend = backend});
      happened.set();
    }
    co_await eventually([&] { return resumed; });
  }(GetParam()));
}

}  // namespace
}  // namespace parlance::io
