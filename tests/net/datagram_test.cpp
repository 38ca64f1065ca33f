// Datagrams: each whole or not at all, and no error is the end.
#include "net/support.hpp"

namespace parlance::net::test {
namespace {

class datagrams : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(datagrams);

std::string port_of(const datagram_socket& s) { return std::to_string(s.local().port()); }

// As tasks that own what they give.
task<std::string> next(datagram_socket& s) { co_return std::string((co_await s.recv_from()).data); }

TEST_P(datagrams, are_sent_received_and_answered) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram("127.0.0.1:0"),
                    client = co_await bind_datagram("127.0.0.1:0");
    EXPECT_NE(server.local().port(), 0);
    co_await client.send_to("ping", server.local());
    const datagram heard = co_await server.recv_from();
    EXPECT_EQ(heard.data, "ping");
    EXPECT_EQ(heard.from, client.local());
    EXPECT_FALSE(heard.truncated);
    co_await server.send_to("pong", heard.from);
    EXPECT_EQ(co_await next(client), "pong");
  }());
}

TEST_P(datagrams, come_from_both_families_at_one_socket) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram(":0");
    for (const std::string host : {"127.0.0.1", "[::1]"}) {
      datagram_socket client = co_await connect_datagram(host + ":" + port_of(server));
      co_await client.send("ping");
      const datagram heard = co_await server.recv_from();
      EXPECT_EQ(heard.data, "ping");
      EXPECT_EQ(heard.from.to_string(), client.local().to_string());
      co_await server.send_to("pong", heard.from);
      EXPECT_EQ(co_await next(client), "pong");
    }
  }());
}

TEST_P(datagrams, go_to_ipv4_from_a_socket_of_both_families) {
  io::wait([]() -> task<void> {
    datagram_socket there = co_await bind_datagram("127.0.0.1:0"), here = co_await bind_datagram(":0");
    co_await here.send_to("x", there.local());
    EXPECT_EQ(co_await next(there), "x");
  }());
}

TEST_P(datagrams, keep_their_boundaries_and_may_be_empty) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram("127.0.0.1:0");
    datagram_socket client = co_await connect_datagram(server.local().to_string());
    EXPECT_EQ(client.remote(), server.local());
    for (const std::string_view text : {"one", "", "two", ""}) co_await client.send(text);
    EXPECT_EQ(co_await next(server), "one");
    EXPECT_EQ(co_await next(server), "");
    EXPECT_EQ(co_await next(server), "two");
    const datagram last = co_await server.recv_from();
    EXPECT_EQ(last.data, "");
    EXPECT_EQ(last.from, client.local());
  }());
}

TEST_P(datagrams, as_long_as_udp_has_them_arrive_whole) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram("127.0.0.1:0");
    datagram_socket client = co_await connect_datagram(server.local().to_string());
    const std::string longest = pattern(65'507);
    scope sending;
    sending.spawn(client.send(longest));
    const datagram heard = co_await server.recv_from();
    EXPECT_TRUE(heard.data == longest);
    EXPECT_FALSE(heard.truncated);
    co_await sending.join();
  }());
}

TEST_P(datagrams, that_are_too_long_are_refused) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram("127.0.0.1:0");
    datagram_socket client = co_await connect_datagram(server.local().to_string());
    const std::string too_long = pattern(65'508), at = server.local().to_string();
    EXPECT_EQ(co_await words(client.send(too_long)), "send to " + at + ": message too long");
    EXPECT_EQ(co_await failure(client.send_to(too_long, server.local())), std::errc::message_size);
    co_await client.send("short");
    EXPECT_EQ(co_await next(server), "short");
  }());
}

TEST_P(datagrams, that_find_nobody_are_an_error_and_not_the_end) {
  io::wait([]() -> task<void> {
    std::optional<datagram_socket> server = co_await bind_datagram("127.0.0.1:0");
    const std::string at = server->local().to_string();
    datagram_socket client = co_await connect_datagram(at);
    server.reset();
    co_await client.send("is anybody there");
    EXPECT_EQ(co_await words(io::timeout(30s, client.recv_from())),
              "receive from " + at + ": connection refused");
    server = co_await bind_datagram(at);
    co_await client.send("and now");
    const datagram heard = co_await server->recv_from();
    EXPECT_EQ(heard.data, "and now");
    co_await server->send_to("yes", heard.from);
    EXPECT_EQ(co_await next(client), "yes");
  }());
}

TEST_P(datagrams, that_find_nobody_are_not_told_to_a_socket_that_sends_to_many) {
  io::wait([]() -> task<void> {
    datagram_socket client = co_await bind_datagram("127.0.0.1:0");
    const endpoint nobody = [](const datagram_socket& s) {
      return s.local();
    }(co_await bind_datagram("127.0.0.1:0"));
    co_await client.send_to("x", nobody);
    EXPECT_EQ(co_await failure(io::timeout(10ms, client.recv_from())), io::errc::timed_out);
  }());
}

TEST_P(datagrams, stay_until_the_next_receive) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram("127.0.0.1:0");
    datagram_socket client = co_await connect_datagram(server.local().to_string());
    co_await client.send("first");
    const datagram first = co_await server.recv_from();
    co_await client.send("second");
    datagram_socket moved = std::move(server);
    co_await sleep(2ms);
    EXPECT_EQ(first.data, "first");
    EXPECT_EQ(co_await next(moved), "second");
  }());
}

TEST_P(datagrams, are_received_wherever_the_socket_is_moved_to) {
  io::wait([]() -> task<void> {
    auto server = std::make_unique<datagram_socket>(co_await bind_datagram("127.0.0.1:0"));
    datagram_socket client = co_await connect_datagram(server->local().to_string());
    std::string got;
    scope waiting;
    waiting.spawn([&]() -> task<void> { got = co_await next(*server); });
    co_await sleep(1ms);
    datagram_socket moved = std::move(*server);
    server.reset();
    co_await client.send("found");
    co_await waiting.join();
    EXPECT_EQ(got, "found");
  }());
}

TEST_P(datagrams, go_on_to_what_a_socket_is_assigned_to_and_what_that_had_is_closed) {
  io::wait([]() -> task<void> {
    datagram_socket one = co_await bind_datagram("127.0.0.1:0"),
                    other = co_await bind_datagram("127.0.0.1:0");
    const endpoint of_one = one.local(), of_other = other.local();
    one = std::move(other);
    EXPECT_EQ(one.local(), of_other);
    EXPECT_EQ(other.local(), endpoint());
    datagram_socket& same = one;
    one = std::move(same);
    EXPECT_EQ(one.local(), of_other);
    other = co_await bind_datagram(of_one.to_string());
    co_await other.send_to("x", of_other);
    const datagram heard = co_await one.recv_from();
    EXPECT_EQ(heard.data, "x");
    EXPECT_EQ(heard.from, of_one);
  }());
}

TEST_P(datagrams, are_not_for_a_socket_that_was_moved_from) {
  io::wait([]() -> task<void> {
    datagram_socket moved = co_await bind_datagram("127.0.0.1:0");
    const datagram_socket here(std::move(moved));
    EXPECT_EQ(co_await failure(moved.recv_from()), errc::closed);
    EXPECT_EQ(co_await failure(moved.send_to("x", here.local())), errc::closed);
    EXPECT_EQ(co_await failure(moved.send("x")), errc::closed);
    EXPECT_EQ(co_await failure(moved.send_many("x", 1)), errc::closed);
    EXPECT_THROW(moved.set_receive_buffer(1000), io::error);
    EXPECT_THROW(moved.report_destination(true), io::error);
    EXPECT_EQ(moved.local(), endpoint());
    EXPECT_EQ(moved.remote(), endpoint());
  }());
}

TEST_P(datagrams, are_not_received_once_the_socket_is_gone) {
  io::wait([]() -> task<void> {
    for (const bool arrived : {false, true}) {
      auto server = std::make_unique<datagram_socket>(co_await bind_datagram("127.0.0.1:0"));
      datagram_socket client = co_await connect_datagram(server->local().to_string());
      std::error_code failed;
      scope waiting;
      waiting.spawn([&]() -> task<void> { failed = co_await failure(server->recv_from()); });
      co_await sleep(1ms);
      if (arrived) co_await client.send("perhaps");
      server.reset();
      co_await waiting.join();
      EXPECT_EQ(failed, io::errc::cancelled);
    }
  }());
}

TEST_P(datagrams, are_not_received_by_two_at_once) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram("127.0.0.1:0");
    scope first;
    std::string got;
    first.spawn([&]() -> task<void> { got = co_await next(server); });
    co_await sleep(1ms);
    EXPECT_EQ(co_await failure(server.recv_from()), std::errc::connection_already_in_progress);
    co_await server.send_to("x", server.local());
    co_await first.join();
    EXPECT_EQ(got, "x");
  }());
}

TEST_P(datagrams, are_not_bound_to_a_port_that_is_taken) {
  io::wait([]() -> task<void> {
    const datagram_socket server = co_await bind_datagram("127.0.0.1:0");
    const std::string at = server.local().to_string();
    EXPECT_EQ(co_await words(bind_datagram(at)), "bind " + at + ": address already in use");
  }());
}

// UDP has none as long: a Unix datagram may be.
TEST_P(datagrams, that_are_longer_than_the_room_are_marked) {
  io::loop here({.backend = GetParam(), .sim = {.buffer = 200'000}});
  io::wait([]() -> task<void> {
    io::test::datagram_ptr receiver = io::test::open_datagram(AF_UNIX);
    const endpoint at = endpoint::unix_path("@parlance-net-test-datagram-" + std::to_string(::getpid()));
    receiver->bind(at);
    datagram_socket server(std::move(receiver)), client(io::test::open_datagram(AF_UNIX));
    const std::string long_one = pattern(70'000);
    co_await client.send_to(long_one, at);
    co_await client.send_to("short", at);
    const datagram cut = co_await server.recv_from();
    EXPECT_TRUE(cut.truncated);
    EXPECT_TRUE(cut.data == long_one.substr(0, 65'535));
    const datagram whole = co_await server.recv_from();
    EXPECT_FALSE(whole.truncated);
    EXPECT_EQ(whole.data, "short");
  }());
}

TEST_P(datagrams, that_nobody_waits_for_any_more_are_kept) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram("127.0.0.1:0");
    EXPECT_EQ(co_await cancelled_meanwhile(server.recv_from()), io::errc::cancelled);
    EXPECT_EQ(co_await failure(io::timeout(5ms, server.recv_from())), io::errc::timed_out);
    co_await server.send_to("to myself", server.local());
    co_await sleep(2ms);
    EXPECT_EQ(co_await cancelled_before(server.recv_from()), io::errc::cancelled);
    EXPECT_EQ(co_await failure(io::timeout(0s, server.recv_from())), io::errc::timed_out);
    EXPECT_EQ(co_await next(server), "to myself");
  }());
}

TEST_P(datagrams, are_not_lost_by_a_cancellation_about_when_they_arrive) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram("127.0.0.1:0");
    datagram_socket client = co_await connect_datagram(server.local().to_string());
    for (int moment = 0; moment < moments; ++moment) {
      const std::string text = "message " + std::to_string(moment);
      scope sending;
      sending.spawn(client.send(text));
      std::string got;
      const std::error_code failed =
          co_await cancelled_about(moment, next(server), [&](std::string one) { got = std::move(one); });
      co_await sending.join();
      if (failed) got = co_await next(server);
      EXPECT_EQ(got, text);
    }
  }());
}

task<bool> sent(datagram_socket& s, std::string_view text) { co_return (co_await s.send(text), true); }

TEST_P(datagrams, are_sent_or_not_when_their_sending_is_cancelled) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram("127.0.0.1:0");
    datagram_socket client = co_await connect_datagram(server.local().to_string());
    EXPECT_EQ(co_await cancelled_before(client.send("x")), io::errc::cancelled);
    EXPECT_EQ(co_await cancelled_before(client.send_to("x", server.local())), io::errc::cancelled);
    EXPECT_EQ(co_await failure(io::timeout(0s, client.send("x"))), io::errc::timed_out);
    std::vector<std::string> expected;
    for (int moment = 0; moment < moments; ++moment) {
      const std::string text = "message " + std::to_string(moment);
      co_await cancelled_about(moment, sent(client, text), [&](bool) { expected.push_back(text); });
    }
    for (const std::string& text : expected) EXPECT_EQ(co_await next(server), text);
    EXPECT_EQ(co_await failure(io::timeout(5ms, server.recv_from())), io::errc::timed_out);
  }());
}

class datagram_openings : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(datagram_openings);

TEST_P(datagram_openings, are_cancelled_and_leave_no_descriptor) {
  io::wait([]() -> task<void> {
    const std::size_t before = open_descriptors();
    EXPECT_EQ(co_await cancelled_before(bind_datagram("localhost:0")), io::errc::cancelled);
    EXPECT_EQ(co_await cancelled_before(connect_datagram("localhost:9")), io::errc::cancelled);
    EXPECT_EQ(co_await failure(io::timeout(0s, connect_datagram("127.0.0.1:9"))), io::errc::timed_out);
    for (int moment = 0; moment < 4; ++moment)
      co_await cancelled_about(moment, connect_datagram("127.0.0.1:9"), [](const datagram_socket&) {});
    EXPECT_EQ(open_descriptors(), before);
  }());
}

}  // namespace
}  // namespace parlance::net::test
