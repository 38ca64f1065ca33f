// Memory that runs out, for a thread: the n-th allocation from now fails.
#pragma once

#include <cstddef>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "net/support.hpp"

namespace parlance::net::test {

/// Of this thread, so many allocations from now; 0: none fails.
extern constinit thread_local std::size_t failing;
/// From the one that fails on, all do.
extern constinit thread_local bool all_that_follow;
/// How many have failed.
extern constinit thread_local std::size_t failures;

/// None fails meanwhile, nor counts.
class spared {
 public:
  spared() noexcept : before_(std::exchange(failing, 0)) {}
  ~spared() { failing = before_; }
  spared(const spared&) = delete;
  spared& operator=(const spared&) = delete;

 private:
  const std::size_t before_;
};

/// How `what` fails; empty when it does not. Anything but a lack of memory is a failure of the test.
enum class outcome : unsigned char { done, no_memory, error };
template <class F> outcome outcome_of(F what, std::size_t* sent = nullptr) {
  try {
    what();
  } catch (const std::bad_alloc&) {
    return outcome::no_memory;
  } catch (const io::error& e) {
    const spared for_words;
    EXPECT_EQ(e.code(), std::errc::not_enough_memory) << e.what();
    if (sent) *sent = e.bytes_sent();
    return outcome::error;
  }
  return outcome::done;
}

/// Calls `what` once for each allocation that it makes, which fails: it throws std::bad_alloc then, or io::error, or
/// gets on without. Whatever it makes ends with it. `all`: those that follow fail, too.
template <class F> void fail_each_allocation(F what, bool all = false) {
  for (std::size_t nth = 1;; ++nth) {
    SCOPED_TRACE("failing allocation " + std::to_string(nth));
    const std::size_t descriptors = open_descriptors();
    failing = nth;
    failures = 0;
    all_that_follow = all;
    outcome_of(what);
    failing = 0;
    all_that_follow = false;
    const bool is_last = failures == 0;
    // Some are closed on a worker.
    EXPECT_NO_THROW(io::wait(eventually([&] { return open_descriptors() == descriptors; })));
    if (is_last || testing::Test::HasFailure()) return;
    ASSERT_LT(nth, 1000U);
  }
}

}  // namespace parlance::net::test
