// The sockets of the io_uring backend. For uring*.cpp only.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <parlance/io/detail/fd_socket.hpp>
#include <parlance/io/detail/uring_inbound.hpp>
#include <parlance/io/detail/uring_outbound.hpp>

namespace parlance::io::uring {

/// A socket of a kind, and what its requests ask of it.
template <class Fd> class uring_socket : public Fd {
 public:
  /// `local`: a Unix socket.
  uring_socket(backend& of, ring& by, owned_fd fd, bool local) noexcept
      : Fd(of, std::move(fd)), backend_(of), ring_(by), local_(local) {}

  ring& by() noexcept { return ring_; }
  bool is_local() const noexcept { return local_; }
  using Fd::finish;
  using Fd::is_ours;
  using Fd::keep;
  /// What waits on a side, of the only kind that it can be there.
  template <class Operation> Operation* waiting(side which) const noexcept {
    return static_cast<Operation*>(this->active(which));
  }

 protected:
  backend& backend_;
  ring& ring_;
  const bool local_;
};

class uring_stream final : public uring_socket<fd_stream> {
 public:
  using uring_socket::uring_socket;
  ~uring_stream() override;
  buffer_pool& pool() noexcept;

 protected:
  bool begin(recv_operation& op) noexcept override { return in_.begin(op); }
  bool begin(send_operation& op) noexcept override { return out_.begin(op); }
  bool begin(connect_operation& op) noexcept override {
    in_.begin_anew();
    return out_.begin(op);
  }
  void interrupt(socket_operation& op, std::error_code why) noexcept override;
  void forget(socket_operation& op) noexcept override;
  void detach() noexcept override;
  int give_up(std::string& unread) override;

 private:
  stream_receive in_{*this};
  stream_outbound out_{*this};
};

class uring_listener final : public uring_socket<fd_listener> {
 public:
  using uring_socket::uring_socket;
  ~uring_listener() override {
    if (attached()) detach();
  }
  std::unique_ptr<stream_socket> caller(owned_fd fd) {
    return std::make_unique<uring_stream>(backend_, ring_, std::move(fd), local_);
  }

 protected:
  bool begin(accept_operation& op) noexcept override { return in_.begin(op); }
  void interrupt(socket_operation& op, std::error_code why) noexcept override { in_.interrupt(op, why); }
  void forget(socket_operation&) noexcept override { in_.forget(); }
  void detach() noexcept override;
  void stop_accepting(std::vector<std::unique_ptr<stream_socket>>& into) override;

 private:
  caller_receive in_{*this};
};

class uring_datagram final : public uring_socket<fd_datagram> {
 public:
  using uring_socket::uring_socket;
  ~uring_datagram() override {
    if (attached()) detach();
  }
  bool look_again_soon(bool first, socket_operation& op) noexcept {
    return io::look_again_soon(second_look_, *this, first, op);
  }
  void look_again() noexcept { out_.look_again(); }

 protected:
  bool begin(recv_from_operation& op) noexcept override { return in_.begin(op); }
  bool begin(send_to_operation& op) noexcept override { return out_.begin(op); }
  void interrupt(socket_operation& op, std::error_code why) noexcept override;
  void forget(socket_operation& op) noexcept override;
  void detach() noexcept override;

 private:
  datagram_receive in_{*this};
  datagram_send out_{*this};
  std::unique_ptr<second_look<uring_datagram>> second_look_;
};

}  // namespace parlance::io::uring
