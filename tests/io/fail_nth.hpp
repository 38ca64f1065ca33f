// Lets every operation of a conversation fail once.
//
//   EXPECT_EQ(fail_each_operation([] { return my_conversation(); }), 17U);
#pragma once

#include <cstdint>

#include "io/support.hpp"

namespace parlance::io::test {

/// Runs a conversation in simulations in which the first, second, ... operation fails, until one in which
/// there are fewer; returns how many there are. A run whose operation failed must still come to an end, with
/// that io::error or having dealt with it, and must leave nothing behind. The last must succeed.
template <class Conversation>
std::uint64_t fail_each_operation(Conversation conversation, sim_options options = {}) {
  for (options.fail_nth = 1;; ++options.fail_nth) {
    SCOPED_TRACE("failing operation " + std::to_string(options.fail_nth));
    const std::size_t descriptors = open_descriptors();
    std::error_code failed;
    std::uint64_t operations = 0;
    {
      const loop here({.backend = "sim", .sim = options});
      failed = wait(failure_of(conversation()));
      operations = sim_operations();
    }
    EXPECT_EQ(open_descriptors(), descriptors);
    if (operations < options.fail_nth) {
      EXPECT_FALSE(failed) << "nothing was made to fail, and yet: " << failed.message();
      return operations;
    }
  }
}

}  // namespace parlance::io::test
