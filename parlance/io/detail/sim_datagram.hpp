// A simulated datagram socket: UDP and Unix datagrams. Between two sockets the order is kept; nothing is lost
// but what comes for a UDP socket whose buffer is full.
#pragma once

#include <cerrno>
#include <deque>
#include <string>

#include <parlance/io/detail/sim_network.hpp>

namespace parlance::io::sim {

struct message {
  endpoint from = {};
  std::string bytes = {};
  int failure = 0;  // no message: an earlier one could not be delivered
};

class sim_datagram final : public sim_socket<datagram_socket>, private line<message> {
 public:
  sim_datagram(sim_backend& network, int family)
      : sim_socket(network, family, SOCK_DGRAM), line(network.owner().timers()) {}
  ~sim_datagram() override {
    if (attached()) detach();
  }

  void connect(const endpoint& whom) override;
  endpoint remote() const override { return remote_; }

 private:
  bool begin(recv_from_operation& op) noexcept override {
    return must_fail(op, ECONNRESET) || attempt_first(op);
  }
  bool begin(send_to_operation& op) noexcept override {
    return must_fail(op, ECONNRESET) || attempt_first(op);
  }
  bool attempt(socket_operation& op) noexcept override;
  void arrived(message what) noexcept override;

  bool recv_from(recv_from_operation& op) noexcept;
  bool send_to(send_to_operation& op) noexcept;
  bool unreachable(send_to_operation& op) noexcept;
  bool hears(const endpoint& from) const noexcept;

  int failure_ = 0;
  endpoint remote_;
  std::deque<message> inbox_;
  std::size_t held_ = 0;
};

}  // namespace parlance::io::sim
