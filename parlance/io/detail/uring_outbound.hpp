// The writing side of a socket under io_uring. For uring*.cpp only.
#pragma once

#include <sys/uio.h>

#include <array>
#include <memory>

#include <parlance/io/datagram_socket.hpp>
#include <parlance/io/detail/uring_ring.hpp>
#include <parlance/io/stream_socket.hpp>

namespace parlance::io::uring {

class uring_stream;
class uring_datagram;

// At most one request each, that of the active operation. `begin` is socket_operation::begin; `abandon`: the
// active operation is going away.

/// A send, or the connect before all.
class stream_outbound final : public request {
 public:
  explicit stream_outbound(uring_stream& of) noexcept : socket_(of) {}
  bool begin(send_operation& op) noexcept;
  bool begin(connect_operation& op) noexcept;
  void abandon() noexcept;

 private:
  static constexpr std::size_t most_pieces = 64;
  struct gathered {
    msghdr header;
    std::array<iovec, most_pieces> pieces;
  };

  void completed(int result, std::uint32_t flags) noexcept override;
  void completed(send_operation& op, int result) noexcept;
  void completed(connect_operation& op, int result) noexcept;
  void submit(send_operation& op) noexcept;

  uring_stream& socket_;
  send_operation* sending_ = nullptr;
  connect_operation* connecting_ = nullptr;
  send_operation* abandoned_ = nullptr;  // was sent, and lasts until that is known to be over
  std::unique_ptr<gathered> gathered_;   // of a send of several pieces, while it lasts
};

class datagram_send final : public request {
 public:
  explicit datagram_send(uring_datagram& of) noexcept : socket_(of) {}
  bool begin(send_to_operation& op) noexcept;
  void abandon() noexcept;
  /// It waits for room in the queue of a peer, without the kernel: tries once more.
  void look_again() noexcept;

 private:
  void completed(int result, std::uint32_t flags) noexcept override;
  void submit() noexcept;

  uring_datagram& socket_;
  send_to_operation* op_ = nullptr;
  send_to_operation* abandoned_ = nullptr;  // is with the kernel, and lasts until that is known to be over
  bool looked_ = false;                     // again, for room
};

}  // namespace parlance::io::uring
