#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <parlance/http/message/body_reader.hpp>

namespace parlance::http {

body_reader::body_reader(const framing& how, chunk_limits limits, bool keeps_chunks) noexcept
    : how_(how),
      done_(how.kind == body_kind::none || (how.kind == body_kind::length && how.length == 0)),
      keeps_chunks_(keeps_chunks),
      chunks_(limits) {}

std::expected<std::string_view, protocol_error> body_reader::next(std::string_view& bytes) {
  std::string_view piece;
  if (done_) return piece;
  if (how_.kind == body_kind::chunked) {
    const std::string_view before = bytes;
    auto next = chunks_.next(bytes);
    if (!next) return next;
    piece = keeps_chunks_ ? before.substr(0, before.size() - bytes.size()) : *next;
    done_ = chunks_.done();
  } else {
    piece = bytes;
    if (how_.kind == body_kind::length) {
      const std::uint64_t left = how_.length - received_;
      piece = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size())));
      done_ = piece.size() == left;
    }
    bytes.remove_prefix(piece.size());
  }
  received_ += piece.size();
  return piece;
}

std::expected<void, protocol_error> body_reader::end() {
  if (how_.kind == body_kind::until_close) done_ = true;
  if (done_) return {};
  if (how_.kind == body_kind::length) {
    return std::unexpected(
        protocol_error{400, fmt::format("body ended after {} of {} bytes", received_, how_.length)});
  }
  return std::unexpected(
      protocol_error{400, fmt::format("body ended after {} bytes, before its last chunk", received_)});
}

}  // namespace parlance::http
