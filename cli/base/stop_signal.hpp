// What whoever runs a verb ends it with.
#pragma once

#include <csignal>

#include <parlance/io/scope.hpp>
#include <parlance/io/signals.hpp>
#include <parlance/io/task.hpp>

namespace parlance::cli {

/// SIGINT, SIGTERM and SIGHUP, which wait for somebody to ask from the beginning on. It outlives the scope.
class stop_signal {
 public:
  /// Waits for one, which cancels `work`.
  io::task<void> cancels(io::scope& work) {
    co_await signals_.next();
    came_ = true;
    work.cancel();
  }
  bool came() const noexcept { return came_; }

 private:
  io::signals signals_{SIGINT, SIGTERM, SIGHUP};
  bool came_ = false;
};

}  // namespace parlance::cli
