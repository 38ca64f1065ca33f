#include <cerrno>
#include <string>

#include <parlance/io/detail/uring_ring.hpp>
#include <parlance/io/error.hpp>

namespace parlance::io::uring {
namespace {

// A plain reason beats "function not implemented" for those whose container forbids io_uring.
[[noreturn]] void refuse(int number, const char* step) {
  throw error(
      from_errno(number), std::string("start io_uring (") + step + ")",
      reason(from_errno(number)) + (number == EPERM || number == ENOSYS
                                        ? "; a container or the sysctl kernel.io_uring_disabled may forbid it"
                                        : ""));
}

}  // namespace

ring::ring() {
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
  } catch (...) {
    buffers_.detach();
    io_uring_queue_exit(&ring_);
    throw;
  }
}

ring::~ring() {
  if (!is_ours()) {
    buffers_.abandon();
    ::close(ring_.ring_fd);
    return;
  }
  buffers_.detach();
  io_uring_queue_exit(&ring_);
}

void ring::submit() {
  if (const int submitted = io_uring_submit(&ring_); submitted < 0) refuse(-submitted, "submit");
}

bool ring::ring_bell(int eventfd) noexcept {
  const int failed = io_uring_register_eventfd(&ring_, eventfd);
  errno = -failed;
  return failed == 0;
}

io_uring_sqe* ring::entry() noexcept {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (!sqe) {
    io_uring_submit(&ring_);
    sqe = io_uring_get_sqe(&ring_);
  }
  return sqe;
}

void ring::cancel(request& r) noexcept {
  if (!r.held_ || r.cancelling_ || !is_ours()) return;
  r.cancelling_ = true;
  r.asked_ = 0;
  ask_back(r);
}

// The kernel takes what is submitted in order, so this cannot meet an operation for which `r` is held later.
void ring::ask_back(request& r) noexcept {
  ++r.answers_due_;
  io_uring_sqe* sqe = entry();
  io_uring_prep_cancel64(sqe, reinterpret_cast<std::uint64_t>(&r), 0);
  io_uring_sqe_set_data64(sqe, reinterpret_cast<std::uint64_t>(&r) | answer);
}

// A request between two attempts of the kernel's is not found (ENOENT), and one that a worker of the kernel's
// is busy with may not have noticed (EALREADY). Either goes on afterwards as if nobody had asked.
void ring::answered(request& r, std::uint64_t tag, int result) noexcept {
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

void ring::reclaim(request& r) noexcept {
  if (r.free() || !is_ours()) return;
  cancel(r);
  while (!r.free()) wait_for_one();
}

void ring::wait_for_one() noexcept {
  io_uring_submit_and_wait(&ring_, 1);
  reap();
}

void ring::reap() noexcept {
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

void ring::wait(time_point until) {
  int result;
  if (until == never) {
    result = io_uring_submit_and_wait(&ring_, 1);
  } else if (const time_point start = std::chrono::steady_clock::now(); until <= start) {
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

}  // namespace parlance::io::uring
