// Streams that are closed, or become others, while several coroutines wait in them.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <parlance/net/remote_stream.hpp>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

class stream_gone : public on_every_stream {};
PARLANCE_ON_EVERY_STREAM(stream_gone);

/// How two sends that wait and a shutdown behind them end after `end`.
task<std::vector<std::error_code>> ends_of_waits(ends& two, std::function<task<void>(ends&)> end) {
  std::vector<std::error_code> codes(3);
  scope waiting;
  waiting.spawn([&]() -> task<void> { codes[0] = co_await failure(two.a.send(too_much())); });
  waiting.spawn([&]() -> task<void> { codes[1] = co_await failure(two.a.send("later")); });
  waiting.spawn([&]() -> task<void> { codes[2] = co_await failure(two.a.shutdown()); });
  co_await sleep(10ms);
  co_await end(two);
  co_await waiting.join();
  co_return codes;
}

using codes = std::vector<std::error_code>;

TEST_P(stream_gone, aborting_ends_every_wait) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    EXPECT_EQ(co_await ends_of_waits(two,
                                     [](ends& both) -> task<void> {
                                       both.a.abort();
                                       co_return;
                                     }),
              codes(3, io::from_errno(ECONNABORTED)));
  }(both()));
}

TEST_P(stream_gone, closing_at_once_ends_every_wait) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    EXPECT_EQ(co_await ends_of_waits(two,
                                     [](ends& both) -> task<void> {
                                       both.a.close_at_once();
                                       co_return;
                                     }),
              codes(3, io::errc::cancelled));
  }(both()));
}

TEST_P(stream_gone, aborting_while_a_handshake_that_failed_says_why) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    std::error_code failed;
    scope shaking;
    shaking.spawn([&]() -> task<void> { failed = co_await failure(two.b.start_tls(shown_on_the_spot())); });
    co_await two.a.send(std::string_view("\x16\x03\x01\x00\x04junk", 9));
    co_await sleep(20ms);
    EXPECT_FALSE(failed) << "it listens for a moment";
    two.b.abort();
    co_await shaking.join();
    EXPECT_EQ(failed, errc::tls);
  }(both()));
}

TEST_P(stream_gone, moving_takes_along_who_waits) {
  io::wait([](task<ends> making) -> task<void> {
    auto two = std::make_unique<ends>(co_await std::move(making));
    std::string heard;
    bool sent = false;
    scope waiting;
    waiting.spawn([&]() -> task<void> { heard = co_await two->a.recv(); });
    waiting.spawn([&]() -> task<void> {
      co_await two->a.send(too_much());
      sent = true;
    });
    co_await sleep(10ms);
    stream a = std::move(two->a), b = std::move(two->b);
    two.reset();
    co_await b.send("found");
    EXPECT_EQ((co_await recv_until(b, too_much().size())).size(), too_much().size());
    co_await waiting.join();
    EXPECT_EQ(heard, "found");
    EXPECT_TRUE(sent);
  }(both()));
}

TEST_P(stream_gone, moving_takes_along_a_recv_into_room) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    std::string room(4, '?');
    std::size_t size = 0;
    scope waiting;
    waiting.spawn([&]() -> task<void> { size = co_await two.b.recv_into(room); });
    co_await sleep(5ms);
    stream moved = std::move(two.b);
    co_await two.a.send("hello");
    co_await waiting.join();
    EXPECT_EQ(size, 4U);
    EXPECT_EQ(room, "hell");
    EXPECT_EQ(co_await moved.recv(), "o");
  }(both()));
}

TEST_P(stream_gone, destroying_ends_every_wait) {
  io::wait([](task<ends> making) -> task<void> {
    auto two = std::make_unique<ends>(co_await std::move(making));
    std::error_code received, sent;
    scope waiting;
    waiting.spawn([&]() -> task<void> { received = co_await failure(two->a.recv()); });
    waiting.spawn([&]() -> task<void> { sent = co_await failure(two->a.send(too_much())); });
    co_await sleep(10ms);
    two.reset();
    co_await waiting.join();
    EXPECT_EQ(received, io::errc::cancelled);
    EXPECT_EQ(sent, io::errc::cancelled);
  }(both()));
}

TEST_P(stream_gone, a_wait_that_has_not_begun_finds_it_closed) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    auto later = two.a.recv();
    auto text = two.a.send("x");
    {
      const stream gone = std::move(two.a);
    }
    EXPECT_EQ(co_await failure(std::move(later)), errc::closed);
    EXPECT_EQ(co_await failure(std::move(text)), errc::closed);
  }(both()));
}

TEST_P(stream_gone, becoming_another_ends_every_wait_and_leaves_the_other_alone) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    std::optional<stream> peer;
    EXPECT_EQ(co_await ends_of_waits(two,
                                     [&](ends& both) -> task<void> {
                                       ends others = co_await tcp_ends();
                                       both.a = std::move(others.a);
                                       peer = std::move(others.b);
                                     }),
              codes(3, io::errc::cancelled));
    co_await two.a.send("new");
    EXPECT_EQ(co_await peer->recv(), "new");
  }(both()));
}

TEST_P(stream_gone, a_shutdown_waits_behind_a_send_whose_sender_closes) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    std::error_code failed;
    scope waiting;
    waiting.spawn([&]() -> task<void> {
      co_await two.b.send(too_much());
      two.b.close_at_once();
    });
    waiting.spawn([&]() -> task<void> { failed = co_await failure(two.b.shutdown()); });
    co_await sleep(5ms);
    EXPECT_EQ((co_await recv_until(two.a, too_much().size())).size(), too_much().size());
    co_await waiting.join();
    EXPECT_EQ(failed, io::errc::cancelled);
  }(both()));
}

TEST_P(stream_gone, closing_twice_at_once_is_no_error) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    scope closing;
    for (int i = 0; i < 2; ++i) closing.spawn(two.a.close());
    co_await closing.join();
    EXPECT_FALSE(two.a.is_open());
  }(both()));
}

class remote_stream_gone_threads : public testing::TestWithParam<std::string> {
 protected:
  io::test::watchdog patience;
  io::loop here{{.backend = GetParam()}};
  io::loop_thread there{GetParam()};
};
PARLANCE_ON_EVERY_KERNEL_BACKEND(remote_stream_gone_threads);

task<void> say(remote_stream& to, std::size_t size) {
  auto text = std::make_shared<const std::string>(size, 'x');
  const std::string_view whole = *text;
  co_await to.send({whole}, std::move(text));
}

TEST_P(remote_stream_gone_threads, while_two_sends_wait) {
  io::wait([](io::loop_thread& where) -> task<void> {
    for (const bool aborted : {true, false}) {
      ends two = co_await tcp_ends();
      auto far = std::make_unique<remote_stream>(std::move(two.b), where);
      std::optional<stream> near;
      scope calling;
      calling.spawn(
          [&]() -> task<void> { near = co_await tls_connect(std::move(two.a), trusting(), "localhost"); });
      co_await far->start_tls(shown_on_the_spot());
      co_await calling.join();
      std::vector<std::error_code> failed(2);
      {
        scope sending;
        sending.spawn([&]() -> task<void> { failed[0] = co_await failure(say(*far, 20'000'000)); });
        sending.spawn([&]() -> task<void> { failed[1] = co_await failure(say(*far, 10)); });
        co_await sleep(50ms);
        if (aborted) {
          far->abort();
          co_await sending.join();
          EXPECT_EQ(failed, codes(2, io::from_errno(ECONNABORTED)));
        }
      }
      far.reset();
      co_await io::run_on(where, []() -> task<void> { co_return; });
    }
  }(there));
}

/// A stream whose loop is gone, or is not the current one.
class stream_outlives : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  io::test::watchdog patience;
  const std::string backend = std::get<0>(GetParam()), kind = std::get<1>(GetParam());
  std::optional<io::loop> here{io::loop_options{.backend = backend}};

  /// Whether nothing is received there, nor waited for.
  static bool is_refused(stream& s) {
    char room[1];
    EXPECT_THROW(io::wait(s.peek()), std::logic_error);
    EXPECT_THROW(io::wait(s.recv_into(room)), std::logic_error);
    EXPECT_THROW(io::wait(s.recv()), std::logic_error);
    EXPECT_THROW(io::wait(s.send("x")), std::logic_error);
    EXPECT_THROW(io::wait(s.peer_ended()), std::logic_error);
    EXPECT_THROW(io::wait(s.close()), std::logic_error);
    return s.is_open();
  }
};
INSTANTIATE_TEST_SUITE_P(on, stream_outlives,
                         testing::Combine(testing::ValuesIn(every_backend()),
                                          testing::Values("tcp", "unix", "tls")),
                         name_of_stream);

TEST_P(stream_outlives, its_loop_and_what_was_peeked_at_is_not_given) {
  ends two = io::wait(ends_of(kind));
  io::wait(send_text(two.a, "peeked at"));
  io::wait(two.b.peek());
  here.reset();
  const io::loop another({.backend = backend});
  EXPECT_TRUE(is_refused(two.b));
}

TEST_P(stream_outlives, its_loop_and_so_may_a_reader_that_has_something_left) {
  ends two = io::wait(ends_of(kind));
  auto in = std::make_unique<reader>(two.b);
  io::wait(send_text(two.a, "one\ntwo\n"));
  EXPECT_EQ(io::wait(in->line()), "one");
  here.reset();
  in.reset();
  const io::loop another({.backend = backend});
  EXPECT_TRUE(is_refused(two.b));
}

TEST_P(stream_outlives, nothing_and_is_refused_in_a_loop_that_nests) {
  ends two = io::wait(ends_of(kind));
  io::wait(send_text(two.a, "peeked at"));
  io::wait(two.b.peek());
  {
    const io::loop inner({.backend = backend});
    EXPECT_TRUE(is_refused(two.b));
  }
  EXPECT_EQ(io::wait(recv_some(two.b)), "peeked at");
}

TEST_P(remote_stream_gone_threads, closing_ends_a_handshake) {
  io::wait([](io::loop_thread& where) -> task<void> {
    ends two = co_await tcp_ends();
    remote_stream far(std::move(two.b), where);
    std::error_code failed;
    scope shaking;
    shaking.spawn([&]() -> task<void> { failed = co_await failure(far.start_tls(shown_on_the_spot())); });
    co_await sleep(10ms);
    co_await far.close();
    EXPECT_EQ(co_await io::timeout(5s, recv_some(two.a)), "");
    co_await shaking.join();
    EXPECT_EQ(failed, io::errc::cancelled);
  }(there));
}

}  // namespace
}  // namespace parlance::net::test
