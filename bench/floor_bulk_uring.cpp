// The floor of moving much over one connection on io_uring: one request at a time, and one io_uring_enter for
// each, with DEFER_TASKRUN. With --zero-copy the kernel sends from the memory itself where it can (SEND_ZC):
// whether that gains anything is what this is for.
//   floor_bulk_uring [--zero-copy] PORT
#include <liburing.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <string_view>

#include "bulk.hpp"
#include "loopback.hpp"

namespace {

using bench::fail;

class bulk_ring {
 public:
  bulk_ring() {
    io_uring_params params{};
    params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL;
    if (const int error = ::io_uring_queue_init_params(64, &ring_, &params)) fail("io_uring_setup", -error);
  }

  void serve(int socket, bool zero_copy) {
    int got = 0;
    while ((got = receive(socket)) > 0 && buffer_[0] != bench::pull) {
    }
    if (got <= 0) return;
    while (send(socket, zero_copy) > 0) {
    }
  }

 private:
  int receive(int socket) {
    ::io_uring_prep_recv(next(), socket, buffer_.data(), buffer_.size(), 0);
    return result();
  }

  int send(int socket, bool zero_copy) {
    const std::string& piece = bench::bulk_piece();
    if (zero_copy)
      ::io_uring_prep_send_zc(next(), socket, piece.data(), piece.size(), MSG_NOSIGNAL, 0);
    else
      ::io_uring_prep_send(next(), socket, piece.data(), piece.size(), MSG_NOSIGNAL);
    return result();
  }

  io_uring_sqe* next() { return ::io_uring_get_sqe(&ring_); }

  /// Of the request. That the memory of an earlier one is free again is passed over: it never changes.
  int result() {
    for (;;) {
      if (const int error = ::io_uring_submit_and_wait(&ring_, 1); error < 0) fail("io_uring_enter", -error);
      io_uring_cqe* completion = nullptr;
      while (::io_uring_peek_cqe(&ring_, &completion) == 0) {
        const int result = completion->res;
        const bool is_result = !(completion->flags & IORING_CQE_F_NOTIF);
        ::io_uring_cqe_seen(&ring_, completion);
        if (is_result) return result;
      }
    }
  }

  io_uring ring_{};
  std::array<char, 65'536> buffer_;
};

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view usage = "floor_bulk_uring [--zero-copy] PORT";
  const bool zero_copy = argc == 3 && std::string_view(argv[1]) == "--zero-copy";
  const char* const port = argc == 2 || zero_copy ? argv[argc - 1] : "";
  const int listener = bench::listen_on(bench::number<std::uint16_t>(port, 1, 65'535, usage), 0);
  bulk_ring ring;
  for (;;) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) fail("accept4");
    ring.serve(socket, zero_copy);
    ::close(socket);
  }
}
