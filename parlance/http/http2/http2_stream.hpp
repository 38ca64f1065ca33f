// One stream of a connection of HTTP/2 (RFC 9113 5): what comes in, as far as it has not been taken, and what goes
// out. For either end; what a head means is for those who derive from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/base/error.hpp>
#include <parlance/http/message/message.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/list.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

namespace parlance::http {

class http2_session;
struct in_http2_session;

class http2_stream : public io::link<in_http2_session> {
 public:
  http2_stream(const http2_stream&) = delete;
  http2_stream& operator=(const http2_stream&) = delete;

  // For its session, as it reads what has arrived.

  /// A head that comes, or trailers, has begun; of a stream that is new, its head has.
  virtual void begin_fields() noexcept {}
  /// A field of it. False: it is too much, and its stream is to be reset.
  virtual bool take_field(std::string_view name, std::string_view value) = 0;
  /// They are whole. False: the peer has broken a rule, and its stream is to be reset.
  virtual bool end_fields() = 0;
  void take_data(std::string_view bytes);
  /// Nothing more will come.
  void end_input() noexcept;
  bool is_over() const noexcept { return over_; }
  /// The peer has been told that the stream is over, and why, with a code of RFC 9113 7; `closed` follows.
  void was_reset_here(std::uint32_t code) noexcept;
  /// The stream is over, with a code of RFC 9113 7; 0: as it should be.
  void closed(std::uint32_t code) noexcept;
  /// Its connection is lost.
  void lost(const failure& why) noexcept;

  /// The next bytes of what is sent, at most `room.size()`, for a frame; nothing: there are none yet.
  struct taken {
    std::size_t bytes = 0;
    bool end = false;
  };
  std::optional<taken> fill(char* room, std::size_t size) noexcept;
  const field_list& trailers_to_send() const noexcept { return trailers_to_send_; }

 protected:
  http2_stream() = default;
  /// It is over, as `closed` has it, or its connection is lost (nothing).
  virtual void tell_end(std::optional<std::uint32_t>) noexcept {}
  /// Resets what is not whole, both ways (CANCEL).
  virtual ~http2_stream();

  /// Its number, from when it is known.
  void joins(http2_session& on, std::int32_t id);
  bool is_open() const noexcept { return on_ != nullptr; }
  std::int32_t id() const noexcept { return id_; }
  http2_session& session() const noexcept { return *on_; }
  /// Ends it, both ways, and tells the peer why.
  void reset(std::uint32_t code) noexcept;

  /// The next bytes that have come, which the peer may send as many of again; valid until the next call. Empty: there
  /// is nothing left to come, in order or not (`why_over`). Waits for `limit` at most: io::error, timed_out.
  io::task<std::string_view> next_data(io::duration limit);
  bool input_ended() const noexcept { return input_ended_; }
  /// The peer has sent all that it wanted to, whether it was taken or not.
  bool peer_closed() const noexcept { return input_ended_ || peer_closed_; }
  bool has_data() const noexcept { return !arrived_.empty(); }
  std::uint64_t received() const noexcept { return received_; }

  /// Waits until `piece`, and the end if it is the `last`, has gone into frames, as fast as the peer gives room, which
  /// it must do each `limit`. Throws failure when the stream is over, io::error when the peer is too slow (timed_out).
  /// What is left half done resets the stream.
  io::task<void> send_data(std::string_view piece, bool last, io::duration limit);
  /// Nothing will be sent but a head.
  void send_no_data() noexcept { output_ended_ = true; }
  void set_trailers(field_list trailers) { trailers_to_send_ = std::move(trailers); }
  /// All that will be sent is in frames.
  bool output_ended() const noexcept { return output_ended_; }

  /// Set at each change of what comes in, and at the end; whoever waits for it resets it first.
  io::event changed;
  /// Why it is over; nothing: it is not, or it has ended in order.
  const std::optional<failure>& why_over() const noexcept { return why_over_; }

 private:
  void leave() noexcept;
  void wake() noexcept;
  bool is_sending() const noexcept { return !to_send_.empty() || (is_last_ && !output_ended_); }

  http2_session* on_ = nullptr;  // null when it is over
  std::int32_t id_ = -1;
  std::string arrived_, handed_;
  std::uint64_t received_ = 0;
  std::string_view to_send_;
  field_list trailers_to_send_;
  io::event framed_;  // something of to_send_
  std::optional<failure> why_over_;
  bool input_ended_ = false, is_last_ = false, output_ended_ = false, deferred_ = false;
  bool given_up_ = false, peer_closed_ = false, over_ = false;
};

/// "REFUSED_STREAM", as RFC 9113 7 has it.
std::string_view name_of_http2_error(std::uint32_t code) noexcept;

}  // namespace parlance::http
