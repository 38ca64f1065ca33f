// The floor of an echo server on io_uring: multishot accept and receive into provided buffers, a send from
// the very buffer, and one io_uring_enter per turn, with DEFER_TASKRUN. No checks, no state, no limits; a
// message of more than one buffer (2,048 bytes) becomes several sends at once, which a real server must not
// do: they could overtake one another.
#include <liburing.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <new>
#include <vector>

#include "loopback.hpp"

namespace {

using bench::fail;

constexpr unsigned submissions = 4096;
constexpr unsigned completions = 16'384;
constexpr unsigned buffer_count = 4096;
constexpr unsigned buffer_size = 2048;
constexpr int buffer_group = 0;

/// What a completion is of, as it travels in the kernel's 64 bits of user data.
struct request {
  enum kind : std::uint16_t { accept, receive, send };
  kind what;
  std::uint16_t buffer;  // of a send
  int socket;
};

class echo_ring {
 public:
  echo_ring() {
    io_uring_params params{};
    params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE |
                   IORING_SETUP_SUBMIT_ALL;
    params.cq_entries = completions;
    if (const int error = ::io_uring_queue_init_params(submissions, &ring_, &params))
      fail("io_uring_setup", -error);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uintptr_t>(free_);
    registration.ring_entries = buffer_count;
    registration.bgid = buffer_group;
    if (const int error = ::io_uring_register_buf_ring(&ring_, &registration, 0))
      fail("io_uring_register_buf_ring", -error);
    ::io_uring_buf_ring_init(free_);
    for (unsigned i = 0; i < buffer_count; ++i) give_back(static_cast<std::uint16_t>(i));
  }

  [[noreturn]] void run(int listener) {
    accept(listener);
    for (;;) {
      if (const int error = ::io_uring_submit_and_wait(&ring_, 1); error < 0) fail("io_uring_enter", -error);
      unsigned seen = 0;
      unsigned head = 0;
      io_uring_cqe* completion = nullptr;
      io_uring_for_each_cqe(&ring_, head, completion) {
        ++seen;
        complete(std::bit_cast<request>(completion->user_data), completion->res, completion->flags);
      }
      ::io_uring_cq_advance(&ring_, seen);
    }
  }

 private:
  char* buffer(std::uint16_t id) { return buffers_.data() + std::size_t{id} * buffer_size; }

  void give_back(std::uint16_t id) {
    ::io_uring_buf_ring_add(free_, buffer(id), buffer_size, id, ::io_uring_buf_ring_mask(buffer_count), 0);
    ::io_uring_buf_ring_advance(free_, 1);
  }

  io_uring_sqe& next_submission() {
    for (;;) {
      if (io_uring_sqe* submission = ::io_uring_get_sqe(&ring_)) return *submission;
      ::io_uring_submit(&ring_);
    }
  }

  void accept(int listener) {
    io_uring_sqe& submission = next_submission();
    ::io_uring_prep_multishot_accept(&submission, listener, nullptr, nullptr, SOCK_CLOEXEC);
    submission.user_data = std::bit_cast<std::uint64_t>(request{request::accept, 0, listener});
  }

  void receive(int socket) {
    io_uring_sqe& submission = next_submission();
    ::io_uring_prep_recv_multishot(&submission, socket, nullptr, 0, 0);
    submission.flags |= IOSQE_BUFFER_SELECT;
    submission.buf_group = buffer_group;
    submission.user_data = std::bit_cast<std::uint64_t>(request{request::receive, 0, socket});
  }

  void send(int socket, std::uint16_t id, unsigned size) {
    io_uring_sqe& submission = next_submission();
    ::io_uring_prep_send(&submission, socket, buffer(id), size, MSG_NOSIGNAL);
    submission.user_data = std::bit_cast<std::uint64_t>(request{request::send, id, socket});
  }

  void complete(request of, int result, unsigned flags) {
    const bool more = flags & IORING_CQE_F_MORE;
    switch (of.what) {
      case request::accept:
        if (result < 0) fail("accept", -result);
        bench::set_no_delay(result);
        receive(result);
        if (!more) accept(of.socket);
        break;
      case request::receive:
        if (result > 0)
          send(of.socket, static_cast<std::uint16_t>(flags >> IORING_CQE_BUFFER_SHIFT),
               static_cast<unsigned>(result));
        else if (result != -ENOBUFS)
          ::close(of.socket);
        // The kernel ends a multishot receive when no buffer was free, or now and then after a success.
        if (!more && (result > 0 || result == -ENOBUFS)) receive(of.socket);
        break;
      case request::send:
        give_back(of.buffer);
        break;
    }
  }

  io_uring ring_{};
  io_uring_buf_ring* free_ = new (std::align_val_t{4096}) io_uring_buf_ring[buffer_count]{};
  std::vector<char> buffers_ = std::vector<char>(std::size_t{buffer_count} * buffer_size);
};

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view usage = "floor_echo_uring PORT";
  bench::raise_open_file_limit();
  const int listener =
      bench::listen_on(bench::number<std::uint16_t>(argc == 2 ? argv[1] : "", 1, 65'535, usage), 0);
  echo_ring().run(listener);
}
