#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include <parlance/io/loop.hpp>
#include <parlance/io/socket.hpp>

namespace parlance::io {

bool socket_operation::await_ready() { return heed_cancellation() || socket_->start(*this); }

void socket_operation::await_suspend(std::coroutine_handle<> waiter) noexcept {
  suspend(waiter);
  socket_->start_limit(*this);
}

void socket_operation::cancel(std::error_code why) noexcept { socket_->cancel(*this, why); }

std::size_t send_operation::size() const noexcept {
  if (pieces_.empty()) return whole_.size();
  std::size_t total = 0;
  for (const std::string_view piece : pieces_) total += piece.size();
  return total;
}

std::size_t send_operation::gather(std::span<iovec> room) noexcept {
  const std::span<const std::string_view> pieces = pieces_.empty() ? std::span(&whole_, 1) : pieces_;
  while (first_ < pieces.size() && sent - gone_ >= pieces[first_].size()) gone_ += pieces[first_++].size();
  std::size_t skip = sent - gone_, count = 0, bytes = 0;
  for (std::string_view piece : pieces.subspan(first_)) {
    if (piece.empty()) continue;
    if (count == room.size() || bytes == INT_MAX) break;
    piece.remove_prefix(std::exchange(skip, 0));
    piece = piece.substr(0, INT_MAX - bytes);  // the kernel takes no more in one call
    bytes += piece.size();
    room[count++] = {const_cast<char*>(piece.data()), piece.size()};
  }
  return count;
}

void recv_from_operation::prepare() noexcept {
  header = {};
  header.msg_name = from.data();
  header.msg_namelen = endpoint::capacity;
  header.msg_iov = &room;
  header.msg_iovlen = 1;
  if (!with_details_) return;
  header.msg_control = control_.data();
  header.msg_controllen = control_.size();
}

void recv_from_operation::received(std::size_t bytes) noexcept {
  size = bytes;
  from.resize(header.msg_namelen);
  truncated = header.msg_flags & MSG_TRUNC;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      std::array<std::uint8_t, 4> address;
      std::memcpy(address.data(), &info.ipi_addr, sizeof address);
      details.to = endpoint::ipv4(address, 0);
      details.interface_index = static_cast<unsigned>(info.ipi_ifindex);
    } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      std::array<std::uint8_t, 16> address;
      std::memcpy(address.data(), &info.ipi6_addr, sizeof address);
      const bool needs_scope = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ||
                               IN6_IS_ADDR_MC_LINKLOCAL(&info.ipi6_addr) ||
                               IN6_IS_ADDR_MC_NODELOCAL(&info.ipi6_addr);
      details.to = endpoint::ipv6(address, 0, needs_scope ? info.ipi6_ifindex : 0);
      details.interface_index = info.ipi6_ifindex;
    } else if (part->cmsg_level == IPPROTO_UDP && part->cmsg_type == UDP_GRO) {
      int segment;
      std::memcpy(&segment, CMSG_DATA(part), sizeof segment);
      details.segment_size = static_cast<std::size_t>(segment);
    }
  }
}

void send_to_operation::prepare() noexcept {
  header = {};
  if (to.family() != AF_UNSPEC) {
    header.msg_name = to.data();
    header.msg_namelen = to.size();
  }
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  if (segment_size_ == 0) return;
  control_ = {};
  header.msg_control = control_.data();
  header.msg_controllen = control_.size();
  cmsghdr* part = CMSG_FIRSTHDR(&header);
  part->cmsg_level = IPPROTO_UDP;
  part->cmsg_type = UDP_SEGMENT;
  part->cmsg_len = CMSG_LEN(sizeof segment_size_);
  std::memcpy(CMSG_DATA(part), &segment_size_, sizeof segment_size_);
}

namespace {

/// Whether it would be a loss if nobody saw how it ended. Why it was cancelled is nobody else's affair, and
/// an end of the stream shows again.
bool has_brought(socket_operation& op) noexcept {
  const bool failed = op.error && op.error != op.cancel_reason;
  switch (op.what()) {
    case socket_operation::kind::recv:
      return failed || !static_cast<recv_operation&>(op).chunk.empty();
    case socket_operation::kind::accept:
      return static_cast<accept_operation&>(op).accepted != nullptr;
    case socket_operation::kind::recv_from:
      return failed || !op.error;
    default:
      return false;
  }
}

}  // namespace

struct socket::arrival {
  socket_operation::kind what;
  std::error_code error = {};
  std::string_view chunk = {};
  std::unique_ptr<socket> caller = {};
  std::string datagram = {};
  endpoint from = {};
  bool truncated = false;
  datagram_details details = {};
};

socket::socket(backend& of) noexcept : home_(&of) { of.add(*this); }
socket::~socket() = default;

bool socket::is_ours() const noexcept { return home_ && home_->is_ours(); }

void socket::expect_ours() const {
  if (home_) home_->expect_ours();
}

void socket::leave_loop() noexcept {
  detach();
  for (std::unique_ptr<stopwatch>& watch : stopwatches_) watch.reset();
  home_ = nullptr;
}

void socket::refuse() const {
  if (!home_) throw std::logic_error("a socket is used whose loop is no more");
  expect_ours();
  throw std::logic_error(
      "a socket is used with another loop than its own: on another thread, or in a loop that nests");
}

bool socket::start(socket_operation& op) {
  if (home_ != &loop::current().kernel() || !home_->is_ours()) [[unlikely]]
    refuse();
  const std::size_t which = index(op.which_side());
  if (active_[which] && op.which_side() == side::write) {
    writers_.push_back(op);
    return false;
  }
  // A chunk that its waiter has not seen yet must not go by the next receive.
  if (active_[which] || (op.which_side() == side::read && delivered_)) {
    op.error = from_errno(EALREADY);
    return true;
  }
  if (kept_ && take_kept(op)) return true;
  if (begin(op)) {
    heed_break(op);
    return true;
  }
  active_[which] = &op;
  return false;
}

// The kernel tells once that a connection has broken, to whoever asks first; a recv that comes later gets
// what looks like an orderly end, and a send a broken pipe. Everybody is told the same.
void socket::heed_break(socket_operation& op) noexcept {
  if (op.error) {
    const bool sends = op.what() == socket_operation::kind::send;
    if (sends || op.what() == socket_operation::kind::recv) note_break(op.error);
    if (sends && broken_ && op.error == from_errno(EPIPE)) op.error = from_errno(broken_);
  } else if (broken_ && op.what() == socket_operation::kind::recv &&
             static_cast<recv_operation&>(op).chunk.empty()) {
    op.error = from_errno(broken_);
  }
}

void socket::note_break(std::error_code why) noexcept {
  for (const int number : {ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH})
    if (why == from_errno(number)) broken_ = number;
}

void socket::start_limit(socket_operation& op) noexcept {
  const std::size_t which = index(op.which_side());
  if (limits_[which] == unlimited) return;
  if (!stopwatches_[which]) stopwatches_[which] = std::make_unique<stopwatch>(*this, op.which_side());
  stopwatch& watch = *stopwatches_[which];
  op.due_ = after(loop::current().now(), limits_[which]);
  // An earlier timer looks at `due_` when it fires, so a busy socket moves no timer.
  if (!watch.armed() || watch.when() > op.due_) watch.arm(op.due_);
}

void socket::set_timeout(side which, duration limit) {
  limits_[index(which)] = limit;
  if (limit == unlimited) stopwatches_[index(which)].reset();
}

void socket::expired(side which) noexcept {
  const time_point now = loop::current().now();
  time_point next = never;
  // Those in the queue wait for as long as the one in front of them makes progress.
  time_point progressed = time_point::min();
  if (const socket_operation* first = active_[index(which)]; first && first->due_ != never)
    progressed = first->due_;
  const auto look_at = [&](socket_operation& op) {
    const time_point due = std::max(op.due_, progressed);
    if (due <= now)
      cancel(op, errc::timed_out);
    else
      next = std::min(next, due);
  };
  // Those in the queue first, or the end of the active one would begin one that is late, too.
  if (which == side::write)
    writers_.for_each([&](operation& queued) { look_at(static_cast<socket_operation&>(queued)); });
  if (active_[index(which)]) look_at(*active_[index(which)]);
  stopwatches_[index(which)]->arm(next);
}

void socket::cancel(socket_operation& op, std::error_code why) noexcept {
  if (op.cancel_reason) return;
  op.cancel_reason = why;
  if (active_[index(op.which_side())] == &op) return interrupt(op, why);
  op.link<in_queue>::unlink();
  op.complete(why);
}

void socket::withdraw(socket_operation& op) noexcept {
  if (op.unseen_) {
    delivered_ = nullptr;
    return keep(op);
  }
  socket_operation*& active = active_[index(op.which_side())];
  if (active != &op) return op.link<in_queue>::unlink();
  forget(op);
  active = nullptr;
  if (op.which_side() == side::write && is_ours()) begin_next();
}

void socket::keep(socket_operation& op) noexcept {
  arrival left{.what = op.what(), .error = op.error};
  if (op.what() == socket_operation::kind::recv) {
    left.chunk = static_cast<recv_operation&>(op).chunk;
  } else if (op.what() == socket_operation::kind::accept) {
    left.caller = std::move(static_cast<accept_operation&>(op).accepted);
  } else {
    const auto& whole = static_cast<recv_from_operation&>(op);
    left.datagram.assign(static_cast<const char*>(whole.room.iov_base), whole.size);
    left.from = whole.from;
    left.truncated = whole.truncated;
    left.details = whole.details;
  }
  kept_ = std::make_unique<arrival>(std::move(left));
}

/// False: what is kept is of another kind.
bool socket::take_kept(socket_operation& op) noexcept {
  if (kept_->what != op.what()) return false;
  const std::unique_ptr<arrival> left = std::move(kept_);
  op.error = left->error;
  if (op.what() == socket_operation::kind::recv) {
    static_cast<recv_operation&>(op).chunk = left->chunk;
  } else if (op.what() == socket_operation::kind::accept) {
    static_cast<accept_operation&>(op).accepted = std::move(left->caller);
  } else {
    auto& whole = static_cast<recv_from_operation&>(op);
    whole.size = left->datagram.copy(static_cast<char*>(whole.room.iov_base), whole.room.iov_len);
    whole.from = left->from;
    whole.truncated = left->truncated || whole.size < left->datagram.size();
    whole.details = left->details;
  }
  return true;
}

/// Bytes that were brought, and that their waiter has not seen yet, go with the socket.
void socket::take_back_bytes(std::error_code why) noexcept {
  if (!delivered_ || delivered_->what() != socket_operation::kind::recv) return;
  auto& op = static_cast<recv_operation&>(*std::exchange(delivered_, nullptr));
  op.unseen_ = false;
  op.chunk = {};
  op.error = why;
}

void socket::release_waiters() noexcept {
  take_back_bytes(errc::cancelled);
  // A caller or a datagram is the waiter's own.
  if (delivered_) std::exchange(delivered_, nullptr)->unseen_ = false;
  // Who was kept for an accept that will not come is refused.
  if (kept_ && kept_->caller) kept_->caller->abort();
  while (!writers_.empty()) writers_.pop_front().complete(errc::cancelled);
  for (socket_operation*& active : active_) {
    if (!active) continue;
    forget(*active);
    socket_operation& op = *std::exchange(active, nullptr);
    op.complete(op.cancel_reason ? op.cancel_reason : make_error_code(errc::cancelled));
  }
}

std::vector<std::unique_ptr<socket>> socket::take_accepted() {
  std::vector<std::unique_ptr<socket>> callers;
  if (kept_ && kept_->caller) callers.push_back(std::move(std::exchange(kept_, nullptr)->caller));
  stop_accepting(callers);
  return callers;
}

socket::released socket::release() {
  if (home_ != &loop::current().kernel() || !home_->is_ours()) refuse();
  if (native_handle() < 0) throw error(from_errno(ENOTSUP), "give up a socket");
  if (delivered_ || active_[0] || active_[1] || !writers_.empty())
    throw error(from_errno(EBUSY), "give up a socket");
  released all;
  if (const std::unique_ptr<arrival> left = std::move(kept_);
      left && left->what == socket_operation::kind::recv) {
    all.unread = left->chunk;
    note_break(left->error);
  }
  all.descriptor = give_up(all.unread);
  if (broken_) all.broken = from_errno(broken_);
  return all;
}

void socket::finish(socket_operation& op) noexcept {
  heed_break(op);
  active_[index(op.which_side())] = nullptr;
  if (has_brought(op)) {
    op.unseen_ = true;
    delivered_ = &op;
  }
  op.complete();
  if (op.which_side() != side::write) return;
  const bool progress = !op.error;
  begin_next();
  if (progress && active_[index(side::write)]) start_limit(*active_[index(side::write)]);
}

void socket::begin_next() noexcept {
  while (!active_[index(side::write)] && !writers_.empty()) {
    auto& next = static_cast<socket_operation&>(writers_.pop_front());
    if (next.heed_cancellation_in_queue() || begin(next)) {
      heed_break(next);
      next.complete();
    } else {
      active_[index(side::write)] = &next;
    }
  }
}

void socket::abort() noexcept {
  if (is_ours()) reset_on_close();
  take_back_bytes(from_errno(ECONNABORTED));
  while (!writers_.empty()) writers_.pop_front().complete(from_errno(ECONNABORTED));
  for (const side which : {side::read, side::write})
    if (active_[index(which)]) cancel(*active_[index(which)], from_errno(ECONNABORTED));
}

}  // namespace parlance::io
