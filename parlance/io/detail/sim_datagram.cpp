#include <algorithm>
#include <cerrno>
#include <cstring>

#include <parlance/io/detail/sim_datagram.hpp>
#include <parlance/io/error.hpp>

namespace parlance::io::sim {
namespace {
constexpr std::size_t most_in_a_queue = 10;  // net.unix.max_dgram_qlen, one more than which it takes
constexpr std::size_t most_in_udp = 65507;   // 65535 less the IPv4 and the UDP header
}  // namespace

void sim_datagram::connect(const endpoint& whom) {
  expect_ours();
  if (whom.family() == AF_UNSPEC) {
    remote_ = {};
    return;
  }
  int failed = whom.family() != family() ? EAFNOSUPPORT : bind_anywhere();
  if (!failed && family() == AF_UNIX && !network_.addresses.find(SOCK_DGRAM, whom)) failed = ECONNREFUSED;
  if (failed) throw error(from_errno(failed), "connect " + whom.to_string());
  remote_ = seen_by(family(), whom);
  local_ = seen_by(family(), local_);  // it has a route now
}

bool sim_datagram::attempt(socket_operation& op) noexcept {
  return op.which_side() == side::read ? recv_from(static_cast<recv_from_operation&>(op))
                                       : send_to(static_cast<send_to_operation&>(op));
}

void sim_datagram::arrived(message what) noexcept {
  if (what.failure)
    failure_ = what.failure;
  else
    inbox_.push_back(std::move(what));
  progress(side::read);
}

bool sim_datagram::recv_from(recv_from_operation& op) noexcept {
  if (failure_) return fail(op, std::exchange(failure_, 0));
  if (inbox_.empty()) return false;
  const message first = std::move(inbox_.front());
  inbox_.pop_front();
  held_ -= first.bytes.size();
  op.size = std::min(first.bytes.size(), op.room.iov_len);
  if (op.size != 0) std::memcpy(op.room.iov_base, first.bytes.data(), op.size);
  op.truncated = op.size < first.bytes.size();
  op.from = first.from;
  return true;
}

bool sim_datagram::hears(const endpoint& from) const noexcept {
  return remote_.family() == AF_UNSPEC || remote_ == from;
}

bool sim_datagram::unreachable(send_to_operation& op) noexcept {
  if (family() == AF_UNIX) return fail(op, ECONNREFUSED);
  // An ICMP message comes back, of which only a connected socket hears.
  if (remote_.family() != AF_UNSPEC)
    post(after(network_.arrival(), network_.arrival() - network_.now()), {.failure = ECONNREFUSED});
  return true;
}

bool sim_datagram::send_to(send_to_operation& op) noexcept {
  const endpoint& to = op.to.family() == AF_UNSPEC ? remote_ : op.to;
  if (failure_) return fail(op, std::exchange(failure_, 0));
  if (to.family() == AF_UNSPEC) return fail(op, family() == AF_UNIX ? ENOTCONN : EDESTADDRREQ);
  if (to.family() != family()) return fail(op, EAFNOSUPPORT);
  if (op.data.iov_len > (family() == AF_UNIX ? network_.options.buffer : most_in_udp))
    return fail(op, EMSGSIZE);
  if (const int failed = bind_anywhere()) return fail(op, failed);

  auto* receiver = static_cast<sim_datagram*>(network_.addresses.find(SOCK_DGRAM, to));
  if (!receiver) return unreachable(op);
  const endpoint from = seen_by(receiver->family(), local_);
  if (!receiver->hears(from)) return unreachable(op);
  const bool queue_is_full =
      family() == AF_UNIX && receiver->inbox_.size() + receiver->way_.size() > most_in_a_queue;
  if (queue_is_full || receiver->held_ + op.data.iov_len > network_.options.buffer) {
    if (family() != AF_UNIX) return true;  // lost, as UDP does
    try_again(network_.arrival());
    return false;
  }
  receiver->held_ += op.data.iov_len;
  receiver->post(
      network_.arrival(),
      {.from = from, .bytes = std::string(static_cast<const char*>(op.data.iov_base), op.data.iov_len)});
  return true;
}

}  // namespace parlance::io::sim
