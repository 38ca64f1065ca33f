// How fast people may come in from one address: who connects anew without end is told to wait (limits::arrivals).
#pragma once

#include <string>
#include <unordered_map>

#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/base/network.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

class hub;
class client;

class arrivals {
 public:
  /// Counts one of `most` at once, then one a second. False: that would be one too many.
  bool take(const network& household, std::size_t most, io::time_point now);
  /// Of how many something is remembered.
  std::size_t size() const noexcept { return of_.size(); }

 private:
  std::unordered_map<network, budget, network_hash> of_;
};

/// Why who is about to come in may not just now; empty: it may, and is counted.
std::string why_too_soon(hub& of, const client& who);

}  // namespace parlance::chat
