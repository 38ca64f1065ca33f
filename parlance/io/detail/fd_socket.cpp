#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <parlance/io/detail/fd_socket.hpp>
#include <parlance/io/error.hpp>

namespace parlance::io {

void bind_descriptor(int fd, const endpoint& to) {
  if (::bind(fd, to.data(), to.size()) != 0) throw error(from_errno(errno), "bind " + to.to_string());
}

endpoint local_of(int fd) noexcept {
  endpoint e;
  socklen_t size = endpoint::capacity;
  if (::getsockname(fd, e.data(), &size) != 0) return {};
  e.resize(size);
  return e;
}

endpoint remote_of(int fd) noexcept {
  endpoint e;
  socklen_t size = endpoint::capacity;
  if (::getpeername(fd, e.data(), &size) != 0) return {};
  e.resize(size);
  return e;
}

int family_of(int fd) noexcept {
  int family = AF_UNSPEC;
  socklen_t size = sizeof family;
  ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
  return family;
}

void reset_descriptor_on_close(int fd) noexcept {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

owned_fd open_socket(int family, int type) {
  owned_fd made(::socket(family, type | SOCK_CLOEXEC, 0));
  if (!made) throw error(from_errno(errno), "open a socket");
  return made;
}

std::pair<owned_fd, owned_fd> open_socket_pair(int type) {
  int fds[2];
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) != 0)
    throw error(from_errno(errno), "open a pair of sockets");
  return {owned_fd(fds[0]), owned_fd(fds[1])};
}

// Those of accept(2) but EOPNOTSUPP, which is also what a socket that can never accept says, for ever.
bool is_failure_of_one_caller(int error_number) noexcept {
  switch (error_number) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EPERM:
      return true;
    default:
      return false;
  }
}

int fd_stream::give_up(std::string&) { return std::exchange(fd_, -1); }

void fd_stream::shutdown(int how) {
  expect_ours();
  if (::shutdown(fd_, how) != 0 && errno != ENOTCONN) throw error(from_errno(errno), "shutdown");
}

endpoint fd_stream::remote() const {
  if (remote_size_ != 0) return {reinterpret_cast<const sockaddr*>(&remote_), remote_size_};
  const endpoint peer = remote_of(fd_);
  keep_remote(peer);
  return peer;
}

void fd_stream::keep_remote(const endpoint& peer) const noexcept {
  if (peer.family() == AF_UNSPEC || peer.size() > sizeof remote_) return;
  std::memcpy(&remote_, peer.data(), peer.size());
  remote_size_ = peer.size();
}

void fd_listener::listen(int backlog) {
  expect_ours();
  if (::listen(fd_, backlog) != 0) throw error(from_errno(errno), "listen on " + local().to_string());
}

void fd_datagram::connect(const endpoint& whom) {
  expect_ours();
  int failed;
  do failed = ::connect(fd_, whom.data(), whom.size());
  while (failed != 0 && errno == EINTR);
  if (failed != 0) throw error(from_errno(errno), "connect " + whom.to_string());
}

}  // namespace parlance::io
