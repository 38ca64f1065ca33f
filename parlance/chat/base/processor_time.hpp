// What work costs this thread.
#pragma once

#include <time.h>

namespace parlance::chat {

/// The seconds of a processor's time that this thread has had.
inline double processor_seconds() noexcept {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace parlance::chat
