// The options that every socket of ours has, on both ends, as the kernel tells them.
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/tcp.h>

#include <atomic>
#include <vector>

#include <parlance/net/adopt.hpp>
#include <parlance/net/serve.hpp>

#include "io/without_standard_input.hpp"
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
  EXPECT_EQ(option(s, IPPROTO_TCP, TCP_USER_TIMEOUT),
            0);  // it would end a peer that lives, and takes nothing
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

TEST_P(options_of, a_connection_with_the_number_0) {
  io::wait([]() -> task<void> {
    listener at = co_await listen("127.0.0.1:0");
    const io::test::without_standard_input closed;
    const stream caller = co_await connect(at.local().to_string());
    EXPECT_EQ(caller.native_handle(), 0);
    expect_ours(caller);
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
    for (const int octet : {0, 255})
      EXPECT_NO_THROW(co_await listen("127.0.0.1:0", {.socket = {.type_of_service = octet}}));
    for (const int none : {-1, 256})
      EXPECT_EQ(co_await words([](int type) -> task<void> {
                  co_await listen("127.0.0.1:0", {.socket = {.type_of_service = type}});
                }(none)),
                "set IP_TOS: invalid argument");
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

/// From now on it hears nothing of its peer, who hears nothing of it: neither an answer nor a reset.
void vanish(const stream& s) {
  sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
  const sock_fprog program{.len = 1, .filter = nothing};
  EXPECT_EQ(::setsockopt(s.native_handle(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
}

TEST_P(options_of, keepalive_find_a_peer_that_vanished_when_they_say) {
  io::wait([]() -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    stream caller =
        co_await connect(here.local().to_string(),
                         {.socket = {.keepalive_idle = 1s, .keepalive_interval = 1s, .keepalive_probes = 1}});
    const stream called = co_await here.accept();
    vanish(called);
    EXPECT_EQ(co_await failure(io::timeout(30s, caller.recv())), io::from_errno(ETIMEDOUT));
  }());
}

int raw_listener(bool kept_alive) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const endpoint at = io::test::loopback();
  const int alive = kept_alive;
  if (::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &alive, sizeof alive) != 0 ||
      ::bind(fd, at.data(), at.size()) != 0 || ::listen(fd, 8) != 0)
    throw std::runtime_error("listen");
  return fd;
}

TEST_P(options_of, callers_of_a_listener_that_somebody_else_opened) {
  io::wait([]() -> task<void> {
    const int fd = raw_listener(false);
    endpoint at = io::test::loopback();
    socklen_t size = sizeof(sockaddr_storage);
    EXPECT_EQ(::getsockname(fd, at.data(), &size), 0);
    const stream before = co_await connect(at.to_string());  // for whom the service was started
    listener here = adopt_listener({fd});
    expect_ours(co_await here.accept());
    const stream after = co_await connect(at.to_string());
    expect_ours(co_await here.accept());
    const stream last = co_await connect(at.to_string());
    for (const stream& taken : here.close_and_take()) expect_ours(taken);
  }());
}

/// What its next caller has.
task<stream> called_at(listener& here) {
  const stream caller = co_await connect(here.local().to_string());
  co_return co_await here.accept();
}

TEST_P(options_of, callers_of_such_a_listener_stay_as_it_has_chosen) {
  io::wait([]() -> task<void> {
    listener here = adopt_listener({raw_listener(true)});
    const stream called = co_await called_at(here);
    EXPECT_EQ(option(called, SOL_SOCKET, SO_KEEPALIVE), 1);
    EXPECT_NE(option(called, IPPROTO_TCP, TCP_KEEPIDLE), 60);
    EXPECT_EQ(option(called, IPPROTO_TCP, TCP_NODELAY), 0);
  }());
}

TEST_P(options_of, callers_of_such_a_listener_are_as_who_adopts_it_says) {
  io::wait([]() -> task<void> {
    for (const bool chosen : {false, true}) {
      listener without =
          adopt_listener({raw_listener(chosen)}, {.socket = {.no_delay = !chosen, .keepalive = false}});
      stream called = co_await called_at(without);
      EXPECT_EQ(option(called, SOL_SOCKET, SO_KEEPALIVE), 0);
      EXPECT_EQ(option(called, IPPROTO_TCP, TCP_NODELAY), !chosen);
      listener with = adopt_listener(
          {raw_listener(chosen)},
          {.socket = {.no_delay = chosen, .keepalive = true, .keepalive_idle = 7s, .keepalive_probes = 3}});
      called = co_await called_at(with);
      EXPECT_EQ(option(called, SOL_SOCKET, SO_KEEPALIVE), 1);
      EXPECT_EQ(option(called, IPPROTO_TCP, TCP_KEEPIDLE), 7);
      EXPECT_EQ(option(called, IPPROTO_TCP, TCP_KEEPCNT), 3);
      EXPECT_EQ(option(called, IPPROTO_TCP, TCP_NODELAY), chosen);
      // Whoever has the listener, too, has chosen for himself.
      int value = -1;
      socklen_t size = sizeof value;
      EXPECT_EQ(::getsockopt(with.native_handles()[0], SOL_SOCKET, SO_KEEPALIVE, &value, &size), 0);
      EXPECT_EQ(value, chosen);
    }
    const std::size_t before = open_descriptors();
    EXPECT_THROW(adopt_listener({raw_listener(false)}, {.socket = {.keepalive_idle = 0s}}), io::error);
    EXPECT_EQ(open_descriptors(), before);
  }());
}

TEST_P(options_of, callers_whose_listener_was_told_otherwise_by_a_hook_stay_so_wherever_it_goes) {
  io::wait([]() -> task<void> {
    const auto not_kept_alive = [](int fd) {
      constexpr int off = 0;
      EXPECT_EQ(::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &off, sizeof off), 0);
    };
    listener here = co_await listen("127.0.0.1:0", {.socket = {.keepalive = true, .hook = not_kept_alive}});
    {  // what a successor does, which knows nothing of it
      listener taken = adopt_listener({::fcntl(here.native_handles()[0], F_DUPFD_CLOEXEC, 0)});
      EXPECT_EQ(option(co_await called_at(taken), SOL_SOCKET, SO_KEEPALIVE), 0);
    }
    const std::string at = here.local().to_string();
    std::atomic<int> kept_alive = -1;
    io::event stop;
    std::vector<listener> all;
    all.push_back(std::move(here));
    scope serving;
    serving.spawn(serve_on_threads(std::move(all),
                                   [&](stream caller) -> task<void> {
                                     kept_alive = option(caller, SOL_SOCKET, SO_KEEPALIVE);
                                     co_return;
                                   },
                                   {.stop = &stop}));
    stream caller = co_await connect(at);
    EXPECT_EQ(co_await caller.recv(), "");
    EXPECT_EQ(kept_alive, 0);
    stop.set();
    co_await serving.join();
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
