// How a server fares, looked at every five seconds, and what it was for the last hour.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

#include <parlance/chat/door/server.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

namespace parlance::cli {

/// What this process has in memory; 0 when the kernel does not tell (proc_pid_statm(5)).
std::uint64_t resident_bytes();

struct sample {
  std::int64_t time = 0;  ///< in seconds since the Unix epoch
  std::size_t people = 0, connections = 0, rooms = 0;
  /// Since the sample before: what was said, and told, in a second, and how late the loop was, in seconds.
  double messages_per_second = 0, deliveries_per_second = 0, loop_lag = 0;
  std::uint64_t resident_bytes = 0;
};

class samples {
 public:
  static constexpr io::duration every = std::chrono::seconds(5);
  static constexpr std::size_t most = 720;

  /// The server outlives it.
  explicit samples(chat::server& of);

  /// Takes them, until it is cancelled.
  io::task<void> keep();
  /// What it is now: since the last of `all`.
  sample now();
  /// The oldest first.
  const std::deque<sample>& all() const noexcept { return all_; }

 private:
  struct counts {
    io::time_point at;
    std::uint64_t messages = 0, deliveries = 0, lags = 0, lag_nanoseconds = 0;
  };
  counts count() const;

  chat::server& server_;
  std::deque<sample> all_;
  counts before_;
};

}  // namespace parlance::cli
