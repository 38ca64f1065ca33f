// A request and its answer on a server's connection of HTTP/2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/base/protocol_error.hpp>
#include <parlance/http/http2/http2_stream.hpp>
#include <parlance/http/message/message.hpp>
#include <parlance/http/server/server_options.hpp>
#include <parlance/http/server/server_stream.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/event.hpp>

namespace parlance::http {

class http2_server;

class http2_exchange final : public server_stream, public http2_stream {
 public:
  http2_exchange(http2_server& on, std::int32_t id);

  /// Whole, and what is wrong with it, if something is.
  const request_head& head() const noexcept { return head_; }
  const std::optional<protocol_error>& fault() const noexcept { return fault_; }
  /// Of who works on it: cancelled when the stream is over before its time.
  io::context& work() noexcept { return work_; }
  bool head_ended() const noexcept { return head_ended_; }
  bool begun() const noexcept { return begun_; }
  /// Whether it can be answered at all; see `call_handler`.
  const bool& broken() const noexcept { return broken_; }
  /// After the answer, or what there is of it: the stream ends, whatever is left of the request.
  void end() noexcept;

  io::task<std::string_view> read() override;
  std::optional<std::uint64_t> announced() const noexcept override;
  std::uint64_t received() const noexcept override { return http2_stream::received(); }
  const field_list& trailers() const noexcept override { return trailers_; }
  io::task<void> gone() override { co_await gone_; }

  io::task<void> send_head(const response_head& head, std::optional<std::uint64_t> length,
                           std::string_view first) override;
  io::task<void> send(std::string_view piece) override;
  io::task<void> send_file(int file, std::uint64_t offset, std::uint64_t length) override;
  io::task<void> finish(const field_list& trailers) override;

  bool can_upgrade() const noexcept override { return false; }
  io::task<net::stream> upgrade(const response_head& head) override;

  bool take_field(std::string_view name, std::string_view value) override;
  bool end_fields() override;

 private:
  void tell_end(std::optional<std::uint32_t> code) noexcept override;
  void take_pseudo_field(std::string_view name, std::string_view value);
  void refuse(unsigned status, std::string_view why);
  void go_ahead();
  io::task<void> send_some(std::string_view piece, bool last);

  http2_server& on_;
  request_head head_;
  std::string authority_, cookies_;
  std::size_t bytes_ = 0;
  std::optional<protocol_error> fault_;
  field_list trailers_;
  io::context work_;
  io::event gone_;
  std::optional<std::uint64_t> left_;  // of the answer's body, when its length was told
  bool head_ended_ = false, begun_ = false, broken_ = false;
  bool sends_body_ = false, ended_ = false;  // of the answer
  bool expects_ = false;                     // 100 (Continue), and was not sent it
};

}  // namespace parlance::http
