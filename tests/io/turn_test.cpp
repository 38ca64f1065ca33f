// The loop waits only when there is nothing left to do, whoever left it, and hears of what has come whatever
// it was doing then.
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <termios.h>

#include <atomic>
#include <coroutine>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include <parlance/io/detail/backend.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/mailbox.hpp>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

class turn : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(turn);

// A limit of real time would end the loop's wait; a watchdog ends the test that hangs.
TEST_P(turn, ends_before_the_loop_waits_also_for_the_first_wait_of_all) {
  wait([]() -> task<void> { co_await end_of_turn(); }());
}

TEST_P(turn, ends_once_for_each_who_waits_for_it_again) {
  wait([]() -> task<void> {
    co_await yield();
    for (int i = 0; i < 3; ++i) co_await end_of_turn();
  }());
}

TEST_P(turn, what_a_timer_or_its_end_lets_go_on_is_not_waited_for) {
  wait([]() -> task<void> {
    co_await sleep(1ms);
    co_await end_of_turn();
    co_await yield();
    co_await end_of_turn();
  }());
}

struct throwing final : post_queue::item {
  void run(std::unique_ptr<item>) override { throw std::runtime_error("posted"); }
};

TEST_P(turn, what_was_posted_behind_what_throws_is_done_in_the_next) {
  mailbox<int> letters;
  here.posts()->push(std::make_unique<throwing>());
  EXPECT_TRUE(letters.try_put(1));
  EXPECT_THROW(wait(end_of_turn()), std::runtime_error);
  EXPECT_TRUE(letters.try_put(2));  // behind that
  EXPECT_EQ(wait(letters.take()), 1);
  EXPECT_EQ(wait(letters.take()), 2);
}

/// A coroutine that is no task of ours: what it throws goes to who resumes it.
class foreign {
 public:
  struct promise_type {
    foreign get_return_object() noexcept {
      return foreign(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() { throw; }
  };
  explicit foreign(std::coroutine_handle<promise_type> its) noexcept : its_(its) {}
  ~foreign() { its_.destroy(); }
  foreign(const foreign&) = delete;
  foreign& operator=(const foreign&) = delete;

 private:
  std::coroutine_handle<promise_type> its_;
};

TEST_P(turn, what_was_ready_behind_a_coroutine_that_throws_goes_on_in_the_next) {
  event ready;
  std::string gone_on;
  const auto go_on = [&](char which) -> task<void> {
    co_await ready;
    gone_on += which;
  };
  const auto throws = [&]() -> foreign {
    co_await ready;
    throw std::runtime_error("foreign");
  };
  scope tasks;
  tasks.spawn(go_on('a'));
  const foreign between = throws();
  tasks.spawn(go_on('b'));
  tasks.spawn(go_on('c'));
  ready.set();
  EXPECT_THROW(wait(end_of_turn()), std::runtime_error);
  EXPECT_EQ(gone_on, "a");
  wait(tasks.join());
  EXPECT_EQ(gone_on, "abc");
}

TEST_P(turn, what_is_posted_and_never_run_is_freed_with_the_loop) {
  const auto witness = std::make_shared<int>(1);
  {
    loop inner({.backend = GetParam()});
    mailbox<std::shared_ptr<int>> letters;
    inner.posts()->push(std::make_unique<throwing>());
    EXPECT_TRUE(letters.try_put(witness));
    EXPECT_THROW(wait(end_of_turn()), std::runtime_error);
    EXPECT_GT(witness.use_count(), 1);
  }
  EXPECT_EQ(witness.use_count(), 1);
}

class turn_of_a_kernel : public on_every_backend {};
INSTANTIATE_TEST_SUITE_P(on, turn_of_a_kernel, testing::ValuesIn(real_backends()), name_of_backend);

TEST_P(turn_of_a_kernel, hears_of_what_is_posted_while_a_socket_takes_back_what_the_kernel_holds) {
  wait([]() -> task<void> {
    mailbox<int> letters;
    const datagram_ptr listener = open_datagram();
    listener->bind(loopback());
    for (int i = 0; i < 3; ++i) {
      scope receiving;
      char room[10];
      receiving.spawn([&]() -> task<void> { co_await recv_from_operation(*listener, std::span(room)); });
      co_await yield();
      EXPECT_TRUE(letters.try_put(i));
    }
    for (int i = 0; i < 3; ++i) EXPECT_EQ(co_await letters.take(), i);
  }());
}

// The kernel cannot take it back while it is between two attempts, and must be asked again.
TEST_P(turn_of_a_kernel, leaves_a_scope_at_once_whose_connect_waits_at_a_full_queue) {
  wait([]() -> task<void> {
    const endpoint at = unique_name();
    const listening_ptr listener = listening(0, at);
    const socket_ptr filler = open_socket(AF_UNIX);
    co_await connect_to(*filler, at);
    for (int turns = 0; turns < 8; ++turns) {
      const socket_ptr caller = open_socket(AF_UNIX);
      scope calling;
      calling.spawn([&]() -> task<void> { co_await connect_operation(*caller, at); });
      for (int i = 0; i < turns; ++i) co_await yield();
      if (turns % 2) calling.cancel(), co_await calling.join();
    }
  }());
}

// As those of a debugger do, and of a program that handles its signals without us.
TEST_P(turn_of_a_kernel, goes_on_waiting_when_a_signal_interrupts_it) {
  static std::atomic<int> heard;
  heard = 0;
  struct sigaction handled{}, before{};
  handled.sa_handler = [](int) { ++heard; };
  ASSERT_EQ(::sigaction(SIGUSR2, &handled, &before), 0);
  std::jthread other([waiting = ::pthread_self()](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      ::usleep(2'000);
      ::pthread_kill(waiting, SIGUSR2);
    }
  });
  const time_point start = here.now();
  do wait(sleep(20ms));
  while (heard < 5);
  EXPECT_GE(here.now() - start, 20ms);
  other.request_stop(), other.join();
  ::sigaction(SIGUSR2, &before, nullptr);
}

// As a shell does around Ctrl-Z and fg: whoever waits for the terminal is woken, and finds nothing.
TEST_P(turn_of_a_kernel, goes_on_polling_a_terminal_whose_modes_are_changed) {
  wait([]() -> task<void> {
    const int keyboard = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_EQ(::grantpt(keyboard) | ::unlockpt(keyboard), 0);
    const int terminal = ::open(::ptsname(keyboard), O_RDWR | O_NOCTTY | O_CLOEXEC);
    bool readable = false;
    scope polling;
    polling.spawn([&]() -> task<void> {
      co_await poll_operation(terminal, POLLIN);
      readable = true;
    });
    for (int i = 0; i < 5; ++i) {
      co_await sleep(2ms);
      termios modes{};
      EXPECT_EQ(::tcgetattr(terminal, &modes), 0);
      modes.c_lflag ^= ICANON;
      EXPECT_EQ(::tcsetattr(terminal, TCSANOW, &modes), 0);
    }
    co_await sleep(5ms);
    EXPECT_FALSE(readable);
    EXPECT_EQ(::write(keyboard, "x\n", 2), 2);
    co_await timeout(30s, polling.join());
    EXPECT_TRUE(readable);
    ::close(terminal), ::close(keyboard);
  }());
}

TEST_P(turn_of_a_kernel, goes_on_polling_a_terminal_however_often_it_is_woken_for_nothing) {
  wait([]() -> task<void> {
    const int keyboard = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_EQ(::grantpt(keyboard) | ::unlockpt(keyboard), 0);
    const int terminal = ::open(::ptsname(keyboard), O_RDWR | O_NOCTTY | O_CLOEXEC);
    std::jthread waking([terminal](const std::stop_token& enough) {
      termios modes{};
      EXPECT_EQ(::tcgetattr(terminal, &modes), 0);
      do {
        modes.c_lflag ^= ICANON;
        EXPECT_EQ(::tcsetattr(terminal, TCSANOW, &modes), 0);
      } while (!enough.stop_requested() || !(modes.c_lflag & ICANON));
    });
    const auto readable = [terminal]() -> task<void> { co_await poll_operation(terminal, POLLIN); };
    EXPECT_EQ(co_await failure_of(timeout(50ms, readable())), errc::timed_out);
    for (int i = 0; i < 50; ++i)
      EXPECT_EQ(co_await failure_of(timeout(std::chrono::microseconds(100 * (i % 20)), readable())),
                errc::timed_out);
    scope polling;
    polling.spawn(readable());
    co_await sleep(20ms);
    waking.request_stop(), waking.join();
    EXPECT_EQ(::write(keyboard, "x\n", 2), 2);
    co_await timeout(30s, polling.join());
    ::close(terminal), ::close(keyboard);
  }());
}

/// A child that has copies of all descriptors and does nothing.
class sleeping_child {
 public:
  sleeping_child() : pid_(::fork()) {
    if (pid_ != 0) return;
    ::alarm(60);
    for (;;) ::pause();
  }
  ~sleeping_child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  sleeping_child(const sleeping_child&) = delete;
  sleeping_child& operator=(const sleeping_child&) = delete;

 private:
  pid_t pid_;
};

TEST_P(turn_of_a_kernel, hears_no_more_of_a_socket_that_is_destroyed_though_a_child_has_a_copy) {
  wait([]() -> task<void> {
    ends tcp = co_await connected();
    listening_ptr listener = listening();
    datagram_ptr datagrams = open_datagram();
    datagrams->bind(loopback());
    const endpoint at = listener->local(), port = datagrams->local();
    const sleeping_child child;
    tcp.b.reset(), listener.reset(), datagrams.reset();
    std::vector<std::string> junk;  // in the memory that is free now
    for (int i = 0; i < 64; ++i) junk.emplace_back(100 + 8 * static_cast<std::size_t>(i), 'A');
    const int caller = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int sender = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ::connect(caller, at.data(), at.size());
    ::sendto(sender, "x", 1, 0, port.data(), port.size());
    co_await failure_of(send_all(*tcp.a, "x"));
    for (int i = 0; i < 10; ++i) co_await sleep(1ms);
    ::close(caller), ::close(sender);
  }());
}

TEST_P(turn_of_a_kernel, is_left_alone_by_a_child_that_destroys_its_copies) {
  std::optional<loop> inner(loop_options{.backend = GetParam()});
  ends tcp = wait(connected());
  wait(send_all(*tcp.a, "!"));
  EXPECT_EQ(wait(receive(*tcp.b)), "!");
  const pid_t child = ::fork();
  if (child == 0) {
    tcp.a.reset();
    tcp.b.reset();
    inner.reset();
    ::_exit(0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  wait([](ends& both) -> task<void> {
    scope receiving;
    std::string got;
    receiving.spawn([&]() -> task<void> { got = co_await receive(*both.b); });
    co_await sleep(5ms);
    co_await send_all(*both.a, "after");
    co_await receiving.join();
    EXPECT_EQ(got, "after");
  }(tcp));
}

TEST_P(turn_of_a_kernel, is_left_alone_by_a_child_that_ends_while_two_sends_wait) {
  std::optional<loop> inner(loop_options{.backend = GetParam()});
  ends tcp = wait(connected());
  const std::string much = pattern(12'000'000);
  auto sending = std::make_optional<scope>();
  sending->spawn(send_all(*tcp.a, much));
  sending->spawn(send_all(*tcp.a, "later"));
  wait(sleep(5ms));
  const pid_t child = ::fork();
  if (child == 0) {
    sending.reset();
    tcp.a.reset();
    tcp.b.reset();
    inner.reset();
    ::_exit(0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(wait(receive_until(*tcp.b, much.size() + 5)) == much + "later");
  sending.reset();
  tcp = {};
}

}  // namespace
}  // namespace parlance::io
