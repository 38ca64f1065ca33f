// A simulated socket at which streams call: a backlog as Linux has it.
#pragma once

#include <cerrno>
#include <cstddef>
#include <deque>
#include <memory>

#include <parlance/io/detail/sim_network.hpp>
#include <parlance/io/detail/sim_stream.hpp>

namespace parlance::io::sim {

class sim_listener final : public sim_socket<listening_socket> {
 public:
  sim_listener(sim_backend& network, int family) : sim_socket(network, family, SOCK_STREAM) {}
  ~sim_listener() override {
    if (attached()) detach();
  }

  void listen(int backlog) override;

  // For who calls.
  bool listens() const noexcept { return backlog_ != 0; }
  bool has_room() const noexcept { return callers_.size() < backlog_; }
  void add(std::unique_ptr<sim_stream> caller);
  /// A Unix caller calls again once there is room.
  void add_waiting(sim_stream& caller) noexcept { before_.push_back(caller); }

 private:
  bool begin(accept_operation& op) noexcept override { return must_fail(op, EMFILE) || attempt_first(op); }
  bool attempt(socket_operation& op) noexcept override;
  void detach() noexcept override;
  void let_call_again() noexcept;

  std::deque<std::unique_ptr<sim_stream>> callers_;
  list<sim_stream, in_front_of_a_backlog> before_;  // Unix callers for whom there was no room
  std::size_t backlog_ = 0;                         // 0: it does not listen yet
};

}  // namespace parlance::io::sim
