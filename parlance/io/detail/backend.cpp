#include <pthread.h>
#include <sys/socket.h>

#include <cerrno>
#include <stdexcept>

#include <parlance/io/detail/backend.hpp>
#include <parlance/io/error.hpp>

namespace parlance::io {

constinit unsigned backend::forks = 0;

backend::backend(loop& owner) noexcept : owner_(owner), forks_(forks) {
  [[maybe_unused]] static const int counts = pthread_atfork(nullptr, nullptr, [] { ++forks; });
}

void backend::expect_ours() const {
  if (!is_ours())
    throw std::logic_error("this loop is the parent's: a process that was forked makes one of its own");
}

std::unique_ptr<socket> backend::open(int family, int type) {
  if (type == SOCK_STREAM) return open_stream(family);
  if (type == SOCK_DGRAM) return open_datagram(family);
  throw error(from_errno(ESOCKTNOSUPPORT), "open a socket");
}

void backend::leave_everybody() noexcept {
  while (!sockets_.empty()) sockets_.pop_front().leave_loop();
  while (!polls_.empty()) {
    poll_operation& op = polls_.pop_front();
    if (op.waiting()) interrupt(op, errc::cancelled);
  }
}

}  // namespace parlance::io
