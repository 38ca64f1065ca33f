// What a request sends, from wherever it comes.
//
//   what.body = "a=1&b=2";                          // a string is a body
//
// A request_body is a value, cheap to copy: each request that is sent opens it, and gets a source of its own.
// Those of each kind are in bodies.hpp; for others, derive from body_source.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/io/task.hpp>

namespace parlance::http {

/// The bytes of one body, read while it is sent.
class body_source {
 public:
  body_source() = default;
  body_source(const body_source&) = delete;
  body_source& operator=(const body_source&) = delete;
  virtual ~body_source() = default;

  /// Bytes of all of it, when that is known before.
  virtual std::optional<std::uint64_t> length() const = 0;
  /// The next bytes, at most `upload_step` if that can be; valid until the next call. Empty: that was all.
  virtual io::task<std::string_view> read() = 0;
  /// Back to the first byte. False: it cannot be read again.
  virtual bool rewind() = 0;
};

/// Bytes of a body that are sent in one operation. The limit of time is for each, so a long upload that goes
/// on is not cut off.
inline constexpr std::size_t upload_step = 64 * 1024;

class request_body {
 public:
  using opener = std::function<std::unique_ptr<body_source>()>;

  /// None.
  request_body() = default;
  request_body(std::string bytes, std::string media_type = {});
  request_body(const char* bytes) : request_body(std::string(bytes)) {}
  /// `open` is called for each request. `media_type` is its Content-Type, unless the request has one.
  explicit request_body(opener open, std::string media_type = {});

  bool empty() const noexcept { return !open_; }
  /// A source at its first byte; null when this is empty. Throws io::error.
  std::unique_ptr<body_source> open() const { return open_ ? open_() : nullptr; }
  const std::string& media_type() const noexcept { return media_type_; }

 private:
  opener open_;
  std::string media_type_;
};

}  // namespace parlance::http
