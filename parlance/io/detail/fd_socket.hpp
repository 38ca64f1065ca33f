// What the io_uring and the epoll sockets have in common: a descriptor, and the calls on it that never wait.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include <parlance/io/datagram_socket.hpp>
#include <parlance/io/detail/owned_fd.hpp>
#include <parlance/io/listening_socket.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/stream_socket.hpp>
#include <parlance/io/timer.hpp>

namespace parlance::io {

/// Throws io::error.
void bind_descriptor(int fd, const endpoint& to);
/// getsockname(2) or getpeername(2); of no family when there is none.
endpoint local_of(int fd) noexcept;
endpoint remote_of(int fd) noexcept;
/// SO_DOMAIN.
int family_of(int fd) noexcept;
/// SO_LINGER of zero.
void reset_descriptor_on_close(int fd) noexcept;
/// socket(2), close-on-exec; `type` may carry SOCK_NONBLOCK. Throws io::error.
owned_fd open_socket(int family, int type);
/// socketpair(2), likewise, for Unix streams.
std::pair<owned_fd, owned_fd> open_socket_pair(int type);

/// Whether accept failed for that one caller only (accept(2): its connection died in the queue): try the
/// next.
bool is_failure_of_one_caller(int error_number) noexcept;

/// So many callers are skipped in one go. Then the failure is the accept's: one that meets every caller, as
/// under a rule that forbids accepting, must not keep the loop busy for ever.
inline constexpr int most_callers_skipped = 16;

/// A socket of a kind, on a descriptor.
template <class Kind> class fd_socket : public Kind {
 public:
  void bind(const endpoint& to) final {
    this->expect_ours();
    bind_descriptor(fd_, to);
  }
  endpoint local() const final { return local_of(fd_); }
  int native_handle() const noexcept final { return fd_; }

 protected:
  fd_socket(backend& of, owned_fd fd) noexcept : Kind(of), fd_(fd.release()) {}
  ~fd_socket() override {
    if (fd_ >= 0) ::close(fd_);
  }

  int fd_;
};

class fd_stream : public fd_socket<stream_socket> {
 public:
  endpoint remote() const final;
  void shutdown(int how) final;

 protected:
  using fd_socket::fd_socket;
  int give_up(std::string& unread) override;
  void reset_on_close() noexcept final { reset_descriptor_on_close(fd_); }
  void know_remote(const endpoint& peer) noexcept final { keep_remote(peer); }

 private:
  void keep_remote(const endpoint& peer) const noexcept;

  // Kept from the first time it could be had, for a TCP peer that is gone has no address any more. Not an
  // endpoint: that has room for a path, four times as much, for every connection.
  mutable sockaddr_in6 remote_{};
  mutable socklen_t remote_size_ = 0;
};

class fd_listener : public fd_socket<listening_socket> {
 public:
  void listen(int backlog) final;

 protected:
  using fd_socket::fd_socket;
};

class fd_datagram : public fd_socket<datagram_socket> {
 public:
  void connect(const endpoint& whom) final;
  endpoint remote() const final { return remote_of(fd_); }

 protected:
  using fd_socket::fd_socket;
};

/// Looks again for room of which nobody tells: in a listener's queue of Unix callers, and in that of a peer to
/// which a Unix datagram socket is not connected. Calls `Owner::look_again`.
template <class Owner> class second_look final : timer {
 public:
  explicit second_look(Owner& of) noexcept : owner_(of) {}

  /// Soon; ever less often, but for an operation that does so for the `first` time.
  void soon(bool first) noexcept {
    pause_ = first ? first_pause : std::min(2 * pause_, longest_pause);
    arm(after(loop::current().now(), pause_));
  }

 private:
  static constexpr duration first_pause = std::chrono::milliseconds(1);
  static constexpr duration longest_pause = std::chrono::milliseconds(16);

  void expire() noexcept override { owner_.look_again(); }

  Owner& owner_;
  duration pause_{};
};

/// Made at the first wait for room, which most sockets never have. False, with ENOMEM for the operation that
/// waits: there is no memory for it.
template <class Owner>
bool look_again_soon(std::unique_ptr<second_look<Owner>>& look, Owner& of, bool first,
                     socket_operation& op) noexcept {
  if (!look) look.reset(new (std::nothrow) second_look<Owner>(of));
  if (look)
    look->soon(first);
  else
    op.error = from_errno(ENOMEM);
  return look != nullptr;
}

}  // namespace parlance::io
