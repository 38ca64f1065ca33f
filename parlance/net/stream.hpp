// A conversation: bytes in order, both ways, over TCP, a Unix socket, TLS, or whatever else is a transport.
//
//   net::stream s = co_await net::connect("example.com:7", {.tls = true});
//   co_await s.send("hello");
//   for (std::string_view text; !(text = co_await s.recv()).empty();) fmt::print("{}", text);
//   co_await s.close();
//
// Errors: what cannot be expected throws io::error, naming the peer. The end of the peer's side is a value:
// an empty recv. A TLS peer that ends without close_notify is an error of its own, net::errc::truncated,
// because somebody else may have cut the conversation (RFC 8446, section 6.1). Concurrency: one recv at a
// time (a second throws EALREADY); sends go out in the order they were called, beside the recv. Everything on
// the thread of the loop on which it was made.
#pragma once

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <parlance/io/event.hpp>
#include <parlance/io/list.hpp>
#include <parlance/io/semaphore.hpp>
#include <parlance/io/stream_socket.hpp>
#include <parlance/io/task.hpp>
#include <parlance/net/address.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/transport.hpp>

namespace parlance::net {

struct in_stream;
struct in_readers;
class detached_stream;
class reader;

/// What is given back to a stream, and the memory for that.
struct unread_bytes {
  std::string bytes;
  std::unique_ptr<unread_bytes> handed_out =
      {};  // the stream's: what lay there before, which the last recv gave
};

class stream {
 public:
  /// Takes over a connected socket.
  explicit stream(std::unique_ptr<io::stream_socket> connected);
  /// Stands on something else.
  explicit stream(std::shared_ptr<transport> over);
  /// What waits goes along, but for a close, which must not be under way.
  stream(stream&&) noexcept;
  /// Closes at once what it was, as the destructor does.
  stream& operator=(stream&&) noexcept;
  /// Closes at once: what waits ends with errc::cancelled; no close may be under way. Bytes that arrived and
  /// were not received make TCP reset the connection, and the peer may lose what it was sent last: `close` is
  /// the polite way. So does a send, or a file, of which only a part has gone, whether it waits now or was
  /// destroyed before: the peer would take that for all (a Unix socket's does, as it has no reset).
  ~stream();

  class [[nodiscard]] recv_awaiter;
  class [[nodiscard]] send_awaiter;

  /// Waits for bytes, and hands out what has arrived without copying it: valid until the next recv or peek on
  /// this stream, or its end, which may be anybody's doing: who waits for something else meanwhile, and is
  /// not the only one who may close it, copies. Empty: the peer has ended its side; asked again, it says so
  /// again. Sending still works then.
  recv_awaiter recv();

  /// The same, but the bytes stay: the next recv gives them again.
  recv_awaiter peek();

  /// Waits for bytes, and copies as many of them as there is room for; the others stay. Gives how many; 0:
  /// the peer has ended its side, or there is no room.
  io::task<std::size_t> recv_into(std::span<char> room);

  /// Waits, beside whatever else is waited for or while nothing is, until the peer has ended its side or the
  /// connection broke, and takes no bytes: those that came before the end are still there to be received. For
  /// who works for a caller that may be gone. Over TLS it is the end of what is below: close_notify lies in
  /// what nobody has received. Throws io::error when this side closes (errc::cancelled) or aborts
  /// (ECONNABORTED) it, and ENOTSUP over a transport that cannot tell. Moving the stream does not disturb it.
  io::task<void> peer_ended();

  /// For layers: gives bytes back. The next recv gives these first; one that waits already, with its own.
  void unread(std::string bytes);
  /// The same for who cannot fail, as a destructor. Where something was given back already, and there is no memory
  /// for both together, the stream is closed, and resets.
  void unread(std::unique_ptr<unread_bytes> given) noexcept;
  /// The same: closed, it resets, where it can: bytes that it has handed out were not received after all, or what
  /// its peer was sent is not whole. See transport::reset_when_closed.
  void reset_when_closed() noexcept;

  /// Sends everything, or throws io::error whose bytes_sent() says how much went. The bytes stay the caller's
  /// and must not change meanwhile. Of nothing: returns at once.
  ///
  /// What has gone cannot be taken back, and what is sent next the peer reads as its rest. After one that has
  /// thrown, as it was late or cancelled, go on from bytes_sent(); under TLS 64 KiB of those may still wait
  /// on this side, encrypted, and leave before the next send does, or with shutdown or close. Of one that was
  /// destroyed (a race that something else won, a scope that was left) when a part of it had gone, or under
  /// TLS was encrypted, nobody knows how much: each later send throws EPIPE, and however the stream is closed,
  /// the peer reads a reset (over TLS perhaps an end without close_notify) and no end. So leave a stream's
  /// sends to one task that nobody cancels, or `abort` it.
  send_awaiter send(std::string_view bytes);
  /// Several pieces in one system call. The list of them, too, stays until it is sent: await it at once.
  send_awaiter send(std::span<const std::string_view> pieces);
  send_awaiter send(std::initializer_list<std::string_view> pieces);
  /// With somebody who keeps the bytes alive, and may end on another thread: where a stream hands them on to
  /// another loop, they need not be copied.
  send_awaiter send(std::span<const std::string_view> pieces, std::shared_ptr<const void> owner);
  send_awaiter send(std::initializer_list<std::string_view> pieces, std::shared_ptr<const void> owner);

  /// Half-close: the peer reads the end after everything that was sent, sends that still wait included, and
  /// may go on sending (RFC 9293, section 3.6; RFC 8446, section 6.1: close_notify). A peer that speaks
  /// TLS 1.2 may take it for the end of both sides (RFC 5246, section 7.2.1). Until it is over, send throws
  /// EPIPE, and who asks while another has asked waits for the same. One that was cancelled, late or
  /// destroyed was not asked for: more may be sent, and it may be asked for again; where close_notify is on
  /// its way already, or its record was cut, send throws EPIPE, and so does this behind one that was destroyed
  /// meanwhile. So it does behind a send that was destroyed when a part of it had gone, for the peer would take
  /// what it has for all.
  io::task<void> shutdown();

  /// Says that nothing more will be sent, for which it has 100 ms at least, then listens, within limits,
  /// until the peer has ended too, so that neither side's last words are cut by a reset (RFC 1122, section
  /// 4.2.2.13). The stream is closed then, whatever happened; asked again, it does nothing, and while another
  /// close is under way it waits for that, within its own limits. Never throws but for cancellation, after
  /// closing; one that is destroyed closes at once. What was not received before is dropped. Not while a recv
  /// waits: then it does not listen, and that recv ends with errc::cancelled.
  io::task<void> close(close_limits limits = {});

  /// Resets the connection: the peer reads ECONNRESET; operations that wait end with ECONNABORTED. A Unix
  /// socket has no reset: unless it had sent what is unread here, its peer reads an end like any other, and
  /// only what is said inside, as TLS does with close_notify, can tell it apart.
  void abort() noexcept;

  /// What the destructor does; operations that wait end with errc::cancelled.
  void close_at_once() noexcept;

  /// False after one of these.
  bool is_open() const noexcept { return socket_ || over_; }

  endpoint local() const;
  endpoint remote() const;

  /// No progress for this long ends a recv, or a send, with errc::timed_out. Given while one waits, it is for the
  /// next; io::unlimited takes it away of that, too. A recv has none by default (TCP's keepalive finds a peer
  /// that is gone: 60 s idle, then 6 probes 10 s apart; while it has not acknowledged what was sent, TCP's
  /// retransmissions do, for some 15 minutes); a send has 60 seconds.
  void set_recv_timeout(io::duration limit);
  void set_send_timeout(io::duration limit);

  /// TCP_INFO (tcp(7)); empty when it is no TCP connection.
  std::optional<tcp_info> info() const;

  /// Who is at the other end of a Unix socket: the process, user and group that connected, or that began to
  /// listen (SO_PEERCRED, unix(7)). The kernel says so, not the peer. Empty for other sockets.
  std::optional<ucred> peer_credentials() const;

  /// Does the handshake of TLS, as the client who wants `host`, or as the server, whichever `context` is for,
  /// and speaks TLS from then on. Bytes that were peeked at, or that a reader has, are the handshake's, so
  /// that nobody takes them for what came by TLS. Gives what was agreed on, or throws io::error naming the
  /// peer; the stream is closed then, and so it is when this is destroyed. Whoever closes or aborts it, or
  /// makes it another, ends the handshake, too (errc::cancelled, ECONNABORTED); until then send, recv, peek
  /// and shutdown throw EBUSY, and so does another start_tls. It throws EBUSY itself, and leaves the stream
  /// as it is, while a file is sent, a shutdown is under way, or a recv or a call of a reader waits.
  ///
  /// A server's is over when its session tickets, some 500 bytes, are with what it stands on, as all it sends: at
  /// a socket that is at once as a rule; where there is no room for them, when the client receives, whose own
  /// start_tls is over before. They come with what the client receives next; see tls_server_options::tickets
  /// for one that never does. In tls.cpp.
  io::task<tls_info> start_tls(std::shared_ptr<tls_context> context, std::string host = {},
                               io::duration limit = std::chrono::seconds(15));

  /// Takes it off its loop, to be attached to another; it is closed here then. Bytes that have arrived go
  /// along, and so does TLS. Throws io::error: EBUSY while anything waits but peer_ended (no close may be
  /// under way either), ENOTSUP over a transport that cannot, and in the simulation; then it is as it was.
  /// Who waits for the peer's end is told errc::cancelled. In detached_stream.cpp.
  detached_stream detach();

  /// The TLS session over it; null without one, or when it is on another loop.
  const tls_session* tls() const noexcept { return over_ ? over_->tls() : nullptr; }
  tls_session* tls() noexcept { return over_ ? over_->tls() : nullptr; }

  /// The descriptor of the socket at the bottom, for options that are not here; -1 where there is none. It
  /// stays the stream's, and must not be read, written or closed.
  int native_handle() const noexcept;

  /// The stream that this one stands on, as TLS does; null when it stands on none. For its options: what is
  /// sent or received there is this one's.
  stream* below() noexcept { return over_ ? over_->below() : nullptr; }

 private:
  class awaiter;
  class ending;
  class handshake;
  friend reader;
  /// Throws std::logic_error where its loop is not the current one.
  void expect_current() const;
  friend class detached_stream;
  friend class follower;
  friend class sending_alone;
  /// For those who wait for the peer's end: this side has gone.
  struct departure {
    io::event happened;
    std::error_code why;
    io::event limit_gone;
  };
  /// Throws io::error where it is closed (errc::closed), nothing more can be sent (EPIPE), or not now
  /// (EBUSY), as for who is not alone while another is.
  void expect_sendable(bool is_alone = false) const;
  /// A send was destroyed when a part of it had gone.
  bool is_cut() const noexcept;
  /// Throws EBUSY where a call of a reader waits. In reader.cpp, as the next two.
  void expect_no_reading();
  /// What readers of `of` have is for the next recv here; or, where that is gone, nobody's.
  void take_from_readers(stream& of);
  void end_readers() noexcept;
  /// There is no memory to keep what was received: closes, and resets, lest the rest passes for all.
  void lose_received() noexcept;
  /// Of what it stands on: another after a close or a move.
  const void* identity() const noexcept {
    return over_ ? static_cast<const void*>(over_.get()) : socket_.get();
  }
  /// How operations end that wait when the stream is closed at once.
  std::error_code why_gone() const noexcept;
  io::task<void> listen_for_end(close_limits limits);
  void set_timeout(io::side which, io::duration limit);
  [[noreturn]] static void fail(const stream* at, std::error_code code, const char* doing,
                                std::size_t sent = 0);

  bool is_receiving();
  /// Throws EALREADY where a recv waits.
  void expect_no_recv();
  /// What was peeked at, or given back, for a recv or a peek.
  std::string_view hand_out(bool peek) noexcept;
  void take_awaiters(stream& other) noexcept;
  /// Of a stream that has been moved from here, those that have not begun are for this one.
  void take_back_awaiters(stream& moved) noexcept;
  void leave_awaiters() noexcept;

  io::list<awaiter, in_stream> awaiters_;
  io::list<reader, in_readers> readers_;
  std::unique_ptr<io::stream_socket> socket_;  // one of them; neither when it is closed
  std::shared_ptr<transport> over_;
  std::string_view peeked_;               // handed out by peek, to be given by the next recv
  std::unique_ptr<unread_bytes> unread_;  // where that lies, when it was given back
  std::shared_ptr<departure> departure_;  // when somebody waits for the peer's end
  std::size_t shutdowns_ = 0;             // that are under way
  bool is_half_closed_ = false;           // by one of those
  bool was_cut_ = false;                  // where a file was
  bool aborted_ = false;
  bool closing_ = false;        // politely
  bool sending_alone_ = false;  // a file is sent, and nothing can go in between
  bool shaking_hands_ = false;
};

/// Knows its stream wherever that is moved to, and whether it is there.
class stream::awaiter : public io::link<in_stream> {
 protected:
  explicit awaiter(stream& of) noexcept : stream_(&of) { of.awaiters_.push_back(*this); }
  awaiter(awaiter&& other) noexcept
      : stream_(std::exchange(other.stream_, nullptr)),
        has_begun_(other.has_begun_),
        receives_(other.receives_) {
    other.unlink();
    if (stream_) stream_->awaiters_.push_back(*this);
  }
  ~awaiter() = default;

  /// Null once that was closed, or has become another.
  stream* there() const noexcept { return stream_ && stream_->is_open() ? stream_ : nullptr; }
  void expect_there(const char* doing) const;

  stream* stream_;
  bool has_begun_ = true;  // a recv or send that is kept for later has not, or not again
  bool receives_ = false;

 private:
  friend stream;
};

// Whether it may be, and by what, is asked when it begins: it can be kept for later.
class stream::recv_awaiter : awaiter {
 public:
  recv_awaiter(stream& from, bool peek) noexcept : awaiter(from), peek_(peek) {
    has_begun_ = false;
    receives_ = true;
  }
  recv_awaiter(recv_awaiter&&) noexcept = default;
  bool await_ready();
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter);
  std::string_view await_resume();

 private:
  friend stream;
  struct by_transport {
    std::shared_ptr<transport> over;  // outlives the task
    std::optional<io::task<std::string_view>> task = {};
  };
  bool peek_;
  // Of what was there already: neither.
  std::variant<std::monostate, io::recv_operation, by_transport> by_;
};

class stream::send_awaiter : awaiter {
 public:
  send_awaiter(stream& to, io::send_buffers what, std::shared_ptr<const void> owner)
      : awaiter(to), owner_(std::move(owner)), by_(what) {
    has_begun_ = false;
  }
  send_awaiter(send_awaiter&&) noexcept = default;
  bool await_ready();
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter);
  void await_resume();

 private:
  friend class sending_alone;
  struct by_transport {
    io::send_buffers what;
    std::string_view whole = {};      // the one piece, when it is one
    std::shared_ptr<transport> over;  // outlives the task
    std::optional<io::task<void>> task = {};
  };
  io::send_buffers what() const noexcept;

  bool is_alone_ = false;
  std::shared_ptr<const void> owner_;
  // What is to be sent until it begins, and by what it goes from then on.
  std::variant<io::send_buffers, io::send_operation, by_transport> by_;
};

}  // namespace parlance::net
