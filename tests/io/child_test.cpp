// A child of a scope that gives something: to whom, and what becomes of it when one of the three goes.
#include <stdexcept>

#include <parlance/io/event.hpp>

#include "io/support.hpp"

namespace parlance::io::test {
namespace {

class children : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(children);

task<std::string> word_after(duration length, std::string word) {
  co_await sleep(length);
  co_return word;
}

task<std::string> failing_with(std::string text) {
  co_await yield();
  throw std::runtime_error(text);
}

task<std::string> thrown_by(child<std::string> one) {
  try {
    co_return co_await one;
  } catch (const std::exception& e) {
    co_return std::string("threw ") + e.what();
  }
}

TEST_P(children, a_child_with_a_handle_gives_what_it_gave) {
  wait([]() -> task<void> {
    scope parts;
    event flag;
    int here = 0;
    child<std::string> late = parts.run(word_after(5ms, "late")), early = parts.run(word_after(1ms, "early"));
    child<void> nothing = parts.run(flag);
    child<int&> reference = parts.run([](int& to) -> task<int&> { co_return to; }(here));
    child<std::unique_ptr<int>> only =
        parts.run([]() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(3); }());
    EXPECT_TRUE(only.is_done());
    EXPECT_FALSE(late.is_done());
    EXPECT_EQ(parts.size(), 3U);
    EXPECT_EQ(co_await late, "late");
    EXPECT_EQ(co_await early, "early");
    flag.set();
    co_await nothing;
    EXPECT_EQ(&co_await reference, &here);
    EXPECT_EQ(*co_await only, 3);
    co_await parts.join();
  }());
}

TEST_P(children, a_child_that_is_awaited_and_over_is_not_for_another) {
  wait([]() -> task<void> {
    scope parts, waiting;
    event flag;
    child<std::string> word = parts.run([](event& when) -> task<std::string> {
      co_await when;
      co_return "word";
    }(flag));
    std::string got;
    waiting.spawn([&]() -> task<void> { got = co_await word; });
    flag.set();
    waiting.spawn([&]() -> task<void> {
      co_await yield();  // the child is over by then, and who awaits it has not gone on
      EXPECT_THROW(co_await word, std::logic_error);
    });
    co_await waiting.join();
    EXPECT_EQ(got, "word");
  }());
}

TEST_P(children, the_failure_of_a_child_with_a_handle_is_for_who_awaits_it) {
  wait([]() -> task<void> {
    scope parts;
    child<std::string> other = parts.run(word_after(2ms, "unmoved"));
    EXPECT_EQ(co_await thrown_by(parts.run(failing_with("mine"))), "threw mine");
    EXPECT_EQ(co_await other, "unmoved");
    co_await parts.join();
  }());
}

TEST_P(children, a_failure_that_nobody_awaited_is_the_scopes) {
  wait([]() -> task<void> {
    std::string heard;
    scope strangers([&](std::exception_ptr failure) {
      try {
        std::rethrow_exception(failure);
      } catch (const std::exception& e) {
        heard += e.what();
      }
    });
    {
      const child<std::string> left = strangers.run(failing_with("of a stranger"));
      co_await strangers.join();
      EXPECT_EQ(heard, "");
    }
    EXPECT_EQ(heard, "of a stranger");
    scope parts;
    {
      const child<std::string> left = parts.run(failing_with("of a part"));
      co_await parts.join();
    }
    EXPECT_THROW(co_await parts.join(), std::runtime_error);
    EXPECT_THROW(static_cast<void>(parts.run(yield())), std::runtime_error);
  }());
}

TEST_P(children, a_failure_that_nobody_is_left_for_is_told_on_stderr) {
  testing::internal::CaptureStderr();
  wait([]() -> task<void> {
    std::optional<scope> parts(std::in_place);
    const child<std::string> left = parts->run(failing_with("the very last words"));
    co_await parts->join();
    parts.reset();
  }());
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "the very last words\n");
}

TEST_P(children, a_child_goes_with_its_handle) {
  wait([]() -> task<void> {
    scope parts;
    const auto witness = std::make_shared<int>(1);
    const auto stay = [](std::shared_ptr<int>) -> task<void> { co_await sleep(1h); };
    {
      const child<void> handle = parts.run(stay(witness));
      EXPECT_GT(witness.use_count(), 1);
      EXPECT_EQ(parts.size(), 1U);
    }
    EXPECT_EQ(witness.use_count(), 1);
    EXPECT_EQ(parts.size(), 0U);
    co_await parts.join();
  }());
}

TEST_P(children, a_handle_is_moved_while_its_child_runs) {
  wait([]() -> task<void> {
    scope parts;
    std::vector<child<std::string>> many;
    for (int i = 0; i < 20; ++i) many.push_back(parts.run(word_after(i * 1ms, std::to_string(i))));
    std::string all;
    for (child<std::string>& one : many) all += co_await one + " ";
    EXPECT_EQ(all, "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 ");
    const child<std::string> from = parts.run(word_after(1h, "x")),
                             to = std::move(const_cast<child<std::string>&>(from));
    EXPECT_EQ(parts.size(), 1U);
  }());
}

TEST_P(children, a_wait_for_a_child_that_ends_early_leaves_the_child_alone) {
  wait([]() -> task<void> {
    scope parts;
    event flag;
    child<std::string> one = parts.run([](event& until) -> task<std::string> {
      co_await until;
      co_return "still here";
    }(flag));
    EXPECT_EQ(co_await failure_of([](child<std::string>& c) -> task<void> { co_await timeout(1ms, c); }(one)),
              errc::timed_out);
    {
      scope left;
      left.spawn([&]() -> task<void> { co_await one; });
      co_await yield();
    }
    context called_off;
    called_off.cancel();
    EXPECT_EQ(co_await failure_of(run_in(called_off, one)), errc::cancelled);
    flag.set();
    EXPECT_EQ(co_await failure_of(run_in(called_off, one)), errc::cancelled);
    EXPECT_EQ(co_await one, "still here");
    EXPECT_THROW(co_await one, std::logic_error);
  }());
}

// Nothing more is over at once in this turn: who awaits it first is told with the next.
TEST_P(children, a_child_that_is_over_is_awaited_by_one) {
  wait([]() -> task<void> {
    const std::string whole = "a string that is long enough to be moved away";
    scope parts;
    std::optional<child<std::string>> one = parts.run(word_after(0ms, whole));
    while (!one->is_done()) co_await yield();
    while (loop::current().may_go_on()) {
    }
    std::string first, second;
    const auto await_it = [&](std::string& into) -> task<void> { into = co_await *one; };
    {
      scope gone;
      gone.spawn(await_it(first));
      EXPECT_EQ(first, "");
    }
    scope waiting, refused([&](std::exception_ptr) { second = "refused"; });
    waiting.spawn(await_it(first));
    refused.spawn(await_it(second));
    EXPECT_EQ(first, "");
    co_await waiting.join();
    co_await refused.join();
    EXPECT_EQ(first, whole);
    EXPECT_EQ(second, "refused");
  }());
}

TEST_P(children, a_child_is_awaited_by_one) {
  wait([]() -> task<void> {
    scope parts, waiting;
    child<std::string> one = parts.run(word_after(5ms, "x"));
    waiting.spawn([&]() -> task<void> { EXPECT_EQ(co_await one, "x"); });
    EXPECT_THROW(co_await one, std::logic_error);
    co_await waiting.join();
  }());
}

TEST_P(children, a_handle_outlives_its_scope) {
  wait([]() -> task<void> {
    std::optional<scope> parts(std::in_place);
    child<std::string> done = parts->run(word_after(0ms, "done")),
                       cut_off = parts->run(word_after(1h, "never")),
                       awaited = parts->run(word_after(1h, "never"));
    co_await yield();
    scope waiting;
    std::error_code failed;
    waiting.spawn([&]() -> task<void> { failed = co_await failure_of(shield(awaited)); });
    parts.reset();
    co_await waiting.join();
    EXPECT_EQ(failed, errc::cancelled);
    EXPECT_EQ(co_await done, "done");
    EXPECT_EQ(co_await failure_of(shield(cut_off)), errc::cancelled);
  }());
}

TEST_P(children, a_child_with_a_handle_is_cancelled_with_its_scope) {
  wait([]() -> task<void> {
    scope parts;
    child<std::string> one = parts.run(word_after(1h, "never"));
    const child<std::string> nobody_asks = parts.run(word_after(1h, "never"));
    parts.cancel();
    EXPECT_EQ(co_await failure_of(shield(one)), errc::cancelled);
    co_await parts.join();  // to be cancelled is no failure
  }());
}

}  // namespace
}  // namespace parlance::io::test
