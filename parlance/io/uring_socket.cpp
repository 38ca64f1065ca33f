#include <utility>

#include <parlance/io/loop.hpp>
#include <parlance/io/uring_socket.hpp>

namespace parlance::io::uring {

uring_socket::~uring_socket() {
  if (attached()) detach();
}

// Closing a descriptor neither cancels nor sends FIN while a request holds it.
void uring_socket::detach() noexcept {
  release_waiters();
  look_no_more();
  if (inbound* in = reading()) {
    ring_.reclaim(*in);
    in->discard();
  }
  ring_.reclaim(out_);
}

void uring_socket::stop_accepting(std::vector<std::unique_ptr<socket>>& into) {
  auto* in = std::get_if<caller_receive>(&in_);
  if (!in || !is_ours()) return;
  ring_.reclaim(*in);
  in->take(into);
}

int uring_socket::give_up(std::string& unread) noexcept {
  if (auto* in = std::get_if<stream_receive>(&in_)) {
    ring_.reclaim(*in);
    in->take(unread);
  }
  return fd_socket::give_up(unread);
}

buffer_pool& uring_socket::pool() noexcept { return backend_.owner().buffers(); }

inbound* uring_socket::reading() noexcept {
  if (auto* in = std::get_if<stream_receive>(&in_)) return in;
  if (auto* in = std::get_if<caller_receive>(&in_)) return in;
  return std::get_if<datagram_receive>(&in_);
}

template <class Inbound> Inbound& uring_socket::reading_as() noexcept {
  if (auto* in = std::get_if<Inbound>(&in_)) [[likely]]
    return *in;
  if (inbound* in = reading()) {
    ring_.reclaim(*in);
    in->discard();
  }
  return in_.template emplace<Inbound>(*this);
}

bool uring_socket::begin(socket_operation& op) noexcept {
  switch (op.what()) {
    case socket_operation::kind::recv:
      return reading_as<stream_receive>().begin(op);
    case socket_operation::kind::accept:
      return reading_as<caller_receive>().begin(op);
    case socket_operation::kind::recv_from:
      return reading_as<datagram_receive>().begin(op);
    case socket_operation::kind::send:
    case socket_operation::kind::connect:
    case socket_operation::kind::send_to:
      return out_.begin(op);
  }
  std::unreachable();
}

void uring_socket::interrupt(socket_operation& op, std::error_code why) noexcept {
  if (op.which_side() == side::read) return reading()->interrupt(op, why);
  if (out_.held()) return ring_.cancel(out_);
  out_.abandon();
  finish(op, why);
}

void uring_socket::forget(socket_operation& op) noexcept {
  if (op.which_side() == side::read) return reading()->forget(op);
  out_.abandon();
  ring_.reclaim(out_);
}

}  // namespace parlance::io::uring
