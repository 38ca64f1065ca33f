// Whether somebody answers at ports: `connect -z`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <parlance/io/task.hpp>
#include <parlance/net/connect.hpp>

namespace parlance::cli {

struct port_check {
  /// A name or a numeric address, without brackets; empty: this machine.
  std::string host;
  std::vector<std::uint16_t> ports;
  /// Whether TLS belongs to an answer, by which way, and how long to wait for one.
  net::connect_options how;
  /// Ports that do not answer are told of, too, and why.
  bool verbose = false;
  bool quiet = false;
};

/// Connects to each port, 64 at a time, closes at once, and prints a line on stdout for each that answers, in
/// the order of the ports. True: all did. Throws io::error when the host is not found, or cancelled.
io::task<bool> all_answer(port_check asked);

}  // namespace parlance::cli
