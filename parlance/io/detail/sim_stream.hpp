// A simulated stream socket: TCP as Linux behaves it, and Unix streams. Bytes travel in segments, each with a
// delay of its own but in order; FIN and RST travel like them.
#pragma once

#include <memory>
#include <string>

#include <parlance/io/detail/sim_network.hpp>

namespace parlance::io::sim {

struct segment {
  enum class kind : unsigned char { data, fin, reset, syn, opened, refused };
  kind what;
  std::string bytes = {};
};

struct in_front_of_a_backlog;

class sim_stream final : public sim_socket<stream_socket>,
                         private line<segment>,
                         public link<in_front_of_a_backlog> {
 public:
  sim_stream(sim_backend& network, int family)
      : sim_socket(network, family, SOCK_STREAM), line(network.owner().timers()) {}
  ~sim_stream() override;
  /// Two connected ends.
  static void join(sim_stream& a, sim_stream& b) noexcept;

  /// The SYN is with whom it calls.
  void call() noexcept;
  /// Nobody will ever accept it.
  void refuse() noexcept { reset_on_close_ = true; }

  void shutdown(int how) override;
  event* peer_ended() noexcept override { return &peer_over_; }
  endpoint remote() const override {
    return state_ == state::connected || state_ == state::reset ? remote_ : endpoint();
  }

 private:
  enum class state : unsigned char { fresh, connecting, connected, reset };

  bool begin(recv_operation& op) noexcept override;
  bool begin(send_operation& op) noexcept override;
  bool begin(connect_operation& op) noexcept override;
  void forget(socket_operation& op) noexcept override;
  bool attempt(socket_operation& op) noexcept override;
  void detach() noexcept override;
  // SO_LINGER means nothing to a Unix socket.
  void reset_on_close() noexcept override { reset_on_close_ = family() != AF_UNIX; }
  void spoil_chunk() noexcept;
  void arrived(segment what) noexcept override;

  bool recv(recv_operation& op) noexcept;
  bool send(send_operation& op) noexcept;
  bool connect(connect_operation& op) noexcept;
  bool hand_out(recv_operation& op) noexcept;
  void take(send_operation& op, std::size_t most);

  bool breaks_by_fault(socket_operation& op) noexcept;
  void called(bool with_success) noexcept;
  void close() noexcept;
  /// Tells the peer that it is over, at once and with loss of what is on its way.
  void reset_peer() noexcept;
  void lose_what_is_on_the_way() noexcept;
  /// The connection breaks under both.
  void break_connection() noexcept;
  void become_reset(int failure) noexcept;

  std::size_t unread() const noexcept { return arrived_.size() - read_; }

  state state_ = state::fresh;
  bool ended_ = false;  // the peer's FIN is here
  event peer_over_;     // that, or a reset
  bool shut_read_ = false, shut_write_ = false;
  bool reset_on_close_ = false;
  bool was_refused_ = false;    // where TCP reads an end
  bool refuses_data_ = false;   // the peer is gone, and its RST is on the way
  int failure_ = 0;             // of a reset that nobody was told of yet
  sim_stream* peer_ = nullptr;  // null once it is gone
  endpoint remote_;             // while connecting: whom
  std::string arrived_;         // from read_ on: not yet handed out
  std::size_t read_ = 0;
  std::size_t held_ = 0;           // bytes on the way or not yet handed out
  std::unique_ptr<char[]> chunk_;  // what the last recv handed out
  std::unique_ptr<char[]> stale_;  // and the one before: overwritten, for those who still look at it
  std::size_t chunk_size_ = 0;
  connect_operation* connecting_ = nullptr;  // what waits on the writing side, when it is one
  unsigned syns_ = 0;                        // that were dropped
};

}  // namespace parlance::io::sim
