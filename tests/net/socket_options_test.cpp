// The options that every socket of ours has, on both ends, as the kernel tells them.
#include <fcntl.h>
#include <netinet/tcp.h>

#include "net/segments.hpp"
#include "net/support.hpp"

namespace parlance::net::test {
namespace {

class options_of : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(options_of);

int option(const stream& s, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(s.native_handle(), level, name, &value, &size), 0);
  return value;
}

void expect_ours(const stream& s) {
  EXPECT_EQ(option(s, IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(option(s, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(s, IPPROTO_TCP, TCP_KEEPIDLE), 60);
  EXPECT_EQ(option(s, IPPROTO_TCP, TCP_KEEPINTVL), 10);
  EXPECT_EQ(option(s, IPPROTO_TCP, TCP_KEEPCNT), 6);
  EXPECT_EQ(option(s, IPPROTO_TCP, TCP_USER_TIMEOUT), 120'000);
  EXPECT_NE(::fcntl(s.native_handle(), F_GETFD) & FD_CLOEXEC, 0);
  // io_uring waits in the kernel by itself; a call that blocks would stop an epoll loop.
  if (io::loop::current().kernel().name() == "epoll")
    EXPECT_NE(::fcntl(s.native_handle(), F_GETFL) & O_NONBLOCK, 0);
  // A time to linger would block close(2), even on a socket that does not block.
  linger lingers{};
  socklen_t size = sizeof lingers;
  EXPECT_EQ(::getsockopt(s.native_handle(), SOL_SOCKET, SO_LINGER, &lingers, &size), 0);
  EXPECT_EQ(lingers.l_onoff, 0);
  // Data in the SYN may be replayed (RFC 7413).
  EXPECT_EQ(option(s, IPPROTO_TCP, TCP_FASTOPEN_CONNECT), 0);
}

TEST_P(options_of, both_ends_of_a_connection) {
  io::wait([]() -> task<void> {
    for (const char* at : {"127.0.0.1:0", "[::1]:0"}) {
      ends two = co_await connected(at);
      expect_ours(two.a);
      expect_ours(two.b);
    }
  }());
}

TEST_P(options_of, callers_of_a_listener_on_every_interface) {
  io::wait([]() -> task<void> {
    listener here = co_await listen(":0");
    const stream caller = co_await connect("127.0.0.1:" + std::to_string(here.local().port()));
    stream called = co_await here.accept();
    expect_ours(called);
  }());
}

TEST_P(options_of, callers_of_either_family_as_the_listener_was_told) {
  io::wait([]() -> task<void> {
    listener here = co_await listen(":0", {.socket = {.type_of_service = 0x28}});
    const std::string port = std::to_string(here.local().port());
    for (const char* host : {"127.0.0.1:", "[::1]:"}) {
      const stream caller = co_await connect(host + port);
      const stream called = co_await here.accept();
      const bool v6 = caller.remote().family() == AF_INET6;
      EXPECT_EQ(option(called, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS), 0x28) << host;
    }
    EXPECT_EQ(co_await failure([]() -> task<void> {
                co_await listen("127.0.0.1:0",
                                {.socket = {.keepalive_idle = std::chrono::seconds(1LL << 32)}});
              }()),
              std::errc::invalid_argument);
  }());
}

// With TCP_NODELAY each system call would be a segment of its own.
TEST_P(options_of, a_connection_send_the_pieces_of_a_message_at_once) {
  io::wait([]() -> task<void> {
    ends two = co_await tcp_ends();
    const std::string_view pieces[] = {"PRIVMSG", " #room ", ":hello", "\r\n"};
    for (int i = 0; i < 10; ++i) {
      co_await two.a.send(pieces);
      EXPECT_EQ(co_await recv_until(two.b, 22), "PRIVMSG #room :hello\r\n");
    }
    EXPECT_EQ(segments_sent(two.a.native_handle()), 10U);
  }());
}

TEST_P(options_of, a_connection_tell_how_it_fares) {
  io::wait([]() -> task<void> {
    ends two = co_await tcp_ends();
    co_await two.a.send("x");
    EXPECT_EQ(co_await two.b.recv(), "x");
    EXPECT_EQ(two.a.info().value().tcpi_state, TCP_ESTABLISHED);
    co_await two.a.shutdown();
    EXPECT_EQ(co_await two.b.recv(), "");
    EXPECT_EQ(two.b.info().value().tcpi_state, TCP_CLOSE_WAIT);
  }());
}

// Another program could take what is meant for it.
TEST_P(options_of, a_datagram_socket_do_not_let_others_share_its_port) {
  io::wait([]() -> task<void> {
    const datagram_socket first = co_await bind_datagram("127.0.0.1:0");
    const io::test::datagram_ptr second = io::test::open_datagram(AF_INET);
    constexpr int on = 1;
    ::setsockopt(second->native_handle(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    EXPECT_THROW(second->bind(first.local()), io::error);
  }());
}

}  // namespace
}  // namespace parlance::net::test
