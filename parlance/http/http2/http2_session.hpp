// A connection of HTTP/2 (RFC 9113), of either end: frames, field compression, settings and flow control, by nghttp2;
// bytes from and to a stream of net.
//
// One task reads all that comes, however slowly streams are read: each has a window of its own, and that bounds what
// is kept. Another writes, as fast as the peer takes it; what it would send in answer to a flood is bounded by nghttp2
// (pings, settings, resets), which ends the connection then.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/base/error.hpp>
#include <parlance/http/http2/http2_stream.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/list.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::http {

struct http2_settings {
  /// Streams that the peer may have under way: SETTINGS_MAX_CONCURRENT_STREAMS.
  std::uint32_t streams = 100;
  /// Bytes of one stream that may wait to be read: SETTINGS_INITIAL_WINDOW_SIZE.
  std::uint32_t window = std::uint32_t{1} << 20U;
  /// Of a head: SETTINGS_MAX_HEADER_LIST_SIZE.
  std::uint32_t head = 65536;
};

class http2_session {
 public:
  enum class role : std::uint8_t { client, server };
  /// `above`: what cancels its reading.
  http2_session(net::stream over, role mine, const http2_settings& settings, io::context* above);
  http2_session(const http2_session&) = delete;
  http2_session& operator=(const http2_session&) = delete;
  virtual ~http2_session();

  /// Both last until the connection is over, and throw nothing but cancellation.
  io::task<void> read();
  io::task<void> write();

  nghttp2_session* frames() const noexcept { return frames_.get(); }
  /// What gives a stream's body to nghttp2: http2_stream::fill.
  static nghttp2_data_provider body_of_streams() noexcept;
  /// There may be something to send.
  void wake() noexcept { to_write_.set(); }
  void add(http2_stream& one) { streams_.push_back(one); }
  /// Of what has been taken of a stream, the peer may send as much again.
  void consumed(std::int32_t stream, std::size_t bytes) noexcept;

  const net::stream& below() const noexcept { return stream_; }
  net::stream& below() noexcept { return stream_; }
  /// Why nothing more can be asked or answered here.
  const std::optional<failure>& why_lost() const noexcept { return why_lost_; }
  /// The connection is of no use any more: each stream is told.
  void lose(const failure& why) noexcept;

  // For nghttp2.
  /// An end (GOAWAY) has come, or gone, with a code of RFC 9113 7.
  void goes_away(std::string_view who, std::uint32_t code);
  /// A request begins; null: none is taken here. For servers.
  virtual http2_stream* open(std::int32_t) { return nullptr; }
  virtual void peer_goes_away() noexcept {}
  /// By the peer, or because of a fault of the peer's.
  virtual void stream_was_reset() noexcept {}

 protected:
  /// All that has arrived is dealt with.
  virtual void has_read() {}

 private:
  struct free_frames {
    void operator()(nghttp2_session* one) const noexcept { nghttp2_session_del(one); }
  };
  void gather(std::string& into);
  io::task<void> read_frames(std::optional<failure>& why);

  net::stream stream_;
  io::list<http2_stream, in_http2_session> streams_;
  io::event to_write_;
  io::context reading_;  // ends when all is said
  std::optional<failure> why_lost_, why_going_;
  std::unique_ptr<nghttp2_session, free_frames> frames_;
};

}  // namespace parlance::http
