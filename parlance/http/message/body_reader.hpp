// The body of a message, as views into the bytes that arrive: nothing is copied, nothing is looked at byte by
// byte.
//
//   http::body_reader body(framing);
//   while (!body.done()) {
//     if (text.empty()) text = co_await stream.recv();
//     if (text.empty()) { if (auto ended = body.end(); !ended) throw ...(ended.error().text); break; }
//     auto piece = body.next(text);
//     if (!piece) throw ...(piece.error().text);
//     if (!piece->empty()) co_await sink(*piece);
//   }                                                  // what is left in `text` belongs to the next message
//
// A body that ends early is always an error, never a short success.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include <parlance/http/base/protocol_error.hpp>
#include <parlance/http/message/chunked_decoder.hpp>
#include <parlance/http/message/framing.hpp>
#include <parlance/http/message/message.hpp>

namespace parlance::http {

class body_reader {
 public:
  /// `keeps_chunks`: what frames the chunks, and the trailers, are part of what is given.
  explicit body_reader(const framing& how, chunk_limits limits = {}, bool keeps_chunks = false) noexcept;

  /// The next bytes of the body, removed from the front of `bytes` together with what frames them. Empty when
  /// the body has ended, or when all of `bytes` is used up. What follows the body stays in `bytes`.
  std::expected<std::string_view, protocol_error> next(std::string_view& bytes);

  /// The stream has ended. An error unless the body was complete; one that goes on until the close is
  /// complete now.
  std::expected<void, protocol_error> end();

  bool done() const noexcept { return done_; }
  /// Bytes of the body so far, without what frames them unless that is kept.
  std::uint64_t received() const noexcept { return received_; }
  /// Fields that came after a chunked body.
  const field_list& trailers() const noexcept { return chunks_.trailers(); }

 private:
  framing how_;
  std::uint64_t received_ = 0;
  bool done_;
  bool keeps_chunks_;
  chunked_decoder chunks_;
};

}  // namespace parlance::http
