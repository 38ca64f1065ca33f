// HTTP/2 on a stream (RFC 9113): many requests at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include <parlance/http/client/connection.hpp>
#include <parlance/http/http2/http2_session.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::http {

/// As the client. Another request may begin while the server has not said that it goes away (GOAWAY), has room, and has
/// been heard of within the limits of the others.
class http2_connection final : public connection, private http2_session {
 public:
  explicit http2_connection(net::stream over);

  std::unique_ptr<request_stream> begin(outgoing what) override;
  bool available() const noexcept override;
  std::size_t capacity() const noexcept override;
  io::task<void> until_unfit() override;
  const net::stream& below() const noexcept override { return http2_session::below(); }

 private:
  friend class http2_request;

  void peer_goes_away() noexcept override { take_no_more(); }
  void take_no_more() noexcept;
  io::task<void> read_on();

  bool takes_more_ = true;
  io::event unfit_;
  std::optional<io::scope> tasks_;  // goes first
};

}  // namespace parlance::http
