#include <sys/socket.h>

#include <cerrno>
#include <new>
#include <utility>

#include <parlance/io/detail/uring_outbound.hpp>
#include <parlance/io/detail/uring_socket.hpp>

namespace parlance::io::uring {
namespace {

/// A signal has come between, as after a stop, or the request was taken back: no answer.
bool is_no_answer(int result) noexcept { return result == -ECANCELED || result == -EINTR; }

}  // namespace

// --- a stream

bool stream_outbound::begin(send_operation& op) noexcept {
  if (op.size() == 0) return true;
  sending_ = &op;
  submit(op);
  return false;
}

bool stream_outbound::begin(connect_operation& op) noexcept {
  connecting_ = &op;
  socket_.by().hold(*this, [&](io_uring_sqe* sqe) {
    io_uring_prep_connect(sqe, socket_.native_handle(), op.to.data(), op.to.size());
  });
  return false;
}

void stream_outbound::abandon() noexcept {
  abandoned_ = std::exchange(sending_, nullptr);
  connecting_ = nullptr;
}

void stream_outbound::submit(send_operation& op) noexcept {
  // Without MSG_WAITALL: each part that went is told, and shows that the peer still takes something.
  constexpr int flags = MSG_NOSIGNAL;
  iovec first[2];
  const bool is_one = op.gather(first) == 1;
  if (!is_one && !gathered_) gathered_.reset(new (std::nothrow) gathered);
  if (is_one || !gathered_) {  // without memory, one after the other
    socket_.by().hold(*this, [&](io_uring_sqe* sqe) {
      io_uring_prep_send(sqe, socket_.native_handle(), first[0].iov_base, first[0].iov_len, flags);
    });
    return;
  }
  gathered_->header = {};
  gathered_->header.msg_iov = gathered_->pieces.data();
  gathered_->header.msg_iovlen = op.gather(gathered_->pieces);
  socket_.by().hold(*this, [this](io_uring_sqe* sqe) {
    io_uring_prep_sendmsg(sqe, socket_.native_handle(), &gathered_->header, flags);
  });
}

void stream_outbound::completed(int result, std::uint32_t) noexcept {
  gathered_.reset();
  if (sending_) return completed(*sending_, result);
  if (connecting_) return completed(*connecting_, result);
  send_operation* const abandoned = std::exchange(abandoned_, nullptr);
  if (!abandoned) return;
  if (result > 0) abandoned->sent += static_cast<std::size_t>(result);
  // Nobody else may be told any more that the connection has broken.
  if (result < 0) socket_.note_break(from_errno(-result));
}

void stream_outbound::completed(send_operation& op, int result) noexcept {
  if (result == -EINTR && !op.cancel_reason) return submit(op);
  if (result < 0) {
    op.error = is_no_answer(result) && op.cancel_reason ? op.cancel_reason : from_errno(result);
  } else if (op.sent += static_cast<std::size_t>(result); op.sent != op.size()) {
    op.error = op.cancel_reason;
    if (!op.error && !socket_.start_limit(op)) op.error = from_errno(ENOMEM);
    if (!op.error) return submit(op);
  }
  sending_ = nullptr;
  socket_.finish(op);
}

void stream_outbound::completed(connect_operation& op, int result) noexcept {
  if (result == -EINTR && !op.cancel_reason) {
    begin(op);
    return;
  }
  if (result < 0) op.error = is_no_answer(result) && op.cancel_reason ? op.cancel_reason : from_errno(result);
  connecting_ = nullptr;
  socket_.finish(op);
}

// --- datagrams

bool datagram_send::begin(send_to_operation& op) noexcept {
  op_ = &op;
  looked_ = false;
  submit();
  return false;
}

void datagram_send::abandon() noexcept {
  abandoned_ = held() ? op_ : nullptr;
  op_ = nullptr;
}

void datagram_send::submit() noexcept {
  op_->prepare();
  // The kernel waits for the socket's own room, which a Unix socket may have while its peer has none.
  const int flags = socket_.is_local() ? MSG_NOSIGNAL | MSG_DONTWAIT : MSG_NOSIGNAL;
  socket_.by().hold(*this, [&](io_uring_sqe* sqe) {
    io_uring_prep_sendmsg(sqe, socket_.native_handle(), &op_->header, static_cast<unsigned>(flags));
  });
}

void datagram_send::look_again() noexcept {
  looked_ = true;
  if (op_ && !held()) submit();
}

void datagram_send::completed(int result, std::uint32_t) noexcept {
  if (abandoned_) std::exchange(abandoned_, nullptr)->has_gone = result >= 0;
  if (!op_) return;
  send_to_operation& op = *op_;
  if (result == -EINTR && !op.cancel_reason) return submit();
  const bool looks_again = result == -EAGAIN && !op.cancel_reason;
  if (looks_again && socket_.look_again_soon(!looked_, op)) return;
  const bool nothing = is_no_answer(result) || result == -EAGAIN;
  if (result < 0 && !looks_again)
    op.error = nothing && op.cancel_reason ? op.cancel_reason : from_errno(result);
  op_ = nullptr;
  socket_.finish(op);
}

}  // namespace parlance::io::uring
