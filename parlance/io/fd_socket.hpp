// What the io_uring and the epoll socket have in common: a descriptor, and the calls on it that never wait.
#pragma once

#include <memory>
#include <string>

#include <parlance/io/socket.hpp>
#include <parlance/io/timer.hpp>

namespace parlance::io {

class fd_socket : public socket {
 public:
  void bind(const endpoint& to) final;
  void listen(int backlog) final;
  void shutdown(int how) final;
  endpoint local() const final;
  endpoint remote() const final;
  int native_handle() const noexcept final { return fd_; }
  /// SO_LINGER of zero.
  static void reset_on_close(int fd) noexcept;

 protected:
  /// Takes the descriptor over.
  fd_socket(backend& of, int fd) noexcept : socket(of), fd_(fd) {}
  ~fd_socket() override;
  int give_up(std::string& unread) noexcept override;
  void reset_on_close() noexcept final { reset_on_close(fd_); }

  /// Has `look_again` called, for an operation that waits for room of which nobody tells: in a listener's
  /// queue of Unix callers, and in that of a peer to which a Unix datagram socket is not connected. Ever less
  /// often. `first`: of this operation.
  void look_again_soon(bool first) noexcept;
  virtual void look_again() noexcept = 0;
  /// For `detach`.
  void look_no_more() noexcept { second_look_.reset(); }

  int fd_;

 private:
  struct second_look final : timer {
    explicit second_look(fd_socket& of) noexcept : owner(of) {}
    void expire() noexcept override { owner.look_again(); }
    fd_socket& owner;
    duration pause{};
  };
  static constexpr duration first_pause = std::chrono::milliseconds(1);
  static constexpr duration longest_pause = std::chrono::milliseconds(16);

  std::unique_ptr<second_look> second_look_;
  // Kept from the first time it could be had, for a TCP peer that is gone has no address any more. Not an
  // endpoint: that has room for a path, four times as much, for every connection.
  mutable sockaddr_in6 remote_{};
  mutable socklen_t remote_size_ = 0;
};

/// Whether accept failed for that one caller only (accept(2): its connection died in the queue): try the
/// next.
bool is_failure_of_one_caller(int error_number) noexcept;

/// So many callers are skipped in one go. Then the failure is the accept's: one that meets every caller, as
/// under a rule that forbids accepting, must not keep the loop busy for ever.
inline constexpr int most_callers_skipped = 16;

/// SO_DOMAIN.
int family_of(int fd) noexcept;

/// socket(2), close-on-exec; `type` may carry SOCK_NONBLOCK. Throws io::error.
int open_socket(int family, int type);

}  // namespace parlance::io
