// The reading side of a socket under io_uring: a stream's bytes, a listener's callers, or datagrams. For
// uring*.cpp only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/io/datagram_socket.hpp>
#include <parlance/io/detail/buffer_pool.hpp>
#include <parlance/io/detail/owned_fd.hpp>
#include <parlance/io/detail/uring_ring.hpp>
#include <parlance/io/listening_socket.hpp>
#include <parlance/io/stream_socket.hpp>

namespace parlance::io::uring {

class uring_stream;
class uring_listener;
class uring_datagram;

// In each, `begin` is socket_operation::begin.

/// A multishot receive that goes on between operations, into buffers of the ring; when all of those are in
/// use, single ones into a block of the socket's own.
class stream_receive final : public request {
 public:
  explicit stream_receive(uring_stream& of) noexcept : socket_(of) {}
  bool begin(recv_operation& op) noexcept;
  /// Gives back what the last recv has handed out.
  void give_loan_back() noexcept { give_back(std::exchange(loan_, no_buffer)); }
  /// What that lies in, when it is the ring's.
  std::shared_ptr<const void> loan() const noexcept;
  /// A connection is made: what was told without one is no more.
  void begin_anew() noexcept {
    ended_ = false;
    failure_ = 0;
  }
  /// It has brought bytes that nobody received.
  bool has_unread() const noexcept { return waiting_ != 0; }
  /// Gives back all else that it has brought. It must be free.
  void discard() noexcept;
  /// Adds what it has brought, and nobody received. It must be free. When that throws, it has it yet.
  void take(std::string& into);

 private:
  // How much may wait for a reader before the multishot request is stopped: then TCP's window tells the
  // sender.
  static constexpr std::size_t most_waiting = 8;
  static constexpr std::uint16_t no_buffer = 0xffff;
  static constexpr std::uint16_t own_block = 0xfffe;  // block_ instead of a buffer of the ring

  void completed(int result, std::uint32_t flags) noexcept override;
  bool deliver(recv_operation& op) noexcept;
  void add(std::uint16_t buffer, std::uint32_t size) noexcept;
  /// The oldest of those that nobody received.
  std::uint16_t next() noexcept;
  std::string_view bytes_of(std::uint16_t buffer) noexcept;
  uring_buffers::note& of(std::uint16_t buffer) noexcept;
  void give_back(std::uint16_t buffer) noexcept;
  void arm() noexcept;
  /// False: there is no memory.
  bool arm_single() noexcept;

  uring_stream& socket_;
  // A chain, of which each knows the next, so that bytes that come need no memory but that which they lie in.
  std::uint16_t oldest_ = no_buffer, newest_ = no_buffer, waiting_ = 0;
  std::uint16_t loan_ = no_buffer;  // what the last recv handed out
  uring_buffers::note of_block_{};
  buffer_pool::block block_;  // of a single receive
  bool ended_ = false;
  int failure_ = 0;
};

/// A multishot accept that goes on between operations. Callers of a Unix socket are accepted one by one:
/// those who were accepted, and whom nobody wanted, could not be reset like those whom the kernel refuses.
class caller_receive final : public request {
 public:
  explicit caller_receive(uring_listener& of) noexcept;
  bool begin(accept_operation& op) noexcept;
  // As those of socket, of the operation that waits.
  void interrupt(socket_operation& op, std::error_code why) noexcept;
  void forget() noexcept;
  /// Refuses all whom it has. It must be free.
  void discard() noexcept;
  /// Those who were accepted, and nobody asked for. It must be free.
  void take(std::vector<std::unique_ptr<stream_socket>>& into);

 private:
  static constexpr std::size_t most_waiting = 256;

  void completed(int result, std::uint32_t flags) noexcept override;
  void give(accept_operation& op, owned_fd caller) noexcept;
  void keep(owned_fd caller) noexcept;
  void arm() noexcept;

  uring_listener& socket_;
  std::vector<owned_fd> callers_;  // the oldest first
  const bool one_by_one_;
  bool abandoned_ = false;
  unsigned char skipped_ = 0;  // in a row whom an accept could not have
};

/// One datagram at a time, into the operation's own buffer.
class datagram_receive final : public request {
 public:
  explicit datagram_receive(uring_datagram& of) noexcept : socket_(of) {}
  bool begin(recv_from_operation& op) noexcept;
  /// The operation that waits is going away.
  void forget() noexcept;

 private:
  void completed(int result, std::uint32_t flags) noexcept override;

  uring_datagram& socket_;
  bool abandoned_ = false;
};

}  // namespace parlance::io::uring
