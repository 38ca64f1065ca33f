// The chunked transfer coding, taken apart without copying what is in it (RFC 9112 7.1).
//
//   http::chunked_decoder chunks;
//   for (;;) {
//     auto piece = chunks.next(bytes);                 // a view into `bytes`
//     if (!piece) throw ...(piece.error().text);
//     if (piece->empty()) break;                       // done(), or more bytes are needed
//     use(*piece);
//   }
//
// Sizes are hexadecimal digits and nothing else; lines end in CR LF. Extensions are skipped, and folded lines
// of trailers joined. After an error it is spent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

#include <parlance/http/base/line_reader.hpp>
#include <parlance/http/base/protocol_error.hpp>
#include <parlance/http/message/field_line.hpp>
#include <parlance/http/message/message.hpp>

namespace parlance::http {

struct chunk_limits {
  /// Of a line with a chunk's size and extensions, line end included.
  std::size_t line = 4096;
  /// Of all extensions of a body together, and the white space about them: they carry nothing, so a peer that
  /// sends many wants to cost us time.
  std::size_t extensions = 65536;
  /// Of the trailer section.
  head_limits trailers = {.bytes = 16384, .fields = 100};
};

class chunked_decoder {
 public:
  explicit chunked_decoder(chunk_limits limits = {}) noexcept
      : limits_(limits), extensions_left_(limits.extensions), lines_(limits.line, line_end::crlf) {}

  /// The next bytes of the body, removed from the front of `bytes` together with what frames them. Empty when
  /// the body has ended, or when all of `bytes` is used up. What follows the body stays in `bytes`.
  std::expected<std::string_view, protocol_error> next(std::string_view& bytes);

  bool done() const noexcept { return state_ == state::done; }
  /// Fields that came after the body, complete when `done()`. RFC 9110 6.5.1: never merge them into the head
  /// unseen.
  const field_list& trailers() const noexcept { return trailers_; }

 private:
  enum class state { size, data, data_end, trailers, done };

  std::expected<void, protocol_error> take_line(line_reader::outcome);
  std::expected<void, protocol_error> take_size(std::string_view line);
  protocol_error passed_limit() const;
  void enter(state) noexcept;

  chunk_limits limits_;
  std::size_t extensions_left_;
  line_reader lines_;
  std::uint64_t left_ = 0;
  state state_ = state::size;
  field_list trailers_;
};

}  // namespace parlance::http
