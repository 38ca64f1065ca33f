// What a datagram socket can be told, and groups; several datagrams in one call.
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

const std::string group_v4 = "239.195.7.1", other_group_v4 = "239.195.7.2", group_v6 = "ff01::7:1";

endpoint at(std::string_view address, std::uint16_t port) { return *endpoint::parse_ip(address, port); }

task<std::string> next(datagram_socket& s) { co_return std::string((co_await s.recv_from()).data); }

/// That nothing has come by the time that it would have.
task<void> expect_silence(datagram_socket& s) {
  EXPECT_EQ(co_await failure(io::timeout(20ms, next(s))), io::errc::timed_out);
}

template <class F> std::string words_of(F what) {
  try {
    what();
  } catch (const io::error& e) {
    return e.what();
  }
  return {};
}

class datagrams_of_many : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(datagrams_of_many);

/// What arrives until `bytes` are there.
task<std::vector<std::string>> parts_until(datagram_socket& s, std::size_t bytes) {
  std::vector<std::string> parts;
  for (std::size_t got = 0; got < bytes; got += parts.back().size()) parts.push_back(co_await next(s));
  co_return parts;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) all += part;
  return all;
}

TEST_P(datagrams_of_many, arrive_as_many_with_the_rest_in_the_last) {
  io::loop here({.backend = GetParam(), .sim = {.buffer = 200'000}});
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram("127.0.0.1:0");
    datagram_socket client = co_await connect_datagram(server.local().to_string());
    // More than go in one call, by their number; and by their bytes.
    for (const auto& [total, size] :
         {std::pair{1'950, 10}, {50'000, 1'000}, {90'500, 9'000}, {10, 10}, {7, 10}}) {
      const std::string bytes = pattern(static_cast<std::size_t>(total));
      for (const endpoint& to : {endpoint(), server.local()}) {
        scope sending;
        sending.spawn(client.send_many(bytes, static_cast<std::size_t>(size), to));
        const std::vector<std::string> parts = co_await parts_until(server, bytes.size());
        co_await sending.join();
        EXPECT_TRUE(joined(parts) == bytes);
        EXPECT_EQ(parts.size(), static_cast<std::size_t>((total + size - 1) / size));
        for (const std::string& part : parts)
          EXPECT_TRUE(part.size() == static_cast<std::size_t>(size) || &part == &parts.back());
      }
    }
    co_await client.send_many("", 10);
    co_await client.send("after");
    EXPECT_EQ(co_await next(server), "after");
  }());
}

TEST_P(datagrams_of_many, go_to_ipv4_from_a_socket_of_both_families) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram("127.0.0.1:0"), client = co_await bind_datagram(":0");
    co_await client.send_many("onetwosix!", 3, server.local());
    for (const std::string word : {"one", "two", "six", "!"}) EXPECT_EQ(co_await next(server), word);
  }());
}

TEST_P(datagrams_of_many, that_cannot_go_are_an_error_that_tells_how_much_went) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram("127.0.0.1:0");
    datagram_socket client = co_await connect_datagram(server.local().to_string());
    const std::string where = server.local().to_string();
    EXPECT_EQ(co_await words(client.send_many("x", 0)), "send to " + where + ": invalid argument");
    const std::string too_long = pattern(70'000);
    EXPECT_EQ(co_await words(client.send_many(too_long, 65'508, server.local())),
              "send to " + where + ": message too long");
    EXPECT_EQ(co_await cancelled_before(client.send_many("xyz", 1)), io::errc::cancelled);
    co_await client.send("short");
    EXPECT_EQ(co_await next(server), "short");
  }());
}

TEST_P(datagrams_of_many, are_not_tried_one_by_one_when_it_is_the_other_end_that_is_gone) {
  io::wait([]() -> task<void> {
    std::optional<datagram_socket> server(co_await bind_datagram("127.0.0.1:0"));
    datagram_socket client = co_await connect_datagram(server->local().to_string());
    server.reset();
    co_await client.send("x");
    co_await io::sleep(20ms);  // until that is known
    try {
      co_await client.send_many("onetwo", 3);
      ADD_FAILURE();
    } catch (const io::error& e) {
      EXPECT_EQ(e.code(), std::errc::connection_refused);
      EXPECT_EQ(e.bytes_sent(), 0U);
    }
  }());
}

/// One that waits where its peer has no room, as UDP never does.
datagram_socket one_of_unix() {
  std::unique_ptr<io::datagram_socket> made = io::loop::current().kernel().open_datagram(AF_UNIX);
  made->bind(io::test::unique_name());
  return datagram_socket(std::move(made));
}

TEST_P(datagrams_of_many, that_are_called_off_while_they_wait_tell_how_much_went) {
  io::wait([]() -> task<void> {
    const std::string all = pattern(1'000'000);
    for (const bool closed : {false, true}) {
      std::optional<datagram_socket> from(one_of_unix());
      datagram_socket to = one_of_unix();
      std::error_code why;
      std::size_t sent = 0;
      io::context limits;
      scope sending;
      sending.spawn(io::run_in(limits, [&]() -> task<void> {
        try {
          co_await from->send_many(all, 100, to.local());
        } catch (const io::error& e) {
          why = e.code();
          sent = e.bytes_sent();
        }
      }()));
      std::string got = co_await next(to);
      closed ? from.reset() : limits.cancel();
      co_await sending.join();
      EXPECT_EQ(why, io::errc::cancelled);
      EXPECT_GE(sent, 100U);
      EXPECT_LT(sent, all.size());
      while (got.size() < sent) got += co_await next(to);
      EXPECT_TRUE(got == all.substr(0, sent));
      co_await expect_silence(to);
    }
  }());
}

// What the kernel has then goes.
TEST_P(datagrams_of_many, whose_socket_is_closed_tell_how_much_went) {
  io::wait([]() -> task<void> {
    const std::string all = pattern(9'050);
    std::optional<datagram_socket> from(co_await bind_datagram("127.0.0.1:0"));
    datagram_socket to = co_await bind_datagram("127.0.0.1:0");
    std::size_t sent = all.size();
    scope sending;
    sending.spawn([&]() -> task<void> {
      try {
        co_await from->send_many(all, 100, to.local());
      } catch (const io::error& e) {
        EXPECT_EQ(e.code(), io::errc::cancelled);
        sent = e.bytes_sent();
      }
    });
    from.reset();
    co_await sending.join();
    std::string got;
    while (got.size() < sent) got += co_await next(to);
    EXPECT_TRUE(got == all.substr(0, sent));
    co_await expect_silence(to);
  }());
}

// At any moment: each that has gone is whole, and the socket sends on.
TEST_P(datagrams_of_many, that_are_destroyed_leave_whole_ones) {
  io::wait([]() -> task<void> {
    const std::string all = pattern(9'050);
    datagram_socket from = co_await bind_datagram("127.0.0.1:0");
    for (int turns = 0; turns < 8; ++turns) {
      datagram_socket to = co_await bind_datagram("127.0.0.1:0");
      {
        scope sending;
        sending.spawn([&]() -> task<void> { co_await from.send_many(all, 100, to.local()); });
        for (int i = 0; i < turns; ++i) co_await io::yield();
      }
      co_await from.send_to("the last", to.local());
      std::string got;
      for (std::string one; (one = co_await next(to)) != "the last"; got += one)
        EXPECT_EQ(one, all.substr(got.size(), 100));
    }
  }());
}

class datagram_options : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(datagram_options);

int option_of(const io::socket& s, int level, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(s.native_handle(), level, option, &value, &size), 0);
  return value;
}

TEST_P(datagram_options, are_what_the_kernel_was_told) {
  for (const int family : {AF_INET, AF_INET6}) {
    io::test::datagram_ptr raw = io::test::open_datagram(family);
    const io::datagram_socket& kernel = *raw;
    datagram_socket s(std::move(raw));
    s.set_receive_buffer(20'000);
    s.set_send_buffer(30'000);
    EXPECT_EQ(s.receive_buffer(), 20'000U);
    EXPECT_EQ(s.send_buffer(), 30'000U);
    s.allow_broadcast(true);
    EXPECT_EQ(option_of(kernel, SOL_SOCKET, SO_BROADCAST), 1);
    s.set_hops(7);
    s.set_traffic_class(0xb8);
    s.set_multicast_hops(3);
    s.set_multicast_loop(false);
    s.set_fragmentation(fragmentation::never);
    EXPECT_EQ(option_of(kernel, IPPROTO_IP, IP_TTL), 7);
    EXPECT_EQ(option_of(kernel, IPPROTO_IP, IP_TOS), 0xb8);
    EXPECT_EQ(option_of(kernel, IPPROTO_IP, IP_MULTICAST_TTL), 3);
    EXPECT_EQ(option_of(kernel, IPPROTO_IP, IP_MULTICAST_LOOP), 0);
    EXPECT_EQ(option_of(kernel, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_DO);
    if (family == AF_INET6) {
      EXPECT_EQ(option_of(kernel, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 7);
      EXPECT_EQ(option_of(kernel, IPPROTO_IPV6, IPV6_TCLASS), 0xb8);
      EXPECT_EQ(option_of(kernel, IPPROTO_IPV6, IPV6_MULTICAST_HOPS), 3);
      EXPECT_EQ(option_of(kernel, IPPROTO_IPV6, IPV6_MULTICAST_LOOP), 0);
      EXPECT_EQ(option_of(kernel, IPPROTO_IPV6, IPV6_MTU_DISCOVER), IPV6_PMTUDISC_DO);
    }
    s.set_fragmentation(fragmentation::probe);
    EXPECT_EQ(option_of(kernel, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_PROBE);
    s.set_fragmentation(fragmentation::usual);
    EXPECT_EQ(option_of(kernel, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_WANT);
  }
}

TEST_P(datagram_options, that_the_kernel_refuses_are_an_error_that_says_which) {
  io::wait([]() -> task<void> {
    datagram_socket s = co_await bind_datagram("127.0.0.1:0");
    const std::string here = s.local().to_string();
    EXPECT_EQ(words_of([&] { s.set_hops(256); }), "set the hop limit at " + here + ": invalid argument");
    // To the kernel, what it begins with.
    EXPECT_EQ(words_of([&] { s.set_hops(-1); }), "set the hop limit at " + here + ": invalid argument");
    EXPECT_EQ(words_of([&] { s.set_multicast_hops(-1); }),
              "set the multicast hop limit at " + here + ": invalid argument");
    EXPECT_EQ(words_of([&] { s.set_traffic_class(256); }),
              "set the traffic class at " + here + ": invalid argument");
    EXPECT_EQ(words_of([&] { s.set_multicast_interface("nosuch0"); }),
              "set the multicast interface by interface nosuch0 at " + here + ": no such device");
    EXPECT_EQ(words_of([&] { s.join(at("127.0.0.1", 0)); }),
              "join 127.0.0.1 at " + here + ": invalid argument");
    EXPECT_EQ(words_of([&] { static_cast<void>(s.path_mtu()); }),
              "get the path MTU at " + here + ": transport endpoint is not connected");
    EXPECT_EQ(co_await failure(s.send_to("x", at("127.255.255.255", 9))), std::errc::permission_denied);
    s.allow_broadcast(true);
    co_await s.send_to("x", at("127.255.255.255", 9));
  }());
}

/// To which the loopback interface looks as narrow as a tunnel: 1,232 bytes to a packet.
datagram_socket narrow_socket() {
  io::test::datagram_ptr raw = io::test::open_datagram(AF_INET6);
  constexpr int least = 1280;
  EXPECT_EQ(::setsockopt(raw->native_handle(), IPPROTO_IPV6, IPV6_MTU, &least, sizeof least), 0);
  return datagram_socket(std::move(raw));
}

TEST_P(datagram_options, say_whether_datagrams_may_go_in_parts) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram("[::1]:0"), client = narrow_socket();
    const std::string longest = pattern(1'232), longer = pattern(1'233);
    for (const fragmentation what : {fragmentation::never, fragmentation::usual}) {
      client.set_fragmentation(what);
      co_await client.send_to(longest, server.local());
      EXPECT_TRUE(co_await next(server) == longest);
      const std::error_code failed = co_await failure(client.send_to(longer, server.local()));
      if (what == fragmentation::never)
        EXPECT_EQ(failed, std::errc::message_size);
      else
        EXPECT_TRUE(co_await next(server) == longer);
    }
  }());
}

// UDP_SEGMENT refuses what is longer than a packet.
TEST_P(datagram_options, let_several_go_one_by_one_where_the_kernel_does_not_take_them_together) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram("[::1]:0"), client = narrow_socket();
    const std::string bytes = pattern(10'000);
    co_await client.send_many(bytes, 2'000, server.local());
    EXPECT_EQ(co_await parts_until(server, bytes.size()),
              (std::vector<std::string>{bytes.substr(0, 2'000), bytes.substr(2'000, 2'000),
                                        bytes.substr(4'000, 2'000), bytes.substr(6'000, 2'000),
                                        bytes.substr(8'000)}));
    client.set_fragmentation(fragmentation::never);
    EXPECT_EQ(co_await failure(client.send_many(bytes, 2'000, server.local())), std::errc::message_size);
  }());
}

TEST_P(datagram_options, tell_what_the_path_takes) {
  io::wait([]() -> task<void> {
    for (const std::string host : {"127.0.0.1", "[::1]"}) {
      datagram_socket server = co_await bind_datagram(host + ":0");
      datagram_socket client = co_await connect_datagram(server.local().to_string());
      EXPECT_GE(client.path_mtu(), 1'280U);
      EXPECT_LE(client.path_mtu(), 65'536U);
    }
  }());
}

TEST_P(datagram_options, tell_to_what_a_datagram_was_sent) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram(":0"), narrow = co_await bind_datagram("0.0.0.0:0");
    datagram_socket client = co_await bind_datagram(":0");
    for (datagram_socket* s : {&server, &narrow}) {
      for (const std::string host : {"127.0.0.1", "127.0.0.2", "::1"}) {
        if (s == &narrow && host == "::1") continue;
        const endpoint to = at(host, s->local().port());
        co_await client.send_to("before", to);
        EXPECT_EQ((co_await s->recv_from()).to.family(), AF_UNSPEC);
        s->report_destination(true);
        co_await client.send_to("x", to);
        const datagram heard = co_await s->recv_from();
        EXPECT_EQ(heard.to.to_string(), to.to_string());
        EXPECT_EQ(heard.interface_index, ::if_nametoindex("lo"));
        EXPECT_EQ(heard.segment_size, 0U);
        s->report_destination(false);
      }
    }
  }());
}

// Also what is kept, because nobody waits for it any more, keeps what came along.
TEST_P(datagram_options, tell_of_a_datagram_that_was_kept) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram(":0"), client = co_await bind_datagram(":0");
    server.report_destination(true);
    const endpoint to = at("127.0.0.3", server.local().port());
    for (int moment = 0; moment < moments; ++moment) {
      scope sending;
      sending.spawn(client.send_to("x", to));
      std::string told;
      const auto where = [](datagram_socket& s) -> task<std::string> {
        co_return (co_await s.recv_from()).to.to_string();
      };
      if (co_await cancelled_about(moment, where(server), [&](std::string one) { told = std::move(one); }))
        told = co_await where(server);
      EXPECT_EQ(told, to.to_string());
      co_await sending.join();
    }
  }());
}

TEST_P(datagram_options, may_bring_several_datagrams_as_one) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram("127.0.0.1:0"),
                    client = co_await bind_datagram("127.0.0.1:0");
    server.coalesce(true);
    const std::string bytes = pattern(64 * 1'000 - 1);
    co_await client.send_many(bytes, 1'000, server.local());
    const datagram many = co_await server.recv_from();
    EXPECT_EQ(many.segment_size, 1'000U);
    EXPECT_TRUE(many.data == bytes);
    EXPECT_EQ(many.from, client.local());
    EXPECT_FALSE(many.truncated);
    co_await client.send_to("single", server.local());
    const datagram one = co_await server.recv_from();
    EXPECT_EQ(one.data, "single");
    EXPECT_EQ(one.segment_size, 0U);
    server.coalesce(false);
    co_await client.send_many("abc", 1, server.local());
    EXPECT_EQ(co_await next(server), "a");
  }());
}

TEST_P(datagram_options, that_are_asked_for_while_a_receive_waits_are_for_that_too) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram("127.0.0.1:0"), client = co_await bind_datagram(":0");
    for (const bool many : {true, false}) {
      std::string bytes;
      std::size_t segment_size = 0;
      endpoint to;
      scope receiving;
      receiving.spawn([&]() -> task<void> {
        const datagram heard = co_await server.recv_from();
        bytes = heard.data;
        segment_size = heard.segment_size;
        to = heard.to;
      });
      if (many)
        server.coalesce(true);
      else
        server.report_destination(true);
      const std::string sent = pattern(many ? 10'000 : 1'000);
      co_await client.send_many(sent, 1'000, server.local());
      co_await receiving.join();
      EXPECT_TRUE(bytes == sent);
      EXPECT_EQ(segment_size, many ? 1'000U : 0U);
      if (!many) EXPECT_EQ(to, server.local());
    }
  }());
}

class groups : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(groups);

/// An interface that has groups of IPv6, which the loopback interface lacks; empty: there is none. What is
/// sent to group_v6 does not leave this machine whatever that is (RFC 4291, section 2.7).
std::string interface_for_ipv6_groups() {
  ifaddrs* all = nullptr;
  EXPECT_EQ(::getifaddrs(&all), 0);
  std::string name;
  constexpr unsigned needed = IFF_UP | IFF_MULTICAST;
  for (const ifaddrs* one = all; one; one = one->ifa_next)
    if ((one->ifa_flags & needed) == needed && one->ifa_addr && one->ifa_addr->sa_family == AF_INET6)
      name = one->ifa_name;
  ::freeifaddrs(all);
  return name;
}

task<void> join_hear_and_leave(std::string group, std::string host, std::string interface) {
  datagram_socket first = co_await bind_group(host + ":0", interface);
  const std::string port = std::to_string(first.local().port());
  datagram_socket second = co_await bind_group(host + ":" + port, interface);
  datagram_socket sender = co_await bind_datagram(host == group ? "127.0.0.1:0" : "[::]:0");
  sender.set_multicast_interface(interface);
  const endpoint all = at(group, first.local().port());
  co_await sender.send_to("hello", all);
  EXPECT_EQ(co_await next(first), "hello");
  EXPECT_EQ(co_await next(second), "hello");
  second.leave(all, interface);
  co_await sender.send_to("again", all);
  EXPECT_EQ(co_await next(first), "again");
  co_await expect_silence(second);
  second.join(all, interface);
  EXPECT_EQ(words_of([&] { second.join(all, interface); }),
            "join " + group + " at " + second.local().to_string() + ": address already in use");
  co_await first.send_to("from a member", all);
  EXPECT_EQ(co_await next(second), "from a member");
}

TEST_P(groups, are_heard_by_all_who_joined_until_they_leave) {
  io::wait(join_hear_and_leave(group_v4, group_v4, "lo"));
}

TEST_P(groups, of_ipv6_are_heard_by_all_who_joined_until_they_leave) {
  const std::string interface = interface_for_ipv6_groups();
  if (interface.empty()) GTEST_SKIP() << "no interface has groups of IPv6";
  io::wait(join_hear_and_leave(group_v6, "[" + group_v6 + "]", interface));
}

TEST_P(groups, that_others_joined_are_not_heard) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram(":0"), other = co_await bind_datagram(":0");
    const std::uint16_t port = server.local().port();
    server.join(at(group_v4, 0), "lo");
    other.join(at(other_group_v4, 0), "lo");
    other.join(at(group_v6, 0), "lo");
    datagram_socket sender = co_await bind_datagram("127.0.0.1:0");
    sender.set_multicast_interface("lo");
    co_await sender.send_to("not for it", at(other_group_v4, port));
    co_await sender.send_to("for it", at(group_v4, port));
    EXPECT_EQ(co_await next(server), "for it");
    co_await expect_silence(server);
  }());
}

TEST_P(groups, that_others_joined_are_not_heard_by_who_has_joined_none) {
  io::wait([]() -> task<void> {
    for (const std::string here : {":0", "0.0.0.0:0"}) {
      datagram_socket server = co_await bind_datagram(here), other = co_await bind_datagram(":0");
      const std::uint16_t port = server.local().port();
      other.join(at(group_v4, 0), "lo");
      datagram_socket sender = co_await bind_datagram("127.0.0.1:0");
      sender.set_multicast_interface("lo");
      co_await sender.send_to("not for it", at(group_v4, port));
      co_await sender.send_to("for it", at("127.0.0.1", port));
      EXPECT_EQ(co_await next(server), "for it");
    }
  }());
}

TEST_P(groups, of_one_source_are_heard_from_that_only) {
  io::wait([]() -> task<void> {
    datagram_socket server = co_await bind_datagram("0.0.0.0:0");
    const endpoint group = at("232.195.7.1", server.local().port()), source = at("127.0.0.2", 0);
    server.join_source(group, source, "lo");
    datagram_socket wanted = co_await bind_datagram("127.0.0.2:0"),
                    other = co_await bind_datagram("127.0.0.3:0");
    for (datagram_socket* s : {&wanted, &other}) s->set_multicast_interface("lo");
    co_await other.send_to("other", group);
    co_await wanted.send_to("wanted", group);
    EXPECT_EQ(co_await next(server), "wanted");
    co_await expect_silence(server);
    server.leave_source(group, source, "lo");
    co_await wanted.send_to("wanted", group);
    co_await expect_silence(server);
    EXPECT_EQ(words_of([&] { server.leave_source(group, source, "lo"); }),
              "leave 232.195.7.1 from 127.0.0.2 at " + server.local().to_string() + ": invalid argument");
  }());
}

TEST_P(groups, are_named_with_their_interface) {
  const std::string interface = interface_for_ipv6_groups();
  if (interface.empty()) GTEST_SKIP() << "no interface has groups of IPv6";
  io::wait([](std::string through) -> task<void> {
    datagram_socket member = co_await bind_group("[" + group_v6 + "%" + through + "]:0");
    member.report_destination(true);
    const endpoint all = at(group_v6 + "%" + through, member.local().port());
    co_await (co_await bind_datagram("[::]:0")).send_to("scoped", all);
    const datagram heard = co_await member.recv_from();
    EXPECT_EQ(heard.data, "scoped");
    EXPECT_EQ(heard.to, all);
    EXPECT_EQ(heard.interface_index, ::if_nametoindex(through.c_str()));
  }(interface));
}

TEST_P(groups, are_not_addresses_of_one) {
  EXPECT_EQ(io::wait(words(bind_group("127.0.0.1:0"))), "join 127.0.0.1 at 0.0.0.0:0: invalid argument");
  EXPECT_EQ(io::wait(words(bind_group(group_v4 + ":0", "nosuch0"))),
            "join 239.195.7.1 by interface nosuch0 at 0.0.0.0:0: no such device");
  EXPECT_EQ(io::wait(words(bind_group("[" + group_v6 + "]:0", "nosuch0"))),
            "join ff01::7:1 by interface nosuch0 at [::]:0: no such device");
}

// The loopback interface brings back everything.
TEST_P(groups, are_not_heard_on_this_machine_when_that_is_not_wanted) {
  const std::string interface = interface_for_ipv6_groups();
  if (interface.empty()) GTEST_SKIP() << "no interface has groups of IPv6";
  io::wait([](std::string through) -> task<void> {
    datagram_socket member = co_await bind_group("[" + group_v6 + "]:0", through);
    datagram_socket sender = co_await bind_datagram("[::]:0");
    sender.set_multicast_interface(through);
    sender.set_multicast_loop(false);
    co_await sender.send_to("unheard", at(group_v6, member.local().port()));
    co_await expect_silence(member);
  }(interface));
}

TEST_P(groups, may_outlive_their_loop_and_are_left_when_their_socket_goes) {
  std::optional<io::loop> its(io::loop_options{.backend = GetParam()});
  std::optional<datagram_socket> member(io::wait(bind_group(group_v4 + ":0", "lo")));
  const endpoint all = member->local();
  scope waiting;
  waiting.spawn([&]() -> task<void> { co_await member->recv_from(); });
  io::wait(io::yield());
  its.reset();
  EXPECT_THROW(io::wait(member->recv_from()), std::logic_error);
  EXPECT_THROW(io::wait(member->send_to("x", all)), std::logic_error);
  EXPECT_THROW(io::wait(member->send_many("xyz", 1, all)), std::logic_error);
  EXPECT_EQ(member->local(), all);
  EXPECT_EQ(io::wait(failure(bind_datagram(all.to_string()))), std::errc::address_in_use);
  member.reset();
  EXPECT_FALSE(io::wait(failure(bind_datagram(all.to_string()))));
}

TEST(datagrams_in_the_simulation, have_no_options) {
  io::loop here({.backend = "sim"});
  io::wait([]() -> task<void> {
    datagram_socket s = co_await bind_datagram("127.0.0.1:0");
    const std::string why = " at " + s.local().to_string() + ": operation not supported";
    EXPECT_EQ(words_of([&] { s.set_hops(3); }), "set the hop limit" + why);
    EXPECT_EQ(words_of([&] { static_cast<void>(s.receive_buffer()); }), "get the receive buffer" + why);
    EXPECT_EQ(words_of([&] { s.join(at(group_v4, 0)); }), "join " + group_v4 + why);
    EXPECT_EQ(words_of([&] { s.report_destination(true); }), "report the destination" + why);
    EXPECT_EQ(co_await failure(bind_group(group_v4 + ":5000")), std::errc::not_supported);
  }());
}

}  // namespace
}  // namespace parlance::net::test
