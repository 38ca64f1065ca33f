#include <netinet/udp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <parlance/io/datagram_socket.hpp>

namespace parlance::io {

void recv_from_operation::prepare() noexcept {
  header = {};
  header.msg_name = from.data();
  header.msg_namelen = endpoint::capacity;
  header.msg_iov = &room;
  header.msg_iovlen = 1;
  if (!with_details_) return;
  header.msg_control = control_.data();
  header.msg_controllen = control_.size();
}

void recv_from_operation::received(std::size_t bytes) noexcept {
  size = bytes;
  from.resize(header.msg_namelen);
  truncated = header.msg_flags & MSG_TRUNC;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      std::array<std::uint8_t, 4> address;
      std::memcpy(address.data(), &info.ipi_addr, sizeof address);
      details.to = endpoint::ipv4(address, 0);
      details.interface_index = static_cast<unsigned>(info.ipi_ifindex);
    } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      std::array<std::uint8_t, 16> address;
      std::memcpy(address.data(), &info.ipi6_addr, sizeof address);
      const bool needs_scope = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ||
                               IN6_IS_ADDR_MC_LINKLOCAL(&info.ipi6_addr) ||
                               IN6_IS_ADDR_MC_NODELOCAL(&info.ipi6_addr);
      details.to = endpoint::ipv6(address, 0, needs_scope ? info.ipi6_ifindex : 0);
      details.interface_index = info.ipi6_ifindex;
    } else if (part->cmsg_level == IPPROTO_UDP && part->cmsg_type == UDP_GRO) {
      int segment;
      std::memcpy(&segment, CMSG_DATA(part), sizeof segment);
      details.segment_size = static_cast<std::size_t>(segment);
    }
  }
}

void send_to_operation::prepare() noexcept {
  header = {};
  if (to.family() != AF_UNSPEC) {
    header.msg_name = to.data();
    header.msg_namelen = to.size();
  }
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  if (segment_size_ == 0) return;
  control_ = {};
  header.msg_control = control_.data();
  header.msg_controllen = control_.size();
  cmsghdr* part = CMSG_FIRSTHDR(&header);
  part->cmsg_level = IPPROTO_UDP;
  part->cmsg_type = UDP_SEGMENT;
  part->cmsg_len = CMSG_LEN(sizeof segment_size_);
  std::memcpy(CMSG_DATA(part), &segment_size_, sizeof segment_size_);
}

struct datagram_socket::left_behind {
  std::error_code error;
  std::string datagram;
  endpoint from;
  bool truncated;
  datagram_details details;
};

datagram_socket& recv_from_operation::on() const noexcept { return static_cast<datagram_socket&>(*socket_); }

bool recv_from_operation::begin() noexcept { return on().begin(*this); }

bool send_to_operation::begin() noexcept { return static_cast<datagram_socket&>(*socket_).begin(*this); }

void recv_from_operation::leave_behind() noexcept {
  try {
    on().left_behind_ = std::make_unique<datagram_socket::left_behind>(
        datagram_socket::left_behind{.error = error,
                                     .datagram = std::string(static_cast<const char*>(room.iov_base), size),
                                     .from = from,
                                     .truncated = truncated,
                                     .details = details});
  } catch (const std::bad_alloc&) {
    on().is_lost_ = true;
  }
}

bool recv_from_operation::take_left_behind() noexcept {
  if (std::exchange(on().is_lost_, false)) {
    error = from_errno(ENOMEM);
    return true;
  }
  const auto left = std::move(on().left_behind_);
  if (!left) return false;
  error = left->error;
  size = left->datagram.copy(static_cast<char*>(room.iov_base), room.iov_len);
  from = left->from;
  truncated = left->truncated || size < left->datagram.size();
  details = left->details;
  return true;
}

datagram_socket::datagram_socket(backend& of) noexcept : socket(of) {}
datagram_socket::~datagram_socket() = default;

}  // namespace parlance::io
