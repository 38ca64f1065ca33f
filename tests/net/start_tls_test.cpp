// Turning a stream into TLS in the middle of a conversation, and all that may happen to it meanwhile.
#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <parlance/io/combinators.hpp>
#include <parlance/net/remote_stream.hpp>
#include <parlance/net/send_file.hpp>

#include "net/support.hpp"
#include "net/temporary_folder.hpp"

namespace parlance::net::test {
namespace {

/// With `b` on another loop where the kind is "remote".
class starting_tls : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  task<ends> both() {
    if (kind != "remote") co_return co_await ends_of(kind);
    if (!there_) there_ = std::make_unique<io::loop_thread>(std::get<0>(GetParam()));
    ends two = co_await tcp_ends();
    two.b = remote_stream(std::move(two.b), *there_);
    co_return two;
  }
  const std::string kind = std::get<1>(GetParam());
  io::test::watchdog patience;
  io::loop here{{.backend = std::get<0>(GetParam())}};

 private:
  std::unique_ptr<io::loop_thread> there_;
};
INSTANTIATE_TEST_SUITE_P(on, starting_tls,
                         testing::Combine(testing::ValuesIn(every_backend()),
                                          testing::Values("tcp", "unix", "tls", "memory")),
                         name_of_stream);
INSTANTIATE_TEST_SUITE_P(on_another_loop, starting_tls,
                         testing::Combine(testing::ValuesIn(every_kernel_backend()),
                                          testing::Values("remote")),
                         name_of_stream);

/// Both ends have spoken TLS.
task<void> expect_tls(stream& client, stream& server) {
  co_await client.send("in secret");
  EXPECT_EQ(co_await recv_until(server, 9), "in secret");
  co_await server.send("as well");
  EXPECT_EQ(co_await recv_until(client, 7), "as well");
}

// --- what is kept for later is by TLS

TEST_P(starting_tls, is_what_a_send_or_recv_goes_by_that_is_awaited_again) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    auto say = two.a.send("once more");
    auto hear = two.b.recv(), late = two.a.recv();
    co_await say;
    EXPECT_EQ(co_await hear, "once more");
    EXPECT_EQ(co_await failure(io::timeout(5ms, awaited(late))), std::errc::timed_out);
    co_await io::all(two.a.start_tls(trusting(), "localhost"), two.b.start_tls(shown_on_the_spot()));
    scope saying;
    saying.spawn(awaited(say));
    EXPECT_EQ(co_await hear, "once more");
    co_await saying.join();
    co_await two.b.send("in secret");
    EXPECT_EQ(co_await late, "in secret");
  }(both()));
}

TEST_P(starting_tls, is_what_a_kept_send_or_recv_goes_by_later) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    auto to_say = two.a.send("kept in secret");
    auto to_hear = two.b.recv();
    co_await io::all(two.a.start_tls(trusting(), "localhost"), two.b.start_tls(shown_on_the_spot()));
    co_await std::move(to_say);
    const std::string first(co_await std::move(to_hear));
    EXPECT_EQ(first + co_await recv_until(two.b, 14 - first.size()), "kept in secret");
    co_await expect_tls(two.a, two.b);
  }(both()));
}

TEST_P(starting_tls, lets_nothing_pass_that_was_kept_and_begins_beside_it) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    auto say = [](stream::send_awaiter kept) -> task<void> { co_await std::move(kept); };
    auto hear = [](stream::recv_awaiter kept) -> task<void> { co_await std::move(kept); };
    auto to_say = two.a.send("in the open");
    auto to_hear = two.a.recv();
    scope shaking;
    shaking.spawn([&]() -> task<void> { co_await two.a.start_tls(trusting(), "localhost"); });
    co_await io::yield();
    EXPECT_EQ(co_await failure(say(std::move(to_say))), io::from_errno(EBUSY));
    EXPECT_EQ(co_await failure(hear(std::move(to_hear))), io::from_errno(EBUSY));
    co_await two.b.start_tls(shown_on_the_spot());
    co_await shaking.join();
    co_await expect_tls(two.a, two.b);
  }(both()));
}

// --- what came in the open is not taken for what came by TLS

TEST_P(starting_tls, takes_what_a_reader_has_for_the_handshake) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    reader lines(two.b);
    co_await two.a.send("STARTTLS\r\nMAIL FROM:<injected>\r\n");
    EXPECT_EQ(co_await lines.line(), "STARTTLS");
    scope peer;
    peer.spawn(
        [&]() -> task<void> { EXPECT_TRUE(co_await failure(two.a.start_tls(trusting(), "localhost"))); });
    EXPECT_EQ(co_await failure(two.b.start_tls(shown_on_the_spot())), errc::tls);
    EXPECT_EQ(co_await failure(lines.line()), errc::closed);
    co_await peer.join();
  }(both()));
}

TEST_P(starting_tls, takes_it_also_of_a_stream_that_is_moved_into_tls) {
  io::wait([](task<ends> making, task<ends> anew) -> task<void> {
    ends two = co_await std::move(making);
    reader lines(two.b);
    co_await two.a.send("STARTTLS\r\nMAIL FROM:<injected>\r\n");
    EXPECT_EQ(co_await lines.line(), "STARTTLS");
    EXPECT_EQ(co_await failure(tls_accept(std::move(two.b), shown_on_the_spot())), errc::tls);
    ends others = co_await std::move(anew);
    two.b = std::move(others.b);
    EXPECT_EQ(co_await failure(io::timeout(5ms, lines.line())), io::errc::timed_out);
  }(both(), both()));
}

TEST_P(starting_tls, keeps_what_a_reader_has_for_where_the_stream_is_moved) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    reader lines(two.b);
    co_await two.a.send("one\ntw");
    const std::string_view one = (co_await lines.line()).value();
    stream moved = std::move(two.b);
    EXPECT_EQ(one, "one");
    co_await two.a.send("o\n");
    reader more(moved);
    EXPECT_EQ(co_await more.line(), "two");
    two.b = std::move(moved);
    co_await two.a.send("three\n");
    EXPECT_EQ(co_await lines.line(), "three");
  }(both()));
}

TEST_P(starting_tls, finds_a_handshake_that_a_reader_has) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    tls_session client(trusting(), "localhost");
    client.handshake();
    co_await two.a.send("STARTTLS\r\n" + client.take_output());
    reader lines(two.b);
    EXPECT_EQ(co_await lines.line(), "STARTTLS");
    scope shaking;
    shaking.spawn([&]() -> task<void> { co_await two.b.start_tls(shown_on_the_spot()); });
    client.feed(co_await recv_some(two.a));
    while (client.handshake() != tls_session::step::done) client.feed(co_await recv_some(two.a));
    client.write("HELLO\r\n");
    co_await two.a.send(client.take_output());
    co_await shaking.join();
    EXPECT_EQ(co_await lines.line(), "HELLO");
  }(both()));
}

TEST_P(starting_tls, leaves_a_reader_nothing_of_a_stream_that_was_closed) {
  io::wait([](task<ends> making, task<ends> anew) -> task<void> {
    ends two = co_await std::move(making);
    reader lines(two.b);
    co_await two.a.send("one\ntwo\nthr");
    EXPECT_EQ(co_await lines.line(), "one");
    ends others = co_await std::move(anew);
    two.b = std::move(others.b);
    co_await others.a.send("four\n");
    EXPECT_EQ(co_await lines.line(), "four");
  }(both(), both()));
}

// --- what it must not come between

TEST_P(starting_tls, is_refused_while_a_file_is_sent_and_writes_nothing) {
  const temporary_folder folder;
  std::ofstream(folder.path("file")) << too_much();
  io::wait([](task<ends> making, std::string path) -> task<void> {
    ends two = co_await std::move(making);
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    scope sending;
    sending.spawn([&]() -> task<void> { co_await send_file(two.b, fd); });
    EXPECT_EQ(co_await failure(two.b.start_tls(shown_on_the_spot())), io::from_errno(EBUSY));
    EXPECT_EQ(co_await failure(two.b.start_tls(trusting(), "localhost")), io::from_errno(EBUSY));
    sending.spawn(
        [&]() -> task<void> { EXPECT_TRUE(co_await recv_until(two.a, too_much().size()) == too_much()); });
    co_await sending.join();
    ::close(fd);
    scope calling;
    calling.spawn([&]() -> task<void> { co_await two.a.start_tls(trusting(), "localhost"); });
    co_await two.b.start_tls(shown_on_the_spot());
    co_await calling.join();
    co_await expect_tls(two.a, two.b);
  }(both(), folder.path("file")));
}

TEST_P(starting_tls, is_refused_while_the_end_is_asked_for) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    scope work;
    work.spawn([&]() -> task<void> { co_await two.b.send(too_much()); });
    work.spawn([&]() -> task<void> { co_await two.b.shutdown(); });
    co_await sleep(5ms);
    EXPECT_EQ(co_await failure(two.b.start_tls(trusting(), "localhost")), io::from_errno(EBUSY));
    EXPECT_TRUE(co_await recv_all(two.a) == too_much());
    co_await work.join();
  }(both()));
}

TEST_P(starting_tls, is_refused_while_a_recv_waits) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    scope work;
    work.spawn([&]() -> task<void> { EXPECT_EQ(co_await recv_some(two.b), "go"); });
    co_await sleep(5ms);
    EXPECT_EQ(co_await failure(two.b.start_tls(trusting(), "localhost")), io::from_errno(EBUSY));
    co_await two.a.send("go");
    co_await work.join();
    EXPECT_TRUE(two.b.is_open());
  }(both()));
}

TEST_P(starting_tls, is_refused_while_a_call_of_a_reader_waits) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    reader lines(two.b);
    scope work;
    work.spawn([&]() -> task<void> { EXPECT_EQ(co_await lines.line(), "go"); });
    co_await sleep(5ms);
    EXPECT_EQ(co_await failure(two.b.start_tls(trusting(), "localhost")), io::from_errno(EBUSY));
    co_await two.a.send("go\n");
    co_await work.join();
  }(both()));
}

TEST_P(starting_tls, and_a_move_leave_a_reader_nothing_of_what_comes_to_another_stream) {
  io::wait([](task<ends> making, task<ends> making_others) -> task<void> {
    ends two = co_await std::move(making), others = co_await std::move(making_others);
    reader lines(two.b);
    std::error_code ended;
    scope work;
    work.spawn([&]() -> task<void> { ended = co_await failure(lines.line()); });
    co_await sleep(5ms);
    const stream moved = std::move(two.b);
    co_await two.a.send("of the first\n");
    co_await work.join();
    EXPECT_EQ(ended, errc::closed);
    two.b = std::move(others.b);
    co_await others.a.send("of the other\n");
    EXPECT_EQ(co_await lines.line(), "of the other");
  }(both(), both()));
}

// --- what happens to it half way

/// How a client's handshake ends of which the peer says nothing, when `happen` is done to its stream.
task<std::error_code> ended_by(stream& client, std::function<void()> happen) {
  std::error_code failed;
  scope shaking;
  shaking.spawn(
      [&]() -> task<void> { failed = co_await failure(client.start_tls(trusting(), "localhost")); });
  co_await sleep(10ms);
  EXPECT_FALSE(failed) << failed.message();
  happen();
  co_await io::timeout(30s, shaking.join());
  co_return failed;
}

/// Waits for the end, whichever it is, of what was said before it.
task<void> heard_out(stream& s) {
  try {
    while (!(co_await s.recv()).empty()) continue;
  } catch (const io::error&) {
  }
}

TEST_P(starting_tls, leaves_the_stream_closed_when_it_is_destroyed) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    co_await io::race(two.b.start_tls(trusting(), "localhost"), sleep(10ms));
    EXPECT_FALSE(two.b.is_open());
    EXPECT_EQ(co_await failure(send_text(two.b, "x")), errc::closed);
    EXPECT_EQ(co_await failure(recv_some(two.b)), errc::closed);
    EXPECT_EQ(co_await failure(two.b.shutdown()), errc::closed);
    co_await io::timeout(30s, heard_out(two.a));
  }(both()));
}

TEST_P(starting_tls, ends_when_the_stream_is_closed_or_aborted) {
  io::wait([](task<ends> first, task<ends> second) -> task<void> {
    ends two = co_await std::move(first), others = co_await std::move(second);
    EXPECT_EQ(co_await ended_by(two.b, [&] { two.b.close_at_once(); }), io::errc::cancelled);
    EXPECT_EQ(co_await ended_by(others.b, [&] { others.b.abort(); }), io::from_errno(ECONNABORTED));
    EXPECT_FALSE(two.b.is_open() || others.b.is_open());
  }(both(), both()));
}

TEST_P(starting_tls, says_who_ended_it_at_whatever_moment) {
  io::wait([](std::vector<task<ends>> all) -> task<void> {
    std::size_t turns = 0;
    for (task<ends>& making : all) {
      ends two = co_await std::move(making);
      const bool aborts = turns % 2 != 0;
      scope shaking;
      shaking.spawn([&]() -> task<void> {
        try {
          co_await two.b.start_tls(shown_on_the_spot());
        } catch (const io::error& e) {
          EXPECT_EQ(e.code(), aborts ? io::from_errno(ECONNABORTED) : io::errc::cancelled);
          EXPECT_TRUE(std::string_view(e.what()).ends_with(": " + io::reason(e.code()))) << e.what();
        }
      });
      shaking.spawn([&]() -> task<void> { co_await failure(two.a.start_tls(trusting(), "localhost")); });
      for (std::size_t i = 0; i < turns / 2; ++i) co_await io::yield();
      aborts ? two.b.abort() : two.b.close_at_once();
      co_await shaking.join();
      ++turns;
    }
  }([&] {
             std::vector<task<ends>> all;
             for (int i = 0; i < 24; ++i) all.push_back(both());
             return all;
           }()));
}

TEST_P(starting_tls, says_what_is_wrong_with_a_name) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    auto later = two.b.recv();
    try {
      co_await two.b.start_tls(trusting(), ".first.example");
      ADD_FAILURE();
    } catch (const io::error& e) {
      EXPECT_EQ(e.code(), errc::certificate);
      EXPECT_STREQ(e.what(), "TLS with .first.example: .first.example is no host's name");
    }
    EXPECT_FALSE(two.b.is_open());
    EXPECT_EQ(co_await failure(awaited(later)), errc::closed);
    co_await io::timeout(30s, heard_out(two.a));
  }(both()));
}

TEST_P(starting_tls, ends_when_the_stream_becomes_another_which_it_leaves_alone) {
  io::wait([](task<ends> first, task<ends> second) -> task<void> {
    ends two = co_await std::move(first), others = co_await std::move(second);
    EXPECT_EQ(co_await ended_by(two.b, [&] { two.b = std::move(others.b); }), io::errc::cancelled);
    EXPECT_TRUE(two.b.is_open());
    co_await two.b.send("plain");
    EXPECT_EQ(co_await recv_until(others.a, 5), "plain");
    co_await two.b.shutdown();
    EXPECT_EQ(co_await others.a.recv(), "");
  }(both(), both()));
}

TEST_P(starting_tls, leaves_alone_what_the_stream_becomes_in_the_turn_in_which_it_is_done) {
  io::wait([](task<ends> first, task<ends> second) -> task<void> {
    ends two = co_await std::move(first), others = co_await std::move(second);
    std::optional<std::error_code> client, server;
    scope shaking;
    shaking.spawn([&]() -> task<void> { server = co_await failure(two.b.start_tls(shown_on_the_spot())); });
    shaking.spawn([&]() -> task<void> {
      client = co_await failure(two.a.start_tls(trusting(), "localhost"));
      two.b = std::move(others.b);
    });
    co_await shaking.join();
    EXPECT_EQ(*client, std::error_code());
    co_await two.b.send("plain");
    EXPECT_EQ(co_await recv_until(others.a, 5), "plain");
  }(both(), both()));
}

TEST_P(starting_tls, ends_with_the_stream) {
  io::wait([](task<ends> making) -> task<void> {
    auto two = std::make_unique<ends>(co_await std::move(making));
    EXPECT_EQ(co_await ended_by(two->b, [&] { two.reset(); }), io::errc::cancelled);
  }(both()));
}

TEST_P(starting_tls, goes_along_when_the_stream_is_moved) {
  io::wait([](task<ends> making) -> task<void> {
    auto two = std::make_unique<ends>(co_await std::move(making));
    std::optional<stream> moved;
    scope shaking;
    shaking.spawn([&]() -> task<void> { co_await two->b.start_tls(trusting(), "localhost"); });
    co_await sleep(5ms);
    moved = std::move(two->b);
    stream server = std::move(two->a);
    two.reset();
    EXPECT_EQ(co_await failure(send_text(*moved, "x")), io::from_errno(EBUSY));
    co_await server.start_tls(shown_on_the_spot());
    co_await shaking.join();
    co_await expect_tls(*moved, server);
  }(both()));
}

}  // namespace
}  // namespace parlance::net::test
