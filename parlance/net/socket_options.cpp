#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

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

std::optional<tcp_info> tcp_info_of(int descriptor) noexcept {
  tcp_info filled{};
  socklen_t size = sizeof filled;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &filled, &size) != 0) return {};
  return filled;
}

}  // namespace parlance::net
