// Several waits as one: what decides, what becomes of the others, and that nothing that arrived is lost.
#include <parlance/io/combinators.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/mutex.hpp>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

class combined : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(combined);

task<int> number_after(duration length, int number) {
  co_await sleep(length);
  co_return number;
}

task<int> failure_after(duration length, std::string text) {
  co_await sleep(length);
  throw std::runtime_error(text);
}

task<int> at_once(int number) { co_return number; }

task<std::string> thrown_by(auto what) {
  try {
    co_await std::move(what);
  } catch (const std::exception& e) {
    co_return e.what();
  }
  co_return std::string();
}

/// Tells when it goes.
struct witness {
  explicit witness(int& of) : gone(&of) {}
  witness(const witness&) = delete;
  witness& operator=(const witness&) = delete;
  ~witness() { ++*gone; }
  int* gone;
};

task<int> witnessed(int& gone) {
  const witness here(gone);
  co_await sleep(1h);
  co_return 0;
}

TEST_P(combined, all_gives_each_result_in_its_place) {
  wait([]() -> task<void> {
    event flag;
    flag.set();
    int here = 5;
    const auto refer = [&]() -> task<int&> {
      co_await yield();
      co_return here;
    };
    const auto [one, nothing, text, reference] =
        co_await all(number_after(2ms, 1), flag, []() -> task<std::string> { co_return "x"; }(), refer());
    static_assert(std::is_same_v<decltype(nothing), const std::monostate>);
    EXPECT_EQ(one, 1);
    EXPECT_EQ(text, "x");
    EXPECT_EQ(&reference.get(), &here);
  }());
}

TEST_P(combined, all_runs_its_parts_beside_each_other) {
  wait([]() -> task<void> {
    const time_point start = loop::current().now();
    std::vector<task<int>> many;
    for (int i = 0; i < 100; ++i) many.push_back(number_after(20ms, i));
    const std::vector<int> got = co_await all(std::move(many));
    EXPECT_GE(loop::current().now() - start, 20ms);
    EXPECT_LT(loop::current().now() - start, test::patience(21ms));
    EXPECT_EQ(got.size(), 100U);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(got[static_cast<std::size_t>(i)], i);
  }());
}

TEST_P(combined, all_of_none_or_of_nothing_is_over) {
  wait([]() -> task<void> {
    EXPECT_EQ(co_await all(), std::tuple<>());
    EXPECT_TRUE((co_await all(std::vector<task<int>>())).empty());
    std::vector<task<void>> nothing;
    int count = 0;
    for (int i = 0; i < 3; ++i)
      nothing.push_back([](int& c) -> task<void> {
        co_await yield();
        ++c;
      }(count));
    co_await all(std::move(nothing));
    EXPECT_EQ(count, 3);
  }());
}

TEST_P(combined, all_throws_the_first_failure_and_ends_the_others_where_they_wait) {
  wait([]() -> task<void> {
    int gone = 0;
    EXPECT_EQ(co_await thrown_by(all(witnessed(gone), failure_after(1ms, "first"),
                                     failure_after(2ms, "second"), witnessed(gone))),
              "first");
    EXPECT_EQ(gone, 2);
    std::vector<task<int>> many;
    many.push_back(witnessed(gone));
    many.push_back(failure_after(1ms, "of a vector"));
    EXPECT_EQ(co_await thrown_by(all(std::move(many))), "of a vector");
    EXPECT_EQ(gone, 3);
  }());
}

TEST_P(combined, a_part_that_fails_at_once_keeps_the_later_ones_from_beginning) {
  wait([]() -> task<void> {
    bool began = false;
    const auto fail = []() -> task<int> {
      throw std::runtime_error("at once");
      co_return 0;
    };
    const auto begin = [&]() -> task<int> {
      began = true;
      co_return 1;
    };
    EXPECT_EQ(co_await thrown_by(all(fail(), begin())), "at once");
    EXPECT_EQ((co_await any(at_once(1), begin())).index(), 0U);
    EXPECT_EQ(co_await thrown_by(race(fail(), begin())), "at once");
    EXPECT_FALSE(began);
    EXPECT_EQ((co_await any(fail(), begin())).index(), 1U);
    EXPECT_TRUE(began);
  }());
}

TEST_P(combined, any_gives_the_first_that_succeeds) {
  wait([]() -> task<void> {
    int gone = 0;
    const auto first = co_await any(failure_after(1ms, "passed over"), witnessed(gone), number_after(3ms, 7));
    EXPECT_EQ(first.index(), 2U);
    EXPECT_EQ(std::get<2>(first), 7);
    EXPECT_EQ(gone, 1);
    std::vector<task<int>> many;
    many.push_back(failure_after(1ms, "passed over"));
    many.push_back(number_after(20ms, 8));
    many.push_back(number_after(2ms, 9));
    const indexed<int> of_many = co_await any(std::move(many));
    EXPECT_EQ(of_many.index, 2U);
    EXPECT_EQ(of_many.value, 9);
  }());
}

TEST_P(combined, any_throws_the_first_failure_when_all_have_failed) {
  wait([]() -> task<void> {
    const time_point start = loop::current().now();
    EXPECT_EQ(co_await thrown_by(any(failure_after(4ms, "later"), failure_after(1ms, "first"))), "first");
    EXPECT_GE(loop::current().now() - start, 4ms);
  }());
}

TEST_P(combined, race_gives_or_throws_what_the_first_that_ends_does) {
  wait([]() -> task<void> {
    int gone = 0;
    EXPECT_EQ(co_await thrown_by(race(witnessed(gone), failure_after(1ms, "first"), number_after(2ms, 1))),
              "first");
    EXPECT_EQ(gone, 1);
    EXPECT_EQ(std::get<1>(co_await race(failure_after(1h, "late"), number_after(2ms, 1))), 1);
    std::vector<task<int>> many;
    many.push_back(failure_after(1h, "late"));
    many.push_back(number_after(1ms, 3));
    const auto [index, value] = co_await race(std::move(many));
    EXPECT_EQ(index, 1U);
    EXPECT_EQ(value, 3);
  }());
}

TEST_P(combined, the_first_of_none_is_an_error) {
  wait([]() -> task<void> {
    EXPECT_EQ(co_await thrown_by(any(std::vector<task<int>>())),
              "wait for the first of none: invalid argument");
    EXPECT_EQ(co_await thrown_by(race(std::vector<task<int>>())),
              "wait for the first of none: invalid argument");
  }());
}

TEST_P(combined, what_had_arrived_at_a_loser_stays_for_the_next) {
  wait([]() -> task<void> {
    const auto lift = [](std::string text) -> task<std::string> { co_return text; };
    for (const bool as_tasks : {false, true}) {
      std::vector<ends> pairs(3);
      for (ends& pair : pairs) std::tie(pair.a, pair.b) = loop::current().kernel().open_pair();
      for (const int place : {0, 1, 2, 0, 2, 1}) {
        const auto turn = [&](int i) -> stream_socket& {
          return *pairs[static_cast<std::size_t>((place + i) % 3)].a;
        };
        scope sending;
        sending.spawn([&]() -> task<void> {
          co_await yield();
          for (ends& pair : pairs) co_await send_all(*pair.b, "x");
        });
        // All three arrive in one turn, or nearly.
        std::size_t won = 0;
        if (as_tasks) {
          std::vector<task<std::string>> receiving;
          for (int i = 0; i < 3; ++i) receiving.push_back(receive(turn(i)));
          won = (co_await race(std::move(receiving))).index;
        } else {
          const auto first =
              co_await any(recv_operation(turn(0)), recv_operation(turn(1)), recv_operation(turn(2)));
          won = first.index();
          EXPECT_EQ(std::visit([](std::string_view chunk) { return chunk; }, first), "x");
        }
        co_await sending.join();
        const auto rest =
            co_await all(won == 0 ? lift("x") : receive(turn(0)), won == 1 ? lift("x") : receive(turn(1)),
                         won == 2 ? lift("x") : receive(turn(2)));
        EXPECT_EQ(rest, std::tuple("x", "x", "x"));
      }
    }
  }());
}

TEST_P(combined, what_had_arrived_stays_when_the_whole_is_destroyed) {
  wait([]() -> task<void> {
    std::vector<ends> pairs(2);
    for (ends& pair : pairs) std::tie(pair.a, pair.b) = loop::current().kernel().open_pair();
    std::size_t got = 0;
    for (int after_turns = 0; after_turns < 6; ++after_turns) {
      scope cut;
      cut.spawn([&]() -> task<void> {
        got += std::visit([](const std::string& chunk) { return chunk.size(); },
                          co_await race(receive(*pairs[0].a), receive(*pairs[1].a)));
      });
      co_await send_all(*pairs[0].b, "x");
      co_await send_all(*pairs[1].b, "x");
      for (int i = 0; i < after_turns; ++i) co_await yield();
    }
    for (ends& pair : pairs) pair.b->shutdown(SHUT_WR);
    for (ends& pair : pairs) got += (co_await receive_all(*pair.a)).size();
    EXPECT_EQ(got, 12U);
  }());
}

template <class... A>
concept takes = requires(A... parts) { any(static_cast<A&&>(parts)...); };
static_assert(takes<recv_operation, event&, task<int>>);
static_assert(!takes<recv_operation&, event&>);  // it would go on waiting, for nobody
static_assert(!takes<task<int>&>);

TEST_P(combined, a_lock_that_a_loser_was_given_is_passed_on) {
  wait([]() -> task<void> {
    mutex first, second;
    {
      std::optional<mutex::guard> a(co_await first.lock()), b(co_await second.lock());
      scope unlocking;
      unlocking.spawn([&]() -> task<void> {
        co_await yield();
        a.reset();
        b.reset();
      });
      EXPECT_EQ((co_await race(first.lock(), second.lock())).index(), 0U);
    }
    EXPECT_FALSE(first.locked());
    EXPECT_FALSE(second.locked());
  }());
}

TEST_P(combined, each_part_has_a_context_of_its_own_below_the_current_one) {
  wait([]() -> task<void> {
    const context* contexts[2] = {};
    const auto look = [&](int place) -> task<int> {
      contexts[place] = &context::current();
      context::current().set_deadline(loop::current().now());
      co_await sleep(0ms);
      co_return 0;
    };
    const context* here = &context::current();
    EXPECT_EQ(co_await failure_of(all(look(0), at_once(1))), errc::timed_out);
    EXPECT_EQ(&context::current(), here);
    EXPECT_FALSE(context::current().cancelled());
    // The deadline of the one is not the other's.
    EXPECT_EQ((co_await any(look(1), number_after(2ms, 1))).index(), 1U);
    EXPECT_NE(contexts[1], here);
  }());
}

TEST_P(combined, a_cancellation_or_a_deadline_reaches_every_part) {
  wait([]() -> task<void> {
    int gone = 0;
    EXPECT_EQ(co_await failure_of(timeout(2ms, all(witnessed(gone), witnessed(gone)))), errc::timed_out);
    EXPECT_EQ(gone, 2);
    EXPECT_EQ(co_await failure_of(timeout(2ms, any(witnessed(gone), witnessed(gone)))), errc::timed_out);
    EXPECT_EQ(gone, 4);
    EXPECT_EQ(co_await failure_of(timeout(0ms, race(witnessed(gone), witnessed(gone)))), errc::timed_out);
    context called_off;
    called_off.cancel();
    EXPECT_EQ(co_await failure_of(run_in(called_off, all(witnessed(gone), witnessed(gone)))),
              errc::cancelled);
  }());
}

TEST_P(combined, is_destroyed_with_its_parts) {
  wait([]() -> task<void> {
    int gone = 0;
    {
      scope left;
      left.spawn([](int& count) -> task<void> { co_await all(witnessed(count), witnessed(count)); }(gone));
      left.spawn([](int& count) -> task<void> { co_await any(witnessed(count), at_once(1)); }(gone));
      co_await yield();
      EXPECT_EQ(gone, 1);
    }
    EXPECT_EQ(gone, 3);
    {
      const auto never_awaited = all(witnessed(gone), witnessed(gone));
    }
    EXPECT_EQ(gone, 3);
  }());
}

TEST_P(combined, is_part_of_another) {
  wait([]() -> task<void> {
    const auto both = co_await all(any(number_after(1h, 1), number_after(1ms, 2)),
                                   timeout(30s, race(number_after(2ms, 3), failure_after(1h, "late"))));
    EXPECT_EQ(std::get<1>(std::get<0>(both)), 2);
    EXPECT_EQ(std::get<0>(std::get<1>(both)), 3);
  }());
}

TEST_P(combined, keeps_what_can_only_be_moved) {
  wait([]() -> task<void> {
    const auto only = [](int n) -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(n); };
    auto [one, two] = co_await all(only(1), only(2));
    EXPECT_EQ(*one + *two, 3);
    EXPECT_EQ(*std::get<0>(co_await any(only(4), only(5))), 4);
    std::vector<task<std::unique_ptr<int>>> many;
    many.push_back(only(6));
    EXPECT_EQ(**(co_await all(std::move(many))).begin(), 6);
  }());
}

}  // namespace
}  // namespace parlance::io
