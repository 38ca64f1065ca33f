// A socket at which streams call. See socket.hpp for what holds of all sockets.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include <parlance/io/stream_socket.hpp>

namespace parlance::io {

class listening_socket;

/// Waits for a caller: `accepted` is the socket to it.
class accept_operation final : public socket_operation {
 public:
  explicit accept_operation(listening_socket& on) noexcept;
  explicit accept_operation(socket& on);
  accept_operation(accept_operation&& other) noexcept : socket_operation(std::move(other)) {}
  ~accept_operation() { leave(); }
  std::unique_ptr<stream_socket> await_resume() noexcept {
    seen();
    return std::move(accepted);
  }
  std::unique_ptr<stream_socket> accepted;

 private:
  listening_socket& on() const noexcept;
  bool begin() noexcept override;
  bool has_brought() const noexcept override { return accepted != nullptr; }
  void leave_behind() noexcept override;
  bool take_left_behind() noexcept override;
};

class listening_socket : public socket {
 public:
  ~listening_socket() override;

  /// As listen(2), once it is bound; again, to change the backlog. Does not wait. Throws io::error.
  virtual void listen(int backlog) = 0;

  /// Of one that is about to go, and at which nobody waits: the callers who were accepted already, ahead of
  /// those who would ask for them. No more will be.
  std::vector<std::unique_ptr<stream_socket>> take_accepted();

 protected:
  explicit listening_socket(backend& of) noexcept;

  /// As socket_operation::begin.
  virtual bool begin(accept_operation& op) noexcept = 0;
  /// For take_accepted: stops accepting, and adds whom it has.
  virtual void stop_accepting(std::vector<std::unique_ptr<stream_socket>>&) {}
  /// For `detach`, beside release_waiters: who was left behind for an accept that will not come is refused.
  void refuse_left_behind() noexcept;

 private:
  friend accept_operation;

  std::unique_ptr<stream_socket> left_behind_;
};

inline accept_operation::accept_operation(listening_socket& on) noexcept : socket_operation(on, side::read) {}

inline accept_operation::accept_operation(socket& on) : accept_operation(socket_cast<listening_socket>(on)) {}

}  // namespace parlance::io
