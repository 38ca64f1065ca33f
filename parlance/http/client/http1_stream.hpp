// One request and its answer on a connection of HTTP/1.1: the writer and the reader of http1_connection.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/client/connection.hpp>
#include <parlance/http/client/http1_connection.hpp>
#include <parlance/http/message/body_reader.hpp>
#include <parlance/http/message/framing.hpp>
#include <parlance/http/message/head_parser.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/scope.hpp>

namespace parlance::http {

class http1_stream final : public request_stream {
 public:
  http1_stream(http1_connection& on, outgoing what);

  io::task<response_head> receive_head() override;
  void begin_body() override;
  io::task<std::string_view> read() override;

  phase now_in() const noexcept override { return now_in_; }
  std::string_view sent_head() const noexcept override { return head_text_; }
  std::optional<io::time_point> answered() const noexcept override { return answered_; }
  bool has_sent() const noexcept override { return has_sent_; }
  bool has_body() const noexcept override { return framing_.kind != body_kind::none; }
  std::uint64_t received() const noexcept override { return body_ ? body_->received() : 0; }
  std::optional<std::uint64_t> announced() const noexcept override;
  const field_list& trailers() const noexcept override;
  bool can_be_followed() const noexcept override;

 private:
  // The request, which is sent while the answer is awaited.
  io::task<void> upload();
  io::task<void> send_all();
  io::task<void> send_body(std::string_view before);
  io::task<void> send_piece(std::string_view before, std::string_view piece);
  io::task<bool> may_send_body();

  // The answer.
  io::task<void> arrive();
  io::task<void> wait_while_uploading();
  [[noreturn]] void fail_late(const io::error& e) const;
  [[noreturn]] void fail_cut_short(const response_parser& parser) const;
  void end_of_answer() noexcept;

  http1_connection& on_;
  const std::string method_;
  body_source* const source_;
  const stream_limits limits_;
  const bool last_, ignores_length_, keeps_chunks_, expects_;
  bool chunked_ = false;
  std::string head_text_;
  phase now_in_ = phase::sending;

  bool sent_ = false;                          // all that will be
  bool has_sent_ = false;                      // something of it
  bool withheld_ = false;                      // the body, for an answer came that does not want it
  io::event go_ahead_;                         // 100 (Continue), or a final answer
  io::context* waiting_for_upload_ = nullptr;  // of who waits for an answer or the end of the upload
  std::optional<failure> send_failure_;        // of the connection: the answer may still come
  std::optional<failure> source_failure_;      // of the body: nobody would ever answer

  std::optional<io::time_point> answered_;
  io::time_point head_due_ = io::never;
  response_head head_;  // the last that came
  http::framing framing_;
  std::optional<body_reader> body_;
  io::scope uploading_;  // goes first
};

}  // namespace parlance::http
