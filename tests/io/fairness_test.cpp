// One coroutine whose waits are over as soon as they begin keeps nobody else waiting.
#include <functional>

#include <parlance/io/channel.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/mailbox.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/io/semaphore.hpp>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

class fairness : public on_every_backend {
 protected:
  /// Whether a timer of somebody else's expires while `step` is done again and again.
  static bool lets_others_go_on(const std::function<task<void>()>& step) {
    return wait([](const std::function<task<void>()>& again) -> task<bool> {
      bool woken = false;
      scope others;
      others.spawn([](bool& told) -> task<void> {
        co_await sleep(10us);
        told = true;
      }(woken));
      for (int i = 0; i < 20'000'000 && !woken; ++i) co_await again();
      co_return woken;
    }(step));
  }
};
PARLANCE_ON_EVERY_BACKEND(fairness);

TEST_P(fairness, of_an_event_that_is_set) {
  event one;
  one.set();
  EXPECT_TRUE(lets_others_go_on([&]() -> task<void> { co_await one; }));
}

TEST_P(fairness, of_places_that_are_free) {
  semaphore two(2);
  mutex one;
  EXPECT_TRUE(lets_others_go_on([&]() -> task<void> {
    const semaphore::guard place = co_await two.acquire();
    const mutex::guard alone = co_await one.lock();
  }));
  EXPECT_EQ(two.free(), 2U);
}

TEST_P(fairness, of_a_channel_that_is_its_own_sender_and_receiver) {
  channel<int> numbers(1);
  int sent = 0, received = 0;
  EXPECT_TRUE(lets_others_go_on([&]() -> task<void> {
    co_await numbers.send(sent++);
    EXPECT_EQ(co_await numbers.receive(), received++);
  }));
  EXPECT_EQ(numbers.size(), 0U);
}

TEST_P(fairness, of_a_channel_whose_senders_wait) {
  channel<int> numbers(0);
  scope sending;
  int sent = 0, received = 0;
  for (int i = 0; i < 2; ++i)
    sending.spawn([](channel<int>& to, int& count) -> task<void> {
      for (;;) co_await to.send(count++);
    }(numbers, sent));
  EXPECT_TRUE(lets_others_go_on([&]() -> task<void> {
    const std::optional<int> next = co_await numbers.receive();
    EXPECT_TRUE(next);
    ++received;
  }));
  EXPECT_GT(received, 0);
}

TEST_P(fairness, of_a_channel_that_is_closed) {
  channel<int> numbers(1);
  numbers.close();
  EXPECT_TRUE(lets_others_go_on([&]() -> task<void> { EXPECT_FALSE(co_await numbers.receive()); }));
  EXPECT_TRUE(lets_others_go_on([&]() -> task<void> {
    EXPECT_EQ(co_await failure_of([](channel<int>& to) -> task<void> { co_await to.send(1); }(numbers)),
              std::errc::broken_pipe);
  }));
}

TEST_P(fairness, of_a_mailbox_that_is_its_own_sender) {
  mailbox<int> letters;
  int sent = 0, received = 0;
  EXPECT_TRUE(lets_others_go_on([&]() -> task<void> {
    if (letters.try_put(sent)) ++sent;
    if (received < sent - 1000)
      EXPECT_EQ(co_await letters.take(), received++);
    else
      co_await yield();
  }));
}

TEST_P(fairness, of_a_stream_that_has_ended) {
  const ends tcp = wait(connected());
  tcp.b->shutdown(SHUT_WR);
  EXPECT_TRUE(lets_others_go_on([&]() -> task<void> { EXPECT_EQ(co_await receive(*tcp.a), ""); }));
}

TEST_P(fairness, of_sending_nothing) {
  const ends tcp = wait(connected());
  EXPECT_TRUE(lets_others_go_on([&]() -> task<void> { co_await send_all(*tcp.a, ""); }));
}

// More sends than go at once in a turn, and nobody takes what they send.
TEST_P(fairness, of_sends_for_which_there_is_room) {
  const ends tcp = wait(connected());
  wait([](stream_socket& to) -> task<void> {
    for (int i = 0; i < 3000; ++i) co_await send_all(to, "x");
  }(*tcp.a));
  EXPECT_EQ(wait(receive_until(*tcp.b, 3000)).size(), 3000U);
}

TEST_P(fairness, of_a_recv_beside_another) {
  const ends tcp = wait(connected());
  scope first([](std::exception_ptr) {});
  first.spawn([&]() -> task<void> { co_await receive(*tcp.a); });
  EXPECT_TRUE(lets_others_go_on([&]() -> task<void> {
    EXPECT_EQ(co_await failure_of(receive(*tcp.a)), std::errc::connection_already_in_progress);
  }));
}

TEST_P(fairness, of_a_sleep_that_is_over) {
  EXPECT_TRUE(lets_others_go_on([]() -> task<void> { co_await sleep(0ms); }));
}

// A loop that tries again for ever, and takes its own end for one more failure.
TEST_P(fairness, of_waits_that_are_cancelled_before_they_begin) {
  const std::function<task<void>()> waits[] = {[]() -> task<void> { co_await sleep(1h); },
                                               []() -> task<void> { co_await yield(); },
                                               []() -> task<void> { co_await end_of_turn(); },
                                               []() -> task<void> {
                                                 event never;
                                                 co_await never;
                                               },
                                               []() -> task<void> {
                                                 channel<int> empty(1);
                                                 co_await empty.receive();
                                               },
                                               []() -> task<void> {
                                                 const socket_ptr s = open_socket();
                                                 co_await receive(*s);
                                               }};
  for (const auto& one : waits)
    EXPECT_TRUE(lets_others_go_on([&]() -> task<void> {
      context over(nullptr);
      over.cancel();
      EXPECT_EQ(co_await failure_of(run_in(over, one())), errc::cancelled);
    }));
}

}  // namespace
}  // namespace parlance::io
