// The io_uring backend. One ring for each loop, one io_uring_enter for each turn: it submits everything that
// the turn's coroutines started and waits for the next completions. Sockets receive and accept by multishot
// requests that stay armed between operations, into buffers that the ring hands out, so a message that
// arrives costs no request.
//
// What the kernel holds is never an operation's own memory but the socket's `inbound` and `outbound`, apart
// from the bytes that a send points to; and nothing that the kernel holds is destroyed before the kernel has
// given it back.
#include <liburing.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include <parlance/io/backend.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/fd_socket.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/uring_buffers.hpp>

namespace parlance::io {
namespace {

class uring_backend;
class uring_socket;

/// What a request's user_data points to. The kernel has it from `hold` to the completion without
/// IORING_CQE_F_MORE. It asks for it back by requests of their own, whose answers name this one, too: until
/// the last of those is here it must stay.
class request {
 public:
  bool held() const noexcept { return held_; }
  bool cancelling() const noexcept { return cancelling_; }
  /// Neither it nor an answer about it is under way.
  bool free() const noexcept { return !held_ && answers_due_ == 0; }

 protected:
  ~request() = default;
  virtual void completed(int result, std::uint32_t flags) noexcept = 0;
  /// The last answer about it is here, and the kernel has given it back.
  virtual void freed() noexcept {}

 private:
  friend class uring_backend;
  bool held_ = false;
  bool cancelling_ = false;
  unsigned char asked_ = 0;  // how often, since it was cancelled
  unsigned char answers_due_ = 0;
};

/// The reading side of a socket: a multishot receive or accept, and what it has brought that nobody took yet.
class inbound final : public request {
 public:
  explicit inbound(uring_socket& of) noexcept : socket_(of) {}

  bool begin_recv(recv_operation& op) noexcept;
  bool begin_accept(accept_operation& op) noexcept;
  void begin_recv_from(recv_from_operation& op) noexcept;
  /// Whether the operation that waits can be ended without asking the kernel.
  bool detachable() const noexcept { return mode_ != mode::datagram; }
  /// Gives every buffer and every accepted descriptor back.
  void discard() noexcept;
  /// The operation that waits is going away.
  void abandon() noexcept { abandoned_ = true; }

 private:
  enum class mode : unsigned char { idle, multishot, single, accept, datagram };
  struct arrival {
    std::uint16_t buffer;
    std::uint32_t size;
  };

  // How much may wait for a reader before the multishot request is stopped: then TCP's window tells the
  // sender.
  static constexpr std::size_t most_waiting = 8;
  static constexpr std::size_t most_callers_waiting = 256;

  void completed(int result, std::uint32_t flags) noexcept override;
  void received(int result, std::uint32_t flags) noexcept;
  void accepted(int result) noexcept;
  void received_from(int result) noexcept;

  bool deliver(recv_operation& op) noexcept;
  void give_back_loan() noexcept;
  void arm_recv() noexcept;
  void arm_single() noexcept;
  void arm_accept() noexcept;
  void hand_over(accept_operation& op, int fd) noexcept;

  static constexpr std::uint16_t no_buffer = 0xffff;
  static constexpr std::uint16_t own_block = 0xfffe;  // block_ instead of a buffer of the ring

  uring_socket& socket_;
  std::vector<arrival> arrivals_;   // for a listener, `size` is a descriptor
  std::size_t first_ = 0;           // of arrivals_, the oldest that is still here
  buffer_pool::block block_;        // of a single receive
  std::uint16_t loan_ = no_buffer;  // what the last recv handed out
  mode mode_ = mode::idle;
  bool ended_ = false;
  bool abandoned_ = false;
  unsigned char skipped_ = 0;  // callers in a row whom an accept could not have
  int failure_ = 0;
};

/// The writing side: at most one request, that of the active operation.
class outbound final : public request {
 public:
  explicit outbound(uring_socket& of) noexcept : socket_(of) {}
  bool begin(send_operation& op) noexcept;
  void begin(connect_operation& op) noexcept;
  void begin(send_to_operation& op) noexcept;
  /// The active operation is going away.
  void abandon() noexcept {
    abandoned_send_ = op_->what() == socket_operation::kind::send;
    op_ = nullptr;
  }

 private:
  static constexpr std::size_t most_pieces = 64;
  struct gathered {
    msghdr header;
    std::array<iovec, most_pieces> pieces;
  };

  void completed(int result, std::uint32_t flags) noexcept override;
  void submit(send_operation& op) noexcept;
  void begin_again(socket_operation& op) noexcept;

  uring_socket& socket_;
  socket_operation* op_ = nullptr;
  bool abandoned_send_ = false;
  std::unique_ptr<gathered> gathered_;  // of a send of several pieces, while it lasts
};

class uring_socket final : public fd_socket {
 public:
  uring_socket(uring_backend& owner, int fd) noexcept : fd_socket(fd), backend_(owner) {}
  ~uring_socket() override;

 protected:
  bool begin(socket_operation& op) noexcept override;
  void interrupt(socket_operation& op, std::error_code why) noexcept override;
  void forget(socket_operation& op) noexcept override;
  bool is_ours() const noexcept override;

 private:
  friend inbound;
  friend outbound;

  uring_backend& backend_;
  inbound in_{*this};
  outbound out_{*this};
};

/// A poll_operation under way; deletes itself when the kernel has given it back.
class poll_request final : public request {
 public:
  poll_request(uring_backend& owner, poll_operation& of) noexcept;
  ~poll_request();
  void begin() noexcept;
  poll_operation* op;  // null once that is gone
  std::error_code why = errc::cancelled;

 private:
  void completed(int result, std::uint32_t flags) noexcept override;
  void freed() noexcept override { delete this; }
  bool may_begin_again(int result) noexcept;

  // What ends so soon has not waited, and so often in a row it never will.
  static constexpr duration soon = std::chrono::milliseconds(1);
  static constexpr unsigned most_in_a_row = 16;

  uring_backend& backend_;
  time_point begun_{};
  unsigned ended_soon_ = 0;
};

/// The eventfd of the loop's post_queue, always being read.
class wake_request final : public request {
 public:
  void completed(int, std::uint32_t) noexcept override {}
  eventfd_t value = 0;
};

class uring_backend final : public backend {
 public:
  explicit uring_backend(loop& owner);
  ~uring_backend() override;

  std::string_view name() const noexcept override { return "io_uring"; }
  void wait(time_point until) override;
  int descriptor() override;
  void submit() override {
    do wait(time_point::min());
    while (io_uring_sq_ready(&ring_) != 0 || !wake_.held());
  }

  std::unique_ptr<socket> open(int family, int type) override {
    return std::make_unique<uring_socket>(*this, open_socket(family, type));
  }
  std::unique_ptr<socket> adopt(int descriptor) override {
    return std::make_unique<uring_socket>(*this, descriptor);
  }
  std::pair<std::unique_ptr<socket>, std::unique_ptr<socket>> open_pair() override {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
      throw error(from_errno(errno), "open a pair of sockets");
    return {std::make_unique<uring_socket>(*this, fds[0]), std::make_unique<uring_socket>(*this, fds[1])};
  }

  bool begin(poll_operation& op) noexcept override;
  void interrupt(poll_operation& op, std::error_code why) noexcept override;
  void forget(poll_operation& op) noexcept override;

  /// Fills the next free entry by `prepare`; the kernel holds `r` from here on.
  template <class Prepare> void hold(request& r, Prepare&& prepare) noexcept {
    r.held_ = true;
    r.cancelling_ = false;
    io_uring_sqe* sqe = entry();
    prepare(sqe);
    io_uring_sqe_set_data(sqe, &r);
  }
  /// Asks for `r` back, as often as it takes; its completion comes soon.
  void cancel(request& r) noexcept;
  /// Asks for `r` back and stays until it is.
  void reclaim(request& r) noexcept;

  /// Not in a child that was forked: it has neither the ring's memory nor a share in what the kernel holds.
  bool is_ours() const noexcept { return ::getpid() == process_; }

  uring_buffers& buffers() noexcept { return buffers_; }
  loop& owner() noexcept { return loop_; }

 private:
  friend poll_request;
  static constexpr unsigned entries = 4096;
  static constexpr unsigned completions = 16384;

  // In the low bits of a user_data, which a pointer has free: what else it may be than the request itself.
  static constexpr std::uint64_t answer = 1;  // to a cancellation of the request
  static constexpr std::uint64_t pause = 2;   // before the next
  static constexpr std::uint64_t tags = answer | pause;
  static constexpr unsigned char asked_at_once = 200;  // so many times; then once a millisecond

  io_uring_sqe* entry() noexcept;
  void reap() noexcept;
  void ask_back(request& r) noexcept;
  void answered(request& r, std::uint64_t tag, int result) noexcept;
  void listen_for_posts() noexcept;
  void close_outside() noexcept;

  loop& loop_;
  io_uring ring_{};
  uring_buffers buffers_;
  wake_request wake_;
  unsigned polls_ = 0;  // under way
  // For who waits outside, once somebody has asked: what is waited for, and an eventfd in it.
  int outside_ = -1, bell_ = -1;
  const pid_t process_ = ::getpid();
};

// --- the ring
// -----------------------------------------------------------------------------------------------------

// A plain reason beats "function not implemented" for those whose container forbids io_uring.
[[noreturn]] void refuse(int number, const char* step) {
  throw error(
      from_errno(number), std::string("start io_uring (") + step + ")",
      reason(from_errno(number)) + (number == EPERM || number == ENOSYS
                                        ? "; a container or the sysctl kernel.io_uring_disabled may forbid it"
                                        : ""));
}

uring_backend::uring_backend(loop& owner) : loop_(owner) {
  io_uring_params params{};
  params.flags =
      IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL;
  params.cq_entries = completions;
  if (const int failed = io_uring_queue_init_params(entries, &ring_, &params)) refuse(-failed, "setup");
  io_uring_ring_dontfork(&ring_);
  try {
    buffers_.attach(ring_);
  } catch (const error& e) {
    io_uring_queue_exit(&ring_);
    refuse(e.code().value(), "buffers");
  }
  // A filter may allow the set-up and forbid the rest, so that must show now.
  listen_for_posts();
  if (const int submitted = io_uring_submit(&ring_); submitted < 0) {
    buffers_.detach();
    io_uring_queue_exit(&ring_);
    refuse(-submitted, "submit");
  }
}

uring_backend::~uring_backend() {
  close_outside();
  if (!is_ours()) {
    buffers_.abandon();
    ::close(ring_.ring_fd);
    return;
  }
  reclaim(wake_);
  while (polls_ != 0) {
    io_uring_submit_and_wait(&ring_, 1);
    reap();
  }
  buffers_.detach();
  io_uring_queue_exit(&ring_);
}

io_uring_sqe* uring_backend::entry() noexcept {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (!sqe) {
    io_uring_submit(&ring_);
    sqe = io_uring_get_sqe(&ring_);
  }
  return sqe;
}

void uring_backend::cancel(request& r) noexcept {
  if (!r.held_ || r.cancelling_ || !is_ours()) return;
  r.cancelling_ = true;
  r.asked_ = 0;
  ask_back(r);
}

// The kernel takes what is submitted in order, so this cannot meet an operation for which `r` is held later.
void uring_backend::ask_back(request& r) noexcept {
  ++r.answers_due_;
  io_uring_sqe* sqe = entry();
  io_uring_prep_cancel64(sqe, reinterpret_cast<std::uint64_t>(&r), 0);
  io_uring_sqe_set_data64(sqe, reinterpret_cast<std::uint64_t>(&r) | answer);
}

// A request between two attempts of the kernel's is not found (ENOENT), and one that a worker of the kernel's
// is busy with may not have noticed (EALREADY). Either goes on afterwards as if nobody had asked.
void uring_backend::answered(request& r, std::uint64_t tag, int result) noexcept {
  --r.answers_due_;
  if (!r.held_) {
    if (r.answers_due_ == 0) r.freed();
    return;
  }
  if (!r.cancelling_) return;  // it was about what it was held for before
  if (tag == pause || (result < 0 && r.asked_ < asked_at_once)) {
    if (r.asked_ < asked_at_once) ++r.asked_;
    ask_back(r);
  } else if (result < 0) {
    static constexpr __kernel_timespec moment{.tv_sec = 0, .tv_nsec = 1'000'000};
    ++r.answers_due_;
    io_uring_sqe* sqe = entry();
    io_uring_prep_timeout(sqe, const_cast<__kernel_timespec*>(&moment), 0, 0);
    io_uring_sqe_set_data64(sqe, reinterpret_cast<std::uint64_t>(&r) | pause);
  }
}

void uring_backend::reclaim(request& r) noexcept {
  if (r.free() || !is_ours()) return;
  cancel(r);
  while (!r.free()) {
    io_uring_submit_and_wait(&ring_, 1);
    reap();
  }
}

void uring_backend::reap() noexcept {
  io_uring_cqe* batch[256];
  while (const unsigned count = io_uring_peek_batch_cqe(&ring_, batch, 256)) {
    for (unsigned i = 0; i < count; ++i) {
      const io_uring_cqe cqe = *batch[i];
      const std::uint64_t tag = cqe.user_data & tags;
      auto* r = reinterpret_cast<request*>(cqe.user_data & ~tags);
      if (tag != 0) {
        answered(*r, tag, cqe.res);
        continue;
      }
      if (!(cqe.flags & IORING_CQE_F_MORE)) r->held_ = false;
      r->completed(cqe.res, cqe.flags);
    }
    io_uring_cq_advance(&ring_, count);
  }
}

void uring_backend::listen_for_posts() noexcept {
  hold(wake_, [this](io_uring_sqe* sqe) {
    io_uring_prep_read(sqe, loop_.posts()->descriptor(), &wake_.value, sizeof wake_.value, 0);
  });
}

// The ring's own descriptor does not tell of what waits for this thread to deal with it (DEFER_TASKRUN). An
// eventfd does, but not always of what another eventfd brought about, so that of the posts is asked itself.
int uring_backend::descriptor() {
  if (outside_ >= 0) return outside_;
  outside_ = epoll_create1(EPOLL_CLOEXEC);
  bell_ = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);  // rung: something may have come before
  epoll_event readable{.events = EPOLLIN, .data = {}};
  if (outside_ < 0 || bell_ < 0 || epoll_ctl(outside_, EPOLL_CTL_ADD, bell_, &readable) != 0 ||
      epoll_ctl(outside_, EPOLL_CTL_ADD, loop_.posts()->descriptor(), &readable) != 0 ||
      io_uring_register_eventfd(&ring_, bell_) != 0) {
    const error failed(from_errno(errno), "make a descriptor for who waits outside");
    close_outside();
    throw failed;
  }
  return outside_;
}

void uring_backend::close_outside() noexcept {
  for (int* fd : {&outside_, &bell_})
    if (*fd >= 0) ::close(std::exchange(*fd, -1));
}

void uring_backend::wait(time_point until) {
  if (eventfd_t ignored; bell_ >= 0) eventfd_read(bell_, &ignored);
  if (!wake_.held()) listen_for_posts();
  int result;
  if (until == never) {
    result = io_uring_submit_and_wait(&ring_, 1);
  } else if (const time_point start = now(); until <= start) {
    result = io_uring_submit_and_get_events(&ring_);
  } else {
    const duration left = until - start;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    __kernel_timespec limit{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
    io_uring_cqe* ignored = nullptr;
    result = io_uring_submit_and_wait_timeout(&ring_, &ignored, 1, &limit, nullptr);
  }
  // EBUSY and EBADR: completions overflowed; reaping them makes room.
  if (result < 0 && result != -EINTR && result != -ETIME && result != -EBUSY && result != -EBADR &&
      result != -EAGAIN)
    throw error(from_errno(result), "io_uring_enter");
  reap();
}

bool uring_backend::begin(poll_operation& op) noexcept {
  auto* r = new poll_request(*this, op);
  op.cookie = reinterpret_cast<std::uint64_t>(r);
  r->begin();
  return false;
}

void uring_backend::interrupt(poll_operation& op, std::error_code why) noexcept {
  auto* r = reinterpret_cast<poll_request*>(op.cookie);
  r->why = why;
  cancel(*r);
}

void uring_backend::forget(poll_operation& op) noexcept {
  auto* r = reinterpret_cast<poll_request*>(op.cookie);
  r->op = nullptr;
  cancel(*r);
}

poll_request::poll_request(uring_backend& owner, poll_operation& of) noexcept : op(&of), backend_(owner) {
  ++backend_.polls_;
}

poll_request::~poll_request() { --backend_.polls_; }

void poll_request::begin() noexcept {
  begun_ = backend_.now();
  backend_.hold(*this, [this](io_uring_sqe* sqe) {
    io_uring_prep_poll_add(sqe, op->fd(), static_cast<unsigned>(op->events()));
  });
}

// A poll that was woken and then found nothing, as when the modes of a terminal are changed (a shell does so
// around Ctrl-Z and fg), ends with EINVAL. So does one of what can never wake anybody.
bool poll_request::may_begin_again(int result) noexcept {
  if (cancelling() || (result != -EINVAL && result != -EINTR)) return false;
  ended_soon_ = backend_.now() - begun_ < soon ? ended_soon_ + 1 : 0;
  return ended_soon_ < most_in_a_row;
}

void poll_request::completed(int result, std::uint32_t) noexcept {
  if (op && may_begin_again(result)) return begin();
  if (op) {
    if (result < 0) op->error = cancelling() ? why : from_errno(result);
    op->complete();
    op = nullptr;
  }
  if (free()) delete this;
}

// --- the reading side
// ---------------------------------------------------------------------------------------------

bool inbound::begin_recv(recv_operation& op) noexcept {
  give_back_loan();
  if (deliver(op)) return true;
  if (!held()) arm_recv();
  return false;
}

bool inbound::deliver(recv_operation& op) noexcept {
  if (first_ != arrivals_.size()) {
    const arrival next = arrivals_[first_++];
    if (first_ == arrivals_.size()) arrivals_.clear(), first_ = 0;
    loan_ = next.buffer;
    op.chunk = {next.buffer == own_block ? block_.get() : socket_.backend_.buffers().data(next.buffer),
                next.size};
    return true;
  }
  if (failure_) op.error = from_errno(failure_);
  return ended_ || failure_;
}

void inbound::give_back_loan() noexcept {
  const std::uint16_t loan = std::exchange(loan_, no_buffer);
  if (loan == own_block)
    socket_.backend_.owner().buffers().give(std::move(block_));
  else if (loan != no_buffer)
    socket_.backend_.buffers().give(loan);
}

void inbound::arm_recv() noexcept {
  mode_ = mode::multishot;
  socket_.backend_.hold(*this, [this](io_uring_sqe* sqe) {
    io_uring_prep_recv_multishot(sqe, socket_.native_handle(), nullptr, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = uring_buffers::group;
  });
}

// Every buffer of the ring is in use: this one waits with a block of its own.
void inbound::arm_single() noexcept {
  mode_ = mode::single;
  block_ = socket_.backend_.owner().buffers().take();
  socket_.backend_.hold(*this, [this](io_uring_sqe* sqe) {
    io_uring_prep_recv(sqe, socket_.native_handle(), block_.get(), buffer_pool::block_size, 0);
  });
}

void inbound::completed(int result, std::uint32_t flags) noexcept {
  switch (mode_) {
    case mode::multishot:
    case mode::single:
      return received(result, flags);
    case mode::accept:
      return accepted(result);
    case mode::datagram:
      return received_from(result);
    case mode::idle:
      break;
  }
  std::unreachable();
}

void inbound::received(int result, std::uint32_t flags) noexcept {
  const bool in_ring = flags & IORING_CQE_F_BUFFER;
  const auto buffer = in_ring ? static_cast<std::uint16_t>(flags >> IORING_CQE_BUFFER_SHIFT) : own_block;
  if (in_ring) socket_.backend_.buffers().taken();
  if (result > 0)
    arrivals_.push_back({buffer, static_cast<std::uint32_t>(result)});
  else if (in_ring)
    socket_.backend_.buffers().give(buffer);
  else if (mode_ == mode::single)
    socket_.backend_.owner().buffers().give(std::move(block_));
  if (result == 0) ended_ = true;
  if (result < 0 && result != -ENOBUFS && result != -ECANCELED && result != -EINTR) failure_ = -result;

  if (auto* op = static_cast<recv_operation*>(socket_.active(side::read))) {
    if (deliver(*op)) return socket_.finish(*op);
    if (!held()) result == -ENOBUFS ? arm_single() : arm_recv();
  } else if (held() && arrivals_.size() - first_ >= most_waiting) {
    socket_.backend_.cancel(*this);
  }
}

bool inbound::begin_accept(accept_operation& op) noexcept {
  if (first_ != arrivals_.size()) {
    hand_over(op, static_cast<int>(arrivals_[first_++].size));
    if (first_ == arrivals_.size()) arrivals_.clear(), first_ = 0;
    return true;
  }
  if (!held()) arm_accept();
  return false;
}

void inbound::arm_accept() noexcept {
  mode_ = mode::accept;
  socket_.backend_.hold(*this, [this](io_uring_sqe* sqe) {
    io_uring_prep_multishot_accept(sqe, socket_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
  });
}

void inbound::accepted(int result) noexcept {
  auto* op = static_cast<accept_operation*>(socket_.active(side::read));
  if (result < 0 && is_failure_of_one_caller(-result))
    ++skipped_;
  else
    skipped_ = 0;
  if (result >= 0 && op) {
    hand_over(*op, result);
    return socket_.finish(*op);
  }
  if (result >= 0) {
    arrivals_.push_back({no_buffer, static_cast<std::uint32_t>(result)});
    if (held() && arrivals_.size() - first_ >= most_callers_waiting) socket_.backend_.cancel(*this);
  } else if (op && result != -ECANCELED && (skipped_ == 0 || skipped_ > most_callers_skipped)) {
    skipped_ = 0;
    op->error = from_errno(result);
    socket_.finish(*op);
  } else if (op && !held()) {
    arm_accept();
  }
}

void inbound::hand_over(accept_operation& op, int fd) noexcept {
  op.accepted = std::make_unique<uring_socket>(socket_.backend_, fd);
}

void inbound::begin_recv_from(recv_from_operation& op) noexcept {
  mode_ = mode::datagram;
  op.prepare();
  socket_.backend_.hold(
      *this, [&](io_uring_sqe* sqe) { io_uring_prep_recvmsg(sqe, socket_.native_handle(), &op.header, 0); });
}

void inbound::received_from(int result) noexcept {
  auto& op = static_cast<recv_from_operation&>(*socket_.active(side::read));
  const bool abandoned = std::exchange(abandoned_, false);
  if (result == -EINTR && !abandoned && !op.cancel_reason) return begin_recv_from(op);
  if (result >= 0) {
    op.size = static_cast<std::size_t>(result);
    op.from.resize(op.header.msg_namelen);
    op.truncated = op.header.msg_flags & MSG_TRUNC;
  } else if (result == -ECANCELED || result == -EINTR) {
    op.error = op.cancel_reason;
  } else {
    op.error = from_errno(result);
  }
  if (!abandoned) return socket_.finish(op);
  // The datagram came while it was being withdrawn.
  if (result >= 0 || (result != -ECANCELED && result != -EINTR)) socket_.keep(op);
}

void inbound::discard() noexcept {
  give_back_loan();
  const bool ours = mode_ == mode::accept && socket_.is_ours();
  for (; first_ != arrivals_.size(); ++first_) {
    const arrival& left = arrivals_[first_];
    if (mode_ == mode::accept) {
      // As the kernel refuses those whom nobody accepted.
      const auto fd = static_cast<int>(left.size);
      if (ours) fd_socket::reset_on_close(fd);
      ::close(fd);
    } else if (left.buffer != own_block) {
      socket_.backend_.buffers().give(left.buffer);
    }
  }
}

// --- the writing side
// ---------------------------------------------------------------------------------------------

bool outbound::begin(send_operation& op) noexcept {
  if (op.size() == 0) return true;
  op_ = &op;
  submit(op);
  return false;
}

void outbound::submit(send_operation& op) noexcept {
  // Without MSG_WAITALL: each part that went is told, and shows that the peer still takes something.
  constexpr int flags = MSG_NOSIGNAL;
  iovec first[2];
  if (op.gather(first) == 1) {
    socket_.backend_.hold(*this, [&](io_uring_sqe* sqe) {
      io_uring_prep_send(sqe, socket_.native_handle(), first[0].iov_base, first[0].iov_len, flags);
    });
    return;
  }
  if (!gathered_) gathered_ = std::make_unique<gathered>();
  gathered_->header = {};
  gathered_->header.msg_iov = gathered_->pieces.data();
  gathered_->header.msg_iovlen = op.gather(gathered_->pieces);
  socket_.backend_.hold(*this, [this](io_uring_sqe* sqe) {
    io_uring_prep_sendmsg(sqe, socket_.native_handle(), &gathered_->header, flags);
  });
}

void outbound::begin(connect_operation& op) noexcept {
  op_ = &op;
  socket_.backend_.hold(*this, [&](io_uring_sqe* sqe) {
    io_uring_prep_connect(sqe, socket_.native_handle(), op.to.data(), op.to.size());
  });
}

void outbound::begin(send_to_operation& op) noexcept {
  op_ = &op;
  op.prepare();
  socket_.backend_.hold(*this, [&](io_uring_sqe* sqe) {
    io_uring_prep_sendmsg(sqe, socket_.native_handle(), &op.header, MSG_NOSIGNAL);
  });
}

void outbound::begin_again(socket_operation& op) noexcept {
  if (op.what() == socket_operation::kind::send)
    submit(static_cast<send_operation&>(op));
  else if (op.what() == socket_operation::kind::connect)
    begin(static_cast<connect_operation&>(op));
  else
    begin(static_cast<send_to_operation&>(op));
}

void outbound::completed(int result, std::uint32_t) noexcept {
  gathered_.reset();
  if (!op_) {
    // Nobody else may be told any more that the connection has broken.
    if (result < 0 && abandoned_send_) socket_.note_break(from_errno(-result));
    return;
  }
  socket_operation& op = *op_;
  // A signal has come between, as after a stop: no answer.
  const bool interrupted = result == -EINTR;
  if (interrupted && !op.cancel_reason) return begin_again(op);
  if (result < 0) {
    op.error =
        (result == -ECANCELED || interrupted) && op.cancel_reason ? op.cancel_reason : from_errno(result);
  } else if (op.what() == socket_operation::kind::send) {
    auto& send = static_cast<send_operation&>(op);
    send.sent += static_cast<std::size_t>(result);
    if (send.sent < send.size()) {
      if (!op.cancel_reason) {
        socket_.watch(op);
        return submit(send);
      }
      op.error = op.cancel_reason;
    }
  }
  op_ = nullptr;
  socket_.finish(op);
}

// --- the socket
// ---------------------------------------------------------------------------------------------------

uring_socket::~uring_socket() {
  release_waiters();
  backend_.reclaim(in_);
  backend_.reclaim(out_);
  in_.discard();
}

bool uring_socket::is_ours() const noexcept { return backend_.is_ours(); }

bool uring_socket::begin(socket_operation& op) noexcept {
  switch (op.what()) {
    case socket_operation::kind::recv:
      return in_.begin_recv(static_cast<recv_operation&>(op));
    case socket_operation::kind::accept:
      return in_.begin_accept(static_cast<accept_operation&>(op));
    case socket_operation::kind::recv_from:
      in_.begin_recv_from(static_cast<recv_from_operation&>(op));
      return false;
    case socket_operation::kind::send:
      return out_.begin(static_cast<send_operation&>(op));
    case socket_operation::kind::connect:
      out_.begin(static_cast<connect_operation&>(op));
      return false;
    case socket_operation::kind::send_to:
      out_.begin(static_cast<send_to_operation&>(op));
      return false;
  }
  std::unreachable();
}

void uring_socket::interrupt(socket_operation& op, std::error_code why) noexcept {
  if (op.which_side() == side::write) return backend_.cancel(out_);
  // A receive or accept goes on for the next reader: what it brings is kept.
  if (in_.detachable()) return finish(op, why);
  backend_.cancel(in_);
}

void uring_socket::forget(socket_operation& op) noexcept {
  if (op.which_side() == side::write) {
    out_.abandon();
    backend_.reclaim(out_);
  } else if (!in_.detachable()) {
    in_.abandon();
    backend_.reclaim(in_);
  }
}

}  // namespace

std::unique_ptr<backend> make_uring_backend(loop& owner) { return std::make_unique<uring_backend>(owner); }

}  // namespace parlance::io
