#include <arpa/inet.h>
#include <fmt/core.h>
#include <net/if.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>

#include <parlance/io/endpoint.hpp>
#include <parlance/io/error.hpp>

namespace parlance::io {
namespace {

/// A Unix socket's name is whatever its owner chose: it goes into one line of a log, and not out of it.
std::string in_one_line(std::string_view path) {
  std::string text;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      text += fmt::format("\\x{:02x}", byte);
    else
      text += c;
  }
  return text;
}

}  // namespace

endpoint::endpoint(const sockaddr* from, socklen_t size) noexcept {
  resize(size);
  std::memcpy(&storage_, from, size_);
}

endpoint endpoint::ipv4(std::array<std::uint8_t, 4> address, std::uint16_t port) noexcept {
  endpoint e;
  e.storage_.v4 = {};
  e.storage_.v4.sin_family = AF_INET;
  e.storage_.v4.sin_port = htons(port);
  std::memcpy(&e.storage_.v4.sin_addr, address.data(), address.size());
  e.size_ = sizeof(sockaddr_in);
  return e;
}

endpoint endpoint::ipv6(std::array<std::uint8_t, 16> address, std::uint16_t port,
                        std::uint32_t scope_id) noexcept {
  endpoint e;
  e.storage_.v6 = {};
  e.storage_.v6.sin6_family = AF_INET6;
  e.storage_.v6.sin6_port = htons(port);
  e.storage_.v6.sin6_scope_id = scope_id;
  std::memcpy(&e.storage_.v6.sin6_addr, address.data(), address.size());
  e.size_ = sizeof(sockaddr_in6);
  return e;
}

std::optional<endpoint> endpoint::parse_ip(std::string_view address, std::uint16_t port) {
  std::uint32_t scope_id = 0;
  std::string text(address);
  if (text.find('\0') != std::string::npos) return std::nullopt;
  if (const std::size_t percent = text.find('%'); percent != std::string::npos) {
    const std::string zone = text.substr(percent + 1);
    text.resize(percent);
    scope_id = if_nametoindex(zone.c_str());
    if (scope_id == 0) {
      const char* const end = zone.data() + zone.size();
      const auto [last, failed] = std::from_chars(zone.data(), end, scope_id);
      if (failed != std::errc{} || last != end || scope_id == 0) return std::nullopt;
    }
  }
  std::array<std::uint8_t, 4> v4;
  if (scope_id == 0 && inet_pton(AF_INET, text.c_str(), v4.data()) == 1) return ipv4(v4, port);
  std::array<std::uint8_t, 16> v6;
  if (inet_pton(AF_INET6, text.c_str(), v6.data()) == 1) return ipv6(v6, port, scope_id);
  return std::nullopt;
}

endpoint endpoint::unix_path(std::string_view path) {
  const auto refuse = [&](int number, std::string_view why) {
    throw error(from_errno(number), "use unix:" + in_one_line(path), why);
  };
  constexpr std::size_t limit = sizeof(sockaddr_un::sun_path) - 1;
  if (path.empty()) refuse(EINVAL, "the path is empty");
  if (path.size() > limit)
    refuse(ENAMETOOLONG,
           fmt::format("the path has {} bytes and a Unix socket's may have {}", path.size(), limit));
  const bool abstract = path[0] == '@';
  if (!abstract && path.contains('\0')) refuse(EINVAL, "the path has a zero byte in it");
  endpoint e;
  e.storage_.local = {};
  e.storage_.local.sun_family = AF_UNIX;
  std::memcpy(e.storage_.local.sun_path, path.data(), path.size());
  if (abstract) e.storage_.local.sun_path[0] = '\0';
  e.size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
  return e;
}

std::uint16_t endpoint::port() const noexcept {
  if (family() == AF_INET) return ntohs(storage_.v4.sin_port);
  if (family() == AF_INET6) return ntohs(storage_.v6.sin6_port);
  return 0;
}

void endpoint::set_port(std::uint16_t port) noexcept {
  if (family() == AF_INET) storage_.v4.sin_port = htons(port);
  if (family() == AF_INET6) storage_.v6.sin6_port = htons(port);
}

std::string endpoint::path() const {
  if (family() != AF_UNIX || size_ <= offsetof(sockaddr_un, sun_path)) return {};
  const std::size_t length = size_ - offsetof(sockaddr_un, sun_path);
  if (storage_.local.sun_path[0] == '\0') return "@" + std::string(storage_.local.sun_path + 1, length - 1);
  return {storage_.local.sun_path, strnlen(storage_.local.sun_path, length)};
}

std::string endpoint::address() const {
  char text[INET6_ADDRSTRLEN];
  if (family() == AF_INET) return inet_ntop(AF_INET, &storage_.v4.sin_addr, text, sizeof text);
  if (family() != AF_INET6) return in_one_line(path());
  const in6_addr& v6 = storage_.v6.sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return inet_ntop(AF_INET, &v6.s6_addr[12], text, sizeof text);
  std::string address = inet_ntop(AF_INET6, &v6, text, sizeof text);
  if (storage_.v6.sin6_scope_id != 0) {
    char name[IF_NAMESIZE];
    address += '%';
    address +=
        if_indextoname(storage_.v6.sin6_scope_id, name) ? name : std::to_string(storage_.v6.sin6_scope_id);
  }
  return address;
}

bool endpoint::is_loopback() const noexcept {
  if (family() == AF_UNIX) return true;
  if (family() == AF_INET) return (ntohl(storage_.v4.sin_addr.s_addr) >> 24) == 127;
  if (family() != AF_INET6) return false;
  const in6_addr& v6 = storage_.v6.sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

std::string endpoint::to_string() const {
  if (family() == AF_UNIX) {
    const std::string name = address();
    return name.empty() ? "a Unix socket" : "unix:" + name;
  }
  if (family() == AF_UNSPEC) return "nowhere";
  const std::string host = address();
  const bool brackets = host.find(':') != std::string::npos;
  return brackets ? fmt::format("[{}]:{}", host, port()) : fmt::format("{}:{}", host, port());
}

bool operator==(const endpoint& a, const endpoint& b) noexcept {
  return a.size_ == b.size_ && std::memcmp(&a.storage_, &b.storage_, a.size_) == 0;
}

}  // namespace parlance::io
