// Those who were here under a nick and are so no longer: what WHOWAS tells of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include <parlance/chat/base/limits.hpp>
#include <parlance/chat/core/person.hpp>

namespace parlance::chat {

struct departed {
  std::string nick, user, host, realname, address;
  author its;
  std::int64_t left;  ///< seconds since the Unix epoch
};

/// The last limits::whowas of them; the oldest are forgotten.
class departures {
 public:
  /// They outlive it.
  explicit departures(const limits& bounds) noexcept : bounds_(bounds) {}

  /// `at`: the history's place.
  void add(const person& who, std::int64_t left, entry_id at) {
    if (bounds_.whowas == 0) return;
    all_.push_front({who.nick(), std::string(who.user()), std::string(who.host()), who.realname, who.address,
                     author_of(who.as_source(), at), left});
    settle();
  }
  /// The limit may have become less.
  void settle() {
    if (all_.size() > bounds_.whowas) all_.resize(bounds_.whowas);
  }
  void forget(const auto& are_meant) {
    std::erase_if(all_, [&](const departed& one) { return are_meant(one.its); });
  }
  /// The newest first.
  const std::deque<departed>& all() const noexcept { return all_; }

 private:
  const limits& bounds_;
  std::deque<departed> all_;
};

}  // namespace parlance::chat
