#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/io/fd_socket.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::io {

fd_socket::~fd_socket() {
  if (fd_ >= 0) ::close(fd_);
}

int fd_socket::give_up(std::string&) noexcept { return std::exchange(fd_, -1); }

void fd_socket::bind(const endpoint& to) {
  expect_ours();
  if (::bind(fd_, to.data(), to.size()) != 0) throw error(from_errno(errno), "bind " + to.to_string());
}

void fd_socket::listen(int backlog) {
  expect_ours();
  if (::listen(fd_, backlog) != 0) throw error(from_errno(errno), "listen on " + local().to_string());
}

void fd_socket::shutdown(int how) {
  expect_ours();
  if (::shutdown(fd_, how) != 0 && errno != ENOTCONN) throw error(from_errno(errno), "shutdown");
}

endpoint fd_socket::local() const {
  endpoint e;
  socklen_t size = endpoint::capacity;
  if (::getsockname(fd_, e.data(), &size) != 0) return {};
  e.resize(size);
  return e;
}

endpoint fd_socket::remote() const {
  if (remote_size_ != 0) return {reinterpret_cast<const sockaddr*>(&remote_), remote_size_};
  endpoint peer;
  socklen_t size = endpoint::capacity;
  if (::getpeername(fd_, peer.data(), &size) != 0) return {};
  peer.resize(size);
  if (size <= sizeof remote_) {
    std::memcpy(&remote_, peer.data(), size);
    remote_size_ = size;
  }
  return peer;
}

void fd_socket::look_again_soon(bool first) noexcept {
  if (!second_look_) second_look_ = std::make_unique<second_look>(*this);
  duration& pause = second_look_->pause;
  pause = first ? first_pause : std::min(2 * pause, longest_pause);
  second_look_->arm(after(loop::current().now(), pause));
}

void fd_socket::reset_on_close(int fd) noexcept {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
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

int family_of(int fd) noexcept {
  int family = AF_UNSPEC;
  socklen_t size = sizeof family;
  ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
  return family;
}

int open_socket(int family, int type) {
  const int fd = ::socket(family, type | SOCK_CLOEXEC, 0);
  if (fd < 0) throw error(from_errno(errno), "open a socket");
  return fd;
}

}  // namespace parlance::io
