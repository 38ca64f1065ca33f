// A turn of the loop that takes long is told of.
#include <thread>

#include "io/support.hpp"

namespace parlance::io::test {
namespace {

class long_turns : public testing::TestWithParam<std::string> {
 protected:
  static std::string told(duration limit, duration busy) {
    testing::internal::CaptureStderr();
    {
      const loop here({.backend = GetParam(), .long_turn = limit});
      wait([](duration length) -> task<void> {
        co_await yield();
        co_await sleep(1ms);
        std::this_thread::sleep_for(length);
        co_await yield();
      }(busy));
    }
    return testing::internal::GetCapturedStderr();
  }
  watchdog patience;
};
PARLANCE_ON_EVERY_BACKEND(long_turns);

TEST_P(long_turns, are_told_of_with_what_they_went_on_after) {
  const std::string said = told(20ms, 40ms);
  EXPECT_TRUE(said.starts_with("a turn of the loop took ")) << said;
  EXPECT_TRUE(said.ends_with(" of them in what went on after parlance::io::sleep_until\n")) << said;
}

TEST_P(long_turns, are_not_told_of_when_they_are_short_or_nobody_asked) {
  EXPECT_EQ(told(1h, 10ms), "");
  EXPECT_EQ(told(unlimited, 40ms), "");
}

}  // namespace
}  // namespace parlance::io::test
