// The floor of an echo server over TLS: level-triggered epoll, and OpenSSL on the socket itself. No limits, no
// queue for what does not fit the socket.
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>
#include <vector>

#include "loopback.hpp"
#include "tls.hpp"

namespace {

using bench::fail;

class server {
 public:
  server(std::uint16_t port, const char* certificate) : context_(bench::server_context(certificate)) {
    if (poll_ < 0) fail("epoll_create1");
    listener_ = bench::listen_on(port, SOCK_NONBLOCK);
    watch(listener_);
  }

  void turn() {
    std::array<epoll_event, 512> events;
    const int ready = ::epoll_wait(poll_, events.data(), events.size(), -1);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < ready; ++i) {
      const int socket = events[static_cast<std::size_t>(i)].data.fd;
      socket == listener_ ? accept_one() : echo(socket);
    }
  }

 private:
  void watch(int socket) {
    epoll_event readable{.events = EPOLLIN, .data = {.fd = socket}};
    if (::epoll_ctl(poll_, EPOLL_CTL_ADD, socket, &readable) != 0) fail("epoll_ctl");
  }

  void accept_one() {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0 && errno == EAGAIN) return;
    if (socket < 0) fail("accept4");
    bench::set_no_delay(socket);
    watch(socket);
    if (sessions_.size() <= static_cast<std::size_t>(socket))
      sessions_.resize(static_cast<std::size_t>(socket) + 1);
    bench::tls_session& session = sessions_[static_cast<std::size_t>(socket)];
    session = bench::session_on(context_.get(), socket);
    ::SSL_set_accept_state(session.get());
  }

  // One read does the handshake, too, as far as it goes.
  void echo(int socket) {
    bench::tls_session& session = sessions_[static_cast<std::size_t>(socket)];
    const int received = ::SSL_read(session.get(), buffer_.data(), static_cast<int>(buffer_.size()));
    if (received > 0)
      ::SSL_write(session.get(), buffer_.data(), received);
    else if (!bench::must_wait(session.get(), received))
      session.reset(), ::close(socket);
    ::ERR_clear_error();
  }

  bench::tls_context context_;
  int poll_ = ::epoll_create1(EPOLL_CLOEXEC), listener_ = -1;
  std::vector<bench::tls_session> sessions_;  // by descriptor
  std::array<char, 16'384> buffer_;           // a record
};

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view usage = "floor_tls_epoll CERTIFICATE PORT";
  bench::raise_open_file_limit();
  ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  server server(bench::number<std::uint16_t>(argc == 3 ? argv[2] : "", 1, 65'535, usage), argv[1]);
  for (;;) server.turn();
}
