// Look-ups that hang keep nobody else waiting, but other look-ups.
#include <future>

#include <parlance/io/blocking.hpp>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

class look_ups_on_threads : public testing::TestWithParam<std::string> {
 protected:
  io::loop here{{.backend = GetParam()}};
};
INSTANTIATE_TEST_SUITE_P(on, look_ups_on_threads, testing::ValuesIn(io::test::real_backends()),
                         io::test::name_of_backend);

TEST_P(look_ups_on_threads, that_hang_leave_localhost_and_other_calls_alone) {
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  std::atomic<unsigned> hanging = 0;
  for (unsigned i = 0; i < io::look_up_workers + 1; ++i)
    io::run_on_worker(
        [opened, &hanging] {
          ++hanging;
          opened.wait();
        },
        io::lane::look_ups);
  io::wait([&]() -> task<void> {
    co_await eventually([&] { return hanging == io::look_up_workers; });
    EXPECT_FALSE((co_await io::timeout(30s, resolve(address::parse("localhost:80")))).empty());
    EXPECT_FALSE((co_await io::timeout(30s, resolve(address::parse("LocalHost:80")))).empty());
    EXPECT_EQ(co_await io::timeout(30s, io::blocking([] { return 7; })), 7);
    // Another name waits for its turn.
    EXPECT_EQ(co_await failure(io::timeout(20ms, resolve(address::parse("notlocalhost:80")))),
              io::errc::timed_out);
    for (const char* name : {"localhost.example:80", "db.example:80", "db:80"})
      EXPECT_EQ(co_await failure(io::timeout(20ms, resolve(address::parse(name)))), io::errc::timed_out)
          << name;
    gate.set_value();
    co_await eventually([&] { return hanging == io::look_up_workers + 1; });
  }());
}

}  // namespace
}  // namespace parlance::net::test
