// A socket for datagrams: UDP or Unix. See socket.hpp for what holds of all sockets.
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

#include <parlance/io/socket.hpp>

namespace parlance::io {

class datagram_socket;

/// What comes along with a datagram, as far as the options of its socket ask for it.
struct datagram_details {
  /// IP_PKTINFO or IPV6_RECVPKTINFO: the address it was sent to, without a port.
  endpoint to;
  /// With that, the index of the interface that it came by.
  unsigned interface_index = 0;
  /// UDP_GRO: it is several, of so many bytes each but for the last, which may be shorter. 0: it is one.
  std::size_t segment_size = 0;
};

/// Receives one datagram into `buffer`. `size` may be 0: an empty datagram is data. `truncated`: it was longer.
/// `with_details`, for UDP only: a Unix socket would be given descriptors, which nobody closes. What nobody has
/// seen when it goes, and there is no memory for, is lost: the next fails with ENOMEM.
class recv_from_operation final : public socket_operation {
 public:
  recv_from_operation(datagram_socket& on, std::span<char> buffer, bool with_details = false) noexcept;
  recv_from_operation(socket& on, std::span<char> buffer, bool with_details = false);
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
  datagram_socket& on() const noexcept;
  bool begin() noexcept override;
  bool has_brought() const noexcept override { return has_failed() || !error; }
  void leave_behind() noexcept override;
  bool take_left_behind() noexcept override;

  bool with_details_;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int))> control_;
};

/// Sends one datagram, to `to` or, when that is of no family, to whom the socket is connected. With a
/// `segment_size`, for UDP of the kernel only: several, of so many bytes each but for the last (UDP_SEGMENT).
class send_to_operation final : public socket_operation {
 public:
  send_to_operation(datagram_socket& on, std::string_view datagram, const endpoint& whom,
                    std::uint16_t segment_size = 0) noexcept;
  send_to_operation(socket& on, std::string_view datagram, const endpoint& whom,
                    std::uint16_t segment_size = 0);
  send_to_operation(send_to_operation&&) noexcept = default;
  ~send_to_operation() { leave(); }
  void await_resume() const noexcept {}
  void prepare() noexcept;

  iovec data;
  endpoint to;
  /// All the same, though its socket was closed meanwhile, of which `error` tells.
  bool has_gone = false;
  msghdr header{};

 private:
  bool begin() noexcept override;

  std::uint16_t segment_size_;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> control_;
};

class datagram_socket : public socket {
 public:
  ~datagram_socket() override;

  /// Whom it sends to, and hears from alone; one of no family: anybody again. Does not wait. Throws
  /// io::error.
  virtual void connect(const endpoint& whom) = 0;
  virtual endpoint remote() const = 0;

 protected:
  explicit datagram_socket(backend& of) noexcept;

  // As socket_operation::begin.
  virtual bool begin(recv_from_operation& op) noexcept = 0;
  virtual bool begin(send_to_operation& op) noexcept = 0;

 private:
  friend recv_from_operation;
  friend send_to_operation;

  struct left_behind;
  std::unique_ptr<left_behind> left_behind_;
  bool is_lost_ = false;  // what was to be left behind, for want of memory
};

inline recv_from_operation::recv_from_operation(datagram_socket& on, std::span<char> buffer,
                                                bool with_details) noexcept
    : socket_operation(on, side::read), room{buffer.data(), buffer.size()}, with_details_(with_details) {}

inline send_to_operation::send_to_operation(datagram_socket& on, std::string_view datagram,
                                            const endpoint& whom, std::uint16_t segment_size) noexcept
    : socket_operation(on, side::write),
      data{const_cast<char*>(datagram.data()), datagram.size()},
      to(whom),
      segment_size_(segment_size) {}

inline recv_from_operation::recv_from_operation(socket& on, std::span<char> buffer, bool with_details)
    : recv_from_operation(socket_cast<datagram_socket>(on), buffer, with_details) {}

inline send_to_operation::send_to_operation(socket& on, std::string_view datagram, const endpoint& whom,
                                            std::uint16_t segment_size)
    : send_to_operation(socket_cast<datagram_socket>(on), datagram, whom, segment_size) {}

}  // namespace parlance::io
