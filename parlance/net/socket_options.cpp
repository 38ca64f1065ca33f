#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/net/socket_options.hpp>

namespace parlance::net {

void prepare_stream_socket(io::socket& socket, int family) noexcept {
  const int fd = socket.native_handle();
  if (fd < 0 || (family != AF_INET && family != AF_INET6)) return;
  // None of these can fail on a TCP socket, and none is worth failing for.
  const auto set = [fd](int level, int option, int value) {
    ::setsockopt(fd, level, option, &value, sizeof value);
  };
  constexpr int idle = 60, interval = 10, probes = 6;
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, idle);
  set(IPPROTO_TCP, TCP_KEEPINTVL, interval);
  set(IPPROTO_TCP, TCP_KEEPCNT, probes);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, (idle + interval * probes) * 1000);
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
