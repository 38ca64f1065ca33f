// How a stream socket behaves, the same on every backend.
#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

class stream : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(stream);

TEST_P(stream, carries_bytes_both_ways) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    co_await send_all(*tcp.a, "ping");
    EXPECT_EQ(co_await receive_until(*tcp.b, 4), "ping");
    co_await send_all(*tcp.b, "pong");
    EXPECT_EQ(co_await receive_until(*tcp.a, 4), "pong");
  }());
}

TEST_P(stream, a_pair_is_two_connected_ends) {
  wait([]() -> task<void> {
    const auto [a, b] = loop::current().kernel().open_pair();
    co_await send_all(*a, "x");
    EXPECT_EQ(co_await receive(*b), "x");
    co_await send_all(*b, "y");
    EXPECT_EQ(co_await receive(*a), "y");
    EXPECT_EQ(a->local().family(), AF_UNIX);
    EXPECT_EQ(a->remote().path(), "");
  }());
}

TEST_P(stream, ends_tell_their_addresses) {
  wait([]() -> task<void> {
    const listening_ptr listener = listening();
    EXPECT_NE(listener->local().port(), 0);
    const socket_ptr a = open_socket();
    EXPECT_EQ(a->local().port(), 0);
    EXPECT_EQ(a->remote().family(), AF_UNSPEC);
    co_await connect_to(*a, listener->local());
    const socket_ptr b = co_await accept_one(*listener);
    EXPECT_EQ(a->remote(), listener->local());
    EXPECT_EQ(a->local(), b->remote());
    EXPECT_EQ(b->local(), a->remote());
    EXPECT_EQ(a->local().address(), "127.0.0.1");
  }());
}

TEST_P(stream, one_without_an_address_tells_of_its_family) {
  for (const int family : {AF_INET, AF_INET6, AF_UNIX}) {
    socket_ptr s;
    try {
      s = open_socket(family);
    } catch (const error&) {
      continue;  // a machine without IPv6
    }
    EXPECT_EQ(s->local().family(), family);
    EXPECT_EQ(s->local().port(), 0);
    EXPECT_EQ(s->local().path(), "");
  }
}

TEST_P(stream, ipv4_reaches_a_dual_stack_listener) {
  wait([]() -> task<void> {
    listening_ptr listener;
    try {
      listener = listening(8, endpoint::ipv6({}, 0));
    } catch (const error&) {
      co_return;  // a machine without IPv6
    }
    const socket_ptr a = open_socket();
    co_await connect_to(*a, loopback(listener->local().port()));
    const socket_ptr b = co_await accept_one(*listener);
    EXPECT_EQ(b->remote().family(), AF_INET6);
    EXPECT_EQ(b->remote().address(), "127.0.0.1");
    EXPECT_EQ(b->remote().port(), a->local().port());
    co_await send_all(*a, "x");
    EXPECT_EQ(co_await receive(*b), "x");
  }());
}

TEST_P(stream, goes_over_unix_sockets) {
  wait([]() -> task<void> {
    const endpoint at = unique_name();
    const ends both = co_await connected(at);
    EXPECT_EQ(both.a->remote(), at);
    EXPECT_EQ(both.b->local(), at);
    EXPECT_EQ(both.b->remote().path(), "");
    co_await send_all(*both.a, "x");
    EXPECT_EQ(co_await receive(*both.b), "x");
  }());
}

TEST_P(stream, an_address_in_use_is_refused) {
  const listening_ptr first = listening();
  const socket_ptr second = open_socket();
  try {
    second->bind(first->local());
    FAIL() << "bound twice";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), std::errc::address_in_use);
    EXPECT_NE(std::string(e.what()).find("bind 127.0.0.1:"), std::string::npos) << e.what();
  }
}

TEST_P(stream, a_connection_is_refused_where_nobody_listens) {
  const endpoint nobody = [] { return listening()->local(); }();
  const socket_ptr a = open_socket();
  EXPECT_EQ(wait(failure_of(connect_to(*a, nobody))), std::errc::connection_refused);
}

TEST_P(stream, waiting_callers_are_accepted_in_order) {
  wait([]() -> task<void> {
    const listening_ptr listener = listening();
    std::vector<socket_ptr> callers;
    for (int i = 0; i < 5; ++i) {
      callers.push_back(open_socket());
      co_await connect_to(*callers.back(), listener->local());
    }
    for (const socket_ptr& caller : callers)
      EXPECT_EQ((co_await accept_one(*listener))->remote().port(), caller->local().port());
  }());
}

TEST_P(stream, the_end_comes_once_and_for_ever) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    co_await send_all(*tcp.a, "last words");
    tcp.a->shutdown(SHUT_WR);
    EXPECT_EQ(co_await receive_all(*tcp.b), "last words");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(co_await receive(*tcp.b), "");
  }());
}

TEST_P(stream, an_answer_comes_after_a_half_close) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    tcp.a->shutdown(SHUT_WR);
    EXPECT_EQ(co_await receive(*tcp.b), "");
    co_await send_all(*tcp.b, "answer");
    EXPECT_EQ(co_await receive_until(*tcp.a, 6), "answer");
    EXPECT_EQ(co_await failure_of(send_all(*tcp.a, "more")), std::errc::broken_pipe);
  }());
}

TEST_P(stream, shutting_the_reading_side_ends_a_recv_that_waits) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    scope reading;
    std::optional<std::string> got;
    reading.spawn([&]() -> task<void> { got = co_await receive(*tcp.a); });
    co_await yield();
    tcp.a->shutdown(SHUT_RD);
    co_await timeout(30s, reading.join());
    EXPECT_EQ(got, "");
    EXPECT_EQ(co_await receive(*tcp.a), "");
  }());
}

TEST_P(stream, closing_flushes_what_was_sent) {
  wait([]() -> task<void> {
    ends tcp = co_await connected();
    const std::string bytes = pattern(60'000);
    co_await send_all(*tcp.a, bytes);
    tcp.a.reset();
    EXPECT_EQ(co_await receive_all(*tcp.b), bytes);
  }());
}

TEST_P(stream, closing_with_unread_data_resets) {
  wait([]() -> task<void> {
    ends tcp = co_await connected();
    co_await send_all(*tcp.a, "never read");
    co_await sleep(20ms);
    tcp.b.reset();
    EXPECT_EQ(co_await failure_of(receive(*tcp.a)), std::errc::connection_reset);
  }());
}

TEST_P(stream, what_arrived_before_a_reset_is_still_received) {
  wait([]() -> task<void> {
    ends tcp = co_await connected();
    co_await send_all(*tcp.b, "before");
    co_await sleep(20ms);
    tcp.b->abort();
    tcp.b.reset();
    co_await sleep(20ms);
    EXPECT_EQ(co_await receive(*tcp.a), "before");
    EXPECT_EQ(co_await failure_of(receive(*tcp.a)), std::errc::connection_reset);
  }());
}

TEST_P(stream, abort_resets_the_peer) {
  wait([]() -> task<void> {
    ends tcp = co_await connected();
    tcp.a->abort();
    tcp.a.reset();
    EXPECT_EQ(co_await failure_of(receive(*tcp.b)), std::errc::connection_reset);
  }());
}

TEST_P(stream, sending_after_a_reset_fails) {
  wait([]() -> task<void> {
    ends tcp = co_await connected();
    tcp.a->abort();
    tcp.a.reset();
    co_await sleep(20ms);
    const std::error_code first = co_await failure_of(send_all(*tcp.b, "x"));
    EXPECT_TRUE(first == std::errc::connection_reset || first == std::errc::broken_pipe) << first.message();
    EXPECT_EQ(co_await failure_of(send_all(*tcp.b, "x")), first);
  }());
}

TEST_P(stream, sending_to_a_peer_that_has_gone_fails_soon) {
  wait([]() -> task<void> {
    ends tcp = co_await connected();
    tcp.a.reset();
    EXPECT_EQ(co_await receive(*tcp.b), "");
    std::error_code failed;
    for (int i = 0; i < 10 && !failed; ++i) {
      failed = co_await failure_of(send_all(*tcp.b, "x"));
      co_await sleep(5ms);
    }
    EXPECT_TRUE(failed == std::errc::connection_reset || failed == std::errc::broken_pipe)
        << failed.message();
  }());
}

TEST_P(stream, a_sender_waits_for_a_reader) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    const std::string bytes = pattern(20'000'000);
    bool sent = false;
    scope sending;
    sending.spawn([&]() -> task<void> {
      co_await send_all(*tcp.a, bytes);
      sent = true;
    });
    co_await sleep(20ms);
    EXPECT_FALSE(sent);
    const std::string received = co_await receive_until(*tcp.b, bytes.size());
    EXPECT_TRUE(received == bytes);
    co_await sending.join();
  }());
}

TEST_P(stream, a_cancelled_send_tells_how_much_was_sent) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    const std::string bytes = pattern(20'000'000);
    std::size_t sent = 0;
    try {
      co_await timeout(50ms, send_all(*tcp.a, bytes));
      ADD_FAILURE() << "20 MB went to nobody";
    } catch (const error& e) {
      EXPECT_EQ(e.code(), errc::timed_out);
      sent = e.bytes_sent();
    }
    EXPECT_GT(sent, 0U);
    EXPECT_LT(sent, bytes.size());
    tcp.a->shutdown(SHUT_WR);
    EXPECT_TRUE(co_await receive_all(*tcp.b) == bytes.substr(0, sent));
  }());
}

TEST_P(stream, sends_go_in_the_order_in_which_they_started) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    std::vector<std::string> parts;
    for (unsigned i = 0; i < 4; ++i) parts.push_back(pattern(3'000'000, i));
    scope sending;
    for (const std::string& part : parts) sending.spawn(send_all(*tcp.a, part));
    EXPECT_TRUE(co_await receive_until(*tcp.b, 12'000'000) == parts[0] + parts[1] + parts[2] + parts[3]);
    co_await sending.join();
  }());
}

// Reads exactly `size` bytes and no more than arrived: for the test above the parts must not run into each
// other.
TEST_P(stream, an_empty_send_sends_nothing) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    co_await send_all(*tcp.a, "");
    EXPECT_EQ(co_await failure_of(timeout(20ms, receive(*tcp.b))), errc::timed_out);
    const std::string_view nothing[] = {"", "", ""};
    send_operation op(*tcp.a, nothing);
    co_await op;
    EXPECT_FALSE(op.error);
    co_await send_all(*tcp.a, "x");
    EXPECT_EQ(co_await receive(*tcp.b), "x");
  }());
}

TEST_P(stream, more_pieces_than_the_kernel_takes_at_once_are_gathered) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    std::vector<std::string> texts;
    std::vector<std::string_view> pieces;
    std::string whole;
    for (unsigned i = 0; i < 5000; ++i)
      texts.push_back(pattern(i % 7, i));  // IOV_MAX is 1024; some are empty
    for (const std::string& text : texts) {
      pieces.push_back(text);
      whole += text;
    }
    scope sending;
    sending.spawn([&]() -> task<void> {
      send_operation op(*tcp.a, pieces);
      const std::size_t sent = co_await op;
      EXPECT_EQ(sent, whole.size());
    });
    EXPECT_TRUE(co_await receive_until(*tcp.b, whole.size()) == whole);
    co_await sending.join();
  }());
}

TEST_P(stream, two_receivers_at_once_are_one_too_many) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    scope first;
    std::string got;
    first.spawn([&]() -> task<void> { got = co_await receive(*tcp.a); });
    co_await yield();
    EXPECT_EQ(co_await failure_of(receive(*tcp.a)), std::errc::connection_already_in_progress);
    co_await send_all(*tcp.b, "for the first");
    co_await first.join();
    EXPECT_EQ(got, "for the first");
  }());
}

TEST_P(stream, a_cancelled_receiver_makes_way_at_once) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    scope first;
    first.spawn([&]() -> task<void> { co_await receive(*tcp.a); });
    first.cancel();
    co_await send_all(*tcp.b, "x");
    EXPECT_EQ(co_await receive(*tcp.a), "x");
  }());
}

TEST_P(stream, a_chunk_stays_until_the_next_recv) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    co_await send_all(*tcp.a, "first");
    recv_operation op(*tcp.b);
    co_await op;
    co_await send_all(*tcp.a, "second");
    co_await sleep(20ms);
    EXPECT_EQ(op.chunk, "first");
    EXPECT_EQ(co_await receive(*tcp.b), "second");
  }());
}

TEST_P(stream, one_that_is_not_connected_receives_nothing_and_one_that_does_not_listen_accepts_nobody) {
  wait([]() -> task<void> {
    const socket_ptr fresh = open_socket();
    EXPECT_EQ(co_await failure_of(timeout(30s, receive(*fresh))), std::errc::not_connected);
    const listening_ptr other = loop::current().kernel().open_listening(AF_INET);
    EXPECT_EQ(co_await failure_of(timeout(30s, accept_one(*other))), std::errc::invalid_argument);
  }());
}

TEST_P(stream, one_that_is_idle_is_given_up_with_what_nobody_received) {
  wait([]() -> task<void> {
    ends tcp = co_await connected();
    scope waiting;
    std::string heard;
    waiting.spawn([&]() -> task<void> { heard = co_await receive(*tcp.b); });
    if (loop::current().kernel().simulated()) {
      EXPECT_THROW(tcp.b->release(), error);
      co_return waiting.cancel();
    }
    try {
      tcp.b->release();
      ADD_FAILURE() << "given up while somebody receives";
    } catch (const error& e) {
      EXPECT_EQ(e.code(), std::errc::device_or_resource_busy);
    }
    co_await send_all(*tcp.a, "heard");
    co_await waiting.join();
    EXPECT_EQ(heard, "heard");
    co_await send_all(*tcp.a, "left");
    co_await sleep(20ms);
    const stream_socket::released all = tcp.b->release();
    EXPECT_GE(all.descriptor, 0);
    EXPECT_FALSE(all.broken);
    std::string rest = all.unread;
    char room[16];
    if (rest.empty())
      rest.assign(room, static_cast<std::size_t>(std::max<ssize_t>(read(all.descriptor, room, 16), 0)));
    EXPECT_EQ(rest, "left");
    close(all.descriptor);
  }());
}

TEST_P(stream, callers_that_nobody_accepted_are_reset_with_the_listener) {
  wait([]() -> task<void> {
    listening_ptr listener = listening();
    const socket_ptr a = open_socket();
    co_await connect_to(*a, listener->local());
    listener.reset();
    EXPECT_EQ(co_await failure_of(timeout(30s, receive(*a))), std::errc::connection_reset);
  }());
}

}  // namespace
}  // namespace parlance::io
