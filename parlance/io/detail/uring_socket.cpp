#include <utility>

#include <parlance/io/detail/uring_socket.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::io::uring {

// Closing a descriptor neither cancels nor sends FIN while a request holds it: each `detach` asks its back.

// --- a stream

buffer_pool& uring_stream::pool() noexcept { return backend_.owner().buffers(); }

void uring_stream::interrupt(socket_operation& op, std::error_code why) noexcept {
  // A receive goes on for the next reader: what it brings is kept.
  if (op.which_side() == side::read) return finish(op, why);
  ring_.cancel(out_);
}

void uring_stream::forget(socket_operation& op) noexcept {
  if (op.which_side() == side::read) return;
  out_.abandon();
  ring_.reclaim(out_);
}

uring_stream::~uring_stream() {
  if (!attached()) return;
  release_waiters();
  ring_.reclaim(out_);  // which may be sending it
  in_.give_loan_back();
  detach();
}

void uring_stream::detach() noexcept {
  release_waiters();
  ring_.reclaim(in_);
  reset_unless_whole(in_.has_unread());
  in_.discard();
  ring_.reclaim(out_);
  if (auto memory = in_.loan()) keep_loan(std::move(memory));
}

int uring_stream::give_up(std::string& unread) {
  ring_.reclaim(in_);
  in_.take(unread);
  return fd_stream::give_up(unread);
}

// --- a listener

void uring_listener::detach() noexcept {
  release_waiters();
  refuse_left_behind();
  ring_.reclaim(in_);
  in_.discard();
}

void uring_listener::stop_accepting(std::vector<std::unique_ptr<stream_socket>>& into) {
  if (!is_ours()) return;
  ring_.reclaim(in_);
  in_.take(into);
}

// --- datagrams

void uring_datagram::interrupt(socket_operation& op, std::error_code why) noexcept {
  if (op.which_side() == side::read) return ring_.cancel(in_);
  if (out_.held()) return ring_.cancel(out_);
  // It waits for room, without the kernel.
  out_.abandon();
  finish(op, why);
}

void uring_datagram::forget(socket_operation& op) noexcept {
  if (op.which_side() == side::read) return in_.forget();
  out_.abandon();
  ring_.reclaim(out_);
}

void uring_datagram::detach() noexcept {
  release_waiters();
  second_look_.reset();
  ring_.reclaim(in_);
  ring_.reclaim(out_);
}

}  // namespace parlance::io::uring
