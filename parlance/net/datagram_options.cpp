#include <fmt/core.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string>

#include <parlance/io/error.hpp>
#include <parlance/net/datagram.hpp>

namespace parlance::net {
namespace {

[[noreturn]] void fail(const io::socket& of, int number, const std::string& doing) {
  throw io::error(io::from_errno(number), doing + " at " + of.local().to_string());
}

int handle_of(const io::socket& of, const std::string& doing) {
  if (of.native_handle() < 0) fail(of, ENOTSUP, doing);
  return of.native_handle();
}

template <class T>
void set(const io::socket& of, const std::string& doing, int level, int option, const T& value) {
  if (::setsockopt(handle_of(of, doing), level, option, &value, sizeof value) != 0) fail(of, errno, doing);
}

int get(const io::socket& of, const std::string& doing, int level, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(handle_of(of, doing), level, option, &value, &size) != 0) fail(of, errno, doing);
  return value;
}

bool is_ipv6(const io::socket& of) { return of.local().family() == AF_INET6; }

/// On a socket of both families, for both.
void set_for_each_family(const io::socket& of, const std::string& doing, int of_ipv4, int of_ipv6,
                         int value) {
  // The kernel takes -1 for what it begins with, and IPv4 the low eight bits of more than 255.
  if (handle_of(of, doing) >= 0 && (value < 0 || value > 255)) fail(of, EINVAL, doing);
  set(of, doing, IPPROTO_IP, of_ipv4, value);
  if (is_ipv6(of)) set(of, doing, IPPROTO_IPV6, of_ipv6, value);
}

int at_most_int(std::size_t bytes) noexcept {
  return static_cast<int>(std::min<std::size_t>(bytes, std::numeric_limits<int>::max()));
}

/// 0: whichever.
unsigned index_of(std::string_view interface, const io::socket& of, const std::string& doing) {
  if (interface.empty()) return 0;
  const std::string name(interface);
  const unsigned index = ::if_nametoindex(name.c_str());
  if (index == 0) fail(of, errno, fmt::format("{} by interface {}", doing, name));
  return index;
}

unsigned scope_of(const endpoint& e) noexcept {
  return e.family() == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(e.data())->sin6_scope_id : 0;
}

int level_of(const endpoint& group) noexcept {
  return group.family() == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
}

void change_membership(const io::socket& of, const std::string& what, int option, const endpoint& group,
                       std::string_view interface) {
  group_req request{};
  const std::string doing = what + " " + group.address();
  request.gr_interface = interface.empty() ? scope_of(group) : index_of(interface, of, doing);
  std::memcpy(&request.gr_group, group.data(), group.size());
  set(of, doing, level_of(group), option, request);
}

void change_membership(const io::socket& of, const std::string& what, int option, const endpoint& group,
                       const endpoint& source, std::string_view interface) {
  group_source_req request{};
  const std::string doing = what + " " + group.address() + " from " + source.address();
  request.gsr_interface = interface.empty() ? scope_of(group) : index_of(interface, of, doing);
  std::memcpy(&request.gsr_group, group.data(), group.size());
  std::memcpy(&request.gsr_source, source.data(), source.size());
  set(of, doing, level_of(group), option, request);
}

}  // namespace

void datagram_socket::set_receive_buffer(std::size_t bytes) {
  set(*opened()->socket, "set the receive buffer", SOL_SOCKET, SO_RCVBUF, at_most_int(bytes));
}

void datagram_socket::set_send_buffer(std::size_t bytes) {
  set(*opened()->socket, "set the send buffer", SOL_SOCKET, SO_SNDBUF, at_most_int(bytes));
}

// The kernel doubles what it is told, for what it keeps beside the bytes.
std::size_t datagram_socket::receive_buffer() const {
  return static_cast<std::size_t>(get(*opened()->socket, "get the receive buffer", SOL_SOCKET, SO_RCVBUF)) /
         2;
}

std::size_t datagram_socket::send_buffer() const {
  return static_cast<std::size_t>(get(*opened()->socket, "get the send buffer", SOL_SOCKET, SO_SNDBUF)) / 2;
}

void datagram_socket::allow_broadcast(bool allowed) {
  set(*opened()->socket, "allow broadcasts", SOL_SOCKET, SO_BROADCAST, int{allowed});
}

void datagram_socket::set_hops(int most) {
  set_for_each_family(*opened()->socket, "set the hop limit", IP_TTL, IPV6_UNICAST_HOPS, most);
}

void datagram_socket::set_traffic_class(int octet) {
  set_for_each_family(*opened()->socket, "set the traffic class", IP_TOS, IPV6_TCLASS, octet);
}

void datagram_socket::set_fragmentation(fragmentation what) {
  static_assert(IP_PMTUDISC_WANT == IPV6_PMTUDISC_WANT && IP_PMTUDISC_DO == IPV6_PMTUDISC_DO &&
                IP_PMTUDISC_PROBE == IPV6_PMTUDISC_PROBE);
  const int value = what == fragmentation::usual   ? IP_PMTUDISC_WANT
                    : what == fragmentation::never ? IP_PMTUDISC_DO
                                                   : IP_PMTUDISC_PROBE;
  set_for_each_family(*opened()->socket, "set the fragmentation", IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, value);
}

std::size_t datagram_socket::path_mtu() const {
  const bool ipv6 = is_ipv6(*opened()->socket);
  return static_cast<std::size_t>(
      get(*opened()->socket, "get the path MTU", ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_MTU : IP_MTU));
}

void datagram_socket::join(const endpoint& group, std::string_view interface) {
  change_membership(*opened()->socket, "join", MCAST_JOIN_GROUP, group, interface);
}

void datagram_socket::leave(const endpoint& group, std::string_view interface) {
  change_membership(*opened()->socket, "leave", MCAST_LEAVE_GROUP, group, interface);
}

void datagram_socket::join_source(const endpoint& group, const endpoint& source, std::string_view interface) {
  change_membership(*opened()->socket, "join", MCAST_JOIN_SOURCE_GROUP, group, source, interface);
}

void datagram_socket::leave_source(const endpoint& group, const endpoint& source,
                                   std::string_view interface) {
  change_membership(*opened()->socket, "leave", MCAST_LEAVE_SOURCE_GROUP, group, source, interface);
}

void datagram_socket::set_multicast_interface(std::string_view interface) {
  const std::string doing = "set the multicast interface";
  const unsigned index = index_of(interface, *opened()->socket, doing);
  ip_mreqn chosen{};
  chosen.imr_ifindex = static_cast<int>(index);
  set(*opened()->socket, doing, IPPROTO_IP, IP_MULTICAST_IF, chosen);
  if (is_ipv6(*opened()->socket))
    set(*opened()->socket, doing, IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(index));
}

void datagram_socket::set_multicast_hops(int most) {
  set_for_each_family(*opened()->socket, "set the multicast hop limit", IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS,
                      most);
}

void datagram_socket::set_multicast_loop(bool heard) {
  set_for_each_family(*opened()->socket, "set the multicast loop", IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP,
                      heard);
}

void datagram_socket::report_destination(bool wanted) {
  // That of IPv6 tells of IPv4, too.
  if (is_ipv6(*opened()->socket))
    set(*opened()->socket, "report the destination", IPPROTO_IPV6, IPV6_RECVPKTINFO, int{wanted});
  else
    set(*opened()->socket, "report the destination", IPPROTO_IP, IP_PKTINFO, int{wanted});
}

void datagram_socket::coalesce(bool allowed) {
  set(*opened()->socket, "coalesce the datagrams", IPPROTO_UDP, UDP_GRO, int{allowed});
}

}  // namespace parlance::net
