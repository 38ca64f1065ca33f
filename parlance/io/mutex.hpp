// One at a time, in the order they came: `const io::mutex::guard alone = co_await mutex.lock();`
#pragma once

#include <parlance/io/semaphore.hpp>

namespace parlance::io {

/// For coroutines of one thread: keeps a job of several waits whole. A semaphore with one place, by the names
/// that people look for.
class mutex {
 public:
  /// Unlocks when it goes.
  using guard = semaphore::guard;

  semaphore::acquire_awaiter lock() noexcept { return one_.acquire(); }
  bool locked() const noexcept { return one_.free() == 0; }

 private:
  semaphore one_{1};
};

}  // namespace parlance::io
