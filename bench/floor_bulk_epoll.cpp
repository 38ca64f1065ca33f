// The floor of moving much over one connection: level-triggered epoll, and recv and send, or OpenSSL on the
// socket itself.
//   floor_bulk_epoll [--tls CERTIFICATE] PORT
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <string_view>

#include "bulk.hpp"
#include "loopback.hpp"
#include "tls.hpp"

namespace {

using bench::fail;

constexpr std::string_view usage = "floor_bulk_epoll [--tls CERTIFICATE] PORT";

/// One caller, until it hangs up.
class caller {
 public:
  caller(int socket, SSL_CTX* context) : socket_(socket) {
    if (context) {
      session_ = bench::session_on(context, socket);
      ::SSL_set_accept_state(session_.get());
    }
    epoll_event both{.events = EPOLLIN, .data = {}};
    if (poll_ < 0 || ::epoll_ctl(poll_, EPOLL_CTL_ADD, socket, &both) != 0) fail("epoll");
  }
  ~caller() {
    ::close(poll_);
    ::close(socket_);
  }
  caller(const caller&) = delete;
  caller& operator=(const caller&) = delete;

  void serve() {
    std::ptrdiff_t got = 0;
    while ((got = receive()) > 0 && buffer_[0] != bench::pull) {
    }
    if (got <= 0) return;
    epoll_event room{.events = EPOLLOUT, .data = {}};
    ::epoll_ctl(poll_, EPOLL_CTL_MOD, socket_, &room);
    while (send() > 0) {
    }
  }

 private:
  void wait() {
    epoll_event event{};
    while (::epoll_wait(poll_, &event, 1, -1) < 0 && errno == EINTR) {
    }
  }

  std::ptrdiff_t receive() {
    for (;; wait()) {
      std::ptrdiff_t got;
      if (session_) {
        got = ::SSL_read(session_.get(), buffer_.data(), static_cast<int>(buffer_.size()));
        if (got <= 0 && bench::must_wait(session_.get(), static_cast<int>(got))) continue;
      } else {
        got = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
        if (got < 0 && errno == EAGAIN) continue;
      }
      return got;
    }
  }

  std::ptrdiff_t send() {
    const std::string& piece = bench::bulk_piece();
    for (;; wait()) {
      std::ptrdiff_t sent;
      if (session_) {
        sent = ::SSL_write(session_.get(), piece.data(), static_cast<int>(piece.size()));
        if (sent <= 0 && bench::must_wait(session_.get(), static_cast<int>(sent))) continue;
      } else {
        sent = ::send(socket_, piece.data(), piece.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) continue;
      }
      return sent;
    }
  }

  int socket_, poll_ = ::epoll_create1(EPOLL_CLOEXEC);
  bench::tls_session session_;
  std::array<char, 65'536> buffer_;
};

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  bench::tls_context context;
  if (argc == 4 && std::string_view(argv[1]) == "--tls") context = bench::server_context(argv[2]);
  const char* const port = argc == 2 || context ? argv[argc - 1] : "";
  const int listener = bench::listen_on(bench::number<std::uint16_t>(port, 1, 65'535, usage), 0);
  for (;;) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) fail("accept4");
    caller(socket, context.get()).serve();
    ::ERR_clear_error();
  }
}
