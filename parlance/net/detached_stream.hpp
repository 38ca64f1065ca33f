// A stream on its way from one loop to another, that of another thread or one that comes later.
//
//   net::detached_stream going = s.detach();
//   co_await io::run_on(other, [going = std::move(going)]() mutable -> io::task<void> {
//     net::stream s = std::move(going).attach();
//     ...
//   });
//
// It lives there as any other does, at no cost for each operation; net::remote_stream is for who works here
// with one that lives there. Bytes that have arrived go along, and so do the limits of time, and who the peer
// is, though it may be gone meanwhile.
#pragma once

#include <memory>
#include <string>

#include <parlance/net/stream.hpp>

namespace parlance::net {

class detached_stream {
 public:
  detached_stream(detached_stream&& other) noexcept;
  detached_stream& operator=(detached_stream&&) = delete;
  /// Closes it at once, if nobody took it.
  ~detached_stream();

  /// The stream, on the loop that is current. Once. Throws io::error when that cannot have it, which closes
  /// the stream.
  stream attach() &&;

  /// For another program: the descriptor, which is the caller's from here on, and the bytes that have arrived and nobody has
  /// received, for net::adopt_stream there. Throws io::error: ENOTSUP where it is more than a descriptor, as TLS is, and
  /// EPIPE behind a send that was destroyed half-way; it closes the stream then.
  struct parts {
    int descriptor = -1;
    std::string unread;
  };
  parts release() &&;

 private:
  friend stream;
  detached_stream() = default;
  /// Closed, it resets: its peer must not take what it has for all, nor what it sent for received.
  bool is_to_reset() const noexcept { return !from_.unread.empty() || from_.cut || was_cut_; }
  stream adopted();

  io::stream_socket::released from_;
  std::shared_ptr<transport> over_;  // instead of its descriptor
  io::duration recv_timeout_ = io::unlimited, send_timeout_ = io::unlimited;
  bool is_half_closed_ = false, was_cut_ = false;
};

}  // namespace parlance::net
