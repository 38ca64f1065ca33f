// What a server counts about itself, for those who watch it: rendered as Prometheus reads it (text exposition
// format 0.0.4).
//
//   chat::metrics counted;
//   counted.messages_in.add();
//   counted.commit_time.observe(took);
//   std::string page;
//   counted.render(page);          // Content-Type: chat::metrics::content_type
//
// Each number has one writer, the thread that it belongs to, for which adding is adding to an integer: no
// locked instruction. Any thread may read. A server of several loops gives each loop metrics of its own, and
// renders their sum.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace parlance::chat {

/// Only ever grows.
class counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// How many there are now.
class gauge {
 public:
  void set(std::int64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
  void add(std::int64_t n = 1) noexcept { set(value() + n); }
  void sub(std::int64_t n = 1) noexcept { set(value() - n); }
  std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// How often a duration fell between which bounds: 100 us to 10 s, in steps of 1, 2.5 and 5.
class histogram {
 public:
  using duration = std::chrono::nanoseconds;
  static constexpr std::array<duration, 16> bounds = {
      std::chrono::microseconds(100),  std::chrono::microseconds(250),  std::chrono::microseconds(500),
      std::chrono::milliseconds(1),    std::chrono::microseconds(2500), std::chrono::milliseconds(5),
      std::chrono::milliseconds(10),   std::chrono::milliseconds(25),   std::chrono::milliseconds(50),
      std::chrono::milliseconds(100),  std::chrono::milliseconds(250),  std::chrono::milliseconds(500),
      std::chrono::milliseconds(1000), std::chrono::milliseconds(2500), std::chrono::milliseconds(5000),
      std::chrono::milliseconds(10000)};

  /// A bound belongs to the bucket below it. A negative duration, which a clock can give, counts as none.
  void observe(duration took) noexcept {
    if (took < duration::zero()) took = duration::zero();
    std::size_t i = 0;
    while (i < bounds.size() && took > bounds[i]) ++i;
    buckets_[i].add();
    nanoseconds_.add(static_cast<std::uint64_t>(took.count()));
  }

  /// Of the bucket `i`, not of those below it; the last has no upper bound.
  std::uint64_t bucket(std::size_t i) const noexcept { return buckets_[i].value(); }
  std::uint64_t nanoseconds() const noexcept { return nanoseconds_.value(); }

 private:
  std::array<counter, bounds.size() + 1> buckets_;
  counter nanoseconds_;
};

/// What a connection speaks, as the metrics tell it.
enum class protocol : unsigned char { unknown, plain, irc, websocket, http };
inline constexpr std::array<std::string_view, 5> protocol_names = {"unknown", "plain", "irc", "websocket",
                                                                   "http"};
inline constexpr std::size_t protocol_count = protocol_names.size();

struct metrics {
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

  // Who is there.
  gauge members;
  gauge rooms;
  std::array<gauge, protocol_count> connections;  ///< by protocol
  gauge tls_connections;
  counter accepted;
  counter refused;  ///< by a limit of connections
  counter logins;
  counter failed_logins;
  counter registrations;  ///< accounts made

  // What is said.
  counter messages_in;  ///< that somebody said, and the hub took
  counter deliveries;   ///< a message, times those who were told it
  counter bytes_in;
  counter bytes_out;
  counter rate_limited;  ///< messages that had to wait for their sender's rate
  counter refused_commands;
  counter filtered;  ///< that a filter was found in

  // What is slow or broken.
  gauge queued_bytes;  ///< in the send queues of members
  counter dropped_sendq;
  counter dropped_silent;   ///< ping or registration timeouts
  counter errors;           ///< that were not expected
  histogram loop_lag;       ///< how late a timer fires
  histogram delivery_time;  ///< from a message's arrival until it is queued for everybody

  // What is kept.
  gauge history_rows;
  counter history_pruned;
  counter history_queries;
  counter uploads;       ///< files that were put up
  counter upload_bytes;  ///< of them
  counter searches;
  counter search_errors;
  gauge search_messages;  ///< in the index
  gauge search_bytes;     ///< of its file
  counter commits;
  counter store_errors;
  histogram commit_time;
  histogram search_time;  ///< with the wait for those before it

  /// Appends all of it. `parts`: the metrics of each loop, which are summed.
  static void render(std::span<const metrics* const> parts, std::string& out);
  void render(std::string& out) const {
    const metrics* const self = this;
    render({&self, 1}, out);
  }
};

/// Appends what the kernel knows of this process, under the names that every Prometheus client gives it: CPU
/// time, memory, descriptors, start time. What /proc does not tell is left out.
void render_process(std::string& out);

}  // namespace parlance::chat
