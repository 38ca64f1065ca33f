// Takes compression off a body while it streams: gzip, deflate, br and zstd, one over another if need be (RFC
// 9110 8.4).
//
//   auto decoder = http::content_decoder::make(head.fields);            // from Content-Encoding
//   if (!decoder) throw ...(decoder.error());
//   for (;;) {                                                          // for each piece of the body,
//   `coded`
//     auto plain = decoder->next(coded);
//     if (!plain) throw ...(plain.error());
//     if (plain->empty()) break;                                        // all of `coded` is used up
//     co_await sink(*plain);
//   }
//   if (auto ended = decoder->finish(); !ended) throw ...               // once, after the last piece
//
// It never holds more than one piece of output for each coding, so what one small input can blow up to costs
// time, not memory; who keeps the output sets `decode_limits`. What one coding blows up to and another makes nothing of
// is an error after a MiB, so that each call ends soon. A stream that is cut short is an error; bytes
// after its end, which start no other, are left out, as browsers do: some servers pad. Without a coding it
// passes on the very bytes it is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/http/message/message.hpp>

namespace parlance::http {

/// What we can decode, for a request's Accept-Encoding.
inline constexpr std::string_view accept_encoding = "gzip, deflate, br, zstd";

struct decode_limits {
  /// Most bytes that may come out.
  std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max();
  /// Most bytes that may come out for one that goes in, once `ratio_from` have come out. Text seldom
  /// passes 20.
  std::uint64_t ratio = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t ratio_from = 0;

  /// For output that is kept in memory.
  static constexpr decode_limits in_memory() {
    return {.bytes = 1ULL << 30, .ratio = 100, .ratio_from = 64ULL << 20};
  }
};

class content_decoder {
 public:
  /// Most codings one over another.
  static constexpr std::size_t max_codings = 5;

  /// By the Content-Encoding of a message; fails for a coding that is not known.
  static std::expected<content_decoder, std::string> make(const field_list&, decode_limits = {});

  /// The next bytes of output, at most 64 KiB unless there is no coding, valid until the next call. Removes
  /// what it used from the front of `coded`; empty when all of that is used up.
  std::expected<std::string_view, std::string> next(std::string_view& coded);

  /// There is no more input. An error if the coded stream is not complete; a body of no bytes at all is.
  std::expected<void, std::string> finish() const;

  /// Bytes after the end of a stream.
  std::uint64_t left_out() const noexcept;

  /// Whether the body passes unchanged.
  bool identity() const noexcept { return stages_.empty(); }

  content_decoder(content_decoder&&) noexcept;
  content_decoder& operator=(content_decoder&&) noexcept;
  ~content_decoder();

  /// One coding's decoder; defined in the source file.
  class stage;

 private:
  explicit content_decoder(decode_limits limits) noexcept;

  std::expected<std::string_view, std::string> pull(std::size_t index, std::string_view& coded);
  std::expected<void, std::string> check_limits() const;

  decode_limits limits_;
  std::uint64_t consumed_ = 0;
  std::uint64_t produced_ = 0;
  std::uint64_t in_vain_ = 0;  // bytes between codings since the last output
  /// In the order of decoding: the last coding that was applied is first.
  std::vector<std::unique_ptr<stage>> stages_;
};

}  // namespace parlance::http
