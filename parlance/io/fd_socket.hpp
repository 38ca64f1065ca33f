// What the io_uring and the epoll socket have in common: a descriptor, and the calls on it that never wait.
#pragma once

#include <parlance/io/socket.hpp>

namespace parlance::io {

class fd_socket : public socket {
 public:
  void bind(const endpoint& to) final;
  void listen(int backlog) final;
  void shutdown(int how) final;
  endpoint local() const final;
  endpoint remote() const final;
  int native_handle() const noexcept final { return fd_; }
  int release() noexcept override;
  /// SO_LINGER of zero.
  static void reset_on_close(int fd) noexcept;

 protected:
  /// Takes the descriptor over.
  explicit fd_socket(int fd) noexcept : fd_(fd) {}
  ~fd_socket() override;
  void reset_on_close() noexcept final { reset_on_close(fd_); }

  int fd_;

 private:
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

/// socket(2), close-on-exec; `type` may carry SOCK_NONBLOCK. Throws io::error.
int open_socket(int family, int type);

}  // namespace parlance::io
