// The simulated backend: sockets in memory, a clock that jumps to the next thing that happens, and faults by
// a seed.
//
//   io::loop loop{{.backend = "sim", .sim = {.seed = 42, .short_writes = 0.2}}};
//   io::wait(my_test());                    // the same seed: the same run, to the byte
//
// It behaves as Linux does: TCP's half-close, its resets and its backlog, Unix sockets, UDP. A turn of the
// loop takes a microsecond, a wait takes until something is due, and no real time passes. A wait that nothing
// could end throws io::error(errc::deadlock). Every address is a local one, names are looked up in a table,
// and nothing leaves the process; real descriptors are polled once; what `blocking` gives to a worker is done on
// the spot. Memory that runs out inside of it ends the program.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/io/endpoint.hpp>
#include <parlance/io/time.hpp>

namespace parlance::io {

struct sim_options {
  /// Everything that is left to chance follows from this.
  std::uint64_t seed = 0;
  /// Bounds of the one-way delay of each segment.
  duration min_delay = std::chrono::microseconds(10);
  duration max_delay = std::chrono::milliseconds(1);
  /// Probability, for each receive, that it hands out only part of what has arrived.
  double short_reads = 0;
  /// Probability, for each step of a send, that only part of what fits is taken.
  double short_writes = 0;
  /// Probability, for each step of a send or receive, that the connection is reset.
  double resets = 0;
  /// Bytes that one direction of a connection holds before its sender must wait.
  std::size_t buffer = std::size_t{64} * 1024;
  /// The n-th operation that is started (from 1) fails with ECONNRESET, or EMFILE for accept and open; 0:
  /// none does.
  std::uint64_t fail_nth = 0;
  /// What names stand for (ports are of no account): net::resolve gives these, in this order. Any other is
  /// unknown, but for "localhost" and what is below it, which are ::1 and 127.0.0.1 unless in here.
  std::map<std::string, std::vector<endpoint>, std::less<>> names = {};
};

/// How many operations the current loop's simulated backend has started: the bound for `fail_nth`. Throws
/// std::logic_error on any other backend.
std::uint64_t sim_operations();

/// What a name stands for on the current loop's simulated backend; empty when it is unknown. Throws
/// std::logic_error on any other backend.
std::vector<endpoint> sim_look_up(std::string_view host);

}  // namespace parlance::io
