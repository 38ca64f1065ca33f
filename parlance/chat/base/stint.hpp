// How long somebody has been served in this turn of the loop, so that the others come to their turn.
#pragma once

#include <chrono>

#include <parlance/io/loop.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

class stint {
 public:
  /// It has been served for longer than `most`. It begins anew with each turn of the loop.
  bool is_over(io::duration most) noexcept {
    const io::time_point now = std::chrono::steady_clock::now();
    if (began_ < io::loop::current().now()) began_ = now;
    return now - began_ > most;
  }

 private:
  io::time_point began_{};
};

}  // namespace parlance::chat
