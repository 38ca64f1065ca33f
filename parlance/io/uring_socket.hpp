// A socket of the io_uring backend. For uring*.cpp only.
#pragma once

#include <variant>

#include <parlance/io/fd_socket.hpp>
#include <parlance/io/uring_inbound.hpp>
#include <parlance/io/uring_outbound.hpp>

namespace parlance::io::uring {

class uring_socket final : public fd_socket {
 public:
  /// `local`: a Unix socket.
  uring_socket(backend& of, ring& by, int fd, bool local) noexcept
      : fd_socket(of, fd), backend_(of), ring_(by), local_(local) {}
  ~uring_socket() override;

  // For its two sides.
  ring& by() noexcept { return ring_; }
  buffer_pool& pool() noexcept;
  std::unique_ptr<socket> caller(int fd) {
    return std::make_unique<uring_socket>(backend_, ring_, fd, local_);
  }
  bool is_local() const noexcept { return local_; }
  using fd_socket::look_again_soon;
  using socket::active;
  using socket::finish;
  using socket::is_ours;
  using socket::keep;
  using socket::note_break;

 protected:
  bool begin(socket_operation& op) noexcept override;
  void interrupt(socket_operation& op, std::error_code why) noexcept override;
  void forget(socket_operation& op) noexcept override;
  void detach() noexcept override;
  int give_up(std::string& unread) noexcept override;
  void stop_accepting(std::vector<std::unique_ptr<socket>>& into) override;
  void look_again() noexcept override { out_.look_again(); }

 private:
  inbound* reading() noexcept;
  template <class Inbound> Inbound& reading_as() noexcept;

  backend& backend_;
  ring& ring_;
  const bool local_;
  // By what was asked of it last; a socket that receives seldom does anything else.
  std::variant<std::monostate, stream_receive, caller_receive, datagram_receive> in_;
  outbound out_{*this};
};

}  // namespace parlance::io::uring
