// Where a connection comes from, and the options of sockets that who connects or listens chooses.
#include <net/if.h>
#include <netinet/ip.h>

#include <cerrno>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

class calling_from : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(calling_from);

task<std::string> free_port() {
  co_return ":" + std::to_string((co_await listen("127.0.0.1:0")).local().port());
}

TEST_P(calling_from, an_address_and_a_port) {
  io::wait([]() -> task<void> {
    listener there = co_await listen("127.0.0.1:0");
    const std::string to = there.local().to_string();
    const stream first = co_await connect(to, {.local = "127.0.0.2"});
    EXPECT_TRUE(first.local().to_string().starts_with("127.0.0.2:")) << first.local().to_string();
    std::string port = co_await free_port();
    const stream second = co_await connect(to, {.local = "127.0.0.3" + port});
    EXPECT_EQ(second.local().to_string(), "127.0.0.3" + port);
    port = co_await free_port();
    const stream third = co_await connect(to, {.local = port});
    EXPECT_EQ(third.local().to_string(), "127.0.0.1" + port);
    std::vector<std::string> from;
    for (int i = 0; i < 3; ++i) from.push_back((co_await there.accept()).remote().to_string());
    EXPECT_EQ(from[1], second.local().to_string());
    EXPECT_EQ(from[2], third.local().to_string());
  }());
}

TEST_P(calling_from, an_address_leaves_out_the_other_family) {
  io::wait([]() -> task<void> {
    const listener there = co_await listen(":0");
    const std::string port = std::to_string(there.local().port());
    const stream caller = co_await connect("localhost:" + port, {.local = "127.0.0.1"});
    EXPECT_EQ(caller.remote().to_string(), "127.0.0.1:" + port);
    EXPECT_EQ(
        co_await words(connect("127.0.0.1:" + port, {.local = "[::1]"})),
        "connect 127.0.0.1:" + port + ": connect from [::1]: the host has no address of the same family");
    EXPECT_EQ(co_await failure(connect("unix:@nowhere", {.local = "127.0.0.1"})), io::from_errno(EINVAL));
    EXPECT_EQ(co_await failure(connect("127.0.0.1:" + port, {.local = "unix:@here"})),
              io::from_errno(EINVAL));
  }());
}

TEST_P(calling_from, an_address_that_is_taken_or_not_ours_is_told) {
  io::wait([]() -> task<void> {
    const listener there = co_await listen("127.0.0.1:0"), taken = co_await listen("127.0.0.1:0");
    const std::string to = there.local().to_string();
    EXPECT_EQ(co_await words(connect(to, {.local = taken.local().to_string()})),
              "connect " + to + ": bind " + taken.local().to_string() + ": address already in use");
    if (simulated()) co_return;  // where every address is a local one
    EXPECT_EQ(co_await failure(connect(to, {.local = "192.0.2.1"})), std::errc::address_not_available);
  }());
}

class options_chosen : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(options_chosen);

/// How connect fails, or does not, when the first socket's hook throws.
template <class Thrown> task<void> expect_the_next_is_tried(Thrown thrown) {
  const listener there = co_await listen("127.0.0.1:0");
  const std::uint16_t port = there.local().port();
  const std::vector<endpoint> both = {endpoint::ipv4({127, 0, 0, 2}, port),
                                      endpoint::ipv4({127, 0, 0, 1}, port)};
  int count = 0;
  const auto hook = [&](int) {
    if (count++ == 0) throw thrown;
  };
  const stream caller =
      co_await connect("x.test:1", {.attempt_delay = 10min, .addresses = both, .socket = {.hook = hook}});
  EXPECT_EQ(caller.remote(), both[1]);
}

TEST_P(options_chosen, whose_hook_throws_fail_that_attempt_alone) {
  io::wait([]() -> task<void> {
    co_await expect_the_next_is_tried(io::error(io::from_errno(EPERM), "mine"));
    co_await expect_the_next_is_tried(std::runtime_error("mine"));
    co_await expect_the_next_is_tried(42);
    const std::string to = "127.0.0.1:9";
    EXPECT_EQ(
        co_await words(connect(to, {.socket = {.hook = [](int) { throw std::runtime_error("mine"); }}})),
        "connect " + to + ": mine");
  }());
}

int option(const stream& s, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(s.native_handle(), level, name, &value, &size), 0);
  return value;
}

const socket_options& ours() {
  static const socket_options chosen{.receive_buffer = 50'000,
                                     .send_buffer = 60'000,
                                     .no_delay = false,
                                     .keepalive = true,
                                     .keepalive_idle = 7s,
                                     .keepalive_interval = 3s,
                                     .keepalive_probes = 2,
                                     .type_of_service = 0x20};
  return chosen;
}

void expect_ours(const stream& s) {
  EXPECT_EQ(option(s, SOL_SOCKET, SO_RCVBUF), 100'000);
  EXPECT_EQ(option(s, SOL_SOCKET, SO_SNDBUF), 120'000);
  EXPECT_EQ(option(s, IPPROTO_TCP, TCP_NODELAY), 0);
  EXPECT_EQ(option(s, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(s, IPPROTO_TCP, TCP_KEEPIDLE), 7);
  EXPECT_EQ(option(s, IPPROTO_TCP, TCP_KEEPINTVL), 3);
  EXPECT_EQ(option(s, IPPROTO_TCP, TCP_KEEPCNT), 2);
}

TEST_P(options_chosen, are_those_of_the_socket_that_connects) {
  io::wait([]() -> task<void> {
    for (const char* at : {"127.0.0.1:0", "[::1]:0"}) {
      const listener there = co_await listen(at);
      const stream s = co_await connect(there.local().to_string(), {.socket = ours()});
      expect_ours(s);
      if (there.local().family() == AF_INET)
        EXPECT_EQ(option(s, IPPROTO_IP, IP_TOS), 0x20);
      else
        EXPECT_EQ(option(s, IPPROTO_IPV6, IPV6_TCLASS), 0x20);
    }
  }());
}

TEST_P(options_chosen, pass_to_those_that_a_listener_accepts) {
  io::wait([]() -> task<void> {
    listener there = co_await listen("127.0.0.1:0", {.socket = ours()});
    const stream caller = co_await connect(there.local().to_string());
    expect_ours(co_await there.accept());
    EXPECT_EQ(option(caller, IPPROTO_TCP, TCP_NODELAY), 1);
    EXPECT_EQ(option(caller, SOL_SOCKET, SO_KEEPALIVE), 1);
    EXPECT_EQ(option(caller, IPPROTO_TCP, TCP_KEEPIDLE), 60);
  }());
}

TEST_P(options_chosen, that_cannot_be_set_are_named) {
  io::wait([]() -> task<void> {
    const listener there = co_await listen("127.0.0.1:0");
    const std::string to = there.local().to_string();
    EXPECT_EQ(co_await words(connect(to, {.socket = {.keepalive_probes = -1}})),
              "connect " + to + ": set TCP_KEEPCNT: invalid argument");
    EXPECT_EQ(co_await words(connect(to, {.socket = {.device = "no-such-device"}})),
              "connect " + to + ": set SO_BINDTODEVICE: no such device");
    EXPECT_EQ(co_await words(listen("127.0.0.1:0", {.socket = {.keepalive_probes = -1}})),
              "set TCP_KEEPCNT: invalid argument");
    const std::string marked = co_await words(connect(to, {.socket = {.mark = 7}}));
    EXPECT_TRUE(marked.empty() || marked == "connect " + to + ": set SO_MARK: operation not permitted")
        << marked;
    co_await connect(to, {.socket = {.device = "lo"}});
  }());
}

TEST_P(options_chosen, may_be_set_by_a_hook_whose_failure_ends_the_attempt) {
  io::wait([]() -> task<void> {
    const listener there = co_await listen("127.0.0.1:0");
    const std::string to = there.local().to_string();
    const auto small_segments = [](int descriptor) {
      constexpr int size = 600;
      ::setsockopt(descriptor, IPPROTO_TCP, TCP_MAXSEG, &size, sizeof size);
    };
    const stream s = co_await connect(to, {.socket = {.hook = small_segments}});
    EXPECT_LE(option(s, IPPROTO_TCP, TCP_MAXSEG), 600);
    const auto refuse = [](int) { throw io::error(io::from_errno(EPERM), "ask the policy"); };
    EXPECT_EQ(co_await words(connect(to, {.socket = {.hook = refuse}})),
              "connect " + to + ": ask the policy: operation not permitted");
  }());
}

// --- whom it calls

class calling : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(calling);

TEST_P(calling, one_family_leaves_out_the_other) {
  io::wait([]() -> task<void> {
    const listener there = co_await listen(":0");
    const std::string port = std::to_string(there.local().port());
    const stream caller = co_await connect("localhost:" + port, {.family = AF_INET});
    EXPECT_EQ(caller.remote().to_string(), "127.0.0.1:" + port);
    EXPECT_EQ(co_await words(connect("127.0.0.1:" + port, {.family = AF_INET6})),
              "connect 127.0.0.1:" + port + ": 127.0.0.1 has no IPv6 address");
  }());
}

TEST_P(calling, addresses_that_are_given_are_not_looked_up) {
  io::wait([]() -> task<void> {
    const listener there = co_await listen("127.0.0.1:0");
    const std::uint16_t port = there.local().port();
    const stream caller =
        co_await connect("nobody.invalid:1", {.addresses = {endpoint::ipv4({127, 0, 0, 1}, port)}});
    EXPECT_EQ(caller.remote().port(), port);
  }());
}

TEST_P(calling, a_name_below_localhost_is_this_machine) {
  io::wait([]() -> task<void> {
    if (simulated()) co_return;
    const listener there = co_await listen(":0");
    const stream caller = co_await connect("app.dev.localhost:" + std::to_string(there.local().port()));
    EXPECT_TRUE(caller.remote().is_loopback());
  }());
}

}  // namespace
}  // namespace parlance::net::test
