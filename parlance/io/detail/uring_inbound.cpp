#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <new>
#include <utility>

#include <parlance/io/detail/fd_socket.hpp>
#include <parlance/io/detail/uring_inbound.hpp>
#include <parlance/io/detail/uring_socket.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::io::uring {

// --- a stream's bytes

bool stream_receive::begin(recv_operation& op) noexcept {
  give_loan_back();
  if (deliver(op)) return true;
  if (!held()) arm();
  return false;
}

bool stream_receive::deliver(recv_operation& op) noexcept {
  if (has_unread()) {
    loan_ = next();
    op.chunk = bytes_of(loan_);
    return true;
  }
  if (failure_) op.error = from_errno(failure_);
  return ended_ || failure_;
}

uring_buffers::note& stream_receive::of(std::uint16_t buffer) noexcept {
  return buffer == own_block ? of_block_ : socket_.by().buffers().of(buffer);
}

std::string_view stream_receive::bytes_of(std::uint16_t buffer) noexcept {
  return {buffer == own_block ? block_.get() : socket_.by().buffers().data(buffer), of(buffer).size};
}

void stream_receive::add(std::uint16_t buffer, std::uint32_t size) noexcept {
  of(buffer) = {.size = size, .next = no_buffer};
  if (waiting_++ == 0)
    oldest_ = buffer;
  else
    of(newest_).next = buffer;
  newest_ = buffer;
}

std::uint16_t stream_receive::next() noexcept {
  --waiting_;
  return std::exchange(oldest_, of(oldest_).next);
}

void stream_receive::give_back(std::uint16_t buffer) noexcept {
  if (buffer == own_block)
    socket_.pool().give(std::move(block_));
  else if (buffer != no_buffer)
    socket_.by().buffers().give(buffer);
}

std::shared_ptr<const void> stream_receive::loan() const noexcept {
  return loan_ == no_buffer || loan_ == own_block ? nullptr : socket_.by().buffers().memory(loan_);
}

void stream_receive::discard() noexcept {
  while (has_unread()) give_back(next());
}

void stream_receive::take(std::string& into) {
  std::uint16_t each = oldest_;
  for (std::uint16_t i = 0; i != waiting_; each = of(each).next, ++i) into += bytes_of(each);
  give_loan_back();
  discard();
  if (failure_) socket_.note_break(from_errno(failure_));
}

void stream_receive::arm() noexcept {
  socket_.by().hold(*this, [this](io_uring_sqe* sqe) {
    io_uring_prep_recv_multishot(sqe, socket_.native_handle(), nullptr, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = uring_buffers::group;
  });
}

// Every buffer of the ring is in use: this one waits with a block of its own.
bool stream_receive::arm_single() noexcept {
  block_ = socket_.pool().try_take();
  if (!block_) return false;
  socket_.by().hold(*this, [this](io_uring_sqe* sqe) {
    io_uring_prep_recv(sqe, socket_.native_handle(), block_.get(), buffer_pool::block_size, 0);
  });
  return true;
}

void stream_receive::completed(int result, std::uint32_t flags) noexcept {
  // There is a block while a single receive has it, or nobody has taken what that brought: never beside a
  // multishot one.
  std::uint16_t buffer = block_ ? own_block : no_buffer;
  if (flags & IORING_CQE_F_BUFFER) {
    buffer = static_cast<std::uint16_t>(flags >> IORING_CQE_BUFFER_SHIFT);
    socket_.by().buffers().taken(buffer);
  }
  if (result > 0)
    add(buffer, static_cast<std::uint32_t>(result));
  else
    give_back(buffer);
  if (result == 0) ended_ = true;
  if (result < 0 && result != -ENOBUFS && result != -ECANCELED && result != -EINTR) failure_ = -result;

  if (auto* op = socket_.waiting<recv_operation>(side::read)) {
    if (deliver(*op)) return socket_.finish(*op);
    if (held()) return;
    if (result != -ENOBUFS) return arm();
    if (!arm_single()) socket_.finish(*op, from_errno(ENOMEM));
  } else if (held() && waiting_ >= most_waiting) {
    socket_.by().cancel(*this);
  }
}

// --- a listener's callers

caller_receive::caller_receive(uring_listener& of) noexcept : socket_(of), one_by_one_(of.is_local()) {}

bool caller_receive::begin(accept_operation& op) noexcept {
  if (!callers_.empty()) {
    give(op, std::move(callers_.front()));
    callers_.erase(callers_.begin());
    return true;
  }
  if (!held()) arm();
  return false;
}

void caller_receive::give(accept_operation& op, owned_fd caller) noexcept {
  try {
    op.accepted = socket_.caller(std::move(caller));
  } catch (const std::bad_alloc&) {
    op.error = from_errno(ENOMEM);
  }
}

/// For the next accept. Without memory for that he is refused, as by the kernel those whom nobody accepted.
void caller_receive::keep(owned_fd caller) noexcept {
  try {
    callers_.push_back(std::move(caller));
  } catch (const std::bad_alloc&) {
    reset_descriptor_on_close(caller.get());
  }
}

void caller_receive::interrupt(socket_operation& op, std::error_code why) noexcept {
  if (!one_by_one_) return socket_.finish(op, why);
  socket_.by().cancel(*this);
}

void caller_receive::forget() noexcept {
  if (!one_by_one_) return;
  abandoned_ = true;
  socket_.by().reclaim(*this);
  abandoned_ = false;
}

void caller_receive::arm() noexcept {
  socket_.by().hold(*this, [this](io_uring_sqe* sqe) {
    if (one_by_one_)
      io_uring_prep_accept(sqe, socket_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
    else
      io_uring_prep_multishot_accept(sqe, socket_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
  });
}

void caller_receive::completed(int result, std::uint32_t) noexcept {
  auto* op = socket_.waiting<accept_operation>(side::read);
  if (is_failure_of_one_caller(-result))
    ++skipped_;
  else
    skipped_ = 0;
  if (result >= 0 && op) {
    give(*op, owned_fd(result));
    return abandoned_ ? socket_.keep(*op) : socket_.finish(*op);
  }
  if (result >= 0) {
    keep(owned_fd(result));
    if (held() && callers_.size() >= most_waiting) socket_.by().cancel(*this);
  } else if (!op || abandoned_) {
    return;
  } else if (op->cancel_reason) {
    socket_.finish(*op, op->cancel_reason);
  } else if (result != -ECANCELED && (skipped_ == 0 || skipped_ > most_callers_skipped)) {
    skipped_ = 0;
    socket_.finish(*op, from_errno(result));
  } else if (!held()) {
    arm();
  }
}

void caller_receive::take(std::vector<std::unique_ptr<stream_socket>>& into) {
  for (owned_fd& one : callers_) into.push_back(socket_.caller(std::move(one)));
  callers_.clear();
}

void caller_receive::discard() noexcept {
  // As the kernel refuses those whom nobody accepted.
  for (const owned_fd& one : callers_)
    if (socket_.is_ours()) reset_descriptor_on_close(one.get());
  callers_.clear();
}

// --- datagrams

bool datagram_receive::begin(recv_from_operation& op) noexcept {
  op.prepare();
  socket_.by().hold(
      *this, [&](io_uring_sqe* sqe) { io_uring_prep_recvmsg(sqe, socket_.native_handle(), &op.header, 0); });
  return false;
}

void datagram_receive::forget() noexcept {
  abandoned_ = true;
  socket_.by().reclaim(*this);
  abandoned_ = false;
}

void datagram_receive::completed(int result, std::uint32_t) noexcept {
  auto& op = *socket_.waiting<recv_from_operation>(side::read);
  // Neither a datagram nor a failure of the socket's.
  const bool nothing = result == -ECANCELED || result == -EINTR;
  if (result == -EINTR && !abandoned_ && !op.cancel_reason) {
    begin(op);
    return;
  }
  if (result >= 0)
    op.received(static_cast<std::size_t>(result));
  else
    op.error = nothing ? op.cancel_reason : from_errno(result);
  if (!abandoned_) return socket_.finish(op);
  // It came while it was being withdrawn.
  if (!nothing) socket_.keep(op);
}

}  // namespace parlance::io::uring
