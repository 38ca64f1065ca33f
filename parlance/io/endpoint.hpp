// Where one end of a conversation is: an IPv4 or IPv6 address with a port, or the path of a Unix socket. What
// the kernel calls a sockaddr. Names of hosts are net::address's business.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::io {

class endpoint {
 public:
  /// Of no family.
  endpoint() noexcept { storage_.any.sa_family = AF_UNSPEC; }
  /// A copy of what the kernel filled in. `size` bytes, at most sizeof(sockaddr_un).
  endpoint(const sockaddr* from, socklen_t size) noexcept;

  static endpoint ipv4(std::array<std::uint8_t, 4> address, std::uint16_t port) noexcept;
  static endpoint ipv6(std::array<std::uint8_t, 16> address, std::uint16_t port,
                       std::uint32_t scope_id = 0) noexcept;
  /// The address must be numeric: "127.0.0.1", "::1", "fe80::1%eth0". Empty when it is not.
  static std::optional<endpoint> parse_ip(std::string_view address, std::uint16_t port);
  /// A path in the file system, or an abstract name when it starts with '@', which may have zero bytes in it
  /// (unix(7)). Throws io::error naming the path: ENAMETOOLONG, with the limit of 107 bytes; EINVAL when it
  /// is empty, or a path with a zero byte, at which it would end.
  static endpoint unix_path(std::string_view path);

  int family() const noexcept { return storage_.any.sa_family; }
  /// 0 for a Unix socket.
  std::uint16_t port() const noexcept;
  void set_port(std::uint16_t port) noexcept;
  /// Empty for IP; an abstract name starts with '@'.
  std::string path() const;
  /// The address without the port: "127.0.0.1", "::1"; an IPv4-mapped IPv6 address reads as IPv4. Of a Unix
  /// socket the path, with control characters as "\x0a", here and in to_string.
  std::string address() const;
  bool is_loopback() const noexcept;
  /// "127.0.0.1:8000", "[::1]:8000", "unix:/run/x"; "a Unix socket" for one without a name, as callers have
  /// none, and "nowhere" without a family.
  std::string to_string() const;

  const sockaddr* data() const noexcept { return &storage_.any; }
  sockaddr* data() noexcept { return &storage_.any; }
  socklen_t size() const noexcept { return size_; }
  static constexpr socklen_t capacity = sizeof(sockaddr_un);
  /// After the kernel wrote through data().
  void resize(socklen_t size) noexcept { size_ = size < capacity ? size : capacity; }

  friend bool operator==(const endpoint& a, const endpoint& b) noexcept;

 private:
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_un local;
  } storage_{};
  socklen_t size_ = sizeof(sa_family_t);
};

}  // namespace parlance::io
