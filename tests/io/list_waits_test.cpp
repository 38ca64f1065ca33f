// The list of what waits where.
#include <cerrno>
#include <sstream>

#include <parlance/io/event.hpp>
#include <parlance/io/waits.hpp>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

class list_of_waits : public on_every_backend {
 protected:
  /// Its lines that name `operation`.
  static std::vector<std::string> lines_of(std::string_view operation) {
    std::istringstream all(list_waits());
    std::vector<std::string> found;
    for (std::string line; std::getline(all, line);)
      if (line.starts_with(operation)) found.push_back(line);
    return found;
  }
};
PARLANCE_ON_EVERY_BACKEND(list_of_waits);

TEST_P(list_of_waits, names_each_operation_its_socket_and_its_coroutine) {
  wait([]() -> task<void> {
    const ends tcp = co_await connected();
    scope waits;
    waits.spawn([&]() -> task<void> { co_await receive(*tcp.a); });
    waits.spawn([]() -> task<void> { co_await sleep(1h); });
    const std::vector<std::string> receiving = lines_of("recv_operation"), sleeping = lines_of("sleep_until");
    EXPECT_EQ(receiving.size(), 1U);
    EXPECT_TRUE(receiving.front().starts_with("recv_operation (" + tcp.a->local().to_string() + ", "))
        << receiving.front();
    EXPECT_EQ(sleeping.size(), 1U);
    EXPECT_TRUE(sleeping.front().starts_with("sleep_until in ")) << sleeping.front();
    // As addr2line and llvm-symbolizer want it.
    const std::string place = std::string(::program_invocation_short_name) + "+0x";
    EXPECT_TRUE(receiving.front().contains(place)) << receiving.front();
    EXPECT_TRUE(sleeping.front().contains(place)) << sleeping.front();
    waits.cancel();
    co_await waits.join();
    EXPECT_TRUE(lines_of("recv_operation").empty());
    EXPECT_TRUE(lines_of("sleep_until").empty());
  }());
}

TEST_P(list_of_waits, finds_those_in_limits_within_limits_and_those_out_of_reach) {
  wait([]() -> task<void> {
    event never;
    scope waits;
    waits.spawn(timeout(1h, timeout(1h, never)));
    waits.spawn(shield(never));
    EXPECT_EQ(lines_of("event::awaiter").size(), 2U);
    co_return;
  }());
  EXPECT_EQ(list_waits(), "");
}

TEST_P(list_of_waits, finds_those_of_a_loop_around_this_one) {
  scope around;
  event never;
  around.spawn([&]() -> task<void> { co_await never; });
  const loop inner({.backend = GetParam()});
  EXPECT_EQ(lines_of("event::awaiter").size(), 1U);
}

}  // namespace
}  // namespace parlance::io
