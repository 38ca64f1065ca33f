// One request and its answer on a connection of HTTP/2, as the client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/client/connection.hpp>
#include <parlance/http/client/http2_connection.hpp>
#include <parlance/http/http2/http2_stream.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/scope.hpp>

namespace parlance::http {

class http2_request final : public request_stream, private http2_stream {
 public:
  http2_request(http2_connection& on, outgoing what);

  io::task<response_head> receive_head() override;
  void begin_body() override;
  io::task<std::string_view> read() override;

  phase now_in() const noexcept override { return now_in_; }
  std::string_view sent_head() const noexcept override { return head_text_; }
  std::optional<io::time_point> answered() const noexcept override { return answered_; }
  bool has_sent() const noexcept override { return true; }
  bool was_refused() const noexcept override { return refused_; }
  bool has_body() const noexcept override;
  std::uint64_t received() const noexcept override { return http2_stream::received(); }
  std::optional<std::uint64_t> announced() const noexcept override { return announced_; }
  const field_list& trailers() const noexcept override { return trailers_; }
  bool can_be_followed() const noexcept override { return sent_; }  // else the body is in use

 private:
  void begin_fields() noexcept override;
  bool take_field(std::string_view name, std::string_view value) override;
  bool end_fields() override;
  void tell_end(std::optional<std::uint32_t> code) noexcept override;

  io::task<void> upload();
  io::task<void> send_body();
  io::task<bool> may_send_body();
  io::task<void> wait_for_head();
  [[noreturn]] void fail_late();
  void expect_no_failure() const;

  http2_connection& on_;
  const std::string method_;
  body_source* const source_;
  const stream_limits limits_;
  const bool expects_;
  std::string head_text_;
  phase now_in_ = phase::sending;

  bool sent_ = false;  // all that will be
  bool refused_ = false;
  io::event go_ahead_;                     // 100 (Continue), or a final answer
  std::optional<failure> source_failure_;  // of the body: nobody would ever answer

  response_head arriving_;
  io::time_point head_due_ = io::never;  // of what has begun to come
  std::size_t arriving_bytes_ = 0;
  std::string too_much_;  // what of it
  std::deque<response_head> heads_;
  unsigned status_ = 0;  // of the last that came
  std::optional<io::time_point> answered_;
  std::optional<std::uint64_t> length_, announced_;
  field_list trailers_;
  io::scope uploading_;  // goes first
};

}  // namespace parlance::http
