// A stream that lives on another loop: the system calls on it, its TLS and the copying are that thread's
// work. This end of it, on the loop on which it was made, is spoken to like a net::stream.
//
//   net::remote_stream s(co_await door.accept(), other);       // an io::loop_thread
//   for (std::string_view text; !(text = co_await s.recv()).empty();) fmt::print("{}", text);
//
// Each call is one request to the other loop and one answer: it is worth its while where what is sent is
// worth more than two hand-overs between threads. Errors are those of net::stream.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/io/loop_thread.hpp>
#include <parlance/io/task.hpp>
#include <parlance/net/stream.hpp>
#include <parlance/net/tls.hpp>

namespace parlance::net {

class remote_stream {
 public:
  /// Moves a stream to `where`, which must outlive it. Only a plain one, before its first operation.
  remote_stream(stream given, io::loop_thread& where);
  /// Closes it at once, as ~stream does.
  ~remote_stream();
  remote_stream(const remote_stream&) = delete;
  remote_stream& operator=(const remote_stream&) = delete;

  /// As stream::recv and stream::peek, with a copy of the bytes, valid until the next of them. One at a time.
  /// A wait that is cancelled or destroyed must be the last: what arrives afterwards is lost.
  io::task<std::string_view> recv() { return receive(false); }
  io::task<std::string_view> peek() { return receive(true); }

  /// Sends the pieces in order, as stream::send. `owner` keeps them alive until they are sent, and may end on
  /// the other thread.
  io::task<void> send(std::vector<std::string_view> pieces, std::shared_ptr<const void> owner);

  /// The server's side of a TLS handshake (tls_accept). Gives the caller's fingerprint, when it showed a
  /// certificate (tls_session::peer_fingerprint).
  io::task<std::string> start_tls(std::shared_ptr<tls_context> context);

  io::task<void> shutdown();
  io::task<void> close();
  void abort() noexcept;
  /// False after close or abort.
  bool is_open() const noexcept { return there_ != nullptr; }

  /// As those of stream.
  endpoint local() const;
  std::optional<tcp_info> info() const;

 private:
  struct far_end;
  struct shaking;
  io::task<std::string_view> receive(bool peek);
  /// Throws errc::closed when it is not open.
  const std::shared_ptr<far_end>& opened() const;

  io::loop_thread* where_;
  std::shared_ptr<far_end> there_;  // what is in it belongs to the other thread
  std::string arrived_;
};

}  // namespace parlance::net
