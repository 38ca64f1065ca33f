// What joins a room to programs elsewhere by HTTP: an incoming webhook says there what is posted to its address
// (web/hooks.hpp), an outgoing one posts what is said there to another's (web/hook_sender.hpp). It belongs to its room, is
// kept with it, and ends with it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace parlance::chat {

struct hook {
  std::string id;         ///< no secret
  std::string name;       ///< whom it speaks as, without its mark (hook_nick)
  std::string by;         ///< who has made it: an account, or a nick
  std::int64_t made = 0;  ///< in seconds since the Unix epoch
  /// An incoming one: what tells whether somebody has its token.
  std::string digest = {};
  /// An outgoing one: where it posts, and by what the other knows that it is this one.
  std::string url = {}, secret = {};
  /// An outgoing one: only what begins with one of these words, in small letters; empty: everything.
  std::vector<std::string> words = {};
  /// An outgoing one posts no more, for this reason; empty: it does.
  std::string failure = {};

  bool is_outgoing() const noexcept { return !url.empty(); }
};

}  // namespace parlance::chat
