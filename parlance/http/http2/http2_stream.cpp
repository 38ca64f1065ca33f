#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <parlance/http/http2/http2_session.hpp>
#include <parlance/http/http2/http2_stream.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::http {

std::string_view name_of_http2_error(std::uint32_t code) noexcept {
  constexpr std::array<std::string_view, 14> names = {"NO_ERROR",
                                                      "PROTOCOL_ERROR",
                                                      "INTERNAL_ERROR",
                                                      "FLOW_CONTROL_ERROR",
                                                      "SETTINGS_TIMEOUT",
                                                      "STREAM_CLOSED",
                                                      "FRAME_SIZE_ERROR",
                                                      "REFUSED_STREAM",
                                                      "CANCEL",
                                                      "COMPRESSION_ERROR",
                                                      "CONNECT_ERROR",
                                                      "ENHANCE_YOUR_CALM",
                                                      "INADEQUATE_SECURITY",
                                                      "HTTP_1_1_REQUIRED"};
  return code < names.size() ? names[code] : std::string_view("an unknown error");
}

http2_stream::~http2_stream() {
  if (!input_ended_ || !output_ended_) reset(NGHTTP2_CANCEL);
  leave();
}

void http2_stream::joins(http2_session& on, std::int32_t id) {
  on_ = &on;
  id_ = id;
  on.add(*this);
}

void http2_stream::leave() noexcept {
  if (!on_) return;
  nghttp2_session_set_stream_user_data(on_->frames(), id_, nullptr);
  unlink();
  on_ = nullptr;
}

void http2_stream::reset(std::uint32_t code) noexcept {
  if (!on_) return;
  given_up_ = true;
  nghttp2_submit_rst_stream(on_->frames(), NGHTTP2_FLAG_NONE, id_, code);
  on_->wake();
}

void http2_stream::wake() noexcept {
  changed.set();
  framed_.set();
}

// --- what comes in

void http2_stream::take_data(std::string_view bytes) {
  arrived_ += bytes;
  received_ += bytes.size();
  changed.set();
}

void http2_stream::end_input() noexcept {
  input_ended_ = true;
  changed.set();
}

/// What was not given up here is one of the peer's that broke a rule.
void http2_stream::was_reset_here(std::uint32_t code) noexcept {
  if (given_up_) return;
  peer_closed_ = nghttp2_session_get_stream_remote_close(on_->frames(), id_) == 1;
  why_over_.emplace(errc::malformed, fmt::format("the peer broke HTTP/2 ({})", name_of_http2_error(code)));
}

void http2_stream::closed(std::uint32_t code) noexcept {
  leave();
  over_ = true;
  if (!why_over_ && (code != NGHTTP2_NO_ERROR || !input_ended_))
    why_over_.emplace(errc::incomplete, fmt::format("the stream was reset ({})", name_of_http2_error(code)));
  wake();
  tell_end(code);
}

void http2_stream::lost(const failure& why) noexcept {
  leave();
  over_ = true;
  if (!input_ended_ || !output_ended_) why_over_ = why;
  wake();
  tell_end(std::nullopt);
}

io::task<std::string_view> http2_stream::next_data(io::duration limit) {
  handed_.clear();
  while (arrived_.empty() && !input_ended_ && !over_) {
    changed.reset();
    co_await io::timeout(limit, changed);
  }
  std::swap(arrived_, handed_);
  if (on_ && !handed_.empty()) on_->consumed(id_, handed_.size());
  co_return handed_;
}

// --- what goes out

std::optional<http2_stream::taken> http2_stream::fill(char* room, std::size_t size) noexcept {
  const std::size_t bytes = std::min(size, to_send_.size());
  if (bytes == 0 && !is_last_) {
    deferred_ = true;
    return std::nullopt;
  }
  if (bytes != 0) std::memcpy(room, to_send_.data(), bytes);
  to_send_.remove_prefix(bytes);
  output_ended_ = is_last_ && to_send_.empty();
  framed_.set();
  return taken{.bytes = bytes, .end = output_ended_};
}

io::task<void> http2_stream::send_data(std::string_view piece, bool last, io::duration limit) {
  struct whole {
    explicit whole(http2_stream& of) : in(of) {}
    ~whole() {
      if (!in.is_sending()) return;
      in.to_send_ = {};
      in.reset(NGHTTP2_CANCEL);
    }
    http2_stream& in;
  };
  to_send_ = piece;
  is_last_ = last;
  const whole or_reset(*this);
  if (on_ && std::exchange(deferred_, false)) nghttp2_session_resume_data(on_->frames(), id_);
  if (on_) on_->wake();
  while (is_sending() && !over_) {
    framed_.reset();
    co_await io::timeout(limit, framed_);
  }
  if (is_sending()) throw why_over_.value_or(failure(errc::incomplete, "the peer takes no more"));
}

}  // namespace parlance::http
