#include <cerrno>
#include <chrono>

#include <parlance/io/error.hpp>
#include <parlance/io/uring_poll.hpp>

namespace parlance::io::uring {

poll_request::poll_request(ring& by, unsigned& under_way, poll_operation& of) noexcept
    : ring_(by), under_way_(under_way), op_(&of) {
  ++under_way_;
}

poll_request::~poll_request() { --under_way_; }

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

void poll_request::forget() noexcept {
  op_ = nullptr;
  ring_.cancel(*this);
}

// A poll that was woken and then found nothing, as when the modes of a terminal are changed (a shell does so
// around Ctrl-Z and fg), ends with EINVAL. So does one of what can never wake anybody.
bool poll_request::may_begin_again(int result) noexcept {
  if (cancelling() || (result != -EINVAL && result != -EINTR)) return false;
  ended_soon_ = std::chrono::steady_clock::now() - begun_ < soon ? ended_soon_ + 1 : 0;
  return ended_soon_ < most_in_a_row;
}

void poll_request::completed(int result, std::uint32_t) noexcept {
  if (op_ && may_begin_again(result)) return begin();
  if (op_) {
    if (result < 0) op_->error = cancelling() ? why_ : from_errno(result);
    op_->complete();
    op_ = nullptr;
  }
  if (free()) delete this;
}

}  // namespace parlance::io::uring
