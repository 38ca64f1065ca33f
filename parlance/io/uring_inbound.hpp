// The reading side of a socket under io_uring: a stream's bytes, a listener's callers, or datagrams. For
// uring*.cpp only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <parlance/io/buffer_pool.hpp>
#include <parlance/io/socket.hpp>
#include <parlance/io/uring_ring.hpp>

namespace parlance::io::uring {

class uring_socket;

class inbound : public request {
 public:
  /// As socket::begin, socket::interrupt and socket::forget.
  virtual bool begin(socket_operation& op) noexcept = 0;
  virtual void interrupt(socket_operation& op, std::error_code why) noexcept = 0;
  virtual void forget(socket_operation& op) noexcept = 0;
  /// Gives back all that it has brought. It must be free.
  virtual void discard() noexcept {}

 protected:
  explicit inbound(uring_socket& of) noexcept : socket_(of) {}
  ~inbound() = default;

  uring_socket& socket_;
};

/// A multishot receive that goes on between operations, into buffers of the ring; when all of those are in
/// use, single ones into a block of the socket's own.
class stream_receive final : public inbound {
 public:
  explicit stream_receive(uring_socket& of) noexcept : inbound(of) {}
  bool begin(socket_operation& op) noexcept override;
  void interrupt(socket_operation& op, std::error_code why) noexcept override;
  void forget(socket_operation&) noexcept override {}
  void discard() noexcept override;
  /// Adds what it has brought, and nobody received. It must be free.
  void take(std::string& into);

 private:
  struct arrival {
    std::uint16_t buffer;
    std::uint32_t size;
  };

  // How much may wait for a reader before the multishot request is stopped: then TCP's window tells the
  // sender.
  static constexpr std::size_t most_waiting = 8;
  static constexpr std::uint16_t no_buffer = 0xffff;
  static constexpr std::uint16_t own_block = 0xfffe;  // block_ instead of a buffer of the ring

  void completed(int result, std::uint32_t flags) noexcept override;
  bool deliver(recv_operation& op) noexcept;
  void give_back(std::uint16_t buffer) noexcept;
  void arm() noexcept;
  void arm_single() noexcept;

  std::vector<arrival> arrivals_;
  std::size_t first_ = 0;           // of arrivals_, the oldest that is still here
  buffer_pool::block block_;        // of a single receive
  std::uint16_t loan_ = no_buffer;  // what the last recv handed out
  bool ended_ = false;
  int failure_ = 0;
};

/// A multishot accept that goes on between operations. Callers of a Unix socket are accepted one by one:
/// those who were accepted, and whom nobody wanted, could not be reset like those whom the kernel refuses.
class caller_receive final : public inbound {
 public:
  explicit caller_receive(uring_socket& of) noexcept;
  bool begin(socket_operation& op) noexcept override;
  void interrupt(socket_operation& op, std::error_code why) noexcept override;
  void forget(socket_operation& op) noexcept override;
  void discard() noexcept override;
  /// Those who were accepted, and nobody asked for. It must be free.
  void take(std::vector<std::unique_ptr<socket>>& into);

 private:
  static constexpr std::size_t most_waiting = 256;

  void completed(int result, std::uint32_t flags) noexcept override;
  void arm() noexcept;
  void hand_over(accept_operation& op, int fd) noexcept;

  std::vector<int> callers_;  // the oldest first
  const bool one_by_one_;
  bool abandoned_ = false;
  unsigned char skipped_ = 0;  // in a row whom an accept could not have
};

/// One datagram at a time, into the operation's own buffer.
class datagram_receive final : public inbound {
 public:
  explicit datagram_receive(uring_socket& of) noexcept : inbound(of) {}
  bool begin(socket_operation& op) noexcept override;
  void interrupt(socket_operation& op, std::error_code why) noexcept override;
  void forget(socket_operation& op) noexcept override;

 private:
  void completed(int result, std::uint32_t flags) noexcept override;

  bool abandoned_ = false;
};

}  // namespace parlance::io::uring
