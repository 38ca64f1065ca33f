// The writing side of a socket under io_uring. For uring*.cpp only.
#pragma once

#include <sys/uio.h>

#include <array>
#include <memory>

#include <parlance/io/socket.hpp>
#include <parlance/io/uring_ring.hpp>

namespace parlance::io::uring {

class uring_socket;

/// At most one request, that of the active operation.
class outbound final : public request {
 public:
  explicit outbound(uring_socket& of) noexcept : socket_(of) {}
  /// As socket::begin.
  bool begin(socket_operation& op) noexcept;
  /// The active operation is going away.
  void abandon() noexcept;
  /// It waits for room in the queue of a peer, without the kernel: tries once more.
  void look_again() noexcept;

 private:
  static constexpr std::size_t most_pieces = 64;
  struct gathered {
    msghdr header;
    std::array<iovec, most_pieces> pieces;
  };

  void completed(int result, std::uint32_t flags) noexcept override;
  void submit(send_operation& op) noexcept;
  void submit(connect_operation& op) noexcept;
  void submit(send_to_operation& op) noexcept;
  /// True: all of it went.
  bool went_on(send_operation& op, std::size_t more) noexcept;

  uring_socket& socket_;
  socket_operation* op_ = nullptr;
  bool abandoned_send_ = false;
  bool looked_ = false;                 // again, for room
  std::unique_ptr<gathered> gathered_;  // of a send of several pieces, while it lasts
};

}  // namespace parlance::io::uring
