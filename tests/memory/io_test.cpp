// Memory that runs out in the middle of an operation: it fails, or gets on without, and nothing that came is lost.
#include <sys/socket.h>

#include <parlance/io/blocking.hpp>
#include <parlance/io/channel.hpp>
#include <parlance/io/combinators.hpp>
#include <parlance/io/loop_thread.hpp>
#include <parlance/io/mailbox.hpp>
#include <parlance/io/timer.hpp>

#include "memory/failing.hpp"

namespace parlance::net::test {
namespace {

using io::test::receive;
using io::test::receive_until;
using io::test::socket_ptr;

class io_without_memory : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(io_without_memory);

/// Two ends whose other loop-bound memory is had: what an end needs once is not asked for again.
io::test::ends connected_ends() { return io::wait(io::test::connected()); }

/// A call on the descriptor itself, which needs no memory of ours.
void say(io::stream_socket& by, std::string_view what) {
  ASSERT_EQ(::send(by.native_handle(), what.data(), what.size(), 0), static_cast<ssize_t>(what.size()));
}

/// A coroutine that is started by hand, outside of every wait, and may be destroyed at any moment.
struct begun {
  struct promise_type {
    begun get_return_object() { return begun(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() { std::terminate(); }
  };
  explicit begun(std::coroutine_handle<promise_type> its) noexcept : frame(its) {}
  begun(begun&& other) noexcept : frame(std::exchange(other.frame, {})) {}
  begun& operator=(begun&&) = delete;
  ~begun() {
    if (frame) frame.destroy();
  }
  void start() const { frame.resume(); }
  bool done() const { return frame.done(); }
  std::coroutine_handle<promise_type> frame;
};

template <class Operation> begun wait_for(Operation& op) { co_await op; }

/// All of them, from here on.
class no_memory {
 public:
  no_memory() noexcept : before_(std::exchange(failing, 1)) { all_that_follow = true; }
  ~no_memory() {
    failing = before_;
    all_that_follow = false;
  }
  no_memory(const no_memory&) = delete;
  no_memory& operator=(const no_memory&) = delete;

 private:
  const std::size_t before_;
};

TEST_P(io_without_memory, a_recv_is_asked_for_again) {
  fail_each_allocation([&] {
    std::optional<io::test::ends> both;
    {
      const spared beforehand;
      both = connected_ends();
      both->b->set_timeout(io::side::read, 30s);
      say(*both->a, "hello");
    }
    std::string got;
    const outcome how = outcome_of([&] { got = io::wait(receive(*both->b)); });
    const spared afterwards;
    if (how != outcome::done) got = io::wait(receive(*both->b));
    EXPECT_EQ(got, "hello");
    both.reset();
  });
}

// It waits, what it waits for comes, and it is destroyed before it knows.
TEST_P(io_without_memory, what_a_recv_got_that_goes_is_for_the_next) {
  const io::test::ends both = connected_ends();
  for (const std::string_view text : {"one", "two"}) {
    std::optional<io::recv_operation> op(std::in_place, *both.b);
    {
      const begun waiting = wait_for(*op);
      waiting.start();
      say(*both.a, text);
      while (op->waiting()) here.kernel().wait(io::time_point::min());
      EXPECT_EQ(op->chunk, text);
    }
    {
      const no_memory none;
      op.reset();
    }
    EXPECT_EQ(io::wait(receive(*both.b)), text);
  }
}

// More than one chunk, for a socket that has been received from.
TEST_P(io_without_memory, what_comes_while_nobody_receives_stays) {
  const io::test::ends both = connected_ends();
  const std::string text = pattern(100'000);
  say(*both.a, std::string_view(text).substr(0, 1));
  EXPECT_EQ(io::wait(receive(*both.b)), text.substr(0, 1));
  for (std::size_t at = 1; at < text.size(); at += 9'999) {
    say(*both.a, std::string_view(text).substr(at, 9'999));
    const no_memory none;
    here.run_ready();
  }
  EXPECT_EQ(io::wait(receive_until(*both.b, text.size() - 1)), text.substr(1));
}

TEST_P(io_without_memory, pieces_go_one_after_the_other) {
  const io::test::ends both = connected_ends();
  const std::string first = pattern(2'000'000), third = pattern(30'000, 3);
  const std::string_view pieces[] = {first, "", "second", third};
  io::send_operation op(*both.a, pieces);
  const begun waiting = wait_for(op);
  std::string got(first.size() + 6 + third.size(), '\0');
  std::size_t size = 0;
  {
    const no_memory none;
    waiting.start();
    while (size < got.size()) {
      here.run_ready();
      const ssize_t some =
          ::recv(both.b->native_handle(), got.data() + size, got.size() - size, MSG_DONTWAIT);
      if (some > 0) size += static_cast<std::size_t>(some);
    }
    while (!waiting.done()) here.run_ready();
  }
  EXPECT_FALSE(op.error) << op.error.message();
  EXPECT_TRUE(got == first + "second" + third);
}

// A limit needs a timer: without memory for that a send fails, and says how much has gone.
TEST_P(io_without_memory, a_send_with_a_limit_fails_and_goes_on) {
  const io::test::ends both = connected_ends();
  both.a->set_timeout(io::side::write, 30s);
  const std::string_view all = too_much();
  std::size_t sent = 0;
  {
    io::send_operation op(*both.a, all);
    const begun waiting = wait_for(op);
    {
      const no_memory none;
      waiting.start();
      while (!waiting.done()) here.run_ready();
    }
    EXPECT_EQ(op.error, std::errc::not_enough_memory);
    sent = op.sent;
  }
  EXPECT_LT(sent, all.size());
  io::wait([](io::stream_socket& by, io::stream_socket& to, std::string_view rest) -> task<void> {
    scope sending;
    sending.spawn(io::test::send_all(by, rest));
    EXPECT_TRUE(co_await receive_until(to, too_much().size()) == too_much());
    co_await sending.join();
  }(*both.a, *both.b, all.substr(sent)));
}

TEST_P(io_without_memory, callers_and_sleeps_have_their_limits) {
  fail_each_allocation([&] {
    std::error_code failed;
    const outcome how = outcome_of([&] {
      io::wait([](std::error_code& why) -> task<void> {
        try {
          co_await io::timeout(1ms, io::sleep(1h));
        } catch (const io::error& e) {
          why = e.code();
        }
      }(failed));
    });
    const spared afterwards;
    if (how == outcome::done) EXPECT_EQ(failed, io::errc::timed_out);
  });
}

struct alarm final : io::timer {
  explicit alarm(std::vector<int>& to, int its) : order(to), number(its) {}
  void expire() noexcept override { order.push_back(number); }
  std::vector<int>& order;
  int number;
};

// Those that have no place in the heap are as good as those that do.
TEST(timers_without_memory, expire_and_are_disarmed) {
  io::loop here({.backend = "sim"});
  std::vector<int> order;
  order.reserve(1000);
  std::vector<std::unique_ptr<alarm>> all;
  const io::time_point start = here.now();
  for (int i = 0; i < 100; ++i) all.push_back(std::make_unique<alarm>(order, i));
  const auto when = [&](int i) { return start + std::chrono::milliseconds(1 + i * 37 % 100); };
  {
    const no_memory none;
    for (int i = 0; i < 100; ++i) all[static_cast<std::size_t>(i)]->arm(when(i));
    for (int i = 50; i < 100; ++i) all[static_cast<std::size_t>(i)]->arm(when(i));  // again
    for (int i = 0; i < 100; i += 3) all[static_cast<std::size_t>(i)]->disarm();
  }
  std::vector<int> expected;
  for (int i = 0; i < 100; ++i)
    if (i % 3 != 0) expected.push_back(i);
  std::ranges::sort(expected, {}, when);
  EXPECT_EQ(here.next(), when(expected.front()));
  io::wait(io::sleep(1s));
  EXPECT_EQ(order, expected);
}

TEST(timers_without_memory, go_over_to_the_loop_around_and_end_with_the_last) {
  io::loop outer({.backend = "sim"});
  io::context limits;
  {
    io::loop inner({.backend = "sim"});
    const no_memory none;
    limits.set_deadline(inner.now() + 5ms);
  }
  EXPECT_FALSE(limits.cancelled());
  io::wait(io::sleep(10ms));
  EXPECT_EQ(limits.cancelled(), io::errc::timed_out);
}

TEST(datagrams_without_memory, say_that_one_is_lost) {
  for (const std::string& backend : every_kernel_backend()) {
    io::loop here({.backend = backend});
    const auto to = io::test::open_datagram(AF_UNIX), by = io::test::open_datagram(AF_UNIX);
    to->bind(io::test::unique_name());
    by->connect(to->local());
    char room[16];
    std::optional<io::recv_from_operation> op(std::in_place, *to, std::span(room));
    {
      const begun waiting = wait_for(*op);
      waiting.start();
      ASSERT_EQ(::send(by->native_handle(), "one", 3, 0), 3);
      ASSERT_EQ(::send(by->native_handle(), "two", 3, 0), 3);
      while (op->waiting()) here.kernel().wait(io::time_point::min());
    }
    {
      const no_memory none;
      op.reset();
    }
    const auto next = [&] {
      return io::wait([](io::datagram_socket& from) -> task<std::pair<std::error_code, std::string>> {
        char into[16];
        io::recv_from_operation one(from, std::span(into));
        co_await one;
        co_return std::pair(one.error, std::string(into, one.size));
      }(*to));
    };
    EXPECT_EQ(next().first, std::errc::not_enough_memory) << backend;
    EXPECT_EQ(next().second, "two") << backend;
  }
}

// For which there is no readiness: it is looked for again.
TEST_P(io_without_memory, what_waits_for_room_at_a_unix_socket_fails) {
  const auto full = io::test::listening(0, io::test::unique_name());
  std::vector<socket_ptr> callers;
  const auto to = io::test::open_datagram(AF_UNIX), by = io::test::open_datagram(AF_UNIX);
  to->bind(io::test::unique_name());
  fail_each_allocation([&] {
    std::optional<io::send_to_operation> op;
    {
      const spared beforehand;
      while (::sendto(by->native_handle(), "x", 1, MSG_DONTWAIT, to->local().data(), to->local().size()) ==
             1) {
      }
      op.emplace(*by, "last", to->local());
    }
    std::optional<begun> waiting;
    outcome_of([&] {
      waiting.emplace(wait_for(*op));
      waiting->start();
    });
    for (int i = 0; i < 3; ++i) here.run_ready();
    const spared afterwards;
    if (waiting && waiting->done()) EXPECT_EQ(op->error, std::errc::not_enough_memory);
    waiting.reset();
    op.reset();
  });
  fail_each_allocation([&] {
    std::optional<io::connect_operation> op;
    socket_ptr caller, first;
    {
      const spared beforehand;
      first = io::test::open_socket(AF_UNIX);
      caller = io::test::open_socket(AF_UNIX);
      ASSERT_EQ(::connect(first->native_handle(), full->local().data(), full->local().size()), 0);
      op.emplace(*caller, full->local());
    }
    std::optional<begun> waiting;
    outcome_of([&] {
      waiting.emplace(wait_for(*op));
      waiting->start();
    });
    for (int i = 0; i < 3; ++i) here.run_ready();
    const spared afterwards;
    if (waiting && waiting->done()) EXPECT_EQ(op->error, std::errc::not_enough_memory);
    waiting.reset();
    op.reset();
    caller.reset();
    first.reset();
    io::wait(io::test::accept_one(*full));
  });
}

TEST_P(io_without_memory, channels_lose_nothing) {
  for (const std::size_t capacity : {0U, 1U, 3U})
    fail_each_allocation([&] {
      std::vector<int> sent, got;
      std::optional<io::channel<std::unique_ptr<int>>> values;
      {
        const spared beforehand;
        sent.reserve(10);
        got.reserve(10);
        values.emplace(capacity);
      }
      static_cast<void>(outcome_of([&] {
        io::wait([&]() -> task<void> {
          scope both;
          both.spawn([&]() -> task<void> {
            for (int i = 0; i < 5; ++i) {
              co_await values->send(std::make_unique<int>(i));
              sent.push_back(i);
            }
          });
          both.spawn([&]() -> task<void> {
            while (got.size() < 5) got.push_back(**co_await values->receive());
          });
          co_await both.join();
        }());
      }));
      const spared afterwards;
      while (const auto left = values->try_receive()) got.push_back(**left);
      // The last may have been taken over before its sender knew.
      while (sent.size() < got.size()) sent.push_back(static_cast<int>(sent.size()));
      EXPECT_EQ(got, sent);
      values.reset();
      std::vector<int>().swap(sent);
      std::vector<int>().swap(got);
    });
}

TEST_P(io_without_memory, mailboxes_lose_nothing) {
  fail_each_allocation([&] {
    std::optional<io::mailbox<std::string>> box;
    const outcome how = outcome_of([&] {
      box.emplace(4U);
      if (!box->try_put(std::string(100, 'a'))) ADD_FAILURE() << "it is full";
    });
    if (how == outcome::done) {
      const no_memory none;
      here.run_ready();  // it arrives
    }
    const spared afterwards;
    if (how == outcome::done) EXPECT_EQ(io::wait(box->take(), 30s), std::string(100, 'a'));
    box.reset();
  });
}

task<std::string> answer() { co_return std::string(100, 'a'); }

TEST_P(io_without_memory, work_of_other_threads_is_answered) {
  io::loop_thread other(GetParam());
  fail_each_allocation([&] {
    outcome_of([&] { EXPECT_EQ(io::wait(io::run_on(other, answer), 30s).size(), 100U); });
    outcome_of(
        [&] { EXPECT_EQ(io::wait(io::blocking([] { return std::string(100, 'b'); }), 30s).size(), 100U); });
  });
  // And where it runs. It goes on for whoever comes next.
  for (std::size_t nth = 1; nth < 10; ++nth) {
    other.post([nth] { failing = nth; });
    outcome_of([&] { EXPECT_EQ(io::wait(io::run_on(other, answer), 30s).size(), 100U); });
    other.post([] { failing = 0; });
  }
  EXPECT_EQ(io::wait(io::run_on(other, answer), 30s).size(), 100U);
}

TEST(threads_without_memory, end_all_the_same) {
  std::optional<io::loop_thread> other(std::in_place);
  const no_memory none;
  other.reset();
}

TEST(failures_without_memory, are_told_on_stderr) {
  const std::exception_ptr why =
      std::make_exception_ptr(io::error(io::errc::cancelled, std::string(100, 'x')));
  testing::internal::CaptureStderr();
  {
    const no_memory none;
    io::log_errors(why);
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), std::string(100, 'x') + ": cancelled\n");
}

template <class Wait> void expect_both_are_there(Wait what) {
  fail_each_allocation([&] {
    std::optional<io::test::ends> first, second;
    std::string of_first, of_second;
    {
      const spared beforehand;
      first = connected_ends();
      second = connected_ends();
      say(*first->a, "first");
      say(*second->a, "second");
      of_first.reserve(32);
      of_second.reserve(32);
    }
    const outcome how = outcome_of([&] { io::wait(what(*first->b, *second->b, of_first, of_second)); });
    const spared afterwards;
    if (of_first.empty() || how != outcome::done) of_first = io::wait(receive(*first->b), 30s);
    if (of_second.empty() || how != outcome::done) of_second = io::wait(receive(*second->b), 30s);
    EXPECT_EQ(of_first, "first");
    EXPECT_EQ(of_second, "second");
    first.reset();
    second.reset();
    std::string().swap(of_first);
    std::string().swap(of_second);
  });
}

TEST_P(io_without_memory, several_waits_as_one_lose_nothing) {
  expect_both_are_there(
      [](io::stream_socket& a, io::stream_socket& b, std::string& of_a, std::string& of_b) -> task<void> {
        const auto which = co_await io::race(io::recv_operation(a), io::recv_operation(b));
        if (which.index() == 0)
          of_a = std::get<0>(which);
        else
          of_b = std::get<1>(which);
      });
  expect_both_are_there(
      [](io::stream_socket& a, io::stream_socket& b, std::string& of_a, std::string& of_b) -> task<void> {
        std::vector<io::recv_operation> both;
        both.emplace_back(a);
        both.emplace_back(b);
        const auto which = co_await io::any(std::move(both));
        (which.index == 0 ? of_a : of_b) = which.value;
      });
  expect_both_are_there(
      [](io::stream_socket& a, io::stream_socket& b, std::string& of_a, std::string& of_b) -> task<void> {
        const auto [one, two] = co_await io::all(io::recv_operation(a), io::recv_operation(b));
        of_a = one;
        of_b = two;
      });
  expect_both_are_there(
      [](io::stream_socket& a, io::stream_socket& b, std::string& of_a, std::string& of_b) -> task<void> {
        std::vector<io::recv_operation> both;
        both.emplace_back(a);
        both.emplace_back(b);
        const std::vector<std::string_view> all = co_await io::all(std::move(both));
        of_a = all[0];
        of_b = all[1];
      });
}

}  // namespace
}  // namespace parlance::net::test
