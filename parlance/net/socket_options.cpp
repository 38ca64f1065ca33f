#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <parlance/io/detail/backend.hpp>
#include <parlance/io/detail/fd_socket.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/net/socket_options.hpp>

namespace parlance::net {

namespace {

struct keepalive_time {
  int option, ours;  // in seconds, or how many
};
constexpr keepalive_time idle{TCP_KEEPIDLE, 60}, interval{TCP_KEEPINTVL, 10}, probes{TCP_KEEPCNT, 6};

int option_of(int fd, int level, int option) noexcept {
  int value = 0;
  socklen_t size = sizeof value;
  ::getsockopt(fd, level, option, &value, &size);
  return value;
}

/// A socket of which nobody has said anything; null where a service may open none.
std::unique_ptr<io::stream_socket> fresh_socket() {
  try {
    return io::loop::current().kernel().open_stream(AF_INET);
  } catch (const io::error&) {
    return nullptr;
  }
}

/// Whether who opened a socket has said what becomes of keepalive. `fresh`: as fresh_socket; -1: none.
bool has_chosen_keepalive(int fd, int fresh) noexcept {
  if (option_of(fd, SOL_SOCKET, SO_KEEPALIVE) != 0) return true;
  return fresh >= 0 &&
         std::ranges::any_of(std::array{idle, interval, probes}, [&](const keepalive_time& time) {
           return option_of(fd, IPPROTO_TCP, time.option) != option_of(fresh, IPPROTO_TCP, time.option);
         });
}

bool is_tcp(int family) noexcept { return family == AF_INET || family == AF_INET6; }

}  // namespace

void prepare_stream_socket(io::socket& socket, int family) noexcept {
  const int fd = socket.native_handle();
  if (fd < 0 || !is_tcp(family)) return;
  // None of these can fail on a TCP socket, and none is worth failing for.
  const auto set = [fd](int level, int option, int value) {
    ::setsockopt(fd, level, option, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  for (const keepalive_time& time : {idle, interval, probes}) set(IPPROTO_TCP, time.option, time.ours);
}

socket_options options_for_callers(const std::vector<int>& listening, const socket_options& wanted) {
  if (std::ranges::none_of(listening, [](int fd) { return is_tcp(io::family_of(fd)); })) return {};
  socket_options given{.no_delay = wanted.no_delay,
                       .keepalive = wanted.keepalive,
                       .keepalive_idle = wanted.keepalive_idle,
                       .keepalive_interval = wanted.keepalive_interval,
                       .keepalive_probes = wanted.keepalive_probes};
  const auto fresh = fresh_socket();
  const auto has_chosen = [&](int fd) {
    return is_tcp(io::family_of(fd)) && has_chosen_keepalive(fd, fresh ? fresh->native_handle() : -1);
  };
  if (std::ranges::none_of(listening, has_chosen)) {
    given.no_delay = wanted.no_delay.value_or(true);
    given.keepalive = wanted.keepalive.value_or(true);
    given.keepalive_idle = wanted.keepalive_idle.value_or(std::chrono::seconds(idle.ours));
    given.keepalive_interval = wanted.keepalive_interval.value_or(std::chrono::seconds(interval.ours));
    given.keepalive_probes = wanted.keepalive_probes.value_or(probes.ours);
  }
  if (fresh) apply(given, *fresh, AF_INET);  // what cannot be set is told at once
  return given;
}

void apply(const socket_options& wanted, io::socket& to, int family) {
  const int fd = to.native_handle();
  if (fd < 0) return;
  const auto put = [fd](const char* name, int level, int option, const void* value, socklen_t size) {
    if (::setsockopt(fd, level, option, value, size) != 0)
      throw io::error(io::from_errno(errno), fmt::format("set {}", name));
  };
  const auto set = [&put](const char* name, int level, int option, const auto& value) {
    if (!value) return;
    if constexpr (sizeof *value > sizeof(int))
      if (!std::in_range<int>(*value)) throw io::error(io::from_errno(EINVAL), fmt::format("set {}", name));
    const auto number = static_cast<int>(*value);
    put(name, level, option, &number, sizeof number);
  };
  const auto seconds = [](const std::optional<std::chrono::seconds>& length) {
    return length ? std::optional(length->count()) : std::nullopt;
  };
  set("SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, wanted.receive_buffer);
  set("SO_SNDBUF", SOL_SOCKET, SO_SNDBUF, wanted.send_buffer);
  set("TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, wanted.no_delay);
  set("SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, wanted.keepalive);
  set("TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, seconds(wanted.keepalive_idle));
  set("TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, seconds(wanted.keepalive_interval));
  set("TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, wanted.keepalive_probes);
  if (wanted.type_of_service && (*wanted.type_of_service < 0 || *wanted.type_of_service > 255))
    throw io::error(io::from_errno(EINVAL), "set IP_TOS");  // the kernel takes the low eight bits
  if (family == AF_INET6) set("IPV6_TCLASS", IPPROTO_IPV6, IPV6_TCLASS, wanted.type_of_service);
  set("IP_TOS", IPPROTO_IP, IP_TOS, wanted.type_of_service);  // an IPv6 socket has callers of IPv4, too
  set("SO_MARK", SOL_SOCKET, SO_MARK, wanted.mark);
  if (!wanted.device.empty())
    put("SO_BINDTODEVICE", SOL_SOCKET, SO_BINDTODEVICE, wanted.device.data(),
        static_cast<socklen_t>(wanted.device.size()));
  if (wanted.hook) wanted.hook(fd);
}

std::optional<tcp_info> tcp_info_of(int descriptor) noexcept {
  tcp_info filled{};
  socklen_t size = sizeof filled;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &filled, &size) != 0) return {};
  return filled;
}

}  // namespace parlance::net
