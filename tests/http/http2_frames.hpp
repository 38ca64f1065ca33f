// One end of HTTP/2 that says, frame by frame, what a test makes it say, right or wrong (RFC 9113 4), and reads what it is
// told. Nothing is checked, windows are not kept, and nothing is answered by itself.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/io/wait.hpp>
#include <parlance/net/stream.hpp>

#include "http/server_support.hpp"

namespace parlance::http::test {

enum frame_type : std::uint8_t {
  data_frame,
  headers_frame,
  priority_frame,
  rst_frame,
  settings_frame,
  push_frame,
  ping_frame,
  goaway_frame,
  window_frame,
  continuation_frame
};
enum frame_flag : std::uint8_t {
  no_flags = 0,
  end_stream = 1,
  ack = 1,
  end_headers = 4,
  padded = 8,
  with_priority = 32
};

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

inline std::string number32(std::uint32_t n) {
  return {static_cast<char>(n >> 24U), static_cast<char>(n >> 16U), static_cast<char>(n >> 8U),
          static_cast<char>(n)};
}

inline std::string frame(std::uint8_t type, unsigned flags, std::uint32_t stream,
                         std::string_view payload = {}) {
  std::string bytes = number32(static_cast<std::uint32_t>(payload.size())).substr(1);
  bytes += static_cast<char>(type);
  bytes += static_cast<char>(flags);
  return bytes + number32(stream) += payload;
}

using field_pairs = std::vector<std::pair<std::string, std::string>>;

/// A string as HPACK has it, without Huffman's code.
inline std::string hpack_string(std::string_view text) {
  std::string bytes;
  if (text.size() < 127) {
    bytes += static_cast<char>(text.size());
  } else {
    bytes += '\x7f';
    std::size_t rest = text.size() - 127;
    for (; rest >= 128; rest >>= 7U) bytes += static_cast<char>(0x80U | (rest & 0x7fU));
    bytes += static_cast<char>(rest);
  }
  return bytes += text;
}

/// Each as a literal that is not indexed (RFC 7541 6.2.2).
inline std::string block(const field_pairs& fields) {
  std::string bytes;
  for (const auto& [name, value] : fields) bytes += '\0' + hpack_string(name) + hpack_string(value);
  return bytes;
}

inline field_pairs request_for(std::string method, std::string path, const field_pairs& more = {}) {
  field_pairs all = {
      {":method", std::move(method)}, {":scheme", "http"}, {":authority", "h"}, {":path", std::move(path)}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

inline std::string get_frame(std::uint32_t stream, std::string path = "/") {
  return frame(headers_frame, end_headers | end_stream, stream, block(request_for("GET", std::move(path))));
}

/// What it came with.
struct heard {
  std::uint8_t type = 0;
  unsigned flags = 0;
  std::uint32_t stream = 0;
  std::string payload = {};
  field_pairs fields = {};                      // of HEADERS
  std::vector<std::string> never_indexed = {};  // names of those that came as such (RFC 7541 6.2.3)

  std::uint32_t number(std::size_t at = 0) const {
    std::uint32_t n = 0;
    for (std::size_t i = at; i < at + 4 && i < payload.size(); ++i)
      n = n << 8U | static_cast<unsigned char>(payload[i]);
    return n;
  }
};

class frames {
 public:
  explicit frames(net::stream on, io::duration limit = 20s) : stream_(std::move(on)), limit_(limit) {
    nghttp2_hd_inflater* made = nullptr;
    nghttp2_hd_inflate_new(&made);
    inflater_.reset(made);
  }

  task<void> say(std::string bytes) { co_await stream_.send(bytes); }

  /// What a client says first.
  task<void> take_preface() {
    while (arrived_.size() < preface.size()) {
      const std::string_view more = co_await io::timeout(limit_, stream_.recv());
      if (more.empty()) throw std::runtime_error("the preface was not whole");
      arrived_ += more;
    }
    if (!arrived_.starts_with(preface)) throw std::runtime_error("that is no preface: " + arrived_);
    arrived_.erase(0, preface.size());
  }

  /// Nothing: the other has ended, or reset, the connection.
  task<std::optional<heard>> next() {
    constexpr std::size_t head = 9;
    while (arrived_.size() < head || arrived_.size() < head + length()) {
      std::string_view more;
      try {
        more = co_await io::timeout(limit_, stream_.recv());
      } catch (const io::error& e) {
        if (e.code() == io::errc::timed_out) throw;
      }
      if (more.empty()) co_return std::nullopt;
      arrived_ += more;
    }
    heard one{.type = static_cast<std::uint8_t>(arrived_[3]),
              .flags = static_cast<unsigned char>(arrived_[4])};
    one.payload = arrived_.substr(5, 4);
    one.stream = one.number();
    one.payload = arrived_.substr(head, length());
    arrived_.erase(0, head + one.payload.size());
    if (one.type == headers_frame) inflate(one);
    co_return one;
  }

  /// The next one of this kind, and of this stream if that is given.
  task<std::optional<heard>> next(std::uint8_t type, std::optional<std::uint32_t> stream = {}) {
    for (;;) {
      std::optional<heard> one = co_await next();
      if (!one || (one->type == type && one->stream == stream.value_or(one->stream))) co_return one;
    }
  }

  net::stream& below() noexcept { return stream_; }

 private:
  struct free_inflater {
    void operator()(nghttp2_hd_inflater* one) const noexcept { nghttp2_hd_inflate_del(one); }
  };
  std::size_t length() const {
    const auto at = [&](std::size_t i) { return std::size_t{static_cast<unsigned char>(arrived_[i])}; };
    return at(0) << 16U | at(1) << 8U | at(2);
  }
  void inflate(heard& of) {
    const auto* in = reinterpret_cast<const std::uint8_t*>(of.payload.data());
    std::size_t left = of.payload.size();
    for (;;) {
      nghttp2_nv nv;
      int flags = 0;
      const auto used = nghttp2_hd_inflate_hd2(inflater_.get(), &nv, &flags, in, left, 1);
      ASSERT_GE(used, 0);
      in += used;
      left -= static_cast<std::size_t>(used);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        of.fields.emplace_back(std::string(reinterpret_cast<char*>(nv.name), nv.namelen),
                               std::string(reinterpret_cast<char*>(nv.value), nv.valuelen));
        if ((nv.flags & NGHTTP2_NV_FLAG_NO_INDEX) != 0) of.never_indexed.push_back(of.fields.back().first);
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
      if (left == 0 && (flags & NGHTTP2_HD_INFLATE_EMIT) == 0) break;
    }
    nghttp2_hd_inflate_end_headers(inflater_.get());
  }

  net::stream stream_;
  io::duration limit_;
  std::string arrived_;
  std::unique_ptr<nghttp2_hd_inflater, free_inflater> inflater_;
};

/// How a server took what it was sent: "200", "RST PROTOCOL_ERROR", "GOAWAY FRAME_SIZE_ERROR", "end"; what comes first.
task<std::string> verdict(frames& from);

}  // namespace parlance::http::test
