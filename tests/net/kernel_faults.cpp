#include "net/kernel_faults.hpp"

#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace parlance::net::test {
namespace {

kernel_faults* current = nullptr;

int take_next(std::vector<int>& failures) {
  if (failures.empty()) return 0;
  const int next = failures.front();
  failures.erase(failures.begin());
  return next;
}

int next_accept_failure() {
  if (!current) return 0;
  ++current->accepted;
  if (current->every_accept) return current->every_accept;
  return take_next(current->accepts);
}

int next_bind_failure(int family) {
  if (!current) return 0;
  if (family == AF_INET6) return current->ipv6_binds;
  return family == AF_INET ? take_next(current->ipv4_binds) : 0;
}

int failed(int number) noexcept {
  errno = number;
  return -1;
}

}  // namespace

kernel_faults::kernel_faults() noexcept { current = this; }
kernel_faults::~kernel_faults() { current = nullptr; }

}  // namespace parlance::net::test

using parlance::net::test::current;

extern "C" int accept4(int fd, sockaddr* from, socklen_t* size, int flags) {
  if (const int number = parlance::net::test::next_accept_failure())
    return parlance::net::test::failed(number);
  return static_cast<int>(::syscall(SYS_accept4, fd, from, size, flags));
}

extern "C" int socket(int family, int type, int protocol) noexcept {
  if (current && family == AF_INET6 && current->ipv6_sockets)
    return parlance::net::test::failed(current->ipv6_sockets);
  const int fd = static_cast<int>(::syscall(SYS_socket, family, type, protocol));
  constexpr int on = 1;
  if (fd >= 0 && current && family == AF_INET6 && current->ipv6_only)
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (fd >= 0 && current && family == AF_INET && current->own_port) {
    const sockaddr_in own{.sin_family = AF_INET,
                          .sin_port = htons(current->own_port),
                          .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
                          .sin_zero = {}};
    ::syscall(SYS_bind, fd, &own, sizeof own);
  }
  return fd;
}

extern "C" int bind(int fd, const sockaddr* to, socklen_t size) noexcept {
  if (const int number = parlance::net::test::next_bind_failure(to->sa_family))
    return parlance::net::test::failed(number);
  return static_cast<int>(::syscall(SYS_bind, fd, to, size));
}

// Not every machine's localhost has both addresses, and what is tested of names that have several needs one.
extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** found) {
  static const auto real = reinterpret_cast<decltype(&::getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  if (current && current->look_ups_by_family && hints && hints->ai_flags & AI_ADDRCONFIG) {
    ++current->looked_up;
    return current->look_ups_by_family;
  }
  if (!host || std::string_view(host) != "localhost") return real(host, service, hints, found);
  if (const int failed = real("::1", service, hints, found)) return failed;
  return real("127.0.0.1", service, hints, &(*found)->ai_next);
}
