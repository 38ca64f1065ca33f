// What is moved may throw: then it is where it was, somebody is told, and nobody else goes without.
#include <parlance/io/blocking.hpp>
#include <parlance/io/channel.hpp>
#include <parlance/io/combinators.hpp>
#include <parlance/io/loop_thread.hpp>
#include <parlance/io/mailbox.hpp>

#include "io/support.hpp"

namespace parlance::io::test {
namespace {

/// Of this thread, so many moves from now; 0: none throws.
thread_local int throwing_move = 0;

/// A number whose move may throw, and has changed nothing then.
class fragile {
 public:
  explicit fragile(int its) noexcept : value(its) {}
  fragile(fragile&& other) {
    if (throwing_move != 0 && --throwing_move == 0) throw std::runtime_error("moved");
    value = std::exchange(other.value, 0);
  }
  fragile& operator=(fragile&&) = delete;
  int value = 0;
};

class throwing : public on_every_backend {
 protected:
  ~throwing() override { throwing_move = 0; }
};
PARLANCE_ON_EVERY_BACKEND(throwing);

// Whichever move it is: who sends or receives tries again.
TEST_P(throwing, moves_lose_nothing_of_a_channel) {
  for (const std::size_t capacity : {0U, 1U, 2U, 5U})
    for (int nth = 1; nth < 20; ++nth) {
      SCOPED_TRACE(std::to_string(capacity) + ", " + std::to_string(nth));
      channel<fragile> values(capacity);
      std::vector<int> got;
      int threw = 0;
      throwing_move = nth;
      wait([&]() -> task<void> {
        scope both;
        both.spawn([&]() -> task<void> {
          for (int i = 1; i <= 4;) {
            fragile next(i);
            try {
              co_await values.send(std::move(next));
              ++i;
            } catch (const std::runtime_error&) {
              EXPECT_EQ(next.value, i);
              ++threw;
            }
          }
          values.close();
        });
        both.spawn([&]() -> task<void> {
          for (;;) try {
              const std::optional<fragile> next = co_await values.receive();
              if (!next) co_return;
              got.push_back(next->value);
            } catch (const std::runtime_error&) {
              ++threw;
            }
        });
        co_await timeout(30s, both.join());
      }());
      EXPECT_EQ(got, (std::vector<int>{1, 2, 3, 4}));
      EXPECT_EQ(values.size(), 0U);
      EXPECT_EQ(threw, std::exchange(throwing_move, 0) == 0 ? 1 : 0);
    }
}

// Who was called for it passes it on.
TEST_P(throwing, moves_leave_a_value_to_the_next_receiver) {
  wait([]() -> task<void> {
    channel<fragile> values(1);
    int got = 0, threw = 0;
    scope both;
    for (int i = 0; i < 2; ++i)
      both.spawn([&]() -> task<void> {
        try {
          if (const auto next = co_await values.receive()) got = next->value;
        } catch (const std::runtime_error&) {
          ++threw;
        }
      });
    EXPECT_TRUE(values.try_send(fragile(7)));
    throwing_move = 1;
    co_await timeout(30s, both.join());
    EXPECT_EQ(threw, 1);
    EXPECT_EQ(got, 7);
    EXPECT_TRUE(values.try_send(fragile(8)));
    throwing_move = 1;
    EXPECT_THROW(static_cast<void>(values.try_receive()), std::runtime_error);
    EXPECT_EQ(values.try_receive()->value, 8);
  }());
}

TEST_P(throwing, moves_leave_what_is_tried_to_be_sent) {
  channel<fragile> values(1);
  fragile one(1);
  throwing_move = 1;
  EXPECT_THROW(static_cast<void>(values.try_send(std::move(one))), std::runtime_error);
  EXPECT_EQ(one.value, 1);
  EXPECT_EQ(values.size(), 0U);
  EXPECT_TRUE(values.try_send(std::move(one)));
}

TEST_P(throwing, moves_lose_nothing_of_a_mailbox) {
  wait([]() -> task<void> {
    mailbox<fragile> box(2);
    fragile one(1);
    throwing_move = 1;
    EXPECT_THROW(static_cast<void>(box.try_put(std::move(one))), std::runtime_error);
    EXPECT_EQ(one.value, 1);
    EXPECT_TRUE(box.try_put(std::move(one)));
    EXPECT_TRUE(box.try_put(fragile(2)));
    EXPECT_FALSE(box.try_put(fragile(3)));
    co_await yield();
    for (const int expected : {1, 2}) {
      throwing_move = 1;
      bool threw = false;
      try {
        static_cast<void>(co_await box.take());
      } catch (const std::runtime_error&) {
        threw = true;
      }
      EXPECT_TRUE(threw);
      EXPECT_FALSE(box.try_put(fragile(3)));  // it is there yet
      EXPECT_EQ((co_await box.take()).value, expected);
      EXPECT_TRUE(box.try_put(fragile(expected + 2)));
      co_await yield();
    }
  }());
}

task<fragile> made(int value) { co_return fragile(value); }

TEST_P(throwing, moves_leave_what_a_child_gave) {
  wait([]() -> task<void> {
    scope all;
    child<fragile> first = all.run(made(7));
    throwing_move = 1;
    EXPECT_THROW({ child<fragile> moved(std::move(first)); }, std::runtime_error);
    child<fragile> second(std::move(first));
    throwing_move = 1;
    bool threw = false;
    try {
      static_cast<void>(co_await second);
    } catch (const std::runtime_error&) {
      threw = true;
    }
    EXPECT_TRUE(threw);
    EXPECT_EQ((co_await second).value, 7);
    EXPECT_THROW(static_cast<void>(co_await second), std::logic_error);
    co_await all.join();
  }());
}

// On the way from the child to its handle it is the child's failure.
TEST_P(throwing, moves_of_a_result_are_the_failure_of_who_made_it) {
  for (int nth = 1; nth < 12; ++nth) {
    bool threw = false;
    throwing_move = nth;
    wait([&]() -> task<void> {
      scope all;
      try {
        child<fragile> one = all.run(made(7));
        EXPECT_EQ((co_await one).value, 7);
      } catch (const std::runtime_error&) {
        threw = true;
      }
      EXPECT_EQ(all.size(), 0U);
      co_await all.join();
    }());
    EXPECT_EQ(threw, std::exchange(throwing_move, 0) == 0) << nth;
  }
}

TEST_P(throwing, moves_are_told_to_who_waits_for_several) {
  for (int nth = 1; nth < 20; ++nth) {
    for (const int kind : {0, 1, 2, 3}) {
      bool threw = false;
      throwing_move = nth;
      wait([&]() -> task<void> {
        try {
          if (kind == 0) {
            const auto both = co_await all(made(1), made(2));
            EXPECT_EQ(std::get<0>(both).value + std::get<1>(both).value, 3);
          } else if (kind == 1) {
            std::vector<task<fragile>> many;
            for (const int i : {1, 2}) many.push_back(made(i));
            const std::vector<fragile> both = co_await all(std::move(many));
            EXPECT_EQ(both.at(0).value + both.at(1).value, 3);
          } else if (kind == 2) {
            const auto first = co_await race(made(1), made(2));
            EXPECT_EQ(std::get<0>(first).value, 1);
          } else {
            std::vector<task<fragile>> many;
            for (const int i : {1, 2}) many.push_back(made(i));
            EXPECT_EQ((co_await race(std::move(many))).value.value, 1);
          }
        } catch (const std::runtime_error&) {
          threw = true;
        }
      }());
      EXPECT_EQ(threw, std::exchange(throwing_move, 0) == 0) << kind << ", " << nth;
    }
  }
}

// As a failure of the part, so that the next has its turn.
TEST_P(throwing, moves_are_passed_over_as_long_as_another_may_succeed) {
  for (const int nth : {1, 2}) {
    throwing_move = nth;
    const auto first = wait(any(made(1), made(2)));
    EXPECT_EQ(first.index(), 1U);
    EXPECT_EQ(std::get<1>(first).value, 2);
    EXPECT_EQ(throwing_move, 0);
  }
}

struct argument {
  explicit argument(bool will) : throws(will) {}
  argument(argument&& other) : throws(other.throws) {
    if (throws) throw std::runtime_error("moved");
  }
  bool throws;
};

TEST_P(throwing, arguments_of_a_child_are_told_to_who_spawns_it) {
  wait([]() -> task<void> {
    scope all;
    const auto child = [](argument&) -> task<void> { co_return; };
    EXPECT_THROW(all.spawn(child, argument(true)), std::runtime_error);
    EXPECT_EQ(all.size(), 0U);
    all.spawn(child, argument(false));
    co_await all.join();
  }());
}

// What it throws over there, or here when it is taken, is told here, and the thread goes on.
TEST(throwing_threads, moves_of_an_answer_are_told) {
  for (const std::string& backend : real_backends()) {
    loop here({.backend = backend});
    loop_thread other(backend);
    for (int nth = 1; nth < 6; ++nth) {
      const auto there = [nth]() -> task<fragile> {
        throwing_move = nth;
        co_return fragile(7);
      };
      try {
        EXPECT_EQ(wait(run_on(other, there), 30s).value, 7);
      } catch (const std::runtime_error&) {
      }
      other.post([] { throwing_move = 0; });
      throwing_move = nth;
      try {
        EXPECT_EQ(wait(blocking([] { return fragile(8); }), 30s).value, 8);
      } catch (const std::runtime_error&) {
      }
      throwing_move = 0;
    }
    EXPECT_EQ(wait(run_on(other, [] { return made(9); }), 30s).value, 9);
  }
}

}  // namespace
}  // namespace parlance::io::test
