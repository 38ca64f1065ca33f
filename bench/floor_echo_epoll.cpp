// The floor of an echo server on epoll: one thread, level-triggered, and for each message just the two calls
// that no epoll server can do without, recv and send. No checks, no state, no limits, no queue for what does
// not fit the socket.
#include <sys/epoll.h>
#include <unistd.h>

#include <array>

#include "loopback.hpp"

namespace {

using bench::fail;

void watch(int poll, int socket) {
  epoll_event readable{.events = EPOLLIN, .data = {.fd = socket}};
  if (::epoll_ctl(poll, EPOLL_CTL_ADD, socket, &readable) != 0) fail("epoll_ctl");
}

void accept_one(int poll, int listener) {
  const int socket = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (socket < 0 && errno == EAGAIN) return;
  if (socket < 0) fail("accept4");
  bench::set_no_delay(socket);
  watch(poll, socket);
}

void echo(int socket) {
  static std::array<char, 65'536> buffer;
  const ssize_t received = ::recv(socket, buffer.data(), buffer.size(), 0);
  if (received > 0)
    ::send(socket, buffer.data(), static_cast<std::size_t>(received), MSG_NOSIGNAL);
  else if (received == 0 || errno != EAGAIN)
    ::close(socket);
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view usage = "floor_echo_epoll PORT";
  bench::raise_open_file_limit();
  const int listener = bench::listen_on(
      bench::number<std::uint16_t>(argc == 2 ? argv[1] : "", 1, 65'535, usage), SOCK_NONBLOCK);
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  if (poll < 0) fail("epoll_create1");
  watch(poll, listener);
  for (std::array<epoll_event, 512> events;;) {
    const int ready = ::epoll_wait(poll, events.data(), events.size(), -1);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < ready; ++i) {
      const int socket = events[i].data.fd;
      if (socket == listener)
        accept_one(poll, listener);
      else
        echo(socket);
    }
  }
}
