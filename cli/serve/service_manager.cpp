#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <parlance/io/wait.hpp>

#include <cli/serve/service_manager.hpp>

namespace parlance::cli {
namespace {

std::string taken_from_environment(const char* name) {
  const char* const value = std::getenv(name);
  std::string copy = value ? value : "";
  ::unsetenv(name);
  return copy;
}

std::int64_t number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto [last, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc{} && last == text.data() + text.size() ? number : 0;
}

}  // namespace

service_manager::service_manager() : at_(taken_from_environment("NOTIFY_SOCKET")) {
  const std::string limit = taken_from_environment("WATCHDOG_USEC"),
                    process = taken_from_environment("WATCHDOG_PID");
  if (at_.empty()) return;
  socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (process.empty() || number_in(process) == ::getpid())
    watchdog_ = std::chrono::microseconds(std::max<std::int64_t>(number_in(limit), 0));
}

service_manager::~service_manager() {
  if (socket_ >= 0) ::close(socket_);
}

void service_manager::hand_on() const {
  if (!at_.empty()) ::setenv("NOTIFY_SOCKET", at_.c_str(), 1);
  if (watchdog_ <= io::duration::zero()) return;
  const auto limit = std::chrono::duration_cast<std::chrono::microseconds>(watchdog_);
  ::setenv("WATCHDOG_USEC", std::to_string(limit.count()).c_str(), 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
}

void service_manager::tell(std::string_view assignments) const {
  sockaddr_un to{};
  if (socket_ < 0 || at_.size() >= sizeof to.sun_path) return;
  to.sun_family = AF_UNIX;
  at_.copy(to.sun_path, at_.size());
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + at_.size());
  ::sendto(socket_, assignments.data(), assignments.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&to), size);
}

void service_manager::ready(std::string_view status) const {
  tell(fmt::format("READY=1\nSTATUS={}", status));
}

// A Type=notify-reload wants the time, too.
void service_manager::reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000LL + now.tv_nsec / 1000));
}

void service_manager::stopping() const { tell("STOPPING=1"); }

io::task<void> service_manager::feed_watchdog() const {
  if (watchdog_ <= io::duration::zero()) co_return;
  for (;;) {
    tell("WATCHDOG=1");
    co_await io::sleep(watchdog_ / 2);
  }
}

}  // namespace parlance::cli
