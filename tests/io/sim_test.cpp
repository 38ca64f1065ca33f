// What only the simulation promises: exact time, chance by a seed, and an end to waits that nothing could
// end.
#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>

#include <set>

#include <parlance/io/blocking.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/mailbox.hpp>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

/// Runs `what` in a simulation.
template <class F> void simulate(const sim_options& options, F&& what) {
  const watchdog patience;
  const loop here({.backend = "sim", .sim = options});
  wait(what());
}

TEST(sim, the_clock_jumps) {
  simulate({}, []() -> task<void> {
    const time_point start = loop::current().now();
    co_await sleep(24h);
    EXPECT_EQ(loop::current().now() - start, 24h);
  });
}

TEST(sim, the_clock_stops_at_the_end_of_time) {
  simulate({}, []() -> task<void> {
    co_await sleep_until(never - 1ns);
    for (int i = 0; i < 3; ++i) co_await yield();
    EXPECT_EQ(loop::current().now(), never);
    co_await sleep(1s);
  });
}

TEST(sim, a_wait_that_nothing_could_end_is_a_deadlock) {
  const loop here({.backend = "sim"});
  event never_set;
  try {
    wait(never_set);
    FAIL() << "ended";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::deadlock);
    EXPECT_STREQ(e.what(), "turn the simulated loop: nothing is left that could end this wait");
  }
  wait(sleep(1s));
}

TEST(sim, letters_to_itself_are_something_that_happens) {
  simulate({}, []() -> task<void> {
    mailbox<int> letters;
    scope later;
    later.spawn([&]() -> task<void> {
      co_await yield();
      EXPECT_TRUE(letters.try_put(1));
    });
    EXPECT_EQ(co_await letters.take(), 1);
  });
}

TEST(sim, calls_for_workers_are_done_on_the_spot) {
  simulate({}, []() -> task<void> {
    EXPECT_EQ(co_await blocking([] { return &loop::current(); }), &loop::current());
    const auto witness = std::make_shared<int>(1);
    blocking kept([copy = witness] { return 1; });
    EXPECT_EQ(co_await kept, 1);
    EXPECT_EQ(witness.use_count(), 1);  // the call is gone before the answer comes
  });
}

TEST(sim, a_real_descriptor_that_is_not_ready_never_will_be) {
  simulate({}, []() -> task<void> {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const auto readable = [&]() -> task<void> { co_await poll_operation(ends[0], POLLIN); };
    EXPECT_EQ(co_await failure_of(readable()), std::errc::operation_not_supported);
    EXPECT_EQ(write(ends[1], "x", 1), 1);
    co_await readable();
    close(ends[0]);
    close(ends[1]);
    EXPECT_EQ(co_await failure_of(readable()), std::errc::bad_file_descriptor);
  });
}

TEST(sim, what_is_sent_arrives_within_the_bounds_of_the_delay) {
  simulate({.min_delay = 30ms, .max_delay = 50ms}, []() -> task<void> {
    const listening_ptr listener = listening();
    const socket_ptr a = open_socket();
    time_point start = loop::current().now();
    co_await connect_to(*a, listener->local());
    EXPECT_GE(loop::current().now() - start, 60ms);
    EXPECT_LE(loop::current().now() - start, 100ms);
    const socket_ptr b = co_await accept_one(*listener);
    start = loop::current().now();
    co_await send_all(*a, "x");
    EXPECT_EQ(loop::current().now(), start);
    EXPECT_EQ(co_await receive(*b), "x");
    EXPECT_GE(loop::current().now() - start, 30ms);
    EXPECT_LE(loop::current().now() - start, 50ms);
  });
}

TEST(sim, a_sender_waits_when_the_buffer_is_full) {
  simulate({.buffer = 1000}, []() -> task<void> {
    const ends tcp = co_await connected();
    std::size_t sent = 0;
    try {
      co_await timeout(1s, send_all(*tcp.a, pattern(5000)));
    } catch (const error& e) {
      sent = e.bytes_sent();
    }
    EXPECT_EQ(sent, 1000U);
    EXPECT_TRUE(co_await receive_until(*tcp.b, 1000) == pattern(5000).substr(0, 1000));
  });
}

TEST(sim, udp_loses_what_comes_for_a_full_buffer) {
  simulate({.buffer = 100}, []() -> task<void> {
    const datagram_ptr a = open_datagram(), b = open_datagram();
    b->bind(loopback());
    const std::string datagram = pattern(40);
    for (int i = 0; i < 5; ++i) co_await send_to_operation(*a, datagram, b->local());
    char room[64];
    int received = 0;
    const auto receive_them = [&]() -> task<void> {
      for (;; ++received) {
        recv_from_operation op(*b, room);
        co_await op;
        if (op.error) throw error(op.error, "recv_from");
      }
    };
    EXPECT_EQ(co_await failure_of(timeout(1s, receive_them())), errc::timed_out);
    EXPECT_EQ(received, 2);
  });
}

TEST(sim, a_datagram_may_fill_the_buffer_to_its_last_byte) {
  simulate({.buffer = 100}, []() -> task<void> {
    const datagram_ptr a = open_datagram(AF_UNIX), b = open_datagram(AF_UNIX);
    b->bind(unique_name());
    const std::string half = pattern(50);
    for (int i = 0; i < 2; ++i) {
      send_to_operation op(*a, half, b->local());
      co_await timeout(1s, op);
      EXPECT_FALSE(op.error);
    }
    send_to_operation one_more(*a, "x", b->local());
    co_await timeout(1s, one_more);
    EXPECT_EQ(one_more.error, errc::timed_out);
    send_to_operation too_long(*a, pattern(101), b->local());
    co_await too_long;
    EXPECT_EQ(too_long.error, std::errc::message_size);
    char room[200];
    for (int i = 0; i < 2; ++i) {
      recv_from_operation op(*b, room);
      co_await op;
    }
    const std::string whole = pattern(100);
    send_to_operation exactly(*a, whole, b->local());
    co_await timeout(1s, exactly);
    EXPECT_FALSE(exactly.error);
  });
}

TEST(sim, an_end_that_leaves_bytes_unread_may_take_back_what_it_sent_by_tcp_alone) {
  for (const endpoint& at : {loopback(), unique_name()}) {
    int heard = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed)
      simulate({.seed = seed, .min_delay = 10ms, .max_delay = 10ms}, [&]() -> task<void> {
        ends both = co_await connected(at);
        co_await send_all(*both.b, "unheard");
        co_await sleep(1s);
        co_await send_all(*both.a, "last words");
        both.a.reset();
        const auto listen = [&]() -> task<void> {
          EXPECT_EQ(co_await receive(*both.b), "last words");
          ++heard;
          co_await receive(*both.b);
        };
        EXPECT_EQ(co_await failure_of(listen()), std::errc::connection_reset);
      });
    EXPECT_GT(heard, 0);
    EXPECT_EQ(heard == 20, at.family() == AF_UNIX) << heard;
  }
}

TEST(sim, a_reset_takes_back_the_last_of_what_is_on_the_way_and_leaves_no_hole) {
  const std::string sent = "abcdef";
  std::set<std::size_t> lengths;
  for (std::uint64_t seed = 1; seed <= 40; ++seed)
    simulate({.seed = seed, .min_delay = 10ms, .max_delay = 10ms}, [&]() -> task<void> {
      ends both = co_await connected();
      for (const char& c : sent) co_await send_all(*both.a, {&c, 1});
      both.a->abort();
      both.a.reset();
      std::string heard;
      const auto listen = [&]() -> task<void> {
        for (;;) heard += co_await receive(*both.b);
      };
      EXPECT_EQ(co_await failure_of(listen()), std::errc::connection_reset);
      EXPECT_TRUE(sent.starts_with(heard)) << heard;
      lengths.insert(heard.size());
    });
  EXPECT_GT(lengths.size(), sent.size() / 2);
}

TEST(sim, a_caller_waits_while_the_backlog_is_full) {
  simulate({}, []() -> task<void> {
    const listening_ptr listener = listening(0);
    const socket_ptr first = open_socket(), second = open_socket();
    co_await connect_to(*first, listener->local());
    scope calling;
    bool connected = false;
    calling.spawn([&]() -> task<void> {
      co_await connect_to(*second, listener->local());
      connected = true;
    });
    co_await sleep(10s);
    EXPECT_FALSE(connected);
    const socket_ptr accepted = co_await accept_one(*listener);
    co_await calling.join();
    EXPECT_EQ((co_await accept_one(*listener))->remote(), second->local());
    const socket_ptr third = open_socket(), fourth = open_socket();
    co_await connect_to(*third, listener->local());
    const time_point start = loop::current().now();
    EXPECT_EQ(co_await failure_of(connect_to(*fourth, listener->local())), std::errc::timed_out);
    EXPECT_GE(loop::current().now() - start, 127s);
    EXPECT_LE(loop::current().now() - start, 128s);
  });
}

TEST(sim, ports_that_were_closed_are_free_again) {
  const loop here({.backend = "sim"});
  const endpoint at = loopback(80);
  for (int i = 0; i < 3; ++i) {
    const listening_ptr s = listening(1, at);
    EXPECT_THROW(listening(1, at), error);
    EXPECT_THROW(listening(1, endpoint::ipv4({}, 80)), error);
    EXPECT_THROW(listening(1, endpoint::ipv6({}, 80)), error);
    EXPECT_NO_THROW(listening(1, endpoint::ipv4({10, 0, 0, 1}, 80)));
    const datagram_ptr datagrams = open_datagram();
    EXPECT_NO_THROW(datagrams->bind(at));
  }
}

TEST(sim, takes_no_descriptor_and_closes_it_and_has_the_families_of_the_internet_and_unix_alone) {
  loop here({.backend = "sim"});
  const auto real = [] { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); };
  const std::size_t before = open_descriptors();
  EXPECT_THROW(here.kernel().adopt_stream(real()), error);
  EXPECT_THROW(here.kernel().adopt_listening(real()), error);
  EXPECT_EQ(open_descriptors(), before);
  for (const int family : {AF_INET, AF_INET6, AF_UNIX}) EXPECT_NO_THROW(open_socket(family));
  EXPECT_THROW(open_socket(AF_NETLINK), error);
}

TEST(sim, gives_each_port_once_and_none_that_was_taken_by_its_number) {
  simulate({}, []() -> task<void> {
    constexpr std::uint16_t first = 49152;  // RFC 6335 6: the dynamic ports
    std::vector<datagram_ptr> bound;
    std::set<unsigned> ports;
    const auto bind = [&](std::uint16_t port) {
      bound.push_back(open_datagram());
      bound.back()->bind(loopback(port));
      EXPECT_TRUE(ports.insert(bound.back()->local().port()).second);
    };
    for (unsigned port = first; port < first + 10; ++port) bind(static_cast<std::uint16_t>(port));
    while (ports.size() < 65536 - first) bind(0);
    const auto one_more = [&]() -> task<void> {
      open_datagram()->bind(loopback());
      co_return;
    };
    EXPECT_EQ(co_await failure_of(one_more()), std::errc::address_in_use);
    bound.pop_back();
    co_await one_more();
  });
}

TEST(sim, every_address_is_a_local_one_and_the_nearest_match_is_called) {
  simulate({}, []() -> task<void> {
    const listening_ptr one = listening(8, endpoint::ipv4({10, 0, 0, 1}, 80));
    const listening_ptr other = listening(8, endpoint::ipv4({10, 0, 0, 2}, 80));
    const socket_ptr a = open_socket();
    a->bind(endpoint::ipv4({10, 9, 9, 9}, 0));
    co_await connect_to(*a, other->local());
    const socket_ptr b = co_await accept_one(*other);
    EXPECT_EQ(b->remote().address(), "10.9.9.9");
    const socket_ptr c = open_socket();
    EXPECT_EQ(co_await failure_of(connect_to(*c, loopback(80))), std::errc::connection_refused);
  });
}

// --- chance

/// Everything that two ends of a busy conversation can tell, with the time.
std::string history_of(const sim_options& options) {
  std::string told;
  simulate(options, [&]() -> task<void> {
    const time_point start = loop::current().now();
    const auto tell = [&](std::string_view what, std::size_t size) {
      told += fmt::format("{} {} {}\n", (loop::current().now() - start).count(), what, size);
    };
    const ends tcp = co_await connected();
    scope both([&](std::exception_ptr) { tell("failed", 0); });
    both.spawn([&]() -> task<void> {
      for (unsigned i = 0; i < 20; ++i) {
        const std::string bytes = pattern(1000 * i);
        co_await send_all(*tcp.a, bytes);
        tell("sent", bytes.size());
      }
      tcp.a->shutdown(SHUT_WR);
    });
    both.spawn([&]() -> task<void> {
      for (;;) {
        const std::string bytes = co_await receive(*tcp.b);
        tell("got", bytes.size());
        if (bytes.empty()) break;
      }
    });
    co_await both.join();
  });
  return told;
}

TEST(sim, the_same_seed_gives_the_same_run) {
  const sim_options options{.seed = 42, .short_reads = 0.3, .short_writes = 0.3, .buffer = 8000};
  EXPECT_EQ(history_of(options), history_of(options));
  sim_options another = options;
  another.seed = 43;
  EXPECT_NE(history_of(options), history_of(another));
}

TEST(sim, short_reads_and_writes_lose_nothing) {
  simulate({.seed = 1, .short_reads = 0.9, .short_writes = 0.9, .buffer = 3000}, []() -> task<void> {
    const ends tcp = co_await connected();
    const std::string bytes = pattern(50'000);
    scope sending;
    sending.spawn(send_all(*tcp.a, bytes));
    std::size_t chunks = 0;
    std::string got;
    while (got.size() < bytes.size()) {
      got += co_await receive(*tcp.b);
      ++chunks;
    }
    EXPECT_TRUE(got == bytes);
    EXPECT_GT(chunks, 50U);
    co_await sending.join();
  });
}

TEST(sim, tells_who_waits_to_receive_of_a_reset_that_a_send_meets) {
  int broken = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    simulate({.seed = seed, .resets = 0.05}, [&]() -> task<void> {
      const ends tcp = co_await connected();
      std::error_code sent, received;
      scope both;
      both.spawn([&]() -> task<void> { co_await failure_of(receive_all(*tcp.b)); });
      both.spawn([&]() -> task<void> { received = co_await failure_of(receive(*tcp.a)); });
      sent = co_await failure_of(send_all(*tcp.a, pattern(2'000'000)));
      if (!sent) tcp.b->abort();
      co_await both.join();
      broken += sent == std::errc::connection_reset;
      EXPECT_EQ(received, std::errc::connection_reset) << seed;
    });
  EXPECT_GT(broken, 10);
}

TEST(sim, a_recv_meets_a_reset_as_long_as_there_is_a_connection) {
  simulate({.resets = 1}, []() -> task<void> {
    const auto [a, b] = loop::current().kernel().open_pair();
    EXPECT_EQ(co_await failure_of(receive(*a)), std::errc::connection_reset);
    EXPECT_EQ(co_await failure_of(receive(*b)), std::errc::connection_reset);
    const auto [c, d] = loop::current().kernel().open_pair();
    c->shutdown(SHUT_WR);
    co_await sleep(1s);
    EXPECT_EQ(co_await receive(*d), "");
    EXPECT_EQ(co_await failure_of(receive(*open_socket())), std::errc::not_connected);
  });
}

TEST(sim, resets_break_the_connection_for_both) {
  int broken = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    simulate({.seed = seed, .resets = 0.05}, [&]() -> task<void> {
      const ends tcp = co_await connected();
      std::error_code a, b;
      scope both;
      both.spawn([&]() -> task<void> {
        a = co_await failure_of(send_all(*tcp.a, pattern(2'000'000)));
        tcp.a->shutdown(SHUT_WR);
      });
      both.spawn([&]() -> task<void> { b = co_await failure_of(receive_all(*tcp.b)); });
      co_await both.join();
      broken += a == std::errc::connection_reset || b == std::errc::connection_reset;
    });
  EXPECT_GT(broken, 10);
}

// --- names

TEST(sim, looks_names_up_in_a_table) {
  const endpoint one = endpoint::ipv4({10, 0, 0, 1}, 0), other = endpoint::ipv4({10, 0, 0, 2}, 0);
  simulate({.names = {{"example.com", {one, other}}}}, [&]() -> task<void> {
    EXPECT_EQ(sim_look_up("example.com"), (std::vector{one, other}));
    EXPECT_EQ(sim_look_up("example.org"), std::vector<endpoint>());
    for (const char* own : {"localhost", "LocalHost", "a.localhost", "a.b.LOCALHOST"})
      EXPECT_EQ(sim_look_up(own).size(), 2U) << own;
    for (const char* none : {"", ".localhost", "alocalhost", "localhost.a"})
      EXPECT_EQ(sim_look_up(none).size(), 0U) << none;
    co_return;
  });
  simulate({.names = {{"localhost", {one}}}}, [&]() -> task<void> {
    EXPECT_EQ(sim_look_up("localhost"), std::vector{one});
    co_return;
  });
  const loop here({.backend = "epoll"});
  EXPECT_THROW(sim_look_up("localhost"), std::logic_error);
}

// --- fail_nth

TEST(sim, counts_the_operations_that_start) {
  simulate({}, []() -> task<void> {
    EXPECT_EQ(sim_operations(), 0U);
    const auto [a, b] = loop::current().kernel().open_pair();
    co_await send_all(*a, "x");
    co_await receive(*b);
    EXPECT_EQ(sim_operations(), 3U);
  });
  const loop here({.backend = "epoll"});
  EXPECT_THROW(sim_operations(), std::logic_error);
}

TEST(sim, the_nth_operation_fails) {
  simulate({.fail_nth = 2}, []() -> task<void> {
    const auto [a, b] = loop::current().kernel().open_pair();
    EXPECT_EQ(co_await failure_of(send_all(*a, "x")), std::errc::connection_reset);
    EXPECT_EQ(co_await failure_of(receive(*b)), std::errc::connection_reset);
    EXPECT_EQ(co_await failure_of(send_all(*a, "x")), std::errc::connection_reset);
  });
  simulate({.fail_nth = 1}, []() -> task<void> {
    EXPECT_THROW(open_socket(), error);
    EXPECT_NO_THROW(open_socket());
    co_return;
  });
}

TEST(sim, an_accept_that_fails_leaves_the_caller_waiting) {
  simulate({.fail_nth = 4}, []() -> task<void> {
    const listening_ptr listener = listening();
    const socket_ptr a = open_socket();
    co_await connect_to(*a, listener->local());
    EXPECT_EQ(co_await failure_of(accept_one(*listener)), std::errc::too_many_files_open);
    EXPECT_EQ((co_await accept_one(*listener))->remote(), a->local());
  });
}

}  // namespace
}  // namespace parlance::io
