// A stream that lives on another loop. Run under ThreadSanitizer, too.
#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <parlance/net/remote_stream.hpp>
#include <parlance/net/send_file.hpp>

#include "io/without_standard_input.hpp"
#include "net/support.hpp"
#include "net/temporary_folder.hpp"

namespace parlance::net::test {
namespace {

class remote_stream_threads : public testing::TestWithParam<std::string> {
 protected:
  io::test::watchdog patience;
  io::loop here{{.backend = GetParam()}};
  io::loop_thread there{GetParam()};
};
PARLANCE_ON_EVERY_KERNEL_BACKEND(remote_stream_threads);

/// A stream here, and its peer, which lives there.
struct pair_of_ends {
  stream near;
  std::unique_ptr<remote_stream> far;
};

task<pair_of_ends> apart(io::loop_thread& where) {
  ends two = co_await tcp_ends();
  // The kernel lets it grow to over too_much() where it reads as fast as the other thread sends.
  const int bytes = 256 * 1024;
  EXPECT_EQ(::setsockopt(two.a.native_handle(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
  co_return pair_of_ends{std::move(two.a), std::make_unique<remote_stream>(std::move(two.b), where)};
}

task<void> send(remote_stream& to, std::string text) {
  const auto owner = std::make_shared<const std::string>(std::move(text));
  const std::string_view pieces[] = {*owner};
  co_await to.send(pieces, owner);
}

template <class Awaitable> task<void> expect_failure(Awaitable doing, std::error_code why) {
  try {
    co_await std::move(doing);
    ADD_FAILURE();
  } catch (const io::error& e) {
    EXPECT_EQ(e.code(), why);
  }
}

task<std::string> recv_until(remote_stream& from, std::size_t size) {
  std::string all;
  while (all.size() < size) {
    const std::string_view more = co_await from.recv();
    if (more.empty()) break;
    all += more;
  }
  co_return all;
}

TEST_P(remote_stream_threads, carry_bytes_both_ways) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    for (int i = 0; i < 100; ++i) {
      co_await two.near.send("ping");
      EXPECT_EQ(co_await two.far->peek(), "ping");
      EXPECT_EQ(co_await two.far->recv(), "ping");
      co_await send(*two.far, "pong");
      EXPECT_EQ(co_await test::recv_until(two.near, 4), "pong");
    }
    EXPECT_TRUE(two.far->is_open());
    EXPECT_EQ(two.far->local(), two.near.remote());
    EXPECT_EQ(two.far->info()->tcpi_state, TCP_ESTABLISHED);
  }(there));
}

TEST_P(remote_stream_threads, send_much_from_what_others_own) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    scope work;
    work.spawn([&]() -> task<void> {
      auto owner = std::make_shared<const std::string>(too_much());
      const std::string_view all = *owner;
      std::vector<std::string_view> pieces = {all.substr(0, 10), all.substr(10, 5'000'000),
                                              all.substr(5'000'010)};
      auto sending = two.far->send(std::move(pieces), std::move(owner));
      co_await std::move(sending);
      co_await two.far->shutdown();
    });
    EXPECT_TRUE(co_await recv_all(two.near) == too_much());
    co_await work.join();
    EXPECT_EQ(co_await two.near.recv(), "");
    co_await two.near.send("still heard");
    EXPECT_EQ(co_await recv_until(*two.far, 11), "still heard");
  }(there));
}

TEST_P(remote_stream_threads, end_politely) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    scope work;
    work.spawn([&]() -> task<void> {
      EXPECT_EQ(co_await recv_all(two.near), "bye");
      co_await two.near.close();
    });
    co_await send(*two.far, "bye");
    co_await two.far->close();
    EXPECT_FALSE(two.far->is_open());
    co_await work.join();
    co_await expect_failure(recv_some(*two.far), errc::closed);
  }(there));
}

TEST_P(remote_stream_threads, may_have_the_number_0) {
  io::wait([](io::loop_thread& where) -> task<void> {
    listener at = co_await listen("127.0.0.1:0");
    const io::test::without_standard_input closed;
    stream caller = co_await connect(at.local().to_string());
    EXPECT_EQ(caller.native_handle(), 0);
    stream near = co_await at.accept();
    remote_stream far(std::move(caller), where);
    co_await send(far, "ping");
    EXPECT_EQ(co_await near.recv(), "ping");
    EXPECT_EQ(far.info().value().tcpi_state, TCP_ESTABLISHED);
    near.close_at_once();
    co_await far.close();
  }(there));
}

TEST_P(remote_stream_threads, reset_when_aborted) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    two.far->abort();
    EXPECT_FALSE(two.far->is_open());
    EXPECT_EQ(two.far->info(), std::nullopt);
    co_await expect_failure(two.near.recv(), io::from_errno(ECONNRESET));
  }(there));
}

TEST_P(remote_stream_threads, close_when_destroyed_while_somebody_waits) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    {
      scope waiting;
      waiting.spawn([&]() -> task<void> { co_await two.far->recv(); });
      co_await sleep(5ms);
    }
    two.far.reset();
    EXPECT_EQ(co_await two.near.recv(), "");
  }(there));
}

TEST_P(remote_stream_threads, tell_of_a_peer_that_resets) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    two.near.abort();
    co_await expect_failure(two.far->recv(), io::from_errno(ECONNRESET));
  }(there));
}

TEST_P(remote_stream_threads, speak_tls) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    scope work;
    work.spawn([&]() -> task<void> {
      stream secure = co_await tls_connect(std::move(two.near), trusting(), "localhost");
      co_await secure.send("hello");
      EXPECT_EQ(co_await test::recv_until(secure, 5), "world");
      co_await secure.close();
    });
    EXPECT_EQ((co_await two.far->peek()).front(), '\x16');
    EXPECT_FALSE((co_await two.far->start_tls(shown_on_the_spot())).peer);
    EXPECT_EQ(co_await recv_until(*two.far, 5), "hello");
    EXPECT_EQ(two.far->info()->tcpi_state, TCP_ESTABLISHED);
    co_await send(*two.far, "world");
    EXPECT_EQ(co_await two.far->recv(), "");
    co_await two.far->close();
    co_await work.join();
  }(there));
}

TEST_P(remote_stream_threads, tell_of_a_handshake_that_fails) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    co_await two.near.send("\x16 this is no handshake");
    co_await expect_failure(two.far->start_tls(shown_on_the_spot()), errc::tls);
    co_await expect_failure(recv_some(*two.far), errc::closed);
  }(there));
}

TEST_P(remote_stream_threads, leave_no_descriptors_behind) {
  const std::size_t before = open_descriptors();
  io::wait([](io::loop_thread& where) -> task<void> {
    for (int i = 0; i < 20; ++i) {
      auto two = co_await apart(where);
      co_await send(*two.far, "x");
      EXPECT_EQ(co_await test::recv_until(two.near, 1), "x");
    }
    co_await io::run_on(where, []() -> task<void> { co_return; });  // after what was posted before
  }(there));
  EXPECT_EQ(open_descriptors(), before);
}

// --- a send, or the end, that is called off

/// Until a send to `near` of too_much() has begun there, and waits for room.
task<void> begun(stream& near) {
  co_await near.peek();
  co_await sleep(50ms);
}

/// Begins to send more than goes, and is destroyed.
task<void> destroy_a_send(pair_of_ends& two) {
  co_await io::race(two.far->send(too_much()), begun(two.near));
}

/// Until the peer's end, whatever that is.
task<std::string> recv_to_the_end(stream& from, std::error_code& end) {
  std::string all;
  try {
    for (std::string_view more; !(more = co_await from.recv()).empty();) all += more;
  } catch (const io::error& e) {
    end = e.code();
  }
  co_return all;
}

TEST_P(remote_stream_threads, are_cut_where_a_send_is_destroyed_half_way) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    co_await destroy_a_send(two);
    co_await expect_failure(two.far->send("the next message"), io::from_errno(EPIPE));
    co_await expect_failure(two.far->send("and the next"), io::from_errno(EPIPE));
    co_await expect_failure(two.far->shutdown(), io::from_errno(EPIPE));
    co_await two.near.send("still heard");
    EXPECT_EQ(co_await recv_until(*two.far, 11), "still heard");
    co_await two.far->close();
    std::error_code end;
    const std::string got = co_await recv_to_the_end(two.near, end);
    EXPECT_EQ(end, io::from_errno(ECONNRESET));
    EXPECT_TRUE(too_much().starts_with(got));
  }(there));
}

TEST_P(remote_stream_threads, send_nothing_of_what_is_destroyed_before_it_began) {
  for (const bool first_too : {false, true})
    io::wait([](io::loop_thread& where, bool with_the_first) -> task<void> {
      auto two = co_await apart(where);
      scope first, others;
      first.spawn([&]() -> task<void> { co_await two.far->send(too_much()); });
      co_await begun(two.near);
      {
        scope behind;
        for (const char* text : {"second", "third"})
          behind.spawn([&two, text]() -> task<void> { co_await two.far->send(text); });
        co_await sleep(10ms);
        if (with_the_first) first.cancel();
      }
      if (with_the_first) co_await first.join();  // so that it is over before there is room for the rest
      std::error_code ended;
      others.spawn([&]() -> task<void> { ended = co_await failure(send_text(*two.far, "last")); });
      others.spawn([&]() -> task<void> { co_await two.far->shutdown(); });
      const std::string got = co_await recv_all(two.near);
      co_await others.join();
      EXPECT_EQ(ended, std::error_code());
      EXPECT_TRUE(got.ends_with("last"));
      EXPECT_TRUE(too_much().starts_with(std::string_view(got).substr(0, got.size() - 4)));
      EXPECT_EQ(got.size() == too_much().size() + 4, !with_the_first);
    }(there, first_too));
}

// Its end is known there, and nobody here has heard of it.
TEST_P(remote_stream_threads, hold_up_the_next_until_it_is_known_how_much_of_a_send_went) {
  for (const bool heard : {false, true})
    io::wait([](io::loop_thread& where, bool hears) -> task<void> {
      auto two = co_await apart(where);
      two.far->set_send_timeout(300ms);
      std::error_code first_failed, second_failed;
      scope behind;
      {
        scope first;
        first.spawn(
            [&]() -> task<void> { first_failed = co_await failure(send_text(*two.far, too_much())); });
        co_await sleep(20ms);
        behind.spawn(
            [&]() -> task<void> { second_failed = co_await failure(send_text(*two.far, "second")); });
        co_await sleep(20ms);
        std::this_thread::sleep_for(400ms);
        if (hears) co_await first.join();
      }
      std::error_code end;
      std::string got;
      behind.spawn([&]() -> task<void> { got = co_await recv_to_the_end(two.near, end); });
      while (!second_failed && !got.ends_with("second") && behind.size() == 2) co_await sleep(5ms);
      two.far->close_at_once();
      co_await behind.join();
      EXPECT_EQ(first_failed, hears ? make_error_code(io::errc::timed_out) : std::error_code());
      EXPECT_EQ(second_failed, hears ? std::error_code() : io::from_errno(EPIPE));
      EXPECT_EQ(end, hears ? std::error_code() : io::from_errno(ECONNRESET));
      if (hears) {
        EXPECT_TRUE(got.ends_with("second"));
        got.resize(got.size() - 6);
      }
      EXPECT_TRUE(too_much().starts_with(got));
    }(there, heard));
}

TEST_P(remote_stream_threads, go_on_from_where_a_send_was_called_off) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    std::size_t sent = 0;
    for (int i = 0; i < 3; ++i) {
      try {
        co_await io::timeout(50ms, two.far->send(std::string_view(too_much()).substr(sent)));
        ADD_FAILURE();
      } catch (const io::error& e) {
        EXPECT_EQ(e.code(), io::errc::timed_out);
        sent += e.bytes_sent();
      }
    }
    EXPECT_GT(sent, 0U);
    EXPECT_LT(sent, too_much().size());
    scope work;
    work.spawn([&]() -> task<void> {
      co_await two.far->send(std::string_view(too_much()).substr(sent));
      co_await two.far->shutdown();
    });
    EXPECT_TRUE(co_await recv_all(two.near) == too_much());
    co_await work.join();
  }(there));
}

TEST_P(remote_stream_threads, are_reset_when_closed_after_a_send_was_destroyed_half_way) {
  io::wait([](io::loop_thread& where) -> task<void> {
    for (const bool politely : {true, false}) {
      auto two = co_await apart(where);
      co_await destroy_a_send(two);
      if (politely)
        co_await two.far->close({.time = 1ms});
      else
        two.far->close_at_once();
      EXPECT_EQ(co_await failure(recv_all(two.near)), io::from_errno(ECONNRESET));
    }
  }(there));
}

TEST_P(remote_stream_threads, are_reset_when_closed_while_a_send_is_under_way) {
  enum class how { while_it_waits, when_it_is_cancelled, when_it_is_late_there };
  for (const how why : {how::while_it_waits, how::when_it_is_cancelled, how::when_it_is_late_there})
    io::wait([](io::loop_thread& where, how ends) -> task<void> {
      auto two = co_await apart(where);
      if (ends == how::when_it_is_late_there) two.far->set_send_timeout(1s);
      io::context limits;
      std::error_code failed;
      std::size_t sent = 0;
      scope sending;
      sending.spawn([&]() -> task<void> {
        try {
          co_await io::run_in(limits, send_text(*two.far, too_much()));
        } catch (const io::error& e) {
          failed = e.code(), sent = e.bytes_sent();
        }
      });
      co_await begun(two.near);
      // Its end is known there, and not here.
      if (ends == how::when_it_is_late_there) std::this_thread::sleep_for(1200ms);
      if (ends == how::when_it_is_cancelled) limits.cancel();
      two.far->close_at_once();
      std::error_code end;
      const std::string got = co_await recv_to_the_end(two.near, end);
      EXPECT_EQ(end, io::from_errno(ECONNRESET));
      co_await sending.join();
      EXPECT_EQ(failed, ends == how::when_it_is_late_there ? make_error_code(io::errc::timed_out)
                                                           : make_error_code(io::errc::cancelled));
      EXPECT_LT(sent, too_much().size());
      EXPECT_GE(sent, got.size());
    }(there, why));
}

TEST_P(remote_stream_threads, end_in_order_when_closed_after_a_send_that_failed_and_was_heard_of) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    std::size_t sent = 0;
    try {
      co_await io::timeout(50ms, two.far->send(too_much()));
    } catch (const io::error& e) {
      sent = e.bytes_sent();
    }
    two.far->close_at_once();
    EXPECT_TRUE(co_await recv_all(two.near) == too_much().substr(0, sent));
  }(there));
}

TEST_P(remote_stream_threads, go_on_when_their_end_was_called_off) {
  for (const bool destroyed : {false, true})
    io::wait([](io::loop_thread& where, bool by_race) -> task<void> {
      auto two = co_await apart(where);
      scope work;
      work.spawn([&]() -> task<void> { co_await two.far->send(too_much()); });
      for (int i = 0; i < 2; ++i) {
        if (by_race)
          EXPECT_EQ((co_await io::race(two.far->shutdown(), sleep(20ms))).index(), 1U);
        else
          co_await expect_failure(io::timeout(20ms, two.far->shutdown()), io::errc::timed_out);
      }
      work.spawn([&]() -> task<void> {
        co_await two.far->send("more");
        co_await two.far->shutdown();
      });
      EXPECT_TRUE(co_await recv_all(two.near) == too_much() + "more");
      co_await work.join();
    }(there, destroyed));
}

TEST_P(remote_stream_threads, speak_tls_behind_what_was_sent_before) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    scope work;
    work.spawn([&]() -> task<void> { co_await two.far->send(too_much()); });
    work.spawn([&]() -> task<void> { co_await two.far->send("and then TLS"); });
    work.spawn([&]() -> task<void> { co_await two.far->start_tls(shown_on_the_spot()); });
    const std::string plain = too_much() + "and then TLS";
    EXPECT_TRUE(co_await test::recv_until(two.near, plain.size()) == plain);
    co_await two.near.start_tls(trusting(), "localhost");
    co_await work.join();
    co_await two.far->send("in secret");
    EXPECT_EQ(co_await test::recv_until(two.near, 9), "in secret");
  }(there));
}

TEST_P(remote_stream_threads, gather_nothing_of_what_is_called_off_again_and_again) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    scope waiting;
    std::error_code first, second;
    waiting.spawn([&]() -> task<void> { first = co_await failure(send_text(*two.far, too_much())); });
    const auto owner = std::make_shared<const std::string>("x");
    for (int i = 0; i < 10; ++i) {
      try {
        co_await io::timeout(1ms, two.far->send({*owner}, owner));
        ADD_FAILURE();
      } catch (const io::error& e) {
        EXPECT_EQ(e.code(), io::errc::timed_out);
        EXPECT_EQ(e.bytes_sent(), 0U);  // it was not begun
      }
    }
    co_await io::run_on(where, []() -> task<void> { co_return; });  // after what was posted before
    EXPECT_EQ(owner.use_count(), 1);
    waiting.spawn([&]() -> task<void> { second = co_await failure(send_text(*two.far, "y")); });
    co_await sleep(5ms);
    two.far->abort();
    co_await waiting.join();
    EXPECT_EQ(first, io::from_errno(ECONNABORTED));
    EXPECT_EQ(second, io::from_errno(ECONNABORTED));
  }(there));
}

TEST_P(remote_stream_threads, are_cut_when_a_file_is_given_up_in_its_first_block) {
  const temporary_folder folder;
  std::ofstream(folder.path("file")) << too_much();
  io::wait([](io::loop_thread& where, std::string path) -> task<void> {
    auto two = co_await apart(where);
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    std::error_code failed;
    scope filling;  // so that the block waits
    filling.spawn([&]() -> task<void> { failed = co_await failure(send_text(*two.far, too_much())); });
    co_await begun(two.near);
    co_await io::race(send_file(*two.far, file), sleep(100ms));
    co_await expect_failure(send(*two.far, "the next message"), io::from_errno(EPIPE));
    two.far->abort();
    ::close(file);
    co_await filling.join();
    EXPECT_EQ(failed, io::from_errno(ECONNABORTED));
  }(there, folder.path("file")));
}

TEST_P(remote_stream_threads, are_reset_when_closed_behind_a_part_of_a_file) {
  const temporary_folder folder;
  std::ofstream(folder.path("file")) << too_much();
  io::wait([](io::loop_thread& where, std::string path) -> task<void> {
    constexpr std::size_t block = 128 * 1024;  // in which it is read
    for (const bool politely : {true, false}) {
      auto two = co_await apart(where);
      std::optional<scope> sending(std::in_place);
      sending->spawn([&]() -> task<void> { co_await send_file(*two.far, path); });
      co_await test::recv_until(two.near, block);
      sending.reset();  // between two blocks, or in one
      if (politely)
        co_await two.far->close({.time = 1ms});
      else
        two.far->close_at_once();
      EXPECT_EQ(co_await failure(recv_all(two.near)), io::from_errno(ECONNRESET));
    }
  }(there, folder.path("file")));
}

TEST_P(remote_stream_threads, are_reset_when_closed_with_what_was_only_peeked_at) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    co_await two.near.send("looked at");
    EXPECT_EQ(co_await two.far->peek(), "looked at");
    two.far->close_at_once();
    EXPECT_EQ(co_await failure(recv_all(two.near)), io::from_errno(ECONNRESET));
  }(there));
}

TEST_P(remote_stream_threads, name_their_peer_in_what_goes_wrong) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    const std::string peer = two.far->remote().to_string();
    EXPECT_EQ(co_await words(io::timeout(1ms, recv_some(*two.far))), "receive from " + peer + ": timed out");
    EXPECT_EQ(co_await words(io::timeout(1ms, two.far->peer_ended())),
              "wait for the end of " + peer + ": timed out");
    two.near.abort();
    EXPECT_EQ(co_await words(recv_some(*two.far)), "receive from " + peer + ": connection reset by peer");
  }(there));
}

// --- a recv that was given up

TEST_P(remote_stream_threads, listen_for_last_words_after_a_recv_that_was_given_up) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    EXPECT_EQ(co_await cancelled_meanwhile(recv_some(*two.far)), io::errc::cancelled);
    scope work;
    work.spawn([&]() -> task<void> { co_await two.far->close({.time = 30s}); });
    EXPECT_EQ(co_await two.near.recv(), "");
    co_await two.near.send("bye");
    co_await sleep(20ms);
    EXPECT_EQ(co_await two.near.recv(), "");  // it has not been reset
    co_await two.near.close();
    co_await work.join();
  }(there));
}

TEST_P(remote_stream_threads, keep_what_came_to_a_recv_that_was_given_up) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    io::context limits;
    scope waiting;
    waiting.spawn([&]() -> task<void> {
      EXPECT_EQ(co_await failure(io::run_in(limits, recv_some(*two.far))), io::errc::cancelled);
    });
    EXPECT_EQ(::send(two.near.native_handle(), "hello", 5, 0), 5);  // without a turn of this loop
    std::this_thread::sleep_for(50ms);  // it comes there, and nobody here hears of it
    limits.cancel();
    co_await waiting.join();
    EXPECT_EQ(co_await two.far->recv(), "hello");
    co_await two.near.send("world");
    EXPECT_EQ(co_await two.far->recv(), "world");
  }(there));
}

TEST_P(remote_stream_threads, speak_tls_after_a_recv_that_was_given_up) {
  io::wait([](io::loop_thread& where) -> task<void> {
    for (const bool something_came : {false, true}) {
      auto two = co_await apart(where);
      scope work;
      const auto greet = [&]() -> task<void> {
        stream secure = co_await tls_connect(std::move(two.near), trusting(), "localhost");
        co_await secure.send("hello");
        EXPECT_EQ(co_await secure.recv(), "");
      };
      if (!something_came) {
        EXPECT_EQ(co_await cancelled_meanwhile(recv_some(*two.far)), io::errc::cancelled);
        work.spawn(greet);
      } else {
        io::context limits;
        scope waiting;
        waiting.spawn([&]() -> task<void> {
          EXPECT_EQ(co_await failure(io::run_in(limits, recv_some(*two.far))), io::errc::cancelled);
        });
        work.spawn(greet);
        std::this_thread::sleep_for(50ms);
        limits.cancel();
        co_await waiting.join();
      }
      co_await two.far->start_tls(shown_on_the_spot());
      EXPECT_EQ(co_await recv_until(*two.far, 5), "hello");
      co_await two.far->close();
      co_await work.join();
    }
  }(there));
}

TEST_P(remote_stream_threads, forget_the_limit_of_a_recv_that_was_given_up) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    two.far->set_recv_timeout(1s);
    EXPECT_EQ(co_await cancelled_meanwhile(recv_some(*two.far)), io::errc::cancelled);
    co_await sleep(1200ms);
    two.far->set_recv_timeout(30s);
    co_await two.near.send("hello");
    EXPECT_EQ(co_await two.far->recv(), "hello");
  }(there));
}

TEST_P(remote_stream_threads, give_nothing_that_their_end_has_taken_away) {
  io::wait([](io::loop_thread& where) -> task<void> {
    for (const bool aborted : {true, false}) {
      auto two = co_await apart(where);
      std::error_code failed;
      std::size_t got = 0;
      scope reading;
      reading.spawn([&]() -> task<void> {
        try {
          got = (co_await two.far->recv()).size();
        } catch (const io::error& e) {
          failed = e.code();
        }
      });
      co_await io::yield();
      EXPECT_EQ(::send(two.near.native_handle(), "too late", 8, 0), 8);  // without a turn of this loop
      std::this_thread::sleep_for(50ms);  // the answer is there, and this loop has not looked
      co_await io::yield();
      aborted ? two.far->abort() : two.far->close_at_once();
      co_await reading.join();
      EXPECT_EQ(got, 0U);
      EXPECT_EQ(failed, aborted ? io::from_errno(ECONNABORTED) : make_error_code(io::errc::cancelled));
    }
  }(there));
}

namespace {

/// One that cannot be had on the other loop.
struct unfit final : transport {
  task<std::string_view> recv() override { co_return std::string_view(); }
  task<void> send(std::span<const std::string_view>, std::shared_ptr<const void>) override { co_return; }
  task<void> shutdown() override { co_return; }
  task<void> close(close_limits) override { co_return; }
  void close_at_once() noexcept override {}
  void abort() noexcept override {}
  void set_timeout(io::side, io::duration) override {}
  void detach() override {}
  void attach() override { throw std::runtime_error("not here"); }
};

}  // namespace

TEST_P(remote_stream_threads, outlive_one_that_cannot_be_had_there) {
  io::wait([](io::loop_thread& where) -> task<void> {
    auto two = co_await apart(where);
    {
      remote_stream refused(stream(std::make_shared<unfit>()), where);
      co_await expect_failure(refused.recv(), io::from_errno(ECONNABORTED));
    }
    co_await two.near.send("still here");
    EXPECT_EQ(co_await two.far->recv(), "still here");
  }(there));
}

TEST_P(remote_stream_threads, come_and_go_in_numbers) {
  io::wait([](io::loop_thread& where) -> task<void> {
    for (int round = 0; round < 10; ++round) {
      io::scope callers;
      for (int i = 0; i < 20; ++i)
        callers.spawn([&where, i]() -> task<void> {
          auto two = co_await apart(where);
          for (int pings = 0; pings < i; ++pings) {
            co_await two.near.send("ping");
            EXPECT_EQ(co_await two.far->recv(), "ping");
          }
          if (i % 2 == 0) two.near.abort();
          try {
            co_await io::timeout(1ms, two.far->recv());
          } catch (const io::error&) {
          }
        });
      co_await callers.join();
    }
  }(there));
}

TEST_P(remote_stream_threads, know_what_they_are_from_the_start) {
  io::wait([](io::loop_thread& where) -> task<void> {
    ends two = co_await connected("unix:@parlance-net-test-remote-" + std::to_string(::getpid()));
    const endpoint local = two.b.local();
    const remote_stream far(std::move(two.b), where);
    EXPECT_EQ(far.local(), local);
    EXPECT_EQ(far.peer_credentials().value().pid, ::getpid());
    ends tcp = co_await tcp_ends();
    const remote_stream other(std::move(tcp.b), where);
    EXPECT_EQ(other.local(), tcp.a.remote());
    EXPECT_EQ(other.info().value().tcpi_state, TCP_ESTABLISHED);
    EXPECT_EQ(other.peer_credentials().has_value(), false);
  }(there));
}

// What had come before the one in front began has waited as long as that has.
TEST_P(remote_stream_threads, sends_that_wait_are_late_with_the_one_in_front) {
  io::wait([](io::loop_thread& where) -> task<void> {
    pair_of_ends two = co_await apart(where);
    two.far->set_send_timeout(500ms);
    scope sending;
    io::child<std::error_code> first = sending.run(failure(send(*two.far, too_much())));
    io::child<std::error_code> second = sending.run(failure(send(*two.far, too_much())));
    io::child<std::error_code> third = sending.run(failure(send(*two.far, "behind")));
    EXPECT_EQ(co_await first, io::errc::timed_out);
    EXPECT_EQ(co_await second, io::errc::timed_out);
    two.far->set_send_timeout(io::unlimited);
    co_await eventually([&] { return third.is_done(); });
    EXPECT_EQ(co_await third, io::errc::timed_out);
  }(there));
}

TEST_P(remote_stream_threads, sends_that_wait_go_on_behind_one_that_is_called_off) {
  for (const io::errc why : {io::errc::cancelled, io::errc::timed_out})
    io::wait([](io::loop_thread& where, std::error_code its) -> task<void> {
      pair_of_ends two = co_await apart(where);
      scope sending;
      io::context limits;
      io::child<std::error_code> first = sending.run(failure(send(*two.far, too_much())));
      io::child<std::error_code> second =
          sending.run(failure(io::run_in(limits, send(*two.far, too_much()))));
      io::child<std::error_code> third = sending.run(failure(send(*two.far, "behind")));
      co_await test::recv_until(two.near, too_much().size() + 1);
      limits.cancel(its);
      EXPECT_EQ(co_await second, its);
      scope receiving;
      receiving.spawn([&]() -> task<void> {
        while (!(co_await recv_some(two.near)).empty()) {
        }
      });
      const std::error_code failed = co_await third;
      EXPECT_FALSE(failed) << failed.message();
      EXPECT_FALSE(co_await first);
    }(there, why));
}

}  // namespace
}  // namespace parlance::net::test
