// Who gathers what a trace shows, from packets or from what the program does, and draws it. For trace.cpp and
// trace_tap.cpp.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/io/endpoint.hpp>
#include <parlance/io/timer.hpp>
#include <parlance/net/stream.hpp>

#include <cli/base/file.hpp>
#include <cli/trace/packet_capture.hpp>
#include <cli/trace/payload.hpp>
#include <cli/trace/row.hpp>
#include <cli/trace/tcp.hpp>
#include <cli/trace/text.hpp>
#include <cli/trace/trace.hpp>

namespace parlance::cli {

/// One TCP connection of ours, or an attempt at one.
struct traced_connection {
  traced_connection(std::size_t which, bool is_ours, io::endpoint at)
      : number(which), calls(is_ours), remote(std::move(at)), states(is_ours) {}

  const std::size_t number;
  const bool calls;  // this end connects
  io::endpoint local, remote;
  tcp_states states;
  payload_namer out, in;
  std::size_t plain_segments = 0, left_out = 0;
  std::uint64_t bytes_left_out = 0;
};

class trace::recorder final : io::timer {
 public:
  recorder(const std::string& into, const std::string& command);

  using connection = std::shared_ptr<traced_connection>;

  // What connecting does.
  void trying(const io::endpoint& to);
  void failed(const io::endpoint& to, std::string_view why);
  connection connected(const net::stream& s);
  void listening(const io::endpoint& at);
  connection accepted(const net::stream& s);

  /// What the program does and sees; drawn where no packets are captured.
  void infer(const connection& on, tcp_segment segment, std::string_view bytes = {});
  /// What the kernel knows of it, before it is closed.
  void diagnose(const connection& on, const net::stream& s);

  void note(std::string_view what, bool broken = false);
  void message(const place& over, bool outgoing, std::string_view bytes);
  void finish();

  bool captures() const noexcept { return capture_ != nullptr; }
  /// Draws the packets that have passed.
  void drain();

 private:
  void expire() noexcept override;
  void begin();
  connection made(bool calls, const io::endpoint& local, const io::endpoint& remote);
  void claim(const connection& on);
  /// The attempts at one that were given up, or are a loser's of a race.
  void claim_attempts();
  bool belongs(const traced_connection& on, captured_packet& one) const;
  void take(captured_packet one);
  void draw(const connection& on, const tcp_segment& one, std::string_view bytes,
            std::chrono::nanoseconds at);
  void tell_left_out(const connection& on);
  void add(const connection& on, trace_row row);
  std::chrono::nanoseconds now() const;

  std::string command_;
  file into_;  // not open: stderr
  std::string path_;
  trace_style style_;
  std::string how_;  // whence the flags are
  std::unique_ptr<packet_capture> capture_;
  std::vector<connection> connections_;  // the newest 1000
  std::size_t made_ = 0;
  std::deque<captured_packet> unclaimed_;
  std::vector<io::endpoint> tried_;
  std::vector<trace_row> rows_;  // for a file
  std::size_t shown_ = 0;        // the connection of the last row
  std::chrono::nanoseconds since_{};
  bool begun_ = false, finished_ = false;
};

/// A stream over `s`, that tells the recorder what passes. In trace_tap.cpp.
net::stream tapped(net::stream s, std::shared_ptr<trace::recorder> into,
                   std::shared_ptr<traced_connection> on);

}  // namespace parlance::cli
