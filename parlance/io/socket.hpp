// What the sockets of a backend have in common: two sides, on each of which one operation at a time is under
// way. stream_socket, listening_socket and datagram_socket are the three kinds, each with its operations;
// net::stream, net::listener and net::datagram_socket are their public face.
//
// Concurrency: one operation of the reading side (recv, accept, recv_from) at a time; those of the writing
// side (send, connect, send_to) queue up and go one after the other. Everything happens on the thread of its
// loop: an operation that starts while another loop is current (another thread's, one that nests in it, one
// that a child made after fork) throws std::logic_error. So does one whose socket has outlived its loop: what
// waited then ends with errc::cancelled, and the destructor only closes.
//
// An operation is made for a socket of its kind, or for one that turns out to be, by socket_cast.
//
// What has arrived is never lost: a recv, accept or recv_from that is cancelled, timed out or destroyed, at
// whatever moment, leaves its bytes, its caller, its datagram or its error to the next one.
//
// Memory that runs out is an error of the operation, ENOMEM, and what has arrived is there for the next, as when
// it is cancelled. A send needs none, but where it has a limit of time.
#pragma once

#include <cassert>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <parlance/io/detail/operation.hpp>
#include <parlance/io/endpoint.hpp>
#include <parlance/io/time.hpp>
#include <parlance/io/timer.hpp>

namespace parlance::io {

class backend;
class socket;
struct in_backend;

/// The sides of a socket, each with its own queue and time limit.
enum class side : unsigned char { read, write };

/// An operation on a socket. `start` begins it and says whether it is complete already. It is over when it is
/// resumed: what one of the reading side has brought and is destroyed with before, the socket keeps for the
/// next; behind one of the writing side of which a part has gone, the next begins only then.
class socket_operation : public operation {
 public:
  socket_operation(socket_operation&&) noexcept = default;

  /// Throws std::logic_error when the socket's loop is not the current one.
  bool await_ready();
  void await_suspend(std::coroutine_handle<> waiter) noexcept;
  void cancel(std::error_code why) noexcept final;

  std::string subject() const override;

  side which_side() const noexcept { return side_; }
  /// Why cancel() was called, for a backend that must first hear from the kernel.
  std::error_code cancel_reason;

 protected:
  socket_operation(socket& on, side which) noexcept : socket_(&on), side_(which) {}
  ~socket_operation() = default;

  /// For the destructor of each final class, while what it holds is still there: withdraws it when it still
  /// waits, and gives back what its waiter never saw.
  void leave() noexcept;
  /// For await_resume: what it holds is the waiter's.
  void seen() noexcept;
  /// Failed, and not because it was cancelled, which is nobody else's affair.
  bool has_failed() const noexcept { return error && error != cancel_reason; }

  socket* socket_;

 private:
  friend socket;

  // What its socket asks of it.

  /// Begins it, the only one of its side. True: it is complete at once, with its result in place. False:
  /// socket::finish will be called with it.
  virtual bool begin() noexcept = 0;
  /// It is over, with its result in place, and its waiter will be told.
  virtual void settle() noexcept {}
  /// Whether it would be a loss if nobody saw how it ended.
  virtual bool has_brought() const noexcept { return false; }
  /// Withdrawn, or never seen, it leaves what it has brought to the next of its socket, or that it was cut.
  virtual void leave_behind() noexcept {}
  /// True: complete, with what one before it has left behind.
  virtual bool take_left_behind() noexcept { return false; }
  /// What it has brought goes away with its socket, and it has failed with `why`. False: that is its own.
  virtual bool lose(std::error_code) noexcept { return false; }

  time_point due_ = never;  // by the time limit of its side
  const side side_;
  bool unseen_ = false;  // it has brought something, or gone in part, and its waiter does not know yet
};

/// What a backend provides for each socket.
class socket : public link<in_backend> {
 public:
  virtual ~socket();
  socket(const socket&) = delete;
  socket& operator=(const socket&) = delete;

  /// Does not wait. Throws io::error.
  virtual void bind(const endpoint& to) = 0;
  virtual endpoint local() const = 0;
  /// -1 in the simulation.
  virtual int native_handle() const noexcept { return -1; }

  /// Ends waiting operations with ECONNABORTED.
  virtual void abort() noexcept;

  /// At most this long for any one operation of a side, from its start, and for a send also from each time
  /// that some of it, or of those before it in the queue, went; then it ends with errc::timed_out.
  /// `unlimited` takes it away, of one that waits, too; any other is for those that start from then on. Costs no
  /// timer operation for each use.
  void set_timeout(side which, duration limit);
  duration timeout(side which) const noexcept { return limits_[index(which)]; }

  // For socket_operation, first of all: false, with EALREADY, beside another of the reading side, also one
  // whose waiter does not know yet what it got. Throws std::logic_error.
  bool admit(socket_operation& op) const;
  // Of one that was admitted: begins or queues; true when it is complete at once.
  bool start(socket_operation& op) noexcept;
  /// False: there is no memory for it.
  [[nodiscard]] bool start_limit(socket_operation& op) noexcept;
  void cancel(socket_operation& op, std::error_code why) noexcept;
  void withdraw(socket_operation& op) noexcept;
  /// For the backend, when it ends before this.
  void leave_loop() noexcept;

  /// Throws std::logic_error where the socket's loop is not the current one, as each operation does.
  void expect_current() const;

 protected:
  explicit socket(backend& of) noexcept;

  /// Ends a waiting `op` early: either finish it now with `why`, or soon with what the kernel says.
  virtual void interrupt(socket_operation& op, std::error_code why) noexcept = 0;
  /// Forgets a waiting `op`; on return nobody knows its address or its buffers.
  virtual void forget(socket_operation& op) noexcept = 0;
  /// Takes back what the kernel holds, and gives back what is the backend's, but for what the last recv has
  /// handed out, which lasts as long as the socket: afterwards it can only be destroyed. Destructors of final
  /// classes do it where `attached`.
  virtual void detach() noexcept = 0;

  /// It has a loop.
  bool attached() const noexcept { return home_ != nullptr; }
  /// Not in a child that was forked, nor without a loop: it must begin nothing and reset nothing.
  bool is_ours() const noexcept;
  /// Throws std::logic_error where it is not.
  void expect_ours() const;
  /// No operation is under way, and each waiter knows what it got.
  bool idle() const noexcept {
    return !delivered_[0] && !delivered_[1] && !active_[0] && !active_[1] && writers_.empty();
  }
  /// For `detach`: ends every waiting operation with errc::cancelled.
  void release_waiters() noexcept;
  /// The waiting operation of a side, or null.
  socket_operation* active(side which) const noexcept { return active_[index(which)]; }
  /// A waiting operation is over, with its result in place; the next in the queue begins.
  void finish(socket_operation& op) noexcept;
  void finish(socket_operation& op, std::error_code why) noexcept {
    op.error = why;
    finish(op);
  }
  /// Keeps what `op` has brought, though nobody waits for it any more, for the next.
  static void keep(socket_operation& op) noexcept { op.leave_behind(); }

 private:
  // Made at the first wait that has a limit, which most idle connections never have.
  struct stopwatch final : timer {
    stopwatch(socket& of, side its) noexcept : owner(of), which(its) {}
    void expire() noexcept override { owner.expired(which); }
    socket& owner;
    side which;
  };

  friend socket_operation;

  static std::size_t index(side which) noexcept { return static_cast<std::size_t>(which); }
  void told(socket_operation& op) noexcept;
  void lose_delivered(std::error_code why) noexcept;
  void hold(socket_operation& op) noexcept;
  void go_on(socket_operation& from) noexcept;
  void begin_next(time_point due) noexcept;
  void expired(side which) noexcept;
  [[noreturn]] void refuse() const;

  backend* home_;  // null once that is gone
  socket_operation* active_[2] = {nullptr, nullptr};
  list<operation, in_queue> writers_;
  // One that is over, whose waiter does not know yet what it has brought, or how much of it has gone.
  socket_operation* delivered_[2] = {nullptr, nullptr};
  duration limits_[2] = {unlimited, unlimited};
  std::unique_ptr<stopwatch> stopwatches_[2];
};

/// For code that knows only at run time which kind a socket is. Throws std::logic_error when it is another.
template <class Kind> Kind& socket_cast(socket& one) {
  if (auto* const known = dynamic_cast<Kind*>(&one)) return *known;
  throw std::logic_error("a socket is asked for what one of its kind cannot do");
}

inline void socket_operation::leave() noexcept {
  if (waiting() || unseen_) socket_->withdraw(*this);
}

inline void socket_operation::seen() noexcept {
  if (unseen_) [[unlikely]]
    socket_->told(*this);
}

}  // namespace parlance::io
