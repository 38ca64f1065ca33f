// From one stream into another: what a forwarder, a proxy or a tunnel does.
//
//   net::stream server = co_await net::connect("db.internal:5432");
//   co_await net::relay(caller, server);                     // until both have ended their sides
//
//   std::uint64_t size = co_await net::pump(from, to, {.half_close = true});   // one way
//
// One receive is under way at a time, and what it brings is sent before the next: who takes slowly is who
// gives slowly, and nothing piles up here. Both streams must outlive the call, and are not moved meanwhile;
// anybody may close or abort them. They stay open afterwards, unless it is said otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::net {

struct pump_options {
  /// When `from` has ended its side, end ours of `to`, which may still answer.
  bool half_close = false;
  /// `from` may be silent for so long; then errc::timed_out. How long `to` may take nothing is its own send
  /// timeout.
  io::duration idle = io::unlimited;
  /// Told each time that some bytes have gone, and how many. Must not throw.
  std::function<void(std::size_t)> progress = {};
};

/// Copies until `from` ends its side, and gives how many bytes went. Throws what the streams throw, with
/// bytes_sent() of the whole. When it is cancelled, times out or `to` fails, nothing is lost: what was
/// received and not sent goes back to `from`. When it is destroyed while it sends, what it was sending is.
/// Whoever gives up then aborts `to`: closed between two pieces, it would take what it has for the whole. So it
/// does at a Unix socket, which has no reset (see stream::abort): there the length must be known otherwise.
io::task<std::uint64_t> pump(stream& from, stream& to, pump_options options = {});

/// Bytes each way.
struct relayed {
  std::uint64_t a_to_b = 0, b_to_a = 0;
};

struct relay_options {
  /// Neither way may bring anything for so long; then errc::timed_out. A download is not cut because its
  /// reader says nothing meanwhile, nor because it takes slowly: how long a side may take nothing is its own
  /// send timeout.
  io::duration idle = io::unlimited;
  /// Kept up to date when it is not null, for those who are cancelled.
  relayed* so_far = nullptr;
};

/// Pumps both ways, and passes on each side's end, until both have ended. When one way fails, or nothing
/// comes for too long, the other is given up, each side that was not told the other's end is aborted, lest it
/// takes what it has for the whole (a Unix socket does: see stream::abort), and the failure is thrown.
/// Cancelled it leaves both open, to go on with or to abort, and nothing is lost; destroyed too, but for what
/// it was sending.
io::task<relayed> relay(stream& a, stream& b, relay_options options = {});

}  // namespace parlance::net
