#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

#include <parlance/net/detail/unix_file.hpp>

namespace parlance::net {
namespace {

constexpr std::size_t longest_answer = 1024;

/// What the kernel answers; -1: nothing. It does so at once.
ssize_t ask_kernel(std::uint32_t socket, void* room, std::size_t size) noexcept {
  struct {
    nlmsghdr header;
    unix_diag_req request;
  } ask{};
  ask.header.nlmsg_len = sizeof ask;
  ask.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  ask.header.nlmsg_flags = NLM_F_REQUEST;
  ask.request.sdiag_family = AF_UNIX;
  ask.request.udiag_states = static_cast<std::uint32_t>(-1);
  ask.request.udiag_ino = socket;
  ask.request.udiag_show = UDIAG_SHOW_VFS;
  std::memset(ask.request.udiag_cookie, 0xff, sizeof ask.request.udiag_cookie);  // whichever has the number
  const int kernel = ::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (kernel < 0) return -1;
  const bool asked = ::send(kernel, &ask, sizeof ask, 0) == sizeof ask;
  const ssize_t got = asked ? ::recv(kernel, room, size, MSG_DONTWAIT) : -1;
  ::close(kernel);
  return got;
}

}  // namespace

bool is_bound_to(int fd, const struct stat& file) noexcept {
  struct stat socket{};
  if (!S_ISSOCK(file.st_mode) || ::fstat(fd, &socket) != 0) return false;
  alignas(nlmsghdr) char room[longest_answer];
  const ssize_t size = ask_kernel(static_cast<std::uint32_t>(socket.st_ino), room, sizeof room);
  const auto* header = reinterpret_cast<const nlmsghdr*>(room);
  if (size < 0 || !NLMSG_OK(header, size) || header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
      header->nlmsg_len < NLMSG_LENGTH(sizeof(unix_diag_msg)))
    return false;
  auto left = static_cast<int>(header->nlmsg_len - NLMSG_SPACE(sizeof(unix_diag_msg)));
  const auto* each = reinterpret_cast<const rtattr*>(room + NLMSG_SPACE(sizeof(unix_diag_msg)));
  for (; RTA_OK(each, left); each = RTA_NEXT(each, left)) {
    unix_diag_vfs told{};
    if (each->rta_type != UNIX_DIAG_VFS || RTA_PAYLOAD(each) < sizeof told) continue;
    std::memcpy(&told, RTA_DATA(each), sizeof told);
    // The kernel's own form of a device: 12 bits and 20.
    return told.udiag_vfs_ino == static_cast<std::uint32_t>(file.st_ino) &&
           makedev(told.udiag_vfs_dev >> 20, told.udiag_vfs_dev & 0xfffff) == file.st_dev;
  }
  return false;
}

}  // namespace parlance::net
