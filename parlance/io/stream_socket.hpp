// A connected byte stream, or one that connects: TCP or Unix. See socket.hpp for what holds of all sockets.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <parlance/io/event.hpp>
#include <parlance/io/socket.hpp>

namespace parlance::io {

class stream_socket;

/// Waits for bytes. `chunk` is what has arrived, in the backend's buffer: valid until the next recv_operation
/// on the socket starts or the socket is gone, also when its loop is gone before. Empty, without an error: the
/// peer has ended its side.
class recv_operation final : public socket_operation {
 public:
  explicit recv_operation(stream_socket& on) noexcept;
  explicit recv_operation(socket& on);
  recv_operation(recv_operation&& other) noexcept : socket_operation(std::move(other)) {}
  ~recv_operation() { leave(); }
  std::string_view await_resume() noexcept {
    seen();
    return chunk;
  }
  std::string_view chunk;

 private:
  stream_socket& on() const noexcept;
  bool begin() noexcept override;
  void settle() noexcept override;
  bool has_brought() const noexcept override { return has_failed() || !chunk.empty(); }
  void leave_behind() noexcept override;
  bool take_left_behind() noexcept override;
  bool lose(std::error_code why) noexcept override;
};

/// What a send is of: bytes in one piece, or in several, whose list is the caller's as they are.
class send_buffers {
 public:
  explicit send_buffers(std::string_view whole) noexcept : at_(whole.data()), count_(whole.size()) {}
  explicit send_buffers(std::span<const std::string_view> pieces) noexcept
      : at_(pieces.data()), count_(pieces.size()), in_pieces_(true) {}

  /// As pieces; a whole is put in `room` for that.
  std::span<const std::string_view> pieces(std::string_view& room) const noexcept {
    if (in_pieces_) return {static_cast<const std::string_view*>(at_), count_};
    room = {static_cast<const char*>(at_), count_};
    return {&room, 1};
  }
  /// Of all of it, in bytes.
  std::size_t size() const noexcept;

 private:
  const void* at_;
  std::size_t count_;
  bool in_pieces_ = false;
};

/// Sends all of `what`, in order, or fails having sent `sent` bytes. Pieces and what they point to stay the
/// caller's and must not change until it is complete. Destroyed, before its waiter knows of it, when a part of
/// it has gone: all that would follow fails with EPIPE, for the peer would read it as the rest.
class send_operation final : public socket_operation {
 public:
  send_operation(stream_socket& on, std::span<const std::string_view> pieces) noexcept;
  send_operation(stream_socket& on, std::string_view whole) noexcept;
  send_operation(socket& on, std::string_view whole);
  /// `is_part`: what follows belongs to it, so nothing else may be sent although all of it has gone.
  send_operation(stream_socket& on, const send_buffers& what, bool is_part) noexcept;
  send_operation(send_operation&&) noexcept = default;
  ~send_operation() { leave(); }
  std::size_t await_resume() noexcept {
    seen();
    return sent;
  }

  /// The next part to send as iovecs (at most as many as `room` has), after `sent` bytes; the count. Pieces
  /// that have gone are not looked at again.
  std::size_t gather(std::span<iovec> room) noexcept;
  const send_buffers& what() const noexcept { return what_; }
  std::size_t size() const noexcept { return what_.size(); }

  std::size_t sent = 0;

 private:
  stream_socket& on() const noexcept;
  bool begin() noexcept override;
  void settle() noexcept override;
  /// That a part has gone.
  bool has_brought() const noexcept override { return sent != 0 && (is_part_ || sent != size()); }
  void leave_behind() noexcept override;

  std::size_t first_ = 0, gone_ = 0;  // the first piece that has not gone, and how many bytes are before it
  send_buffers what_;
  bool is_part_;
};

/// Connects to `to`. TCP goes on with one that is cancelled or destroyed: another connect of that socket ends
/// with EALREADY, whatever becomes of the first.
class connect_operation final : public socket_operation {
 public:
  connect_operation(stream_socket& on, const endpoint& whom) noexcept;
  connect_operation(socket& on, const endpoint& whom);
  connect_operation(connect_operation&&) noexcept = default;
  ~connect_operation() { leave(); }
  void await_resume() const noexcept {}
  endpoint to;

 private:
  stream_socket& on() const noexcept;
  bool begin() noexcept override;
  void settle() noexcept override;

  bool begun_ = false;
};

class stream_socket : public socket {
 public:
  ~stream_socket() override;

  virtual endpoint remote() const = 0;
  /// SHUT_WR: sends FIN after all that was sent; SHUT_RD, SHUT_RDWR as in shutdown(2). A peer that is gone
  /// already is no error. Does not wait. Throws io::error.
  virtual void shutdown(int how) = 0;
  /// Also makes the destructor reset the connection (SO_LINGER of zero).
  void abort() noexcept final;
  /// In the simulation: set once the peer has ended its side, or the connection broke. Null where there is a
  /// descriptor to ask (POLLRDHUP, poll(2)).
  virtual event* peer_ended() noexcept { return nullptr; }

  /// Closed, it resets, as for bytes that nobody took: some that it has handed out were not received after all,
  /// by whom they were for, or what its peer was sent is not whole.
  void reset_when_closed() noexcept { is_to_reset_ = true; }

  /// Of one that goes to another loop (backend::adopt_stream): its descriptor, which is the caller's then,
  /// what has arrived and nobody received, why the connection broke if that was told here, who was at the
  /// other end, and whether a send was destroyed half-way. Nothing but the destructor may be called then.
  /// Throws io::error: EBUSY when an operation waits, ENOTSUP in the simulation; then it is as it was.
  struct released {
    int descriptor = -1;
    std::string unread = {};
    std::error_code broken = {};
    endpoint remote = {};
    bool cut = false;
  };
  released release();
  /// Of the one that has adopted the descriptor: what else was known of the connection. `unread` is its
  /// owner's to deal with.
  void resume(const released& from) noexcept;

  /// The connection broke, as an operation was told, or would have been, or a call of somebody else's on the
  /// descriptor. Gives what is to be told: of a broken pipe, why it broke, where that is known.
  std::error_code note_break(std::error_code why) noexcept;
  /// A send was destroyed when a part of it had gone: nothing may be sent behind it, by whatever call. Closed, it
  /// resets.
  bool is_cut() const noexcept { return cut_; }

 protected:
  explicit stream_socket(backend& of) noexcept;

  // As socket_operation::begin.
  virtual bool begin(recv_operation& op) noexcept = 0;
  virtual bool begin(send_operation& op) noexcept = 0;
  virtual bool begin(connect_operation& op) noexcept = 0;
  virtual void reset_on_close() noexcept = 0;
  /// For `detach`: TCP resets a connection that is closed with bytes unread (RFC 1122, section 4.2.2.13), and
  /// must for those that were taken from it already, for a recv that is gone or, with `unread`, for none. So it
  /// does behind a send of which only a part has gone: the peer would take that for all.
  void reset_unless_whole(bool unread = false) noexcept;
  /// Of one that leaves its loop: keeps what the last chunk lies in.
  void keep_loan(std::shared_ptr<const void> memory) noexcept { loan_ = std::move(memory); }
  /// What `remote` says also when the kernel does not know it any more.
  virtual void know_remote(const endpoint&) noexcept {}
  /// For release, at which nothing waits: the descriptor is watched no more, and what had arrived is added. When
  /// that throws, it is as it was.
  virtual int give_up(std::string&) { return -1; }

 private:
  friend recv_operation;
  friend send_operation;
  friend connect_operation;

  // What a recv that nobody saw has brought, for the next. Here, for it is left by destructors, which cannot say
  // that there is no memory.
  std::string_view left_chunk_;
  int left_error_ = 0;
  bool is_left_ = false;
  bool is_to_reset_ = false;  // see reset_when_closed
  bool cut_ = false;          // see is_cut
  bool connecting_ = false;   // TCP connects, whoever waits for it
  int broken_ = 0;            // why the connection is no more (errno), once an operation has been told
  std::shared_ptr<const void> loan_;  // what the last chunk lies in, once the loop is gone
};

inline recv_operation::recv_operation(stream_socket& on) noexcept : socket_operation(on, side::read) {}
inline recv_operation::recv_operation(socket& on) : recv_operation(socket_cast<stream_socket>(on)) {}
inline send_operation::send_operation(stream_socket& on, const send_buffers& what, bool is_part) noexcept
    : socket_operation(on, side::write), what_(what), is_part_(is_part) {}
inline send_operation::send_operation(stream_socket& on, std::span<const std::string_view> pieces) noexcept
    : send_operation(on, send_buffers(pieces), false) {}
inline send_operation::send_operation(stream_socket& on, std::string_view whole) noexcept
    : send_operation(on, send_buffers(whole), false) {}
inline send_operation::send_operation(socket& on, std::string_view whole)
    : send_operation(socket_cast<stream_socket>(on), whole) {}
inline connect_operation::connect_operation(stream_socket& on, const endpoint& whom) noexcept
    : socket_operation(on, side::write), to(whom) {}
inline connect_operation::connect_operation(socket& on, const endpoint& whom)
    : connect_operation(socket_cast<stream_socket>(on), whom) {}

}  // namespace parlance::io
