// HTTP/1.1 on a stream (RFC 9112): one request after another.
#pragma once

#include <memory>
#include <string_view>

#include <parlance/http/client/connection.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::http {

/// Another request may follow when the last one's answer is whole and said so (RFC 9112 9.3), all of the
/// request was sent, and nothing has come behind: what did would be taken for the next answer.
class http1_connection final : public connection {
 public:
  explicit http1_connection(net::stream over);

  std::unique_ptr<request_stream> begin(outgoing what) override;
  bool available() const noexcept override { return available_; }
  std::size_t capacity() const noexcept override { return 1; }
  io::task<void> until_unfit() override;
  const net::stream& below() const noexcept override { return stream_; }

 private:
  friend class http1_stream;

  net::stream stream_;
  std::string_view arrived_;  // not yet used
  bool available_ = true;
};

}  // namespace parlance::http
