// While it lives, what a server takes from outside of its loop is a test's: the wall clock stands until it is told to
// go on, chance follows from a seed, and passwords cost next to nothing.
//
//   controlled_world world(seed);
//   world.go_on(std::chrono::days(30));
//
// The rest of the process is subject to that, too: libsodium's hashing is replaced in the program that this is linked
// into. One at a time, on one thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace parlance::chat::test {

class controlled_world {
 public:
  explicit controlled_world(std::uint64_t seed);
  ~controlled_world();
  controlled_world(const controlled_world&) = delete;
  controlled_world& operator=(const controlled_world&) = delete;

  /// The wall clock goes along with the current loop's from now on, until `stop`: to be called with another loop.
  void start();
  void stop();
  /// Sets it; back, too.
  void go_on(std::chrono::microseconds by);
};

}  // namespace parlance::chat::test
