// What may befall a wait, for each operation that can wait, on each backend: cancelled before it starts,
// while it waits and when it has just succeeded; a deadline before and after; destroyed at each of these
// moments. What had arrived is never lost, and nothing leaks.
#include <fcntl.h>
#include <poll.h>

#include <functional>
#include <future>
#include <map>
#include <tuple>

#include <parlance/io/blocking.hpp>
#include <parlance/io/channel.hpp>
#include <parlance/io/combinators.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/mailbox.hpp>
#include <parlance/io/semaphore.hpp>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

/// An operation to be put to the test.
class subject {
 public:
  subject() = default;
  subject(const subject&) = delete;
  subject& operator=(const subject&) = delete;
  virtual ~subject() = default;

  virtual task<void> prepare() { co_return; }
  /// The operation. Succeeds at once after `satisfy`, and once for each time that is called.
  virtual task<void> run() = 0;
  virtual task<void> satisfy() { co_return; }
};

struct a_recv : subject {
  ends tcp;
  task<void> prepare() override { tcp = co_await connected(); }
  task<void> run() override { EXPECT_EQ(co_await receive(*tcp.a), "x"); }
  task<void> satisfy() override { co_await send_all(*tcp.b, "x"); }
};

struct a_send : subject {
  ends pair;
  const std::string much = pattern(64 * 1024);
  task<void> prepare() override {
    std::tie(pair.a, pair.b) = loop::current().kernel().open_pair();
    while (!co_await failure_of(timeout(5ms, send_all(*pair.a, much)))) {
    }
  }
  task<void> run() override { co_await send_all(*pair.a, "x"); }
  task<void> satisfy() override {
    while (!co_await failure_of(timeout(5ms, receive(*pair.b)))) {
    }
  }
};

struct an_accept : subject {
  listening_ptr listener = listening();
  std::vector<socket_ptr> callers;
  task<void> run() override {
    const socket_ptr caller = co_await accept_one(*listener);
    EXPECT_EQ(caller->local(), listener->local());
  }
  task<void> satisfy() override {
    callers.push_back(open_socket());
    co_await connect_to(*callers.back(), listener->local());
  }
};

struct a_connect : subject {
  // The one has no room for another caller.
  listening_ptr full = listening(0), ready = listening();
  socket_ptr caller = open_socket();
  endpoint target = full->local();
  task<void> prepare() override { co_await connect_to(*caller, full->local()); }
  task<void> run() override {
    const socket_ptr s = open_socket();
    co_await connect_to(*s, target);
  }
  task<void> satisfy() override {
    target = ready->local();
    co_return;
  }
};

struct a_recv_from : subject {
  datagram_ptr receiver = open_datagram(), sender = open_datagram();
  a_recv_from() { receiver->bind(loopback()); }
  task<void> run() override {
    char room[8];
    recv_from_operation op(*receiver, room);
    co_await op;
    if (op.error) throw error(op.error, "recv_from");
    EXPECT_EQ(std::string_view(room, op.size), "x");
  }
  task<void> satisfy() override {
    send_to_operation op(*sender, "x", receiver->local());
    co_await op;
    EXPECT_FALSE(op.error) << op.error.message();
  }
};

struct a_send_to : subject {
  const endpoint at = unique_name();
  datagram_ptr receiver = open_datagram(AF_UNIX), sender = open_datagram(AF_UNIX);
  const std::string datagram = pattern(1000);
  task<void> prepare() override {
    receiver->bind(at);
    sender->connect(at);
    while (!co_await failure_of(timeout(5ms, run()))) {
    }
  }
  task<void> run() override {
    send_to_operation op(*sender, datagram, {});
    co_await op;
    if (op.error) throw error(op.error, "send_to");
  }
  task<void> take_one() {
    char room[1000];
    recv_from_operation op(*receiver, room);
    co_await op;
    if (op.error) throw error(op.error, "recv_from");
  }
  task<void> satisfy() override {
    while (!co_await failure_of(timeout(5ms, take_one()))) {
    }
  }
};

struct a_poll : subject {
  int pipe_ends[2];
  a_poll() { EXPECT_EQ(pipe2(pipe_ends, O_CLOEXEC), 0); }
  ~a_poll() override {
    close(pipe_ends[0]);
    close(pipe_ends[1]);
  }
  task<void> run() override {
    co_await poll_operation(pipe_ends[0], POLLIN);
    char byte = 0;
    EXPECT_EQ(read(pipe_ends[0], &byte, 1), 1);
  }
  task<void> satisfy() override {
    EXPECT_EQ(write(pipe_ends[1], "x", 1), 1);
    co_return;
  }
};

struct a_sleep : subject {
  time_point when = never;
  task<void> run() override { co_await sleep_until(when); }
  task<void> satisfy() override {
    when = loop::current().now();
    co_return;
  }
};

struct an_event : subject {
  event flag;
  task<void> run() override { co_await flag; }
  task<void> satisfy() override {
    flag.set();
    co_return;
  }
};

struct a_take : subject {
  mailbox<std::string> letters;
  task<void> run() override { EXPECT_EQ(co_await letters.take(), "x"); }
  task<void> satisfy() override {
    EXPECT_TRUE(letters.try_put("x"));
    co_return;
  }
};

struct a_join : subject {
  event flag;
  scope children;
  a_join() {
    children.spawn([this]() -> task<void> { co_await flag; });
  }
  task<void> run() override { co_await children.join(); }
  task<void> satisfy() override {
    flag.set();
    co_return;
  }
};

struct a_receive : subject {
  channel<std::string> letters{8};
  task<void> run() override { EXPECT_EQ(co_await letters.receive(), "x"); }
  task<void> satisfy() override {
    EXPECT_TRUE(letters.try_send("x"));
    co_return;
  }
};

struct a_send_into : subject {
  channel<std::string> letters{1};
  task<void> prepare() override { co_await letters.send("first"); }
  task<void> run() override { co_await letters.send("x"); }
  task<void> satisfy() override {
    EXPECT_TRUE(letters.try_receive());
    co_return;
  }
};

struct an_acquire : subject {
  semaphore places{1};
  std::optional<semaphore::guard> taken = places.try_acquire();
  task<void> run() override { const semaphore::guard place = co_await places.acquire(); }
  task<void> satisfy() override {
    taken.reset();
    co_return;
  }
};

struct a_child : subject {
  event flag;
  scope children;
  child<void> one = children.run(flag);
  task<void> run() override { co_await one; }
  task<void> satisfy() override {
    flag.set();
    co_return;
  }
};

struct an_all : an_event {
  task<void> run() override { co_await all(flag, flag); }
};

struct an_any : an_event {
  event never_set;
  task<void> run() override { EXPECT_EQ((co_await any(never_set, flag)).index(), 1U); }
};

struct a_race : an_event {
  event never_set;
  task<void> run() override { EXPECT_EQ((co_await race(never_set, flag)).index(), 1U); }
};

struct a_blocking : subject {
  std::promise<void> gate;
  std::shared_future<void> opened = gate.get_future().share();
  bool satisfied = false;
  ~a_blocking() override {
    if (!satisfied) gate.set_value();
  }
  task<void> run() override {
    const std::string got = co_await blocking([gate = opened] {
      gate.wait();
      return std::string("x");
    });
    EXPECT_EQ(got, "x");
  }
  task<void> satisfy() override {
    satisfied = true;
    gate.set_value();
    co_return;
  }
};

template <class S> std::unique_ptr<subject> make() { return std::make_unique<S>(); }

using maker = std::unique_ptr<subject> (*)();
const std::map<std::string, maker> subjects{{"recv", make<a_recv>},
                                            {"send", make<a_send>},
                                            {"accept", make<an_accept>},
                                            {"connect", make<a_connect>},
                                            {"send_to", make<a_send_to>},
                                            {"poll", make<a_poll>},
                                            {"recv_from", make<a_recv_from>},
                                            {"sleep", make<a_sleep>},
                                            {"event", make<an_event>},
                                            {"mailbox", make<a_take>},
                                            {"join", make<a_join>},
                                            {"blocking", make<a_blocking>},
                                            {"receive", make<a_receive>},
                                            {"put", make<a_send_into>},
                                            {"semaphore", make<an_acquire>},
                                            {"child", make<a_child>},
                                            {"all", make<an_all>},
                                            {"any", make<an_any>},
                                            {"race", make<a_race>}};

// Fewer: a worker of an earlier test has just ended. A sanitizer's look at an object, on a worker, has a pipe
// open for a moment.
void expect_no_more_descriptors_than(std::size_t before) {
  for (int attempts = 0; attempts < 1000 && open_descriptors() > before; ++attempts)
    std::this_thread::sleep_for(1ms);
  EXPECT_LE(open_descriptors(), before);
}

class waits : public testing::TestWithParam<std::string> {
 protected:
  virtual bool takes(const std::string& name) const {
    // Polling in the simulation is done on the spot: it never waits.
    return name != "blocking" && !(name == "poll" && GetParam() == "sim");
  }

  std::unique_ptr<subject> fresh() const { return make_(); }

  // Runs a test of each subject; whatever it does, no descriptor is left.
  void run(const std::function<task<void>(subject&)>& body) {
    const loop here({.backend = GetParam()});
    for (const auto& [name, maker_of_it] : subjects) {
      if (!takes(name)) continue;
      SCOPED_TRACE(name);
      make_ = maker_of_it;
      each(body);
      const std::size_t before = open_descriptors();
      each(body);
      expect_no_more_descriptors_than(before);
    }
  }

  void each(const std::function<task<void>(subject&)>& body) {
    const std::unique_ptr<subject> s = fresh();
    wait(s->prepare(), 20s);
    wait(body(*s), 20s);
  }

  static task<void> succeeds(subject& s) {
    const std::error_code failed = co_await failure_of(timeout(10s, s.run()));
    EXPECT_FALSE(failed) << failed.message();
  }

  watchdog patience;

 private:
  maker make_ = nullptr;
};

class waits_threads : public waits {
 protected:
  bool takes(const std::string& name) const override { return name == "blocking"; }
};

PARLANCE_ON_EVERY_BACKEND(waits);
INSTANTIATE_TEST_SUITE_P(on, waits_threads, testing::ValuesIn(real_backends()), name_of_backend);

/// The operation under way beside the test.
struct attempt {
  explicit attempt(subject& s) {
    inside.spawn([this, &s]() -> task<void> {
      failed = co_await failure_of(s.run());
      over = true;
    });
  }
  scope inside;
  std::error_code failed;
  bool over = false;
};

task<void> turns(int count) {
  while (count-- > 0) co_await yield();
}

task<void> cancelled_before_it_starts(subject& s) {
  context called_off;
  called_off.cancel();
  const std::size_t before = open_descriptors();
  EXPECT_EQ(co_await failure_of(run_in(called_off, s.run())), errc::cancelled);
  expect_no_more_descriptors_than(before);
}

task<void> cancelled_while_it_waits(subject& s, int after_turns) {
  attempt one(s);
  co_await turns(after_turns);
  EXPECT_FALSE(one.over);
  one.inside.cancel();
  co_await one.inside.join();
  EXPECT_EQ(one.failed, errc::cancelled);
}

// True: it succeeded all the same.
task<bool> cancelled_when_satisfied(subject& s, int after_turns) {
  attempt one(s);
  co_await yield();
  co_await s.satisfy();
  co_await turns(after_turns);
  one.inside.cancel();
  co_await one.inside.join();
  if (one.failed) EXPECT_EQ(one.failed, errc::cancelled);
  co_return !one.failed;
}

#define PARLANCE_WAITS_TEST(name, ...)      \
  TEST_P(waits, name) { run(__VA_ARGS__); } \
  TEST_P(waits_threads, name) { run(__VA_ARGS__); }

PARLANCE_WAITS_TEST(cancelled_before_it_starts_has_no_effect, [](subject& s) -> task<void> {
  co_await cancelled_before_it_starts(s);
  co_await s.satisfy();
  co_await cancelled_before_it_starts(s);
  co_await succeeds(s);
})

PARLANCE_WAITS_TEST(a_deadline_that_has_passed_has_no_effect, [](subject& s) -> task<void> {
  EXPECT_EQ(co_await failure_of(timeout(0s, s.run())), errc::timed_out);
  co_await s.satisfy();
  EXPECT_EQ(co_await failure_of(timeout(-1s, s.run())), errc::timed_out);
  co_await succeeds(s);
})

PARLANCE_WAITS_TEST(cancelled_while_it_waits_leaves_the_next_one_alone, [](subject& s) -> task<void> {
  for (int i = 0; i < 3; ++i) co_await cancelled_while_it_waits(s, i);
  co_await s.satisfy();
  co_await succeeds(s);
})

PARLANCE_WAITS_TEST(a_deadline_ends_it, [](subject& s) -> task<void> {
  const time_point start = loop::current().now();
  EXPECT_EQ(co_await failure_of(timeout(5ms, s.run())), errc::timed_out);
  EXPECT_GE(loop::current().now() - start, 5ms);
  EXPECT_LT(loop::current().now() - start, test::patience(6ms));
  co_await s.satisfy();
  co_await succeeds(s);
})

PARLANCE_WAITS_TEST(destroyed_while_it_waits_is_as_if_it_had_not_been, [](subject& s) -> task<void> {
  for (int i = 0; i < 3; ++i) {
    attempt one(s);
    co_await turns(i);
    EXPECT_FALSE(one.over);
  }
  co_await s.satisfy();
  co_await succeeds(s);
})

PARLANCE_WAITS_TEST(destroyed_when_satisfied_leaks_nothing, [this](subject&) -> task<void> {
  for (int i = 0; i < 4; ++i) {
    const std::unique_ptr<subject> s = fresh();
    co_await s->prepare();
    attempt one(*s);
    co_await yield();
    co_await s->satisfy();
    co_await turns(i);
  }
})

PARLANCE_WAITS_TEST(cancelled_when_satisfied_loses_nothing, [this](subject&) -> task<void> {
  for (int i = 0; i < 4; ++i) {
    const std::unique_ptr<subject> s = fresh();
    co_await s->prepare();
    if (!co_await cancelled_when_satisfied(*s, i)) co_await succeeds(*s);
  }
})

class waits_that_are_over_at_once : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(waits_that_are_over_at_once);

TEST_P(waits_that_are_over_at_once, a_yield_does_not_begin_in_a_cancelled_context) {
  wait([]() -> task<void> {
    context called_off;
    called_off.cancel();
    EXPECT_EQ(co_await failure_of(run_in(called_off, turns(1))), errc::cancelled);
  }());
}

TEST_P(waits_that_are_over_at_once, joining_a_scope_with_nobody_in_it) {
  wait([]() -> task<void> {
    int turned = 0;
    scope counting, nobody;
    counting.spawn([&]() -> task<void> {
      for (;; ++turned) co_await yield();
    });
    co_await yield();
    turned = 0;
    for (int i = 0; i < 10; ++i) co_await nobody.join();
    EXPECT_EQ(turned, 0);
    counting.cancel();
  }());
}

TEST_P(waits_that_are_over_at_once, a_yield_may_be_destroyed) {
  wait([]() -> task<void> {
    scope left;
    left.spawn(turns(1));
    co_return;
  }());
  wait(turns(2));
}

TEST_P(waits_that_are_over_at_once, a_call_on_a_worker_does_not_begin_in_a_cancelled_context) {
  wait([]() -> task<void> {
    context called_off;
    called_off.cancel();
    bool ran = false;
    EXPECT_EQ(co_await failure_of(
                  [&]() -> task<void> { co_await run_in(called_off, blocking([&] { ran = true; })); }()),
              errc::cancelled);
    EXPECT_FALSE(ran);
  }());
}

TEST_P(waits_that_are_over_at_once, polling_what_is_ready) {
  wait([]() -> task<void> {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    co_await poll_operation(ends[1], POLLOUT);
    close(ends[0]);
    close(ends[1]);
    const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    co_await poll_operation(file, POLLIN);
    close(file);
  }());
}

}  // namespace
}  // namespace parlance::io
