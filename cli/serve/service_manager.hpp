// What a service manager is told, as systemd's sd_notify(3) has it: that the server is ready, that it reads its
// configuration, that it ends, and, for the watchdog, that its loop still turns. Without $NOTIFY_SOCKET nothing is
// told to anybody.
#pragma once

#include <string>
#include <string_view>

#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

namespace parlance::cli {

class service_manager {
 public:
  /// Takes $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID out of the environment, so that no child takes them
  /// for its own.
  service_manager();
  ~service_manager();
  service_manager(const service_manager&) = delete;
  service_manager& operator=(const service_manager&) = delete;

  void ready(std::string_view status) const;
  void reloading() const;
  void stopping() const;
  /// Puts back what the constructor took, for the program that takes this one's place.
  void hand_on() const;
  /// Tells the watchdog, twice in the time that it allows, until it is cancelled.
  io::task<void> feed_watchdog() const;

 private:
  void tell(std::string_view assignments) const;

  std::string at_;
  int socket_ = -1;
  io::duration watchdog_{};  // 0: there is none
};

}  // namespace parlance::cli
