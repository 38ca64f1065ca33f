#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/io/stream_socket.hpp>

namespace parlance::io {

// --- recv

stream_socket& recv_operation::on() const noexcept { return static_cast<stream_socket&>(*socket_); }

bool recv_operation::begin() noexcept { return on().begin(*this); }

// The kernel tells once that a connection has broken, to whoever asks first; a recv that comes later gets
// what looks like an orderly end, and a send a broken pipe. Everybody is told the same.
void recv_operation::settle() noexcept {
  if (error)
    on().note_break(error);
  else if (chunk.empty() && on().broken_)
    error = from_errno(on().broken_);
}

void recv_operation::leave_behind() noexcept {
  on().left_chunk_ = chunk;
  on().left_error_ = error.value();
  on().is_left_ = true;
}

bool recv_operation::take_left_behind() noexcept {
  if (!std::exchange(on().is_left_, false)) return false;
  chunk = on().left_chunk_;
  if (on().left_error_) error = from_errno(on().left_error_);
  return true;
}

bool recv_operation::lose(std::error_code why) noexcept {
  on().is_to_reset_ = on().is_to_reset_ || !chunk.empty();
  chunk = {};
  error = why;
  return true;
}

// --- send

stream_socket& send_operation::on() const noexcept { return static_cast<stream_socket&>(*socket_); }

bool send_operation::begin() noexcept {
  if (!on().cut_ || size() == 0) return on().begin(*this);
  error = from_errno(EPIPE);
  return true;
}

void send_operation::leave_behind() noexcept { on().cut_ = on().cut_ || has_brought(); }

void send_operation::settle() noexcept {
  if (error) error = on().note_break(error);
}

std::size_t send_buffers::size() const noexcept {
  std::string_view whole;
  std::size_t total = 0;
  for (const std::string_view piece : pieces(whole)) total += piece.size();
  return total;
}

std::size_t send_operation::gather(std::span<iovec> room) noexcept {
  std::string_view whole;
  const std::span<const std::string_view> pieces = what_.pieces(whole);
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

// --- connect

stream_socket& connect_operation::on() const noexcept { return static_cast<stream_socket&>(*socket_); }

bool connect_operation::begin() noexcept {
  if (on().connecting_) {
    error = from_errno(EALREADY);
    return true;
  }
  if (on().begin(*this)) return true;
  begun_ = true;
  on().connecting_ = to.family() != AF_UNIX;
  return false;
}

void connect_operation::settle() noexcept {
  if (begun_ && (!error || has_failed())) on().connecting_ = false;
}

// --- the socket

stream_socket::stream_socket(backend& of) noexcept : socket(of) {}
stream_socket::~stream_socket() = default;

std::error_code stream_socket::note_break(std::error_code why) noexcept {
  for (const int number : {ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH})
    if (why == from_errno(number)) broken_ = number;
  return broken_ && why == from_errno(EPIPE) ? from_errno(broken_) : why;
}

void stream_socket::abort() noexcept {
  if (is_ours()) reset_on_close();
  socket::abort();
}

void stream_socket::reset_unless_whole(bool unread) noexcept {
  const bool is_left = is_left_ && !left_chunk_.empty();
  if (is_ours() && (unread || is_to_reset_ || is_left || cut_)) reset_on_close();
}

stream_socket::released stream_socket::release() {
  expect_current();
  if (native_handle() < 0) throw error(from_errno(ENOTSUP), "give up a socket");
  if (!idle()) throw error(from_errno(EBUSY), "give up a socket");
  released all;
  all.remote = remote();
  if (is_left_) all.unread = left_chunk_;
  all.descriptor = give_up(all.unread);
  if (std::exchange(is_left_, false) && left_error_) note_break(from_errno(left_error_));
  if (broken_) all.broken = from_errno(broken_);
  all.cut = cut_;
  return all;
}

void stream_socket::resume(const released& from) noexcept {
  know_remote(from.remote);
  note_break(from.broken);
  cut_ = from.cut;
}

}  // namespace parlance::io
