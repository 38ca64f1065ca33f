// How a datagram socket behaves, the same on every backend.
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>

#include <cerrno>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

class datagrams : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(datagrams);

datagram_ptr bound(const endpoint& at = loopback()) {
  datagram_ptr s = open_datagram(at.family());
  s->bind(at);
  return s;
}

struct letter {
  std::string text;
  endpoint from;
  bool truncated;
};

task<letter> receive_one(datagram_socket& s, std::size_t room = 2048) {
  std::string text(room, '\0');
  recv_from_operation op(s, text);
  co_await op;
  if (op.error) throw error(op.error, "recv_from");
  text.resize(op.size);
  co_return letter{text, op.from, op.truncated};
}

task<void> send_one(datagram_socket& s, std::string_view text, endpoint to = {}) {
  send_to_operation op(s, text, to);
  co_await op;
  if (op.error) throw error(op.error, "send_to");
}

TEST_P(datagrams, arrive_whole_with_their_sender) {
  wait([]() -> task<void> {
    const datagram_ptr a = bound(), b = bound();
    co_await send_one(*a, "one", b->local());
    co_await send_one(*a, "two", b->local());
    const letter first = co_await receive_one(*b), second = co_await receive_one(*b);
    EXPECT_EQ(first.text, "one");
    EXPECT_EQ(second.text, "two");
    EXPECT_EQ(first.from, a->local());
    EXPECT_FALSE(first.truncated);
  }());
}

TEST_P(datagrams, a_sender_that_nobody_bound_gets_a_port_for_the_answer) {
  wait([]() -> task<void> {
    const datagram_ptr a = open_datagram(), b = bound();
    co_await send_one(*a, "question", b->local());
    const letter question = co_await receive_one(*b);
    co_await send_one(*b, "answer", question.from);
    EXPECT_EQ((co_await receive_one(*a)).text, "answer");
  }());
}

TEST_P(datagrams, that_are_longer_than_the_room_tell_so) {
  wait([]() -> task<void> {
    const datagram_ptr a = bound(), b = bound();
    co_await send_one(*a, "too long", b->local());
    co_await send_one(*a, "next", b->local());
    const letter cut = co_await receive_one(*b, 3);
    EXPECT_EQ(cut.text, "too");
    EXPECT_TRUE(cut.truncated);
    EXPECT_EQ((co_await receive_one(*b)).text, "next");
  }());
}

TEST_P(datagrams, that_are_empty_are_data) {
  wait([]() -> task<void> {
    const datagram_ptr a = bound(), b = bound();
    errno = EAGAIN;  // what a call before it has left says nothing of one that went well
    co_await send_one(*a, "", b->local());
    const letter empty = co_await receive_one(*b);
    EXPECT_EQ(empty.text, "");
    EXPECT_FALSE(empty.truncated);
    EXPECT_EQ(empty.from, a->local());
  }());
}

TEST_P(datagrams, a_connected_socket_hears_its_peer_only) {
  wait([]() -> task<void> {
    const datagram_ptr a = bound(), b = bound(), stranger = bound();
    a->connect(b->local());
    EXPECT_EQ(a->remote(), b->local());
    co_await send_one(*stranger, "unheard", a->local());
    co_await sleep(5ms);
    co_await send_one(*b, "heard", a->local());
    EXPECT_EQ((co_await receive_one(*a)).text, "heard");
    co_await send_one(*a, "to whom it is connected");
    EXPECT_EQ((co_await receive_one(*b)).text, "to whom it is connected");
  }());
}

TEST_P(datagrams, a_connected_socket_is_told_once_that_nobody_is_there) {
  wait([]() -> task<void> {
    const endpoint nobody = bound()->local();
    const datagram_ptr a = bound();
    a->connect(nobody);
    co_await send_one(*a, "x");
    EXPECT_EQ(co_await failure_of(timeout(30s, receive_one(*a))), std::errc::connection_refused);
    EXPECT_EQ(co_await failure_of(timeout(10ms, receive_one(*a))), errc::timed_out);
  }());
}

TEST_P(datagrams, to_nobody_from_an_unconnected_socket_are_no_error) {
  wait([]() -> task<void> {
    const endpoint nobody = bound()->local();
    const datagram_ptr a = bound();
    co_await send_one(*a, "x", nobody);
    EXPECT_EQ(co_await failure_of(timeout(10ms, receive_one(*a))), errc::timed_out);
  }());
}

TEST_P(datagrams, without_an_address_fail) {
  const datagram_ptr a = bound();
  EXPECT_EQ(wait(failure_of(send_one(*a, "x"))), std::errc::destination_address_required);
}

TEST_P(datagrams, that_are_too_long_to_send_fail) {
  const datagram_ptr a = bound(), b = bound();
  EXPECT_EQ(wait(failure_of(send_one(*a, std::string(65508, 'x'), b->local()))), std::errc::message_size);
}

TEST_P(datagrams, go_between_ipv4_and_a_dual_stack_socket) {
  wait([]() -> task<void> {
    datagram_ptr b;
    try {
      b = bound(endpoint::ipv6({}, 0));
    } catch (const error&) {
      co_return;  // a machine without IPv6
    }
    const datagram_ptr a = bound();
    co_await send_one(*a, "question", loopback(b->local().port()));
    const letter question = co_await receive_one(*b);
    EXPECT_EQ(question.from.family(), AF_INET6);
    EXPECT_EQ(question.from.address(), "127.0.0.1");
    co_await send_one(*b, "answer", question.from);
    const letter answer = co_await receive_one(*a);
    EXPECT_EQ(answer.text, "answer");
    EXPECT_EQ(answer.from, loopback(b->local().port()));
  }());
}

TEST_P(datagrams, go_over_unix_sockets) {
  wait([]() -> task<void> {
    const datagram_ptr a = bound(unique_name()), b = bound(unique_name());
    co_await send_one(*a, "x", b->local());
    const letter got = co_await receive_one(*b);
    EXPECT_EQ(got.text, "x");
    EXPECT_EQ(got.from, a->local());
    EXPECT_EQ(co_await failure_of(send_one(*a, "x", unique_name())), std::errc::connection_refused);
  }());
}

TEST_P(datagrams, two_receivers_at_once_are_one_too_many) {
  wait([]() -> task<void> {
    const datagram_ptr a = bound(), b = bound();
    scope first;
    first.spawn([&]() -> task<void> { EXPECT_EQ((co_await receive_one(*b)).text, "x"); });
    co_await yield();
    EXPECT_EQ(co_await failure_of(receive_one(*b)), std::errc::connection_already_in_progress);
    co_await send_one(*a, "x", b->local());
    co_await first.join();
  }());
}

class datagrams_of_the_kernel : public on_every_backend {};
INSTANTIATE_TEST_SUITE_P(on, datagrams_of_the_kernel, testing::ValuesIn(real_backends()), name_of_backend);

task<datagram_details> details_of_one(datagram_socket& s, std::string_view expected) {
  std::string text(2048, '\0');
  recv_from_operation op(s, text, true);
  co_await op;
  if (op.error) throw error(op.error, "recv_from");
  EXPECT_EQ(std::string_view(text).substr(0, op.size), expected);
  co_return op.details;
}

TEST_P(datagrams_of_the_kernel, say_where_they_were_sent_by_which_interface_and_that_they_are_one) {
  wait([]() -> task<void> {
    const int on = 1;
    // What else comes along is not asked for.
    for (const auto& [address, level, option, other] :
         {std::tuple("127.0.0.1", IPPROTO_IP, IP_PKTINFO, IP_RECVTTL),
          {"::1", IPPROTO_IPV6, IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT}}) {
      const endpoint at = *endpoint::parse_ip(address, 0);
      const datagram_ptr from = bound(at), to = bound(at);
      EXPECT_EQ(::setsockopt(to->native_handle(), level, other, &on, sizeof on), 0);
      co_await send_one(*from, "unasked", to->local());
      const datagram_details unasked = co_await details_of_one(*to, "unasked");
      EXPECT_EQ(unasked.to, endpoint());
      EXPECT_EQ(unasked.interface_index, 0U);
      EXPECT_EQ(::setsockopt(to->native_handle(), level, option, &on, sizeof on), 0);
      co_await send_one(*from, "asked", to->local());
      const datagram_details asked = co_await details_of_one(*to, "asked");
      EXPECT_EQ(asked.to, at);
      EXPECT_EQ(asked.interface_index, ::if_nametoindex("lo"));
      EXPECT_EQ(asked.segment_size, 0U);
    }
  }());
}

TEST_P(datagrams_of_the_kernel, that_come_as_one_say_of_how_many_bytes_each_was) {
  wait([]() -> task<void> {
    const int on = 1;
    const datagram_ptr from = bound(), to = bound();
    EXPECT_EQ(::setsockopt(to->native_handle(), IPPROTO_UDP, UDP_GRO, &on, sizeof on), 0);
    const std::string bytes = pattern(1'050);
    send_to_operation several(*from, bytes, to->local(), 100);
    co_await several;
    EXPECT_FALSE(several.error);
    EXPECT_EQ((co_await details_of_one(*to, bytes)).segment_size, 100U);
    co_await send_one(*from, "alone", to->local());
    EXPECT_EQ((co_await details_of_one(*to, "alone")).segment_size, 0U);
  }());
}

}  // namespace
}  // namespace parlance::io
