// The time limits of sides, to the microsecond, where time is simulated: never early, never missed, for each
// operation.
#include <functional>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

constexpr duration step = 1ms;  // that everything takes to arrive

/// An operation that waits until something is done, and how that is done.
struct limited {
  const char* name;
  side which;
  std::function<task<std::error_code>()> wait;
  std::function<task<void>()> complete;
};

template <class Operation> task<std::error_code> error_of(Operation op) {
  co_await op;
  co_return op.error;
}

/// Two ends of everything, and somebody who waits on each.
struct everything {
  ends reading, writing, full;
  listening_ptr listener, busy_listener;
  socket_ptr caller, late, first_caller;
  datagram_ptr here, there, sender, receiver;
  std::string much = pattern(200'000), room = std::string(100, '\0');
  scope beside{[](std::exception_ptr) {}};

  task<void> open() {
    reading = co_await connected();
    writing = co_await connected();
    listener = listening();
    caller = open_socket();
    busy_listener = listening(0, unique_name());
    first_caller = open_socket(AF_UNIX);
    co_await connect_to(*first_caller, busy_listener->local());
    late = open_socket(AF_UNIX);
    here = open_datagram(), there = open_datagram();
    here->bind(loopback());
    sender = open_datagram(AF_UNIX), receiver = open_datagram(AF_UNIX);
    receiver->bind(unique_name());
    for (int i = 0; i < 11; ++i) co_await error_of(send_to_operation(*sender, "x", receiver->local()));
  }

  std::vector<limited> operations() {
    return {
        {"recv", side::read, [this] { return error_of(recv_operation(*reading.b)); },
         [this] { return send_all(*reading.a, "x"); }},
        {"accept", side::read, [this] { return error_of(accept_operation(*listener)); },
         [this] { return connect_to(*caller, listener->local()); }},
        {"recv_from", side::read, [this] { return error_of(recv_from_operation(*here, std::span(room))); },
         [this]() -> task<void> { co_await error_of(send_to_operation(*there, "x", here->local())); }},
        {"send", side::write, [this] { return error_of(send_operation(*writing.a, much)); },
         [this]() -> task<void> { co_await receive_until(*writing.b, much.size()); }},
        {"connect", side::write,
         [this] { return error_of(connect_operation(*late, busy_listener->local())); },
         [this]() -> task<void> { co_await accept_one(*busy_listener); }},
        {"send_to", side::write,
         [this] { return error_of(send_to_operation(*sender, "x", receiver->local())); },
         [this]() -> task<void> { co_await error_of(recv_from_operation(*receiver, std::span(room))); }}};
  }

  void limit(duration length) {
    for (socket* s : std::initializer_list<socket*>{reading.b.get(), listener.get(), here.get()})
      s->set_timeout(side::read, length);
    for (socket* s : std::initializer_list<socket*>{writing.a.get(), late.get(), sender.get()})
      s->set_timeout(side::write, length);
  }
};

constexpr std::size_t kinds = 6;

/// Plays `what` with each of the six operations, each in a simulation of its own.
void with_each(const std::function<task<void>(everything&, limited)>& what) {
  for (std::size_t i = 0; i < kinds; ++i) {
    const watchdog patience;
    const loop here({.backend = "sim", .sim = {.min_delay = step, .max_delay = step}});
    wait([](const std::function<task<void>(everything&, limited)>& play, std::size_t which) -> task<void> {
      everything all;
      co_await all.open();
      limited one = all.operations()[which];
      SCOPED_TRACE(one.name);
      co_await play(all, one);
    }(what, i));
  }
}

/// Within what turns of the loop take.
void expect_about(duration taken, duration wanted) {
  EXPECT_GE(taken.count(), wanted.count());
  EXPECT_LE(taken.count(), (wanted + 100us).count());
}

duration since(time_point start) { return loop::current().now() - start; }

TEST(limits_of_sides, end_an_operation_when_they_are_over_and_not_before) {
  with_each([](everything& all, limited one) -> task<void> {
    all.limit(50ms);
    for (int i = 0; i < 3; ++i) {
      co_await sleep(7ms);
      // A send goes as far as there is room first.
      const time_point start = loop::current().now();
      EXPECT_EQ(co_await one.wait(), errc::timed_out) << one.name;
      expect_about(since(start), 50ms);
    }
  });
}

TEST(limits_of_sides, do_not_touch_what_is_over_before) {
  with_each([](everything& all, limited one) -> task<void> {
    all.limit(50ms);
    all.beside.spawn([&]() -> task<void> {
      co_await sleep(40ms);
      co_await one.complete();
    });
    EXPECT_EQ(co_await one.wait(), std::error_code()) << one.name;
  });
}

TEST(limits_of_sides, that_are_given_while_an_operation_waits_are_for_the_next) {
  with_each([](everything& all, limited one) -> task<void> {
    all.beside.spawn([&]() -> task<void> {
      co_await sleep(10ms);
      all.limit(20ms);
      co_await sleep(90ms);
      co_await one.complete();
    });
    EXPECT_EQ(co_await one.wait(), std::error_code()) << one.name;
  });
}

TEST(limits_of_sides, that_are_taken_away_are_none) {
  with_each([](everything& all, limited one) -> task<void> {
    all.limit(50ms);
    all.beside.spawn([&]() -> task<void> {
      co_await sleep(40ms);
      all.limit(unlimited);
      co_await sleep(1h);
      co_await one.complete();
    });
    EXPECT_EQ(co_await one.wait(), std::error_code()) << one.name;
  });
}

TEST(limits_of_sides, that_are_taken_away_do_not_come_back_with_the_next) {
  with_each([](everything& all, limited one) -> task<void> {
    all.limit(50ms);
    all.beside.spawn([&]() -> task<void> {
      co_await sleep(40ms);
      all.limit(unlimited);
      all.limit(20ms);
      // Behind one of the writing side, by whose limit both are looked at.
      if (one.which == side::write) all.beside.spawn([&]() -> task<void> { co_await one.wait(); });
      co_await sleep(1h);
      co_await one.complete();
    });
    EXPECT_EQ(co_await one.wait(), std::error_code()) << one.name;
  });
}

TEST(limits_of_sides, lose_to_a_deadline_that_is_sooner) {
  with_each([](everything& all, limited one) -> task<void> {
    all.limit(50ms);
    const time_point start = loop::current().now();
    EXPECT_EQ(co_await timeout(20ms, one.wait()), errc::timed_out) << one.name;
    expect_about(since(start), 20ms);
  });
}

// What those in the queue wait for made progress until it was called off.
TEST(limits_of_sides, of_a_queued_send_count_from_the_progress_of_the_one_in_front) {
  const loop here({.backend = "sim", .sim = {.min_delay = 1ms, .max_delay = 1ms}});
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    tcp.a->set_timeout(side::write, 400ms);
    const std::string much = pattern(20'000'000);
    scope first([](std::exception_ptr) {}), second;
    std::error_code of_second;
    first.spawn(send_all(*tcp.a, much));
    second.spawn([&]() -> task<void> { of_second = co_await failure_of(send_all(*tcp.a, "behind")); });
    for (int i = 0; i < 10; ++i) {
      co_await sleep(100ms);
      co_await receive(*tcp.b);
    }
    first.cancel();
    const time_point start = loop::current().now();
    co_await first.join();
    co_await second.join();
    EXPECT_EQ(of_second, errc::timed_out);
    EXPECT_GE(loop::current().now() - start, 390ms);
  }());
}

// One without a limit that made no progress leaves those behind it theirs.
TEST(limits_of_sides, of_a_queued_send_are_not_those_of_the_one_in_front) {
  const loop here({.backend = "sim"});
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    const std::string much = pattern(20'000'000);
    scope first([](std::exception_ptr) {}), second;
    std::error_code of_second;
    first.spawn(send_all(*tcp.a, much));
    co_await sleep(1s);
    tcp.a->set_timeout(side::write, 400ms);
    const time_point start = loop::current().now();
    second.spawn([&]() -> task<void> { of_second = co_await failure_of(send_all(*tcp.a, "behind")); });
    co_await sleep(100ms);
    first.cancel();
    co_await first.join();
    co_await timeout(1h, second.join());
    EXPECT_EQ(of_second, errc::timed_out);
    expect_about(since(start), 400ms);
  }());
}

TEST(limits_of_sides, of_a_send_count_from_the_last_time_that_some_of_it_went) {
  with_each([](everything& all, limited one) -> task<void> {
    if (std::string_view(one.name) != "send") co_return;
    all.limit(50ms);
    std::error_code first, queued;
    const time_point start = loop::current().now();
    all.beside.spawn(
        [&]() -> task<void> { first = co_await error_of(send_operation(*all.writing.a, all.much)); });
    all.beside.spawn(
        [&]() -> task<void> { queued = co_await error_of(send_operation(*all.writing.a, "x")); });
    std::size_t taken = 0;
    for (int i = 0; i < 5; ++i) {
      co_await sleep(40ms);
      taken += (co_await receive(*all.writing.b)).size();
    }
    EXPECT_LT(taken, all.much.size());
    const time_point last = loop::current().now();
    EXPECT_GE(since(start), 200ms);
    EXPECT_FALSE(first || queued);
    co_await all.beside.join();
    EXPECT_EQ(first, errc::timed_out);
    EXPECT_EQ(queued, errc::timed_out);
    expect_about(since(last), 50ms);
  });
}

}  // namespace
}  // namespace parlance::io
