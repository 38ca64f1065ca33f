// A channel keeps the order and its bound, and loses nothing, whatever happens to those who wait at it.
#include <parlance/io/channel.hpp>

#include "io/support.hpp"

namespace parlance::io::test {
namespace {

class channels : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(channels);

task<std::string> drain(channel<int>& from) {
  std::string all;
  while (const std::optional<int> next = co_await from.receive()) all += std::to_string(*next);
  co_return all;
}

task<void> send_all_of(channel<int>& to, int first, int last) {
  for (int i = first; i <= last; ++i) co_await to.send(i);
}

TEST_P(channels, bring_what_was_sent_in_order_and_then_the_end) {
  wait([]() -> task<void> {
    for (const std::size_t capacity : {0U, 1U, 3U, 100U}) {
      channel<int> values(capacity);
      scope sending;
      sending.spawn([&]() -> task<void> {
        co_await send_all_of(values, 1, 9);
        values.close();
      });
      EXPECT_EQ(co_await drain(values), "123456789");
      EXPECT_EQ(co_await values.receive(), std::nullopt);
      EXPECT_TRUE(values.is_closed());
    }
  }());
}

TEST_P(channels, tell_the_end_only_when_nobody_may_give_the_last_back) {
  wait([]() -> task<void> {
    channel<int> values(1);
    std::optional<scope> loses(std::in_place);
    loses->spawn([&]() -> task<void> { co_await values.receive(); });
    EXPECT_TRUE(values.try_send(7));  // it is called for that
    values.close();
    scope waits;
    child<std::optional<int>> next = waits.run(values.receive());
    loses.reset();  // and goes before it is resumed
    EXPECT_EQ(co_await next, 7);
    EXPECT_EQ(co_await values.receive(), std::nullopt);
  }());
  wait([]() -> task<void> {
    channel<int> values(1);
    scope both;
    child<std::optional<int>> first = both.run(values.receive());
    EXPECT_TRUE(values.try_send(7));
    values.close();
    child<std::optional<int>> second = both.run(values.receive());
    EXPECT_EQ(co_await first, 7);
    EXPECT_EQ(co_await second, std::nullopt);
  }());
}

TEST_P(channels, hold_so_many_and_then_the_sender_waits) {
  wait([]() -> task<void> {
    channel<int> values(2);
    int sent = 0;
    scope sending;
    sending.spawn([&]() -> task<void> {
      for (; sent < 5; ++sent) co_await values.send(int{sent});
    });
    for (int i = 0; i < 3; ++i) co_await yield();
    EXPECT_EQ(sent, 2);
    EXPECT_EQ(values.size(), 2U);
    EXPECT_EQ(co_await values.receive(), 0);
    for (int i = 0; i < 3; ++i) co_await yield();
    EXPECT_EQ(sent, 3);
    EXPECT_EQ(values.size(), 2U);
    channel<int> none(0);
    EXPECT_FALSE(none.try_send(1));
    scope handing;
    handing.spawn(send_all_of(none, 1, 1));
    co_await yield();
    EXPECT_EQ(handing.size(), 1U);
    EXPECT_EQ(none.try_receive(), 1);
    co_await handing.join();
  }());
}

TEST_P(channels, are_tried_without_waiting) {
  wait([]() -> task<void> {
    channel<std::unique_ptr<int>> values(1);
    EXPECT_FALSE(values.try_receive());
    auto one = std::make_unique<int>(1), other = std::make_unique<int>(2);
    EXPECT_TRUE(values.try_send(std::move(one)));
    EXPECT_FALSE(values.try_send(std::move(other)));
    EXPECT_EQ(*other, 2);  // it is still the caller's
    EXPECT_EQ(**values.try_receive(), 1);
    values.close();
    EXPECT_FALSE(values.try_send(std::move(other)));
    EXPECT_EQ(*other, 2);
    EXPECT_FALSE(values.try_receive());
    co_return;
  }());
}

TEST_P(channels, give_each_a_value_of_its_own) {
  const std::string said = "a string that is long enough to be moved away";
  channel<std::string> subscribers[] = {channel<std::string>(1), channel<std::string>(1)};
  std::string text = said;
  for (channel<std::string>& each : subscribers) EXPECT_TRUE(each.try_send(text));
  for (channel<std::string>& each : subscribers) EXPECT_EQ(each.try_receive(), said);
}

task<void> receive_as(char name, channel<int>& from, std::string& said) {
  const std::optional<int> got = co_await from.receive();
  said += name + (got ? std::to_string(*got) : "-");
}

TEST_P(channels, serve_receivers_in_the_order_they_came) {
  wait([]() -> task<void> {
    channel<int> values(4);
    std::string said;
    const auto take = [&](char name) { return receive_as(name, values, said); };
    scope all;
    for (const char name : {'a', 'b', 'c'}) all.spawn(take(name));
    for (int i = 1; i <= 3; ++i) EXPECT_TRUE(values.try_send(int{i}));
    co_await all.join();
    EXPECT_EQ(said, "a1b2c3");
  }());
}

// Who comes when there is a value, but behind one who was called and has not gone on yet.
TEST_P(channels, are_not_overtaken_by_receivers_who_come_later) {
  wait([]() -> task<void> {
    channel<int> values(4);
    std::string said;
    const auto take = [&](char name) { return receive_as(name, values, said); };
    scope all;
    all.spawn(take('a'));
    for (int i = 1; i <= 3; ++i) EXPECT_TRUE(values.try_send(int{i}));
    EXPECT_EQ(values.try_receive(), std::nullopt);
    all.spawn(take('b'));
    EXPECT_EQ(said, "");
    co_await all.join();
    EXPECT_EQ(said, "a1b2");
    EXPECT_EQ(values.try_receive(), 3);
  }());
}

TEST_P(channels, tell_everybody_who_waits_that_they_are_closed) {
  wait([]() -> task<void> {
    channel<int> values(1), empty(1);
    scope all;
    std::error_code failed;
    bool ended = false;
    EXPECT_TRUE(values.try_send(1));
    all.spawn([&]() -> task<void> { failed = co_await failure_of(send_all_of(values, 2, 2)); });
    all.spawn([&]() -> task<void> { ended = !co_await empty.receive(); });
    co_await yield();
    values.close();
    values.close();
    empty.close();
    co_await all.join();
    EXPECT_EQ(failed, std::errc::broken_pipe);
    EXPECT_TRUE(ended);
    EXPECT_EQ(co_await failure_of(send_all_of(values, 3, 3)), std::errc::broken_pipe);
    EXPECT_EQ(co_await drain(values), "1");
  }());
}

TEST_P(channels, keep_what_a_cancelled_wait_would_have_moved) {
  wait([]() -> task<void> {
    channel<int> values(1);
    EXPECT_EQ(co_await failure_of([&]() -> task<void> { co_await timeout(1ms, values.receive()); }()),
              errc::timed_out);
    EXPECT_TRUE(values.try_send(1));
    auto sending = values.send(2);
    EXPECT_EQ(co_await failure_of([&]() -> task<void> { co_await timeout(1ms, sending); }()),
              errc::timed_out);
    EXPECT_EQ(sending.value, 2);
    context called_off;
    called_off.cancel();
    EXPECT_EQ(co_await failure_of([&]() -> task<void> { co_await run_in(called_off, values.receive()); }()),
              errc::cancelled);
    EXPECT_EQ(co_await values.receive(), 1);
    EXPECT_EQ(co_await failure_of([&]() -> task<void> { co_await run_in(called_off, values.send(3)); }()),
              errc::cancelled);
    EXPECT_EQ(values.try_receive(), std::nullopt);
  }());
}

TEST_P(channels, keep_what_a_receiver_was_called_for_that_is_destroyed_before_it_is_resumed) {
  wait([]() -> task<void> {
    channel<int> values(8);
    {
      scope two;
      for (int i = 0; i < 2; ++i)
        two.spawn([&]() -> task<void> {
          co_await values.receive();
          ADD_FAILURE() << "it was destroyed";
        });
      for (int i = 1; i <= 4; ++i) EXPECT_TRUE(values.try_send(int{i}));
    }
    values.close();
    EXPECT_EQ(co_await drain(values), "1234");
  }());
}

TEST_P(channels, pass_it_on_to_the_next_receiver) {
  wait([]() -> task<void> {
    channel<int> values(8);
    std::string said;
    scope last;
    {
      scope first;
      first.spawn([&]() -> task<void> { co_await values.receive(); });
      last.spawn([&]() -> task<void> { said += std::to_string((co_await values.receive()).value_or(0)); });
      EXPECT_TRUE(values.try_send(7));
    }
    co_await timeout(30s, last.join());
    EXPECT_EQ(said, "7");
    EXPECT_EQ(values.size(), 0U);
  }());
}

TEST_P(channels, leave_one_who_was_called_its_value_when_others_come_or_the_end) {
  wait([]() -> task<void> {
    channel<int> none(0);
    std::optional<int> first, late;
    scope all, impatient;
    all.spawn([&]() -> task<void> { first = co_await none.receive(); });
    EXPECT_TRUE(none.try_send(1));
    impatient.spawn(send_all_of(none, 2, 2));
    all.spawn([&]() -> task<void> { late = co_await none.receive(); });
    none.close();
    co_await all.join();
    EXPECT_EQ(first, 1);
    EXPECT_EQ(late, 2);
    co_await impatient.join();
  }());
}

TEST_P(channels, keep_the_order_of_many_senders_for_many_receivers) {
  for (const std::size_t capacity : {0U, 1U, 2U, 4U, 16U})
    wait([](std::size_t room) -> task<void> {
      channel<int> values(room);
      int sent = 0, last = -1, received = 0;
      scope all;
      for (int i = 0; i < 4; ++i)
        all.spawn([&]() -> task<void> {
          for (int n = 0; n < 500; ++n) {
            co_await values.send(sent++);
            if (n % 7 == 0) co_await yield();
          }
        });
      for (int i = 0; i < 4; ++i)
        all.spawn([&]() -> task<void> {
          for (int n = 0; n < 500; ++n) {
            const int got = *co_await values.receive();
            EXPECT_EQ(got, last + 1);
            last = got;
            ++received;
            if (n % 5 == 0) co_await yield();
          }
        });
      co_await all.join();
      EXPECT_EQ(received, 2000);
    }(capacity));
}

TEST_P(channels, lose_nothing_between_many_who_come_and_go) {
  wait([]() -> task<void> {
    channel<int> values(3);
    constexpr int senders = 5, each = 200;
    std::vector<int> got;
    int left = senders;
    scope all;
    for (int who = 0; who < senders; ++who)
      all.spawn([&, who]() -> task<void> {
        for (int i = 0; i < each; ++i) co_await values.send(who * each + i);
        if (--left == 0) values.close();
      });
    // Some receive with a limit that may pass at any moment, and some are destroyed at any moment.
    unsigned seed = 7;
    const auto chance = [&] { return (seed = seed * 1664525 + 1013904223) >> 24; };
    while (!values.is_closed() || values.size() > 0) {
      scope some;
      for (unsigned i = chance() % 4; i > 0; --i)
        some.spawn([&]() -> task<void> {
          while (const std::optional<int> next = co_await values.receive()) got.push_back(*next);
        });
      for (unsigned i = chance() % 4; i > 0; --i) co_await yield();
      if (chance() % 2) some.cancel();
      if (chance() % 2) co_await yield();
    }
    co_await all.join();
    EXPECT_EQ(got.size(), static_cast<std::size_t>(senders * each));
    std::vector<int> next(senders);
    for (const int value : got) EXPECT_EQ(value % each, next[static_cast<std::size_t>(value / each)]++);
  }());
}

}  // namespace
}  // namespace parlance::io::test
