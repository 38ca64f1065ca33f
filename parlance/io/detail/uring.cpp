// The io_uring backend. One ring for each loop, one io_uring_enter for each turn: it submits everything that
// the turn's coroutines started and waits for the next completions. Sockets receive and accept by multishot
// requests that stay armed between operations, into buffers that the ring hands out, so a message that
// arrives costs no request.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <new>
#include <utility>

#include <parlance/io/detail/backend.hpp>
#include <parlance/io/detail/uring_poll.hpp>
#include <parlance/io/detail/uring_ring.hpp>
#include <parlance/io/detail/uring_socket.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::io {
namespace uring {
namespace {

/// The eventfd of the loop's post_queue, always being read.
class wake_request final : public request {
 public:
  void completed(int, std::uint32_t) noexcept override {}
  eventfd_t value = 0;
};

class uring_backend final : public backend {
 public:
  explicit uring_backend(loop& of) : backend(of) {
    listen_for_posts();
    ring_.submit();
  }
  ~uring_backend() override;

  std::string_view name() const noexcept override { return "io_uring"; }
  void wait(time_point until) override {
    if (eventfd_t ignored; bell_) eventfd_read(bell_.get(), &ignored);
    if (!wake_.held()) listen_for_posts();
    ring_.wait(until);
  }
  int descriptor() override;
  bool has_to_submit() const noexcept override { return ring_.has_unsubmitted(); }
  void submit() override {
    do wait(time_point::min());
    while (ring_.has_unsubmitted() || !wake_.held());
  }

  std::unique_ptr<stream_socket> open_stream(int family) override {
    return open<uring_stream>(family, SOCK_STREAM);
  }
  std::unique_ptr<listening_socket> open_listening(int family) override {
    return open<uring_listener>(family, SOCK_STREAM);
  }
  std::unique_ptr<datagram_socket> open_datagram(int family) override {
    return open<uring_datagram>(family, SOCK_DGRAM);
  }
  std::pair<std::unique_ptr<stream_socket>, std::unique_ptr<stream_socket>> open_pair() override {
    expect_ours();
    auto [a, b] = open_socket_pair(SOCK_STREAM);
    return {std::make_unique<uring_stream>(*this, ring_, std::move(a), true),
            std::make_unique<uring_stream>(*this, ring_, std::move(b), true)};
  }
  std::unique_ptr<stream_socket> adopt_stream(int descriptor) override {
    return adopt<uring_stream>(descriptor);
  }
  std::unique_ptr<listening_socket> adopt_listening(int descriptor) override {
    return adopt<uring_listener>(descriptor);
  }

  bool begin(poll_operation& op) noexcept override {
    auto* const r = new (std::nothrow) poll_request(ring_, polls_, op);
    if (!r) {
      op.error = from_errno(ENOMEM);
      return true;
    }
    op.cookie = reinterpret_cast<std::uint64_t>(r);
    r->begin();
    if (outside_) r->tell(outside_.get());
    return false;
  }
  void interrupt(poll_operation& op, std::error_code why) noexcept override {
    if (is_ours()) return request_of(op).interrupt(why);
    forget(op);
    op.complete(why);
  }
  void forget(poll_operation& op) noexcept override { request_of(op).forget(); }

 private:
  template <class Socket> std::unique_ptr<Socket> open(int family, int type) {
    expect_ours();
    return std::make_unique<Socket>(*this, ring_, open_socket(family, type), family == AF_UNIX);
  }
  template <class Socket> std::unique_ptr<Socket> adopt(int descriptor) {
    owned_fd taken(descriptor);
    expect_ours();
    return std::make_unique<Socket>(*this, ring_, std::move(taken), family_of(descriptor) == AF_UNIX);
  }
  static poll_request& request_of(poll_operation& op) noexcept {
    return *reinterpret_cast<poll_request*>(op.cookie);
  }
  void listen_for_posts() noexcept {
    ring_.hold(wake_, [this](io_uring_sqe* sqe) {
      io_uring_prep_read(sqe, owner().posts()->descriptor(), &wake_.value, sizeof wake_.value, 0);
    });
  }

  ring ring_;
  wake_request wake_;
  unsigned polls_ = 0;  // under way
  // For who waits outside, once somebody has asked: what is waited for, and an eventfd in it.
  owned_fd outside_, bell_;
};

// The ring's own descriptor does not tell of what waits for this thread to deal with it (DEFER_TASKRUN). An
// eventfd does, but not always of what another eventfd brought about, so that of the posts is asked itself, and
// so is whatever is polled.
int uring_backend::descriptor() {
  expect_ours();
  if (outside_) return outside_.get();
  owned_fd set(epoll_create1(EPOLL_CLOEXEC));
  owned_fd bell(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));  // rung: something may have come before
  epoll_event readable{.events = EPOLLIN, .data = {}};
  if (!set || !bell || epoll_ctl(set.get(), EPOLL_CTL_ADD, bell.get(), &readable) != 0 ||
      epoll_ctl(set.get(), EPOLL_CTL_ADD, owner().posts()->descriptor(), &readable) != 0 ||
      !ring_.ring_bell(bell.get()))
    throw error(from_errno(errno), "make a descriptor for who waits outside");
  outside_ = std::move(set);
  bell_ = std::move(bell);
  for_each_poll([this](poll_operation& one) {
    // What is over may not have been resumed yet, and has no request any more.
    if (one.waiting()) request_of(one).tell(outside_.get());
  });
  return outside_.get();
}

uring_backend::~uring_backend() {
  leave_everybody();
  if (is_ours()) {
    ring_.reclaim(wake_);
    while (polls_ != 0) ring_.wait_for_one();
  }
}

}  // namespace
}  // namespace uring

std::unique_ptr<backend> make_uring_backend(loop& owner) {
  return std::make_unique<uring::uring_backend>(owner);
}

}  // namespace parlance::io
