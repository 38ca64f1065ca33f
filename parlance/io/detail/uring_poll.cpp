#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include <parlance/io/detail/uring_poll.hpp>
#include <parlance/io/error.hpp>

namespace parlance::io::uring {

poll_request::poll_request(ring& by, unsigned& under_way, poll_operation& of) noexcept
    : ring_(by), under_way_(under_way), op_(&of) {
  ++under_way_;
}

poll_request::~poll_request() {
  --under_way_;
  if (copy_ < 0) return;
  // The file lives on. In a child that was forked the set is the parent's, who still waits.
  if (ring_.is_ours()) ::epoll_ctl(outside_, EPOLL_CTL_DEL, copy_, nullptr);
  ::close(copy_);
}

// A copy, for there may be two polls of one descriptor, and a set has it once.
void poll_request::tell(int outside) noexcept {
  outside_ = outside;
  copy_ = ::fcntl(op_->fd(), F_DUPFD_CLOEXEC, 0);
  epoll_event ready{.events = static_cast<std::uint32_t>(op_->events()), .data = {}};
  if (copy_ >= 0 && ::epoll_ctl(outside, EPOLL_CTL_ADD, copy_, &ready) != 0)
    ::close(std::exchange(copy_, -1));
}

void poll_request::begin() noexcept {
  begun_ = std::chrono::steady_clock::now();
  ring_.hold(*this, [this](io_uring_sqe* sqe) {
    io_uring_prep_poll_add(sqe, op_->fd(), static_cast<unsigned>(op_->events()));
  });
}

void poll_request::interrupt(std::error_code reason) noexcept {
  why_ = reason;
  ring_.cancel(*this);
}

// At once: as long as the kernel has it, it holds the file open, and a pipe that is closed here would not end
// for who reads it.
void poll_request::forget() noexcept {
  op_ = nullptr;
  reclaimed_ = true;
  ring_.reclaim(*this);
  delete this;
}

// A poll that was woken and then found nothing, as when the modes of a terminal are changed (a shell does so
// around Ctrl-Z and fg), ends with EINVAL, or with ECANCELED though nobody has cancelled it.
void poll_request::begin_again() noexcept {
  ended_soon_ = std::chrono::steady_clock::now() - begun_ < soon ? ended_soon_ + 1 : 0;
  if (ended_soon_ < most_in_a_row) return begin();
  ended_soon_ = 0;
  resting_ = true;
  static constexpr __kernel_timespec moment{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(soon).count()};
  ring_.hold(*this, [](io_uring_sqe* sqe) {
    io_uring_prep_timeout(sqe, const_cast<__kernel_timespec*>(&moment), 0, 0);
  });
}

void poll_request::completed(int result, std::uint32_t) noexcept {
  const bool rested = std::exchange(resting_, false);
  if (op_ && !cancelling()) {
    if (rested) return begin();
    if (result == -EINVAL || result == -ECANCELED || result == -EINTR) return begin_again();
  }
  if (op_) {
    if (result < 0) op_->error = cancelling() ? why_ : from_errno(result);
    op_->complete();
    op_ = nullptr;
  }
  freed();
}

void poll_request::freed() noexcept {
  if (free() && !reclaimed_) delete this;
}

}  // namespace parlance::io::uring
