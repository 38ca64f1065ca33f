// What a loop needs from below: sockets, readiness of other descriptors, a clock, and one call that waits for
// the next thing to happen. Three of them: io_uring, epoll, and a simulation.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <parlance/io/datagram_socket.hpp>
#include <parlance/io/detail/operation.hpp>
#include <parlance/io/listening_socket.hpp>
#include <parlance/io/stream_socket.hpp>
#include <parlance/io/time.hpp>

namespace parlance::io {

class loop;

/// Waits until a descriptor that is no socket of ours (a terminal, a pipe, a signalfd) can be read or written
/// without blocking, or has an error to tell. Regular files are always ready. The descriptor stays the
/// caller's.
class poll_operation final : public operation, public link<in_backend> {
 public:
  /// `events`: POLLIN or POLLOUT.
  poll_operation(int fd, short events) noexcept : fd_(fd), events_(events) {}
  poll_operation(poll_operation&& fresh) noexcept
      : operation(std::move(fresh)), fd_(fresh.fd_), events_(fresh.events_) {}
  ~poll_operation();

  /// Throws std::logic_error in a child that was forked and uses its parent's loop.
  bool await_ready();
  void await_suspend(std::coroutine_handle<> waiter) noexcept { suspend(waiter); }
  /// Throws io::error when cancelled, which the end of its loop does too.
  void await_resume() const;
  void cancel(std::error_code why) noexcept override;
  std::string subject() const override { return "descriptor " + std::to_string(fd_); }

  int fd() const noexcept { return fd_; }
  short events() const noexcept { return events_; }
  /// For the backend.
  std::uint64_t cookie = 0;

 private:
  int fd_;
  short events_;
};

class backend {
 public:
  explicit backend(loop& owner) noexcept;
  virtual ~backend() = default;
  backend(const backend&) = delete;
  backend& operator=(const backend&) = delete;

  loop& owner() const noexcept { return owner_; }

  virtual std::string_view name() const noexcept = 0;
  virtual time_point now() const noexcept { return std::chrono::steady_clock::now(); }

  /// Hands everything that was started to the kernel, waits for something to happen, at most until `until` (a
  /// moment that has passed: does not wait), and completes what is complete. Throws io::error(errc::deadlock)
  /// when nothing could ever happen and the backend can tell. A write to the descriptor of the loop's
  /// post_queue ends it, too.
  virtual void wait(time_point until) = 0;

  /// Becomes readable when `wait` would bring something, for whoever waits in another way. Throws io::error
  /// (ENOTSUP) where there is none.
  virtual int descriptor();
  /// Hands over everything that was started, also what that begins in turn, and does not wait.
  virtual void submit() {}

  // As socket(2), of a family: AF_INET, AF_INET6 or AF_UNIX; the descriptor is close-on-exec. Each throws
  // io::error.
  virtual std::unique_ptr<stream_socket> open_stream(int family) = 0;
  virtual std::unique_ptr<listening_socket> open_listening(int family) = 0;
  virtual std::unique_ptr<datagram_socket> open_datagram(int family) = 0;
  /// By a type that is known only at run time: SOCK_STREAM, for one that connects, or SOCK_DGRAM. Throws
  /// io::error (ESOCKTNOSUPPORT: any other).
  std::unique_ptr<socket> open(int family, int type);
  /// As socketpair(2), for streams: two connected ends.
  virtual std::pair<std::unique_ptr<stream_socket>, std::unique_ptr<stream_socket>> open_pair() = 0;

  // Takes over the descriptor of a connected stream, see stream_socket::release, or of one that listens. Each
  // throws io::error, or std::logic_error in a child that was forked, and has closed it then.
  virtual std::unique_ptr<stream_socket> adopt_stream(int descriptor) = 0;
  virtual std::unique_ptr<listening_socket> adopt_listening(int descriptor) = 0;

  /// True when it is ready already. Otherwise op.complete() is called once it is.
  virtual bool begin(poll_operation& op) noexcept = 0;
  virtual void interrupt(poll_operation& op, std::error_code why) noexcept = 0;
  virtual void forget(poll_operation& op) noexcept = 0;

  /// Whether time is simulated, so that work for other threads must be done on the spot.
  virtual bool simulated() const noexcept { return false; }
  /// Something was begun or taken back that the kernel has not been told.
  virtual bool has_to_submit() const noexcept { return false; }

  /// Not in a child that was forked, where it is only a copy: it must neither take anything back from the
  /// kernel nor begin anything, for both would be done to the parent.
  bool is_ours() const noexcept { return forks_ == forks; }
  /// Throws std::logic_error in such a child.
  void expect_ours() const;

  /// Who has something from this backend: told when it ends.
  void add(socket& one) noexcept { sockets_.push_back(one); }
  void add(poll_operation& one) noexcept { polls_.push_back(one); }

 protected:
  /// Those that wait.
  template <class F> void for_each_poll(F what) { polls_.for_each(what); }
  /// For destructors of derived classes, first of all: sockets that outlive it are left with what they can be
  /// destroyed with, and whatever waits in it ends with errc::cancelled.
  void leave_everybody() noexcept;

 private:
  // How often this process has been forked off another; pthread_atfork counts.
  static constinit unsigned forks;

  loop& owner_;
  const unsigned forks_;
  list<socket, in_backend> sockets_;
  list<poll_operation, in_backend> polls_;
};

/// Each throws io::error when this machine does not give what the backend needs.
std::unique_ptr<backend> make_uring_backend(loop& owner);
std::unique_ptr<backend> make_epoll_backend(loop& owner);
std::unique_ptr<backend> make_sim_backend(loop& owner, const struct sim_options& options);

}  // namespace parlance::io
