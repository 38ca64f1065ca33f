#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/net/datagram.hpp>
#include <parlance/net/detail/in_use.hpp>
#include <parlance/net/error.hpp>

namespace parlance::net {
namespace {

constexpr std::size_t most_received = 65535;
constexpr std::size_t most_in_one = 65507;  // 65535 less the IPv4 and the UDP header
constexpr std::size_t most_segments = 64;   // UDP_MAX_SEGMENTS, of the kernels that had the fewest

std::unique_ptr<io::datagram_socket> open(const endpoint& e) {
  std::unique_ptr<io::datagram_socket> socket = io::loop::current().kernel().open_datagram(e.family());
  constexpr int off = 0;
  if (e.family() == AF_INET6 && socket->native_handle() >= 0)
    ::setsockopt(socket->native_handle(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  return socket;
}

/// How a socket of both families names an IPv4 address (RFC 4291, section 2.5.5.2).
endpoint map_into_ipv6(const endpoint& v4) {
  std::array<std::uint8_t, 16> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::memcpy(mapped.data() + 12, &reinterpret_cast<const sockaddr_in*>(v4.data())->sin_addr, 4);
  return endpoint::ipv6(mapped, v4.port());
}

}  // namespace

namespace {

constexpr int all_groups_of_ipv6 = 29;  // IPV6_MULTICAST_ALL, which glibc does not name yet

/// Linux hands a socket what any other has joined, too, of both families where it is of both.
void hear_joined_groups_only(int fd) noexcept {
  constexpr int no = 0;
  ::setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &no, sizeof no);
  ::setsockopt(fd, IPPROTO_IPV6, all_groups_of_ipv6, &no, sizeof no);  // fails on one of IPv4
}

}  // namespace

datagram_socket::open_socket::open_socket(std::unique_ptr<io::datagram_socket> bound)
    : buffer(std::make_unique_for_overwrite<char[]>(most_received)),
      socket(std::move(bound)),
      with_details(socket->local().family() != AF_UNIX) {
  if (socket->native_handle() >= 0 && with_details) hear_joined_groups_only(socket->native_handle());
}

endpoint datagram_socket::open_socket::remote() const { return socket ? socket->remote() : endpoint(); }

std::string datagram_socket::open_socket::receiving() const {
  const endpoint peer = remote();
  return peer.family() == AF_UNSPEC ? "receive at " + socket->local().to_string()
                                    : "receive from " + peer.to_string();
}

endpoint datagram_socket::open_socket::seen_from_here(const endpoint& to) const {
  const bool mapped = to.family() == AF_INET && socket->local().family() == AF_INET6;
  return mapped ? map_into_ipv6(to) : to;
}

datagram_socket::datagram_socket(std::unique_ptr<io::datagram_socket> bound)
    : its_(std::make_shared<open_socket>(std::move(bound))) {}
datagram_socket::datagram_socket(datagram_socket&&) noexcept = default;
datagram_socket& datagram_socket::operator=(datagram_socket&& other) noexcept {
  if (this == &other) return *this;
  if (its_) its_->socket.reset();
  its_ = std::move(other.its_);
  return *this;
}
datagram_socket::~datagram_socket() {
  if (its_) its_->socket.reset();
}

const std::shared_ptr<datagram_socket::open_socket>& datagram_socket::opened() const {
  if (!its_) throw io::error(errc::closed, "use a datagram socket");
  return its_;
}

io::task<datagram> datagram_socket::recv_from() {
  const std::shared_ptr<open_socket> its = opened();
  io::recv_from_operation receiving(*its->socket, std::span(its->buffer.get(), most_received),
                                    its->with_details);
  co_await receiving;
  if (!its->socket) throw io::error(io::errc::cancelled, "receive at a closed socket");
  if (receiving.error) throw io::error(receiving.error, its->receiving());
  io::datagram_details& details = receiving.details;
  if (details.to.family() != AF_UNSPEC) details.to.set_port(its->socket->local().port());
  co_return datagram{.data = {its->buffer.get(), receiving.size},
                     .from = receiving.from,
                     .truncated = receiving.truncated,
                     .to = details.to,
                     .interface_index = details.interface_index,
                     .segment_size = details.segment_size};
}

io::task<void> datagram_socket::send_to(std::string_view data, endpoint to) {
  io::send_to_operation sending(*opened()->socket, data, opened()->seen_from_here(to));
  co_await sending;
  if (sending.error) throw io::error(sending.error, "send to " + to.to_string());
}

io::task<void> datagram_socket::send(std::string_view data) {
  const std::shared_ptr<open_socket> its = opened();
  io::send_to_operation sending(*its->socket, data, {});
  co_await sending;
  if (sending.error) throw io::error(sending.error, "send to " + its->remote().to_string());
}

namespace {

/// Whether it may be that they can only go one by one: the kernel or the device does not know how, or they
/// are longer than a packet.
bool is_failure_of_segmentation(const std::error_code& why) noexcept {
  for (const int number : {EINVAL, EIO, EMSGSIZE, EOPNOTSUPP, ENOPROTOOPT})
    if (why == io::from_errno(number)) return true;
  return false;
}

}  // namespace

io::task<void> datagram_socket::send_many(std::string_view data, std::size_t size, endpoint to) {
  const std::shared_ptr<open_socket> its = opened();
  const auto fail = [&](std::error_code why, std::size_t sent) {
    const endpoint whom = to.family() == AF_UNSPEC ? its->remote() : to;
    throw io::error(why, "send to " + whom.to_string()).sent(sent);
  };
  if (size == 0) fail(io::from_errno(EINVAL), 0);
  const int family = its->socket->local().family();
  const bool of_kernel = its->socket->native_handle() >= 0 && (family == AF_INET || family == AF_INET6);
  std::size_t at_once = of_kernel ? std::clamp(most_in_one / size, std::size_t{1}, most_segments) : 1;
  const endpoint whom = its->seen_from_here(to);
  for (std::size_t sent = 0; sent < data.size();) {
    const std::string_view next = data.substr(sent, at_once * size);
    const bool several = next.size() > size;
    if (!its->socket) fail(io::errc::cancelled, sent);
    io::send_to_operation sending(*its->socket, next, whom, several ? static_cast<std::uint16_t>(size) : 0);
    co_await sending;
    if (!sending.error)
      sent += next.size();
    else if (several && is_failure_of_segmentation(sending.error))
      at_once = 1;
    else
      fail(sending.error, sent + (sending.has_gone ? next.size() : 0));
  }
}

endpoint datagram_socket::local() const { return its_ ? its_->socket->local() : endpoint(); }
endpoint datagram_socket::remote() const { return its_ ? its_->remote() : endpoint(); }

namespace {

/// Nothing comes before it is as it shall be.
datagram_socket bound_to(const endpoint& at) {
  std::unique_ptr<io::datagram_socket> socket = open(at);
  io::datagram_socket& bound = *socket;
  datagram_socket ready(std::move(socket));
  bound.bind(at);
  return ready;
}

io::task<datagram_socket> bind_once(const address& where) {
  const std::vector<endpoint> endpoints = co_await resolve(where, true);
  try {
    co_return bound_to(endpoints.front());
  } catch (const io::error& e) {
    const bool no_ipv6 =
        e.code() == std::errc::address_family_not_supported || e.code() == std::errc::address_not_available;
    if (!where.host.empty() || !no_ipv6) throw;
  }
  co_return bound_to(endpoint::ipv4({}, where.port));
}

}  // namespace

io::task<datagram_socket> bind_datagram(std::string at, io::duration patience,
                                        std::function<void(std::string_view)> on_wait) {
  const address where = address::parse(at);
  if (!on_wait) on_wait = [](std::string_view) {};
  co_return co_await while_in_use(patience, std::move(on_wait), [&] { return bind_once(where); });
}

namespace {

/// Groups of one interface or network cannot be bound to without naming that.
endpoint on_interface(endpoint group, const std::string& interface) {
  if (interface.empty() || group.family() != AF_INET6) return group;
  reinterpret_cast<sockaddr_in6*>(group.data())->sin6_scope_id = ::if_nametoindex(interface.c_str());
  return group;
}

}  // namespace

io::task<datagram_socket> bind_group(std::string group, std::string interface) {
  const std::vector<endpoint> endpoints = co_await resolve(address::parse(group), true);
  const endpoint where = on_interface(endpoints.front(), interface);
  std::unique_ptr<io::datagram_socket> socket = open(where);
  constexpr int on = 1;
  if (socket->native_handle() >= 0)
    ::setsockopt(socket->native_handle(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  io::datagram_socket& bound = *socket;
  datagram_socket joined(std::move(socket));
  joined.join(where, interface);
  if (!interface.empty()) joined.set_multicast_interface(interface);
  bound.bind(where);
  co_return joined;
}

io::task<datagram_socket> connect_datagram(std::string to) {
  const std::vector<endpoint> endpoints = co_await resolve(address::parse(to));
  // A numeric address has nothing to wait for.
  std::error_code failed = io::context::current().cancelled();
  if (failed) throw io::error(failed, "connect " + to);
  // Nothing is sent yet, so what fails is a family, or a network, that this machine does not have.
  for (const endpoint& there : endpoints) {
    try {
      std::unique_ptr<io::datagram_socket> socket = open(there);
      socket->connect(there);
      co_return datagram_socket(std::move(socket));
    } catch (const io::error& e) {
      failed = e.code();
    }
  }
  throw io::error(failed, "connect " + to);
}

}  // namespace parlance::net
