// What the kernel does seldom: it cannot give a listener a caller, has no IPv6, or connects a caller to
// itself.
#include <netdb.h>

#include <algorithm>
#include <cerrno>

#include "net/kernel_faults.hpp"
#include "net/support.hpp"

namespace parlance::net::test {
namespace {

// Under io_uring the kernel accepts by itself, so its failures are made up for epoll only; which of them are
// one caller's is decided by what both share (tests/io/fd_socket_test.cpp).
class failing_accepts : public testing::Test {
 protected:
  io::test::watchdog patience;
  io::loop here{{.backend = "epoll"}};
};

TEST_F(failing_accepts, of_one_caller_are_skipped) {
  io::wait([]() -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    for (const int number : {ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
                             ENETUNREACH, EPERM, EINTR}) {
      kernel_faults faults;
      faults.accepts = {number, number, number};
      const stream caller = co_await connect(here.local().to_string());
      EXPECT_EQ((co_await here.accept()).remote().port(), caller.local().port());
      EXPECT_EQ(faults.accepted, 4);
    }
  }());
}

TEST_F(failing_accepts, of_every_caller_are_told_and_tried_again_and_do_not_keep_the_loop_busy) {
  io::wait([]() -> task<void> {
    std::vector<std::string> said;
    listener here =
        co_await listen("127.0.0.1:0", {.on_pause = [&](std::string_view text) { said.emplace_back(text); }});
    const stream caller = co_await connect(here.local().to_string());
    kernel_faults faults;
    faults.every_accept = EPERM;
    EXPECT_EQ(co_await failure(io::timeout(80ms, here.accept())), io::errc::timed_out);
    EXPECT_EQ(said, std::vector{"accept at " + here.local().to_string() +
                                ": operation not permitted, caller after caller; it is tried again"});
    EXPECT_LT(faults.accepted, 100);  // 10, 20 and 40 ms: it has begun four times
    faults.every_accept = 0;
    EXPECT_EQ((co_await io::timeout(30s, here.accept())).remote().port(), caller.local().port());
  }());
}

TEST_F(failing_accepts, for_want_of_room_are_waited_out) {
  io::wait([]() -> task<void> {
    for (const int number : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
      int pauses = 0;
      listener here = co_await listen("127.0.0.1:0", {.on_pause = [&](std::string_view) { ++pauses; }});
      const stream caller = co_await connect(here.local().to_string());
      kernel_faults faults;
      faults.accepts = {number, number};
      EXPECT_EQ((co_await io::timeout(30s, here.accept())).remote().port(), caller.local().port());
      EXPECT_EQ(pauses, 1);
    }
  }());
}

TEST_F(failing_accepts, of_the_listener_itself_are_its_error) {
  io::wait([]() -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    const stream caller = co_await connect(here.local().to_string());
    kernel_faults faults;
    faults.accepts = {EINVAL};
    EXPECT_EQ(co_await words(here.accept()), "accept at " + here.local().to_string() + ": invalid argument");
    EXPECT_EQ((co_await here.accept()).remote().port(), caller.local().port());
  }());
}

class self_connections : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(self_connections);

TEST_P(self_connections, are_refused) {
  io::wait([]() -> task<void> {
    kernel_faults faults;
    {
      const listener gone = co_await listen("127.0.0.1:0");
      faults.own_port = gone.local().port();
    }
    const std::string at = "127.0.0.1:" + std::to_string(faults.own_port);
    EXPECT_EQ(co_await words(connect(at)), "connect " + at + ": connection refused");
  }());
}

class ipv6_only : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(ipv6_only);

TEST_P(ipv6_only, as_the_machines_default_does_not_shut_ipv4_out) {
  kernel_faults faults;
  faults.ipv6_only = true;
  io::wait([]() -> task<void> {
    listener here = co_await listen(":0");
    const std::string at = "127.0.0.1:" + std::to_string(here.local().port());
    const stream caller = co_await connect(at);
    EXPECT_EQ((co_await here.accept()).remote().port(), caller.local().port());
    datagram_socket datagrams = co_await bind_datagram(":0");
    datagram_socket sender =
        co_await connect_datagram("127.0.0.1:" + std::to_string(datagrams.local().port()));
    co_await sender.send("from IPv4");
    EXPECT_EQ((co_await io::timeout(30s, datagrams.recv_from())).data, "from IPv4");
  }());
}

class without_ipv6 : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(without_ipv6);

task<void> expect_ipv4_to_be_heard() {
  listener here = co_await listen(":0");
  EXPECT_EQ(here.local().family(), AF_INET);
  const stream caller = co_await connect("127.0.0.1:" + std::to_string(here.local().port()));
  EXPECT_EQ((co_await here.accept()).remote().port(), caller.local().port());
  datagram_socket datagrams = co_await bind_datagram(":0");
  EXPECT_EQ(datagrams.local().family(), AF_INET);
}

TEST_P(without_ipv6, every_interface_is_that_of_ipv4) {
  kernel_faults faults;
  faults.ipv6_sockets = EAFNOSUPPORT;
  io::wait(expect_ipv4_to_be_heard());
}

// As with the sysctl disable_ipv6: sockets can be made, and addresses are missing.
TEST_P(without_ipv6, every_interface_is_that_of_ipv4_when_no_address_is_to_be_had) {
  kernel_faults faults;
  faults.ipv6_binds = EADDRNOTAVAIL;
  io::wait(expect_ipv4_to_be_heard());
}

TEST_P(without_ipv6, another_failure_is_told) {
  kernel_faults faults;
  faults.ipv6_binds = EACCES;
  io::wait([]() -> task<void> {
    EXPECT_EQ(co_await failure(listen(":0")), std::errc::permission_denied);
    EXPECT_EQ(co_await failure(bind_datagram(":0")), std::errc::permission_denied);
  }());
}

TEST_P(without_ipv6, datagrams_go_to_the_addresses_of_a_name_that_can_be_reached) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram("127.0.0.1:0");
    kernel_faults faults;
    faults.ipv6_sockets = EAFNOSUPPORT;
    datagram_socket client = co_await connect_datagram("localhost:" + std::to_string(server.local().port()));
    co_await client.send("x");
    EXPECT_EQ((co_await io::timeout(30s, server.recv_from())).data, "x");
  }());
}

TEST_P(without_ipv6, names_are_listened_at_by_ipv4) {
  kernel_faults faults;
  faults.ipv6_binds = EADDRNOTAVAIL;
  io::wait([]() -> task<void> {
    listener here = co_await listen("localhost:0");
    EXPECT_EQ(here.locals(), std::vector{here.local()});
    EXPECT_EQ(here.local().address(), "127.0.0.1");
    EXPECT_EQ(co_await words(listen("[::1]:0")), "bind [::1]:0: cannot assign requested address");
  }());
}

class look_ups_without_a_network : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(look_ups_without_a_network);

// With loopback only, the C library leaves out every address of "localhost", and says so in one way or another.
TEST_P(look_ups_without_a_network, find_this_machine_all_the_same) {
  for (const int failure : {EAI_NONAME, EAI_ADDRFAMILY, EAI_NODATA}) {
    kernel_faults faults;
    faults.look_ups_by_family = failure;
    EXPECT_EQ(io::wait(resolve(address::parse("localhost:80"))).size(), 2U) << failure;
    EXPECT_EQ(faults.looked_up, 1);
  }
}

TEST_P(look_ups_without_a_network, are_not_tried_again_when_no_name_server_answers) {
  kernel_faults faults;
  faults.look_ups_by_family = EAI_AGAIN;
  EXPECT_EQ(io::wait(failure(resolve(address::parse("localhost:80")))), errc::no_address);
  EXPECT_EQ(faults.looked_up, 1);
}

class one_port_for_all : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(one_port_for_all);

// Port 0 of the first address is whatever is free there, and may be somebody else's at the second.
TEST_P(one_port_for_all, is_looked_for_again_when_the_second_address_has_it_no_more) {
  kernel_faults faults;
  faults.ipv4_binds = {EADDRINUSE, EADDRINUSE, EADDRINUSE};
  io::wait([]() -> task<void> {
    const listener here = co_await listen("localhost:0");
    const std::vector<endpoint> all = here.locals();
    EXPECT_EQ(all.size(), 2U);
    for (const endpoint& one : all) EXPECT_EQ(one.port(), here.local().port());
  }());
  EXPECT_EQ(faults.ipv4_binds, std::vector<int>());
}

TEST_P(one_port_for_all, is_not_looked_for_without_an_end) {
  kernel_faults faults;
  faults.ipv4_binds.assign(1000, EADDRINUSE);
  io::wait([]() -> task<void> {
    EXPECT_EQ(co_await words(listen("localhost:0")), "bind [::1]:0: no port is free at every address");
  }());
}

TEST_P(one_port_for_all, is_not_looked_for_where_it_was_said_which) {
  std::string port;
  io::wait([&]() -> task<void> { port = std::to_string((co_await listen("localhost:0")).local().port()); }());
  kernel_faults faults;
  faults.ipv4_binds = {EADDRINUSE};
  io::wait([&]() -> task<void> {
    EXPECT_EQ(co_await words(listen("localhost:" + port)),
              "bind 127.0.0.1:" + port + ": address already in use");
  }());
}

TEST_P(one_port_for_all, is_not_looked_for_after_another_failure) {
  kernel_faults faults;
  faults.ipv4_binds = {EACCES};
  io::wait([]() -> task<void> {
    EXPECT_EQ(co_await failure(listen("localhost:0")), std::errc::permission_denied);
  }());
}

TEST_P(without_ipv6, names_are_reached_by_ipv4) {
  io::wait([]() -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    kernel_faults faults;
    faults.ipv6_sockets = EAFNOSUPPORT;
    const stream caller = co_await connect("localhost:" + std::to_string(here.local().port()));
    EXPECT_EQ((co_await here.accept()).remote().port(), caller.local().port());
  }());
}

}  // namespace
}  // namespace parlance::net::test
