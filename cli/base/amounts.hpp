// How long, how many and how fast, for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <parlance/io/time.hpp>

namespace parlance::cli {

/// "1.25 s", "3 ms".
std::string in_words(io::duration length);

/// "1 byte", "2 bytes".
std::string in_words(std::uint64_t number, std::string_view unit);

/// "1.6 GB/s".
std::string rate(std::uint64_t bytes, io::duration length);

/// "sent 5 bytes (5 B/s), received 10 bytes (10 B/s) in 1.004 s".
struct tally {
  std::uint64_t sent = 0, received = 0;
  io::time_point since;

  tally();
  std::string with_rates() const;
  /// "after 1.004 s, 5 bytes sent and 10 received": to go on with after a reason.
  std::string so_far() const;
};

}  // namespace parlance::cli
