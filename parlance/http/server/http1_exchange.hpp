// A request and its answer on a server's connection of HTTP/1.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <parlance/http/message/body_reader.hpp>
#include <parlance/http/message/framing.hpp>
#include <parlance/http/server/server_options.hpp>
#include <parlance/http/server/server_stream.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::http {

/// What the requests of a connection share.
struct http1_wire {
  net::stream stream;
  const server_limits& limits;
  /// Received, and not yet taken: a view until the next recv.
  std::string_view arrived = {};
  /// A recv or a send has failed, so nothing more can be said.
  bool broken = false;
  /// Of the last head that was sent; kept for its memory.
  std::string head = {};
  io::duration recv_limit = io::unlimited;

  /// Setting it may cost more than keeping it.
  void limit_recv(io::duration limit) {
    if (std::exchange(recv_limit, limit) != limit) stream.set_recv_timeout(limit);
  }
};

class http1_exchange final : public server_stream {
 public:
  /// `last`: no other request is taken after it. Both references outlive this.
  http1_exchange(http1_wire& on, const request_head& asked, const framing& how, bool last);

  io::task<std::string_view> read() override;
  std::optional<std::uint64_t> announced() const noexcept override;
  std::uint64_t received() const noexcept override { return body_.received(); }
  const field_list& trailers() const noexcept override { return body_.trailers(); }
  io::task<void> gone() override { return wire_.stream.peer_ended(); }

  io::task<void> send_head(const response_head& head, std::optional<std::uint64_t> length,
                           std::string_view first) override;
  io::task<void> send(std::string_view piece) override;
  io::task<void> send_file(int file, std::uint64_t offset, std::uint64_t length) override;
  io::task<void> finish(const field_list& trailers) override;

  bool can_upgrade() const noexcept override;
  io::task<net::stream> upgrade(const response_head& head) override;

  /// A part of an answer is on its way, so there can be no other.
  bool begun() const noexcept { return begun_; }
  /// The stream was given away.
  bool upgraded() const noexcept { return upgraded_; }
  /// No other request is taken, and the client is told so, if that is still possible.
  void make_last() noexcept { keep_ = false; }
  /// After the answer: reads and drops what is left of the request. Says whether another may follow.
  io::task<bool> drain();

 private:
  io::task<void> receive();
  io::task<void> send_all(std::span<const std::string_view> pieces);
  void write_head(const response_head& head, std::optional<std::uint64_t> length);
  void write_fields(const response_head& head);
  bool may_be_kept() const noexcept;
  bool has_body(unsigned status) const noexcept;

  http1_wire& wire_;
  const request_head& asked_;
  const framing framing_;
  body_reader body_;
  bool keep_;
  bool expects_;             // 100 (Continue), and was not sent it
  bool unreadable_ = false;  // what follows on the connection, after a body that is malformed or late
  bool sends_body_ = false;  // of the answer
  bool chunked_ = false;
  bool begun_ = false;
  bool upgraded_ = false;
};

}  // namespace parlance::http
