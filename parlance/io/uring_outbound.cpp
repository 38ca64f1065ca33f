#include <sys/socket.h>

#include <cerrno>

#include <parlance/io/uring_outbound.hpp>
#include <parlance/io/uring_socket.hpp>

namespace parlance::io::uring {

bool outbound::begin(socket_operation& op) noexcept {
  op_ = &op;
  looked_ = false;
  if (op.what() == socket_operation::kind::connect) {
    submit(static_cast<connect_operation&>(op));
  } else if (op.what() == socket_operation::kind::send_to) {
    submit(static_cast<send_to_operation&>(op));
  } else if (auto& send = static_cast<send_operation&>(op); send.size() == 0) {
    op_ = nullptr;
    return true;
  } else {
    submit(send);
  }
  return false;
}

void outbound::abandon() noexcept {
  abandoned_send_ = op_->what() == socket_operation::kind::send;
  op_ = nullptr;
}

void outbound::submit(send_operation& op) noexcept {
  // Without MSG_WAITALL: each part that went is told, and shows that the peer still takes something.
  constexpr int flags = MSG_NOSIGNAL;
  iovec first[2];
  if (op.gather(first) == 1) {
    socket_.by().hold(*this, [&](io_uring_sqe* sqe) {
      io_uring_prep_send(sqe, socket_.native_handle(), first[0].iov_base, first[0].iov_len, flags);
    });
    return;
  }
  if (!gathered_) gathered_ = std::make_unique<gathered>();
  gathered_->header = {};
  gathered_->header.msg_iov = gathered_->pieces.data();
  gathered_->header.msg_iovlen = op.gather(gathered_->pieces);
  socket_.by().hold(*this, [this](io_uring_sqe* sqe) {
    io_uring_prep_sendmsg(sqe, socket_.native_handle(), &gathered_->header, flags);
  });
}

void outbound::submit(connect_operation& op) noexcept {
  socket_.by().hold(*this, [&](io_uring_sqe* sqe) {
    io_uring_prep_connect(sqe, socket_.native_handle(), op.to.data(), op.to.size());
  });
}

void outbound::submit(send_to_operation& op) noexcept {
  op.prepare();
  // The kernel waits for the socket's own room, which a Unix socket may have while its peer has none.
  const int flags = socket_.is_local() ? MSG_NOSIGNAL | MSG_DONTWAIT : MSG_NOSIGNAL;
  socket_.by().hold(*this, [&](io_uring_sqe* sqe) {
    io_uring_prep_sendmsg(sqe, socket_.native_handle(), &op.header, static_cast<unsigned>(flags));
  });
}

void outbound::look_again() noexcept {
  looked_ = true;
  if (op_ && !held()) submit(static_cast<send_to_operation&>(*op_));
}

bool outbound::went_on(send_operation& op, std::size_t more) noexcept {
  op.sent += more;
  if (op.sent == op.size()) return true;
  op.error = op.cancel_reason;
  if (op.error) return true;
  socket_.start_limit(op);
  submit(op);
  return false;
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
  if (result == -EINTR && !op.cancel_reason) {
    begin(op);
    return;
  }
  if (result == -EAGAIN && op.what() == socket_operation::kind::send_to && !op.cancel_reason)
    return socket_.look_again_soon(!looked_);
  if (result < 0) {
    const bool nothing = result == -ECANCELED || result == -EINTR || result == -EAGAIN;
    op.error = nothing && op.cancel_reason ? op.cancel_reason : from_errno(result);
  } else if (op.what() == socket_operation::kind::send &&
             !went_on(static_cast<send_operation&>(op), static_cast<std::size_t>(result))) {
    return;
  }
  op_ = nullptr;
  socket_.finish(op);
}

}  // namespace parlance::io::uring
