// What has arrived is never lost when whoever waits for it goes, at whatever moment; and what has been given
// is over, however long the expression that it is part of goes on.
#include <parlance/io/loop_thread.hpp>
#include <parlance/net/remote_stream.hpp>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

/// Who yields is resumed before whatever arrives in that turn, so that one of these numbers of turns ends
/// just between the two.
task<void> some_turns(int which) {
  const int turns = simulated() ? which * 37 % 1200 : which % 8;
  for (int i = 0; i < turns; ++i) co_await io::yield();
}

class kept : public on_every_stream {};
PARLANCE_ON_EVERY_STREAM(kept);

TEST_P(kept, bytes_go_to_the_next_when_a_recv_or_peek_is_destroyed) {
  io::wait([](task<ends> pair) -> task<void> {
    ends two = co_await std::move(pair);
    std::string sent, got;
    for (int i = 0; i < 64; ++i) {
      const std::string text = pattern(10, static_cast<unsigned>(i));
      std::string now;
      scope reading;
      if (i % 3 == 0)
        reading.spawn([&]() -> task<void> { co_await peek_some(two.b); });
      else
        reading.spawn([&]() -> task<void> { got += co_await recv_some(two.b); });
      co_await two.a.send(text);
      sent += text;
      co_await some_turns(i);
    }
    got += co_await recv_until(two.b, sent.size() - got.size());
    EXPECT_TRUE(got == sent);
  }(both()));
}

TEST_P(kept, a_send_does_not_come_behind_the_end) {
  io::wait([](task<ends> pair) -> task<void> {
    ends two = co_await std::move(pair);
    auto say = [](stream::send_awaiter later) -> task<void> { co_await std::move(later); };
    auto later = two.a.send("behind the end");
    co_await two.a.shutdown();
    EXPECT_EQ(co_await failure(say(std::move(later))), io::from_errno(EPIPE));
    EXPECT_EQ(co_await recv_some(two.b), "");
  }(both()));
}

TEST_P(kept, two_in_one_expression_are_one_after_the_other) {
  io::wait([](task<ends> pair) -> task<void> {
    ends two = co_await std::move(pair);
    scope sending;
    const auto say = [&](std::vector<std::string> texts) -> task<void> {
      for (const std::string& text : texts) {
        co_await sleep(5ms);
        co_await two.a.send(text);
      }
    };
    sending.spawn(say({"a", "b"}));
    EXPECT_EQ(std::string(co_await two.b.recv()) + std::string(co_await two.b.recv()), "ab");
    sending.spawn(say({"c"}));
    EXPECT_EQ(std::string(co_await two.b.peek()) + std::string(co_await two.b.recv()), "cc");
    sending.spawn(say({"d", "e"}));
    EXPECT_EQ(std::string(co_await two.b.recv()) + std::string(co_await two.b.peek()), "de");
    EXPECT_EQ(co_await recv_some(two.b), "e");
    co_await sending.join();
  }(both()));
}

TEST_P(kept, bytes_that_are_given_back_come_before_what_a_recv_waits_for) {
  io::wait([](task<ends> pair) -> task<void> {
    ends two = co_await std::move(pair);
    for (const bool peeks : {false, true}) {
      scope receiving;
      receiving.spawn([&]() -> task<void> {
        if (peeks)
          EXPECT_EQ(co_await peek_some(two.b), "first, second");
        else
          EXPECT_EQ(co_await recv_some(two.b), "first, second");
      });
      co_await sleep(1ms);
      two.b.unread("first, ");
      co_await two.a.send("second");
      co_await receiving.join();
    }
    EXPECT_EQ(co_await recv_some(two.b), "first, second");
  }(both()));
}

TEST_P(kept, bytes_that_are_given_back_stay_when_the_recv_that_waits_fails) {
  io::wait([](task<ends> pair) -> task<void> {
    ends two = co_await std::move(pair);
    two.b.set_recv_timeout(20ms);
    scope receiving;
    receiving.spawn(
        [&]() -> task<void> { EXPECT_EQ(co_await failure(recv_some(two.b)), std::errc::timed_out); });
    co_await sleep(1ms);
    two.b.unread("kept");
    co_await receiving.join();
    EXPECT_EQ(co_await recv_some(two.b), "kept");
  }(both()));
}

TEST_P(kept, nothing_goes_behind_a_send_of_which_nobody_heard_how_much_went) {
  io::wait([](task<ends> pair) -> task<void> {
    ends two = co_await std::move(pair);
    scope behind;
    {
      scope sending;
      sending.spawn(send_text(two.a, too_much()));
      co_await sleep(10ms);
      behind.spawn([&]() -> task<void> {
        EXPECT_EQ(co_await failure(send_text(two.a, "queued")), io::from_errno(EPIPE));
      });
      co_await sleep(1ms);
      sending.cancel();
    }
    EXPECT_EQ(co_await failure(send_text(two.a, "tail")), io::from_errno(EPIPE));
    // The peer would take what it has for all.
    EXPECT_EQ(co_await failure(two.a.shutdown()), io::from_errno(EPIPE));
    EXPECT_TRUE(too_much().starts_with(co_await recv_until_silence(two.b)));
    EXPECT_EQ(co_await failure(io::timeout(5ms, recv_some(two.b))), io::errc::timed_out);
    co_await behind.join();
  }(both()));
}

TEST_P(kept, what_is_sent_next_goes_behind_the_part_of_which_somebody_heard) {
  io::wait([](task<ends> pair) -> task<void> {
    ends two = co_await std::move(pair);
    std::size_t sent = 0;
    try {
      co_await io::timeout(10ms, two.a.send(too_much()));
    } catch (const io::error& e) {
      sent = e.bytes_sent();
    }
    EXPECT_GT(sent, 0U);
    scope going_on;
    going_on.spawn(send_text(two.a, "the next"));
    const std::string got = co_await recv_until(two.b, sent + 8);
    EXPECT_TRUE(got == too_much().substr(0, sent) + "the next");
    co_await going_on.join();
  }(both()));
}

TEST_P(kept, what_was_handed_out_stays_when_bytes_are_given_back) {
  io::wait([](task<ends> pair) -> task<void> {
    ends two = co_await std::move(pair);
    two.b.unread(std::string(100, 'x'));
    const std::string_view handed_out = co_await two.b.recv();
    two.b.unread("world");
    two.b.unread("hello ");
    EXPECT_EQ(handed_out, std::string(100, 'x'));
    EXPECT_EQ(co_await recv_some(two.b), "hello world");
  }(both()));
}

TEST_P(kept, a_second_recv_is_refused_also_when_there_is_something_to_give) {
  io::wait([](task<ends> pair) -> task<void> {
    ends two = co_await std::move(pair);
    scope receiving;
    receiving.spawn([&]() -> task<void> { EXPECT_EQ(co_await recv_until(two.b, 10), "given mine"); });
    co_await sleep(1ms);
    two.b.unread("given ");
    EXPECT_EQ(co_await failure(recv_some(two.b)), io::from_errno(EALREADY));
    EXPECT_EQ(co_await failure(peek_some(two.b)), io::from_errno(EALREADY));
    co_await two.a.send("mine");
    co_await receiving.join();
  }(both()));
}

TEST_P(kept, a_recv_or_send_may_be_awaited_again) {
  io::wait([](task<ends> pair) -> task<void> {
    ends two = co_await std::move(pair);
    auto hear = two.b.recv();
    auto say = two.a.send("again");
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(co_await failure(io::timeout(5ms, awaited(hear))), std::errc::timed_out);
      co_await say;
      EXPECT_EQ(co_await hear, "again");
    }
    two.b.unread("and back");
    EXPECT_EQ(co_await hear, "and back");
    co_await two.a.shutdown();
    EXPECT_EQ(co_await hear, "");
    EXPECT_EQ(co_await failure(awaited(say)), io::from_errno(EPIPE));
  }(both()));
}

class kept_callers : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(kept_callers);

TEST_P(kept_callers, go_to_the_next_accept_when_one_is_destroyed) {
  io::wait([]() -> task<void> {
    for (const char* at : {"127.0.0.1:0", "localhost:0"}) {
      listener here = co_await listen(at);
      std::vector<stream> callers, accepted;
      for (int i = 0; i < 32; ++i) {
        scope accepting;
        accepting.spawn([&]() -> task<void> { accepted.push_back(co_await here.accept()); });
        const std::vector<endpoint> all = here.locals();
        callers.push_back(co_await connect(all[static_cast<std::size_t>(i) % all.size()].to_string()));
        co_await some_turns(i);
      }
      while (accepted.size() < callers.size()) accepted.push_back(co_await io::timeout(30s, here.accept()));
      std::vector<std::string> called, heard;
      for (const stream& s : callers) called.push_back(s.local().to_string());
      for (const stream& s : accepted) heard.push_back(s.remote().to_string());
      EXPECT_TRUE(std::ranges::is_permutation(called, heard));
    }
  }());
}

class remote_threads_kept : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(remote_threads_kept);

TEST_P(remote_threads_kept, two_in_one_expression_are_one_after_the_other) {
  io::loop_thread other(GetParam());
  io::wait([](io::loop_thread& there) -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    stream caller = co_await connect(here.local().to_string());
    remote_stream far(co_await here.accept(), there);
    scope sending;
    sending.spawn([&]() -> task<void> {
      for (const char* text : {"a", "b"}) {
        co_await sleep(10ms);
        co_await caller.send(text);
      }
    });
    EXPECT_EQ(std::string(co_await far.recv()) + std::string(co_await far.recv()), "ab");
    co_await sending.join();
  }(other));
}

}  // namespace
}  // namespace parlance::net::test
