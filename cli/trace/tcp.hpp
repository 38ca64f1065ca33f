// Both ends' states of a TCP connection, from the segments that pass between them (RFC 9293, section 3.3.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::cli {

struct tcp_segment {
  bool outgoing = false;
  bool syn = false, ack = false, fin = false, rst = false, psh = false;
  /// As they were on the wire; nothing when nobody has seen them.
  struct numbers {
    std::uint32_t sequence = 0, acknowledged = 0;
    std::uint16_t window = 0;
  };
  std::optional<numbers> seen = {};
  std::size_t size = 0;  // of what it carries
};

class tcp_states {
 public:
  enum class state : unsigned char {
    closed,
    listen,
    syn_sent,
    syn_received,
    established,
    fin_wait_1,
    fin_wait_2,
    close_wait,
    closing,
    last_ack,
    time_wait
  };

  /// `calls`: this end is the one that connects.
  explicit tcp_states(bool calls) noexcept;

  /// What it does to both ends; of one whose numbers nobody has seen, it acknowledges all that went before.
  void pass(const tcp_segment& one) noexcept;

  state here() const noexcept { return ends_[0].is; }
  state there() const noexcept { return ends_[1].is; }
  /// Neither end has anything more to say.
  bool over() const noexcept;

  /// "SYN", "PSH ACK seq 1 ack 1 win 512 len 78": its numbers are counted from the first of each end.
  std::string describe(const tcp_segment& one) const;

 private:
  struct end {
    state is = state::closed;
    std::optional<std::uint32_t> first = {};      // its initial sequence number
    std::optional<std::uint32_t> after_fin = {};  // what acknowledges its FIN
    bool fin_sent = false;
  };
  static bool acknowledges_fin(const tcp_segment& one, const end& of) noexcept;

  end ends_[2];  // here, there
};

/// "SYN_SENT".
std::string_view name_of(tcp_states::state one) noexcept;

}  // namespace parlance::cli
