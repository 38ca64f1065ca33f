// Those who were here under a nick and are so no longer: what WHOWAS tells of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include <parlance/chat/core/person.hpp>

namespace parlance::chat {

struct departed {
  std::string nick, user, host, realname, address, account;
  std::int64_t left;  ///< seconds since the Unix epoch
};

/// The last `limit` of them; the oldest are forgotten.
class departures {
 public:
  explicit departures(std::size_t limit) : limit_(limit) {}

  void add(const person& who, std::int64_t left) {
    if (limit_ == 0) return;
    if (all_.size() >= limit_) all_.pop_back();
    all_.push_front({who.nick(), std::string(who.user()), std::string(who.host()), who.realname, who.address,
                     who.account, left});
  }
  /// The newest first.
  const std::deque<departed>& all() const noexcept { return all_; }

 private:
  std::size_t limit_;
  std::deque<departed> all_;
};

}  // namespace parlance::chat
