// How fast callers may say something: each at a rate, after a burst (the generic cell rate algorithm, ITU-T
// I.371: one point in time instead of a counter and a clock). The bursts are their network's, too: whoever
// hangs up and calls again has not got another one. One thread.
//
//   io::time_point free_from = bursts.take(network, bounds, now);      // of a connection
//   free_from = after_message(free_from, cost, bounds, now);           // and it may go on then
//   bursts.give_back(network, free_from, bounds, now);                 // it has gone
#pragma once

#include <cstddef>
#include <unordered_map>

#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/base/limits.hpp>
#include <parlance/chat/base/network.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

/// When somebody may go on who said something at `now` that cost so many messages, and was free from then on.
io::time_point after_message(io::time_point free_from, double cost, const limits& bounds,
                             io::time_point now) noexcept;

class network_bursts {
 public:
  /// From when on a new connection from a household, which has just begun to say something, may: some time
  /// ago, for what it may say at once, or in a second at most. All the connections that an address may have,
  /// used up and made again and again, say hardly more than if they had stayed.
  io::time_point take(const network& household, const limits& bounds, io::time_point now);
  /// What a connection that goes has not used.
  void give_back(const network& household, io::time_point free_from, const limits& bounds,
                 io::time_point now) noexcept;
  /// Of how many something is remembered.
  std::size_t size() const noexcept { return left_.size(); }

 private:
  std::unordered_map<network, budget, network_hash> left_;
};

}  // namespace parlance::chat
