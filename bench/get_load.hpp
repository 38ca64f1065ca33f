// What the clients of HTTP that bench/client.sh compares share: their arguments, and what they print.
#pragma once

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <string_view>

#include "histogram.hpp"
#include "loopback.hpp"

namespace bench {

using steady = std::chrono::steady_clock;

/// Whom to ask, how many requests at a time, and for how long.
struct get_load {
  const char* url = nullptr;
  std::size_t at_once = 0;
  std::chrono::duration<double> duration{};

  /// `from`: the first of the three arguments.
  static get_load parse(int argc, char** argv, int from, std::string_view usage) {
    if (argc != from + 3) {
      fmt::print(stderr, "usage: {}\n", usage);
      std::exit(2);
    }
    return {.url = argv[from],
            .at_once = number<std::size_t>(argv[from + 1], 1, 10'000, usage),
            .duration = std::chrono::duration<double>(number<double>(argv[from + 2], 0.01, 3600, usage))};
  }
};

/// The answers that came, and what this process spent on them.
class get_count {
 public:
  explicit get_count(const get_load& of) : of_(of) {}

  bool is_over() const { return steady::now() - begin_ >= of_.duration; }
  void add(steady::time_point asked) { times_.add(steady::now() - asked); }

  /// One line of KEY=VALUE: requests per second, microseconds that half and 99 of 100 of them took, and CPU time of
  /// this process for each.
  void print() const {
    const std::chrono::duration<double> elapsed = steady::now() - begin_;
    const double requests = static_cast<double>(times_.count());
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto cpu = [&](const timeval& after, const timeval& before) {
      return (static_cast<double>(after.tv_sec - before.tv_sec) * 1e6 +
              static_cast<double>(after.tv_usec - before.tv_usec)) /
             requests;
    };
    if (times_.count() == 0) fail("no answer came", ETIMEDOUT);
    fmt::print("requests={} rate={:.0f} p50_us={} p99_us={} cpu_us={:.3f}\n", times_.count(),
               requests / elapsed.count(), times_.percentile(50), times_.percentile(99),
               cpu(used.ru_utime, before_.ru_utime) + cpu(used.ru_stime, before_.ru_stime));
  }

 private:
  static rusage usage_now() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return used;
  }

  const get_load of_;
  const rusage before_ = usage_now();
  const steady::time_point begin_ = steady::now();
  histogram times_;
};

}  // namespace bench
