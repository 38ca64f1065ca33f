// What only io_uring can get wrong: buffers that the kernel fills on its own account.
#include <sys/resource.h>

#include <fstream>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

class uring : public testing::Test {
 protected:
  void SetUp() override {
    if (!uring_refusal().empty()) GTEST_SKIP() << uring_refusal();
    here.emplace(loop_options{.backend = "io_uring"});
  }
  watchdog patience;
  std::optional<loop> here;
};

/// A pair whose end `b` has received once, so that the kernel goes on receiving for it.
task<ends> armed_pair() {
  ends pair;
  std::tie(pair.a, pair.b) = loop::current().kernel().open_pair();
  co_await send_all(*pair.a, "!");
  EXPECT_EQ(co_await receive(*pair.b), "!");
  co_return pair;
}

// The kernel takes limits in seconds and nanoseconds, and accepts too many of the latter: it would wait that
// much longer, each time. A machine that is busy is late now and then.
TEST_F(uring, a_limit_of_more_than_a_second_is_not_kept_for_a_second_longer) {
  constexpr int attempts = 5;
  bool in_time = false;
  for (int i = 0; i < attempts && !in_time; ++i) {
    const auto start = std::chrono::steady_clock::now();
    wait([]() -> task<void> { co_await sleep(1010ms); }());
    in_time = std::chrono::steady_clock::now() - start < 2010ms;
  }
  EXPECT_TRUE(in_time);
}

// Each message lies in a buffer of its own until somebody takes it: more of them than the ring has.
TEST_F(uring, those_who_hoard_all_buffers_starve_nobody) {
  constexpr std::size_t hoarders = 600, each = 10;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4096);
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < 2 * hoarders + 50) GTEST_SKIP() << "too few descriptors allowed: " << limit.rlim_cur;

  wait([]() -> task<void> {
    std::vector<ends> pairs;
    for (std::size_t i = 0; i < hoarders; ++i) pairs.push_back(co_await armed_pair());
    for (std::size_t i = 0; i < each; ++i)
      for (const ends& pair : pairs) co_await send_all(*pair.a, std::string(1, static_cast<char>('a' + i)));
    co_await sleep(5ms);

    const ends late = co_await armed_pair();
    for (int i = 0; i < 20; ++i) {
      const std::string message = pattern(1000, static_cast<unsigned>(i));
      co_await send_all(*late.a, message);
      EXPECT_TRUE(co_await receive_until(*late.b, message.size()) == message);
    }
    for (const ends& pair : pairs) {
      EXPECT_EQ(co_await receive_until(*pair.b, each), "abcdefghij");
      co_await send_all(*pair.a, "again");
      EXPECT_EQ(co_await receive_until(*pair.b, 5), "again");
    }
  }());
}

TEST_F(uring, loops_that_end_leave_nothing_mapped) {
  const auto pages = [] {
    std::size_t all = 0;
    std::ifstream("/proc/self/statm") >> all;
    return all;
  };
  const auto live = [] {
    const loop another({.backend = "io_uring"});
    wait([]() -> task<void> {
      const ends tcp = co_await connected();
      co_await send_all(*tcp.a, "x");
      EXPECT_EQ(co_await receive(*tcp.b), "x");
    }());
  };
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
  GTEST_SKIP() << "an AddressSanitizer keeps what was freed";
#endif
#endif
  for (int i = 0; i < 50; ++i) live();  // what the allocator keeps
  const std::size_t before = pages();
  constexpr std::size_t loops = 300, most = 8;  // the ring of buffers alone has 16 pages
  for (std::size_t i = 0; i < loops; ++i) live();
  EXPECT_LT(pages(), before + loops * most) << before;
}

TEST_F(uring, accepts_that_came_before_anybody_asked_are_kept_in_order) {
  wait([]() -> task<void> {
    const listening_ptr listener = listening();
    std::vector<socket_ptr> callers;
    const auto call = [&]() -> task<void> {
      callers.push_back(open_socket());
      co_await connect_to(*callers.back(), listener->local());
    };
    co_await call();
    std::vector<socket_ptr> accepted;
    accepted.push_back(co_await accept_one(*listener));
    for (int i = 0; i < 20; ++i) co_await call();
    co_await sleep(5ms);
    while (accepted.size() < callers.size()) accepted.push_back(co_await accept_one(*listener));
    for (std::size_t i = 0; i < callers.size(); ++i) EXPECT_EQ(accepted[i]->remote(), callers[i]->local());
  }());
}

class unread : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(unread);

TEST_P(unread, bytes_take_bounded_memory) {
  wait([]() -> task<void> {
    const ends pair = co_await armed_pair();
    std::size_t sent = 0;
    try {
      co_await timeout(100ms, send_all(*pair.a, pattern(10'000'000)));
      ADD_FAILURE() << "all of it went to nobody";
    } catch (const error& e) {
      sent = e.bytes_sent();
    }
    EXPECT_LT(sent, 1'000'000U);
    EXPECT_TRUE(co_await receive_until(*pair.b, sent) == pattern(10'000'000).substr(0, sent));
  }());
}

TEST_P(unread, bytes_that_come_after_a_cancelled_recv_are_kept) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    std::string expected, got;
    for (int i = 0; i < 20; ++i) {
      scope reading;
      reading.spawn([&]() -> task<void> { got += co_await receive(*tcp.b); });
      if (i % 3 == 0) co_await yield();
      reading.cancel();
      co_await reading.join();
      co_await send_all(*tcp.a, pattern(100, static_cast<unsigned>(i)));
      expected += pattern(100, static_cast<unsigned>(i));
      if (i % 2 == 0) co_await yield();
    }
    got += co_await receive_until(*tcp.b, expected.size() - got.size());
    EXPECT_TRUE(got == expected);
  }());
}

TEST_P(unread, bytes_before_the_end_come_before_it) {
  wait([]() -> task<void> {
    const ends pair = co_await armed_pair();
    std::string expected;
    for (unsigned i = 0; i < 30; ++i) {
      expected += pattern(10'000, i);
      if (i < 5) co_await send_all(*pair.a, pattern(10'000, i));
    }
    scope sending;
    sending.spawn([&]() -> task<void> {
      for (unsigned i = 5; i < 30; ++i) co_await send_all(*pair.a, pattern(10'000, i));
      pair.a->shutdown(SHUT_WR);
    });
    co_await sleep(10ms);
    EXPECT_TRUE(co_await receive_all(*pair.b) == expected);
    EXPECT_EQ(co_await receive(*pair.b), "");
    co_await sending.join();
  }());
}

}  // namespace
}  // namespace parlance::io
