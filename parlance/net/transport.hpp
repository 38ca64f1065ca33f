// What a stream may stand on besides a plain socket: TLS over another stream, a stream on another loop,
// memory.
//
//   class counted final : public net::transport { ... };
//   net::stream s(std::make_shared<counted>(std::move(below)));
//
// A transport is spoken to by its stream alone, which sees to it that nothing is asked of one that is closed,
// and nothing is sent after `shutdown`. The stream keeps it until each of its tasks is over: so a task may
// use its transport to its end, also when that was closed meanwhile. Everything on one thread, that of the
// loop on which it was made.
#pragma once

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <parlance/io/endpoint.hpp>
#include <parlance/io/semaphore.hpp>
#include <parlance/io/stream_socket.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/tls_info.hpp>

namespace parlance::net {

class stream;
class tls_context;
class tls_session;

/// How long and for how many bytes `close` listens for the peer's last words.
struct close_limits {
  io::duration time = std::chrono::seconds(2);
  std::size_t bytes = 1024 * 1024;
};

class transport {
 public:
  transport() = default;
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;
  /// Closes at once.
  virtual ~transport() = default;

  /// As stream::recv: the bytes are the transport's, valid until the next recv. Whatever has arrived at one
  /// that is cancelled or destroyed is for the next. One at a time; a second throws EALREADY.
  virtual io::task<std::string_view> recv() = 0;

  /// As stream::send: all of them, in the order of the calls, or throws io::error with bytes_sent(). Neither
  /// `pieces` nor what they point to changes until the task is over or destroyed; with an owner, what they
  /// point to lasts as long as that does, and it may end on any thread. Never called with nothing to send.
  /// When one is destroyed of which a part has gone, all later ones throw EPIPE.
  virtual io::task<void> send(std::span<const std::string_view> pieces,
                              std::shared_ptr<const void> owner) = 0;

  /// As stream::shutdown, once; again only when it has thrown. Behind a send that was destroyed when a part of
  /// it had gone it throws EPIPE.
  virtual io::task<void> shutdown() = 0;

  /// As stream::peer_ended, which sees to this side's end. By default it throws ENOTSUP.
  virtual io::task<void> peer_ended();

  /// What stream::close does after `shutdown`: listens until the peer ends. It need not close in the end, and
  /// may throw whatever comes: the stream sees to that, and to the limit of time.
  virtual io::task<void> close(close_limits limits) = 0;

  /// Before `close_at_once`, which is to tell the peer by a reset then, where it can: bytes that it has handed
  /// out were not received after all, or what the peer was sent is not whole. By default that is nothing to it.
  virtual void reset_when_closed() noexcept {}

  /// What waits ends with errc::cancelled, and nothing more is asked of it. Behind a send of which only a part has
  /// gone, the peer is not to read an orderly end.
  virtual void close_at_once() noexcept = 0;
  /// The same, but the peer is told by a reset, and what waits ends with ECONNABORTED.
  virtual void abort() noexcept = 0;

  virtual io::endpoint local() const { return {}; }
  virtual io::endpoint remote() const { return {}; }
  /// As stream::set_recv_timeout and set_send_timeout.
  virtual void set_timeout(io::side which, io::duration limit) = 0;

  /// As stream::detach and detached_stream::attach, while none of its tasks is under way: `detach` leaves the
  /// loop, and `attach` makes it one of the loop that is current then. In between it may be destroyed on any
  /// thread, and nothing else is asked. By default `detach` throws ENOTSUP; then it is as it was.
  virtual void detach();
  virtual void attach();

  // What there is to know of what it stands on; nothing by default.
  virtual std::optional<tcp_info> info() const { return {}; }
  virtual std::optional<ucred> peer_credentials() const { return {}; }
  virtual tls_session* tls() noexcept { return nullptr; }
  virtual int native_handle() const noexcept { return -1; }
  virtual stream* below() noexcept { return nullptr; }

  /// The handshake of stream::start_tls, where the bytes are, of which `unread` is the beginning. Empty: it
  /// is not done there, but over this transport.
  virtual io::task<std::optional<tls_info>> start_tls(std::shared_ptr<tls_context> context, std::string host,
                                                      std::string unread);

 private:
  friend stream;
  io::semaphore ending_{1};  // for the stream: one shutdown at a time
};

}  // namespace parlance::net
