// Parts of this rung on top of each other, as programs put them together.
#include <algorithm>
#include <random>

#include <parlance/net/proxy_header.hpp>
#include <parlance/net/remote_stream.hpp>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

class together : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(together);

task<void> copy(stream& from, stream& to) {
  for (std::string_view text; !(text = co_await from.recv()).empty();) co_await to.send(text);
  co_await to.shutdown();
}

/// A SOCKS5 proxy for names without users.
task<void> socks5_for_names(stream caller) {
  reader in(caller);
  EXPECT_EQ((co_await in.exactly(3)).value(), std::string_view("\x05\x01\x00", 3));
  co_await caller.send(std::string_view("\x05\x00", 2));
  EXPECT_EQ((co_await in.exactly(4)).value(), std::string_view("\x05\x01\x00\x03", 4));
  const auto size = static_cast<unsigned char>((co_await in.exactly(1)).value()[0]);
  const std::string host((co_await in.exactly(size)).value());
  const std::string port((co_await in.exactly(2)).value());
  const unsigned number = static_cast<unsigned char>(port[0]) * 256U + static_cast<unsigned char>(port[1]);
  stream target = co_await connect(host + ":" + std::to_string(number));
  // With the answer goes what the target may have said first.
  co_await caller.send(std::string_view("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10));
  in.release();
  scope both;
  both.spawn(copy(caller, target));
  both.spawn(copy(target, caller));
  co_await both.join();
}

// Each layer gives the next what came with its own last bytes.
TEST_P(together, a_proxy_a_header_and_tls_are_passed_one_by_one) {
  io::wait([]() -> task<void> {
    listener target = co_await listen("127.0.0.1:0"), proxy = co_await listen("127.0.0.1:0");
    const std::uint16_t port = target.local().port();
    const endpoint said = *endpoint::parse_ip("192.0.2.1", 1234);
    io::event stop;
    std::vector<endpoint> told;
    scope serving;
    serving.spawn(serve(target,
                        [&](caller one) -> task<void> {
                          told.push_back(one.remote);
                          reader in(one.stream);
                          while (const auto line = co_await in.line())
                            co_await one.stream.send({*line, "!\n"});
                          co_await one.stream.close();
                        },
                        {.tls = [] { return shown_on_the_spot(); },
                         .proxies = {network::parse("127.0.0.0/8"), network::parse("::1/128")},
                         .stop = &stop}));
    serving.spawn(serve(proxy, socks5_for_names, {.stop = &stop}));
    for (const proxy_version version : {proxy_version::v1, proxy_version::v2}) {
      proxy_header header;
      header.source = said;
      header.destination = *endpoint::parse_ip("192.0.2.2", 443);
      stream s = co_await connect("localhost:" + std::to_string(port),
                                  {.context = trusting(),
                                   .proxy = "socks5://" + proxy.local().to_string(),
                                   .preface = write_proxy_header(header, version)});
      reader in(s);
      co_await s.send("one\ntw");
      EXPECT_EQ(co_await in.line(), "one!");
      co_await s.send("o\n");
      EXPECT_EQ(co_await in.line(), "two!");
      co_await s.shutdown();
      EXPECT_EQ(co_await in.line(), std::nullopt);
      co_await s.close();
    }
    EXPECT_EQ(told, (std::vector<endpoint>{said, said}));
    stop.set();
    co_await serving.join();
  }());
}

// Whichever of them wins, or is late: nobody who called is lost.
TEST_P(together, accepts_at_several_doors_with_limits_lose_nobody) {
  io::wait([]() -> task<void> {
    listener first = co_await listen("127.0.0.1:0"), second = co_await listen("127.0.0.1:0");
    std::mt19937 chance(1);
    std::vector<stream> callers;
    std::vector<endpoint> accepted;
    const auto accept_some = [&](io::duration limit) -> task<bool> {
      try {
        auto one = co_await io::timeout(limit, io::any(first.accept(), second.accept()));
        accepted.push_back(std::visit([](stream& s) { return s.remote(); }, one));
        co_return true;
      } catch (const io::error& e) {
        EXPECT_EQ(e.code(), io::errc::timed_out);
        co_return false;
      }
    };
    for (int round = 0; round < 100; ++round) {
      scope accepting;
      accepting.spawn(
          [&]() -> task<void> { co_await accept_some(std::chrono::microseconds(chance() % 300)); });
      const listener& door = chance() % 2 ? first : second;
      callers.push_back(co_await connect(door.local().to_string()));
      if (chance() % 3 == 0) continue;  // it is destroyed where it is
      co_await accepting.join();
    }
    while (accepted.size() < callers.size() && co_await accept_some(20s)) {
    }
    std::vector<endpoint> expected;
    for (const stream& one : callers) expected.push_back(one.local());
    for (std::vector<endpoint>* all : {&expected, &accepted})
      std::ranges::sort(*all, {}, [](const endpoint& e) { return e.to_string(); });
    EXPECT_EQ(accepted, expected);
  }());
}

// Destroyed, late or cancelled at any moment, whatever it had in hand: the next has it.
TEST_P(together, lines_with_limits_over_tls_lose_no_byte) {
  io::wait([]() -> task<void> {
    ends two = co_await secured(co_await tcp_ends(), trusting(), shown_on_the_spot());
    constexpr int lines = 300;
    std::string all;
    for (int i = 0; i < lines; ++i) all += std::string(static_cast<std::size_t>(i % 90), 'x') + "\n";
    scope sending;
    sending.spawn([&]() -> task<void> {
      for (std::size_t at = 0; at < all.size(); at += 37) {
        co_await two.a.send(std::string_view(all).substr(at, 37));
        co_await io::sleep(100us);
      }
      co_await two.a.shutdown();
    });
    std::mt19937 chance(1);
    std::string got;
    const auto read_one = [&](reader& in) -> task<bool> {
      if (const auto line = co_await in.line()) {
        got.append(*line) += '\n';
        co_return true;
      }
      co_return false;
    };
    for (bool more = true; more;) {
      reader in(two.b);
      try {
        if (chance() % 2 == 0) {
          more = co_await io::timeout(std::chrono::microseconds(chance() % 300), read_one(in));
        } else {
          auto one = co_await io::race(read_one(in), io::sleep(std::chrono::microseconds(chance() % 300)));
          if (one.index() == 0) more = std::get<0>(one);
        }
      } catch (const io::error& e) {
        EXPECT_EQ(e.code(), io::errc::timed_out);
      }
    }
    EXPECT_TRUE(got == all);
    co_await sending.join();
  }());
}

class together_threads : public testing::TestWithParam<std::string> {
 protected:
  io::test::watchdog patience;
  io::loop here{{.backend = GetParam()}};
  io::loop_thread there{GetParam()};
};
PARLANCE_ON_EVERY_KERNEL_BACKEND(together_threads);

TEST_P(together_threads, lines_come_over_tls_from_another_loop) {
  io::wait([](io::loop_thread& where) -> task<void> {
    ends two = co_await secured(co_await tcp_ends(), trusting(), shown_on_the_spot());
    remote_stream far(std::move(two.b), where);
    std::string all;
    for (int i = 0; i < 2000; ++i) all += std::to_string(i) + "\n";
    scope sending;
    sending.spawn([&]() -> task<void> {
      co_await two.a.send(all);
      co_await two.a.shutdown();
    });
    std::string got;
    for (int calls = 0;; ++calls) {
      reader in(far);
      const auto line = co_await in.line();
      if (!line) break;
      got.append(*line) += '\n';
      if (calls % 7 == 0) co_await failure(io::timeout(50us, in.exactly(all.size())));
    }
    EXPECT_TRUE(got == all);
    co_await far.send("heard");
    EXPECT_EQ(co_await two.a.recv(), "heard");
    co_await sending.join();
  }(there));
}

}  // namespace
}  // namespace parlance::net::test
