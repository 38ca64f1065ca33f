// Runs a trial with many seeds, and tells how to run the one again that failed.
//
//   for_each_seed(2000, [](std::uint64_t seed) -> std::string { ...; return "what went wrong"; });
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PARLANCE_SLOW_TRIALS 1
#include <sanitizer/common_interface_defs.h>
#endif
#endif

namespace parlance::io::test {

inline std::string replay_line;

/// `trial(seed)` returns what went wrong, or nothing. Sanitizers run a tenth of `count`. With
/// PARLANCE_SIM_SEED set, only that seed is tried. Stops at the first that fails.
template <class Trial> void for_each_seed(std::uint64_t count, Trial trial) {
  const char* only = std::getenv("PARLANCE_SIM_SEED");
#ifdef PARLANCE_SLOW_TRIALS
  count /= 10;
  __sanitizer_set_death_callback([] { std::fputs(replay_line.c_str(), stderr); });
#endif
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  for (std::uint64_t i = 0; i < (only ? 1 : count); ++i) {
    const std::uint64_t seed = only ? std::strtoull(only, nullptr, 10) : i;
    replay_line = "PARLANCE_SIM_SEED=" + std::to_string(seed) + " " + program_invocation_short_name +
                  " --gtest_filter=" + test->test_suite_name() + "." + test->name();
    std::string wrong;
    try {
      wrong = trial(seed);
    } catch (const std::exception& e) {
      wrong = e.what();
    }
    if (!wrong.empty()) {
      ADD_FAILURE() << wrong << "\n" << replay_line;
      break;
    }
  }
  replay_line.clear();
}

}  // namespace parlance::io::test
