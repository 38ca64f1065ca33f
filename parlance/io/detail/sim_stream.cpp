#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <parlance/io/detail/poison.hpp>
#include <parlance/io/detail/sim_listener.hpp>
#include <parlance/io/detail/sim_stream.hpp>
#include <parlance/io/error.hpp>

namespace parlance::io::sim {
namespace {
constexpr std::size_t segment_size = 4096;
constexpr std::size_t most_in_a_chunk = buffer_pool::block_size;
constexpr duration first_retransmission = std::chrono::seconds(1);  // then 2, 4, ...
constexpr unsigned most_syns = 7;                                   // as tcp_syn_retries has it: 127 seconds
}  // namespace

void sim_stream::join(sim_stream& a, sim_stream& b) noexcept {
  a.peer_ = &b;
  b.peer_ = &a;
  a.state_ = b.state_ = state::connected;
  a.remote_ = b.local_;
  b.remote_ = a.local_;
}

// --- opening

bool sim_stream::connect(connect_operation& op) noexcept {
  if (state_ == state::connecting) return fail(op, EALREADY);
  if (state_ != state::fresh) return fail(op, EISCONN);
  if (op.to.family() != family()) return fail(op, EAFNOSUPPORT);
  if (const int failed = bind_anywhere()) return fail(op, failed);
  state_ = state::connecting;
  syns_ = 0;
  remote_ = op.to;
  post(network_.arrival(), {segment::kind::syn});
  connecting_ = &op;
  return false;
}

void sim_stream::call() noexcept {
  auto* listener = dynamic_cast<sim_listener*>(network_.addresses.find(SOCK_STREAM, remote_));
  if (!listener || !listener->listens()) return post(network_.arrival(), {segment::kind::refused});
  if (!listener->has_room()) {
    if (family() == AF_UNIX) return listener->add_waiting(*this);
    // It is dropped, and sent again.
    const duration pause = first_retransmission * (1U << syns_);
    return post(after(network_.now(), pause),
                {++syns_ < most_syns ? segment::kind::syn : segment::kind::refused});
  }
  auto accepted = std::make_unique<sim_stream>(network_, listener->family());
  const endpoint dialled = remote_;
  join(*this, *accepted);
  state_ = state::connecting;
  local_ = seen_by(family(), local_);
  remote_ = seen_by(family(), dialled);
  accepted->local_ = seen_by(listener->family(), remote_);
  accepted->remote_ = seen_by(listener->family(), local_);
  post(network_.arrival(), {segment::kind::opened});
  listener->add(std::move(accepted));
}

// TCP goes on calling, whoever waits for it; a Unix socket has not begun before it has a place in the queue.
void sim_stream::forget(socket_operation& op) noexcept {
  if (&op != connecting_) return;
  connecting_ = nullptr;
  if (family() != AF_UNIX || state_ != state::connecting || peer_) return;
  link<in_front_of_a_backlog>::unlink();
  way_.clear();
  state_ = state::fresh;
}

void sim_stream::called(bool with_success) noexcept {
  state_ = with_success ? state::connected : state::fresh;
  was_refused_ = !with_success && family() != AF_UNIX;
  if (connect_operation* op = std::exchange(connecting_, nullptr)) {
    const int why = syns_ < most_syns ? ECONNREFUSED : ETIMEDOUT;
    finish(*op, with_success ? std::error_code() : from_errno(why));
  }
  progress(side::read);
  progress(side::write);  // a send behind a connect that was cancelled
}

void sim_stream::arrived(segment what) noexcept {
  if (state_ == state::reset) return;
  switch (what.what) {
    case segment::kind::syn:
      return call();
    case segment::kind::refused:
    case segment::kind::opened:
      return called(what.what == segment::kind::opened);
    case segment::kind::data:
      if (shut_read_)
        held_ -= what.bytes.size();
      else
        arrived_ += what.bytes;
      return progress(side::read);
    case segment::kind::fin:
      ended_ = true;
      peer_over_.set();
      return progress(side::read);
    case segment::kind::reset:
      // Linux: the peer of a socket that had already ended its side is told of a broken pipe.
      return become_reset(ended_ ? EPIPE : ECONNRESET);
  }
}

// --- bytes

bool sim_stream::breaks_by_fault(socket_operation& op) noexcept {
  if (!must_fail(op, ECONNRESET)) return false;
  break_connection();
  return true;
}

bool sim_stream::begin(recv_operation& op) noexcept { return breaks_by_fault(op) || attempt_first(op); }

bool sim_stream::begin(send_operation& op) noexcept { return breaks_by_fault(op) || attempt_first(op); }

bool sim_stream::begin(connect_operation& op) noexcept { return breaks_by_fault(op) || connect(op); }

bool sim_stream::attempt(socket_operation& op) noexcept {
  if (op.which_side() == side::read) return recv(static_cast<recv_operation&>(op));
  return !connecting_ && send(static_cast<send_operation&>(op));
}

/// Whoever keeps a view over the next recv finds nothing in it, and an AddressSanitizer finds them.
void sim_stream::spoil_chunk() noexcept {
  if (!chunk_) return;
  std::memset(chunk_.get(), '?', chunk_size_);
  stale_ = std::move(chunk_);
  poison(stale_.get(), chunk_size_);
}

bool sim_stream::recv(recv_operation& op) noexcept {
  spoil_chunk();
  if (was_refused_ && state_ == state::fresh) return true;
  if (state_ == state::fresh) return fail(op, family() == AF_UNIX ? EINVAL : ENOTCONN);
  if (state_ == state::connected && !ended_ && network_.dice.happens(network_.options.resets)) {
    break_connection();
    return fail(op, ECONNRESET);
  }
  if (unread() != 0) return hand_out(op);
  if (ended_ || shut_read_) return true;
  if (failure_) return fail(op, std::exchange(failure_, 0));
  return state_ == state::reset;
}

bool sim_stream::hand_out(recv_operation& op) noexcept {
  std::size_t size = std::min(unread(), most_in_a_chunk);
  if (network_.dice.happens(network_.options.short_reads)) size = network_.dice.between(1, size);
  // Memory of exactly this size and this chunk: an AddressSanitizer sees every use beyond either.
  chunk_ = std::make_unique_for_overwrite<char[]>(size);
  std::memcpy(chunk_.get(), arrived_.data() + read_, size);
  chunk_size_ = size;
  op.chunk = {chunk_.get(), size};
  read_ += size;
  if (read_ * 2 >= arrived_.size()) arrived_.erase(0, std::exchange(read_, 0));
  held_ -= size;
  if (peer_) peer_->progress(side::write);
  return true;
}

bool sim_stream::send(send_operation& op) noexcept {
  const std::size_t left = op.size() - op.sent;
  if (left == 0) return true;
  if (state_ == state::connecting) return false;
  if (failure_) return fail(op, std::exchange(failure_, 0));
  if (state_ == state::fresh && family() == AF_UNIX) return fail(op, ENOTCONN);
  if (state_ != state::connected || shut_write_) return fail(op, EPIPE);
  if (family() == AF_UNIX && !peer_) return fail(op, EPIPE);
  if (network_.dice.happens(network_.options.resets)) {
    break_connection();
    return fail(op, ECONNRESET);
  }
  const std::size_t room =
      peer_ ? network_.options.buffer - std::min(network_.options.buffer, peer_->held_) : left;
  std::size_t most = std::min(left, room);
  if (most == 0) return false;
  if (network_.dice.happens(network_.options.short_writes)) most = network_.dice.between(1, most);
  take(op, most);
  if (most == left) return true;
  if (active(side::write) == &op && !start_limit(op)) return fail(op, ENOMEM);
  if (most < room) try_again(network_.arrival());
  return false;
}

void sim_stream::take(send_operation& op, std::size_t most) {
  std::array<iovec, 64> pieces;
  while (most > 0) {
    std::string bytes;
    const std::size_t count = op.gather(pieces);
    for (std::size_t i = 0; i < count && bytes.size() < std::min(most, segment_size); ++i)
      bytes.append(static_cast<const char*>(pieces[i].iov_base),
                   std::min(pieces[i].iov_len, std::min(most, segment_size) - bytes.size()));
    op.sent += bytes.size();
    most -= bytes.size();
    if (peer_) {
      peer_->held_ += bytes.size();
      peer_->post(network_.arrival(), {segment::kind::data, std::move(bytes)});
    } else if (!std::exchange(refuses_data_, true)) {
      // It reaches a machine that no longer knows the connection.
      post(after(network_.arrival(), network_.arrival() - network_.now()), {segment::kind::reset});
    }
  }
}

// --- ending

void sim_stream::shutdown(int how) {
  expect_ours();
  if (state_ != state::connected) return;
  if (how != SHUT_WR) {
    shut_read_ = true;
    progress(side::read);
  }
  if (how == SHUT_RD || std::exchange(shut_write_, true)) return;
  if (peer_) peer_->post(network_.arrival(), {segment::kind::fin});
  progress(side::write);
}

sim_stream::~sim_stream() {
  if (attached()) detach();
}

void sim_stream::detach() noexcept {
  peer_over_.set();
  sim_socket::detach();
  reset_unless_whole();
  if (peer_) close();
}

void sim_stream::close() noexcept {
  sim_stream& peer = *peer_;
  if (reset_on_close_ || state_ == state::connecting) return reset_peer();
  if (unread() != 0) {
    // What the peer said last goes unheard, and that it must know (RFC 1122 4.2.2.13).
    if (family() != AF_UNIX) lose_what_is_on_the_way();
    peer.post(network_.arrival(), {segment::kind::reset});
  } else {
    if (!shut_write_) peer.post(network_.arrival(), {segment::kind::fin});
    // The same for what comes later.
    if (held_ != 0)
      peer.post(after(way_.back().first, network_.arrival() - network_.now()), {segment::kind::reset});
  }
  peer.peer_ = peer_ = nullptr;
}

void sim_stream::reset_peer() noexcept {
  lose_what_is_on_the_way();
  peer_->post(network_.arrival(), {segment::kind::reset});
  peer_ = peer_->peer_ = nullptr;
}

// Some of what was sent was still waiting for its turn and is never sent.
void sim_stream::lose_what_is_on_the_way() noexcept {
  auto& way = peer_->way_;
  std::size_t kept = network_.dice.between(0, way.size());
  std::erase_if(way, [&](const auto& parcel) {
    const segment& s = parcel.second;
    if ((s.what != segment::kind::data && s.what != segment::kind::fin) || kept != 0)
      return kept -= kept != 0, false;
    peer_->held_ -= s.bytes.size();
    return true;
  });
}

void sim_stream::break_connection() noexcept {
  arrived_.clear();
  read_ = held_ = 0;
  if (peer_) reset_peer();
  if (state_ != state::connected) return;
  become_reset(ECONNRESET);
  failure_ = 0;  // the one by which it broke is told
}

void sim_stream::become_reset(int failure) noexcept {
  state_ = state::reset;
  failure_ = failure;
  peer_over_.set();
  if (peer_) peer_ = peer_->peer_ = nullptr;
  // Whoever waits is told, and who comes next only when nobody did.
  const bool somebody_waits = active(side::read) || active(side::write);
  progress(side::read);
  failure_ = failure;
  progress(side::write);
  failure_ = somebody_waits ? 0 : failure;
}

}  // namespace parlance::io::sim
