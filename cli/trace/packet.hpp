// A packet of TCP, as libpcap gives it.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/io/endpoint.hpp>

#include <cli/trace/tcp.hpp>

namespace parlance::cli {

struct captured_packet {
  /// On the clock on the wall.
  std::chrono::nanoseconds at{};
  io::endpoint from, to;
  /// It leaves this machine; what goes from it to itself is only seen as it arrives. `segment.outgoing` is not
  /// set.
  bool leaves = false;
  tcp_segment segment;
  /// Its first bytes.
  std::string payload;
};

/// From the bytes of one behind a head of the "any" interface (DLT_LINUX_SLL), the first of `size` that there were.
/// Nothing: it is no TCP over IP, or is cut before what it carries. Leaves out `at`.
std::optional<captured_packet> read_packet(std::string_view bytes, std::size_t size);

}  // namespace parlance::cli
