// The socket as a backend keeps it, and the operations on it. net::stream, net::listener and
// net::datagram_socket are the public face; this is what they, and whoever writes a backend, stand on.
//
// Concurrency: one operation of the reading side (recv, accept, recv_from) at a time; those of the writing
// side (send, connect, send_to) queue up and go one after the other. Everything happens on the thread of its
// loop: an operation that starts while another loop is current (another thread's, one that nests in it, one
// that a child made after fork) throws std::logic_error. So does one whose socket has outlived its loop: what
// waited then ends with errc::cancelled, and the destructor only closes.
//
// What has arrived is never lost: a recv, accept or recv_from that is cancelled, timed out or destroyed, at
// whatever moment, leaves its bytes, its caller, its datagram or its error to the next one.
#pragma once

#include <netinet/in.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/io/endpoint.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/operation.hpp>
#include <parlance/io/time.hpp>

namespace parlance::io {

class backend;
class socket;
struct in_backend;

/// The sides of a socket, each with its own queue and time limit.
enum class side : unsigned char { read, write };

/// An operation on a socket. `start` begins it and says whether it is complete already. It is over when it is
/// resumed: what one of the reading side has brought and is destroyed with before, the socket keeps for the
/// next of its kind.
class socket_operation : public operation {
 public:
  enum class kind : unsigned char { recv, accept, recv_from, send, connect, send_to };

  socket_operation(socket& on, kind what) noexcept : socket_(&on), kind_(what) {}
  socket_operation(socket_operation&&) noexcept = default;

  /// Throws std::logic_error when the socket's loop is not the current one.
  bool await_ready();
  void await_suspend(std::coroutine_handle<> waiter) noexcept;
  void cancel(std::error_code why) noexcept final;

  kind what() const noexcept { return kind_; }
  side which_side() const noexcept { return kind_ < kind::send ? side::read : side::write; }
  /// Why cancel() was called, for a backend that must first hear from the kernel.
  std::error_code cancel_reason;

 protected:
  ~socket_operation() = default;

  /// For the destructor of each final class, while what it holds is still there: withdraws it when it still
  /// waits, and gives back what its waiter never saw.
  void leave() noexcept;
  /// For await_resume: what it holds is the waiter's.
  void seen() noexcept;

  socket* socket_;

 private:
  friend socket;
  kind kind_;
  bool unseen_ = false;     // it has brought something, and its waiter does not know yet
  time_point due_ = never;  // by the time limit of its side
};

/// Waits for bytes. `chunk` is what has arrived, in the backend's buffer: valid until the next recv_operation
/// on the socket starts or the socket is gone. Empty, without an error: the peer has ended its side.
class recv_operation final : public socket_operation {
 public:
  explicit recv_operation(socket& on) noexcept : socket_operation(on, kind::recv) {}
  recv_operation(recv_operation&& other) noexcept : socket_operation(std::move(other)) {}
  ~recv_operation() { leave(); }
  std::string_view await_resume() noexcept {
    seen();
    return chunk;
  }
  std::string_view chunk;
};

/// Sends all of `pieces`, in order, or fails having sent `sent` bytes. Pieces and what they point to stay the
/// caller's and must not change until it is complete.
class send_operation final : public socket_operation {
 public:
  send_operation(socket& on, std::span<const std::string_view> pieces) noexcept
      : socket_operation(on, kind::send), pieces_(pieces) {}
  send_operation(socket& on, std::string_view whole) noexcept
      : socket_operation(on, kind::send), whole_(whole) {}
  send_operation(send_operation&&) noexcept = default;
  ~send_operation() { leave(); }
  std::size_t await_resume() const noexcept { return sent; }

  /// The next part to send as iovecs (at most as many as `room` has), after `sent` bytes; the count. Pieces
  /// that have gone are not looked at again.
  std::size_t gather(std::span<iovec> room) noexcept;
  std::size_t size() const noexcept;

  std::size_t sent = 0;

 private:
  std::span<const std::string_view> pieces_;
  std::string_view whole_;
  std::size_t first_ = 0, gone_ = 0;  // the first piece that has not gone, and how many bytes are before it
};

/// Connects to `to`.
class connect_operation final : public socket_operation {
 public:
  connect_operation(socket& on, const endpoint& whom) noexcept
      : socket_operation(on, kind::connect), to(whom) {}
  connect_operation(connect_operation&&) noexcept = default;
  ~connect_operation() { leave(); }
  void await_resume() const noexcept {}
  endpoint to;
};

/// What comes along with a datagram, as far as the options of its socket ask for it.
struct datagram_details {
  /// IP_PKTINFO or IPV6_RECVPKTINFO: the address it was sent to, without a port.
  endpoint to;
  /// With that, the index of the interface that it came by.
  unsigned interface_index = 0;
  /// UDP_GRO: it is several, of so many bytes each but for the last, which may be shorter. 0: it is one.
  std::size_t segment_size = 0;
};

/// Receives one datagram into `buffer`. `size` may be 0: an empty datagram is data. `truncated`: it was
/// longer. `with_details`, for UDP only: a Unix socket would be given descriptors, which nobody closes.
class recv_from_operation final : public socket_operation {
 public:
  recv_from_operation(socket& on, std::span<char> buffer, bool with_details = false) noexcept
      : socket_operation(on, kind::recv_from),
        room{buffer.data(), buffer.size()},
        with_details_(with_details) {}
  recv_from_operation(recv_from_operation&&) noexcept = default;
  ~recv_from_operation() { leave(); }
  void await_resume() noexcept { seen(); }
  /// Points `header` at the buffer and the places for the sender's address and what comes along.
  void prepare() noexcept;
  /// Takes what the kernel has put there, with `bytes` in the buffer.
  void received(std::size_t bytes) noexcept;

  iovec room;
  endpoint from;
  std::size_t size = 0;
  bool truncated = false;
  datagram_details details;
  msghdr header{};

 private:
  bool with_details_;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int))> control_;
};

/// Sends one datagram, to `to` or, when that is of no family, to whom the socket is connected. With a
/// `segment_size`, for UDP of the kernel only: several, of so many bytes each but for the last (UDP_SEGMENT).
class send_to_operation final : public socket_operation {
 public:
  send_to_operation(socket& on, std::string_view datagram, const endpoint& whom,
                    std::uint16_t segment_size = 0) noexcept
      : socket_operation(on, kind::send_to),
        data{const_cast<char*>(datagram.data()), datagram.size()},
        to(whom),
        segment_size_(segment_size) {}
  send_to_operation(send_to_operation&&) noexcept = default;
  ~send_to_operation() { leave(); }
  void await_resume() const noexcept {}
  void prepare() noexcept;

  iovec data;
  endpoint to;
  msghdr header{};

 private:
  std::uint16_t segment_size_;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> control_;
};

/// What a backend provides for each socket.
class socket : public link<in_backend> {
 public:
  virtual ~socket();
  socket(const socket&) = delete;
  socket& operator=(const socket&) = delete;

  // Calls that never wait. Each throws io::error with the plain name of the call.
  virtual void bind(const endpoint& to) = 0;
  virtual void listen(int backlog) = 0;
  /// SHUT_WR: sends FIN after all that was sent; SHUT_RD, SHUT_RDWR as in shutdown(2). A peer that is gone
  /// already is no error.
  virtual void shutdown(int how) = 0;
  /// Makes the destructor reset the connection (SO_LINGER of zero), and ends waiting operations with
  /// ECONNABORTED.
  void abort() noexcept;
  virtual endpoint local() const = 0;
  virtual endpoint remote() const = 0;
  /// In the simulation: set once the peer of a stream has ended its side, or the connection broke. Null where
  /// there is a descriptor to ask (POLLRDHUP, poll(2)).
  virtual event* peer_ended() noexcept { return nullptr; }
  /// -1 in the simulation.
  virtual int native_handle() const noexcept { return -1; }
  /// Of a connected stream that goes to another loop (backend::adopt): its descriptor, which is the caller's
  /// then, what has arrived and nobody received, and why the connection broke if that was told here. Nothing
  /// but the destructor may be called afterwards. Throws io::error: EBUSY when an operation waits, ENOTSUP in
  /// the simulation; then it is as it was.
  struct released {
    int descriptor = -1;
    std::string unread = {};
    std::error_code broken = {};
  };
  released release();

  /// Of a listener that is about to go, and at which nobody waits: the callers who were accepted already,
  /// ahead of those who would ask for them. No more will be.
  std::vector<std::unique_ptr<socket>> take_accepted();

  /// At most this long for any one operation of a side, from its start, and for a send also from each time
  /// that some of it, or of those before it in the queue, went; then it ends with errc::timed_out.
  /// `unlimited` takes it away. Costs no timer operation for each use.
  void set_timeout(side which, duration limit);
  duration timeout(side which) const noexcept { return limits_[index(which)]; }

  /// The connection broke, as an operation was told, or would have been, or a call of somebody else's on the
  /// descriptor.
  void note_break(std::error_code why) noexcept;

  // For socket_operation. start: begins or queues; true when it is complete at once. Throws std::logic_error.
  bool start(socket_operation& op);
  void start_limit(socket_operation& op) noexcept;
  void cancel(socket_operation& op, std::error_code why) noexcept;
  void withdraw(socket_operation& op) noexcept;

  /// For the backend, when it ends before this.
  void leave_loop() noexcept;

 protected:
  explicit socket(backend& of) noexcept;

  /// Begins `op`, the only one of its side. True: it is complete at once, with its result in place. False:
  /// `finish` will be called with it.
  virtual bool begin(socket_operation& op) noexcept = 0;
  /// Ends a waiting `op` early: either finish it now with `why`, or soon with what the kernel says.
  virtual void interrupt(socket_operation& op, std::error_code why) noexcept = 0;
  /// Forgets a waiting `op`; on return nobody knows its address or its buffers.
  virtual void forget(socket_operation& op) noexcept = 0;
  virtual void reset_on_close() noexcept = 0;
  /// For release, at which nothing waits: the descriptor is watched no more, and what had arrived is added.
  virtual int give_up(std::string&) noexcept { return -1; }
  /// For take_accepted: stops accepting, and adds whom it has.
  virtual void stop_accepting(std::vector<std::unique_ptr<socket>>&) {}
  /// Takes back what the kernel holds, and gives back what is the backend's: afterwards it can only be
  /// destroyed. Destructors of derived classes do it where `attached`.
  virtual void detach() noexcept = 0;

  /// It has a loop.
  bool attached() const noexcept { return home_ != nullptr; }
  /// Not in a child that was forked, nor without a loop: it must begin nothing and reset nothing.
  bool is_ours() const noexcept;
  /// Throws std::logic_error in such a child.
  void expect_ours() const;
  /// For `detach`: ends every waiting operation with errc::cancelled.
  void release_waiters() noexcept;
  /// The waiting operation of a side, or null.
  socket_operation* active(side which) const noexcept { return active_[index(which)]; }
  /// A waiting operation is over, with its result in place; the next in the queue begins.
  void finish(socket_operation& op) noexcept;
  /// Keeps what `op` has brought, though nobody waits for it any more, for the next of its kind.
  void keep(socket_operation& op) noexcept;
  void finish(socket_operation& op, std::error_code why) noexcept {
    op.error = why;
    finish(op);
  }

 private:
  // Made at the first wait that has a limit, which most idle connections never have.
  struct stopwatch final : timer {
    stopwatch(socket& of, side its) noexcept : owner(of), which(its) {}
    void expire() noexcept override { owner.expired(which); }
    socket& owner;
    side which;
  };

  friend socket_operation;
  // What was brought to nobody. Seldom there, so a socket that waits pays for a pointer only.
  struct arrival;

  static std::size_t index(side which) noexcept { return static_cast<std::size_t>(which); }
  bool take_kept(socket_operation& op) noexcept;
  void heed_break(socket_operation& op) noexcept;
  void take_back_bytes(std::error_code why) noexcept;
  void begin_next() noexcept;
  void expired(side which) noexcept;
  [[noreturn]] void refuse() const;

  backend* home_;  // null once that is gone
  socket_operation* active_[2] = {nullptr, nullptr};
  list<operation, in_queue> writers_;
  socket_operation* delivered_ =
      nullptr;  // of the reading side: has something, and its waiter does not know yet
  std::unique_ptr<arrival> kept_;
  duration limits_[2] = {unlimited, unlimited};
  std::unique_ptr<stopwatch> stopwatches_[2];
  int broken_ = 0;  // why the connection is no more (errno), once an operation has been told
};

/// Waits for a caller: `accepted` is the socket to it.
class accept_operation final : public socket_operation {
 public:
  explicit accept_operation(socket& on) noexcept : socket_operation(on, kind::accept) {}
  accept_operation(accept_operation&& other) noexcept : socket_operation(std::move(other)) {}
  ~accept_operation() { leave(); }
  std::unique_ptr<socket> await_resume() noexcept {
    seen();
    return std::move(accepted);
  }
  std::unique_ptr<socket> accepted;
};

inline void socket_operation::leave() noexcept {
  if (waiting() || unseen_) socket_->withdraw(*this);
}

inline void socket_operation::seen() noexcept {
  if (std::exchange(unseen_, false)) socket_->delivered_ = nullptr;
}

}  // namespace parlance::io
