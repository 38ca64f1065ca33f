// The body of a request on its way out, whatever version of HTTP it goes by.
//
//   body_upload body(source);
//   do co_await send(co_await body.next()); while (!body.ended());
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <parlance/http/body/body_source.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/task.hpp>

namespace parlance::http {

class body_upload {
 public:
  /// `from` outlives it, and is at its first byte.
  explicit body_upload(body_source& from) : from_(from), length_(from.length()) {}

  /// The next piece; valid until the next call. Empty: that was all, of a body whose length nobody knew. Throws
  /// failure for a source that fails, or has more bytes, or fewer, than it announced.
  io::task<std::string_view> next();
  /// Nothing follows what `next` gave.
  bool ended() const noexcept { return ended_; }

 private:
  body_source& from_;
  const std::optional<std::uint64_t> length_;
  std::uint64_t so_far_ = 0;
  bool ended_ = false;
};

/// Waits until `go_ahead` is set, which is by 100 (Continue) or a final answer; for a second at most, for a server
/// that knows nothing of it (RFC 9110 10.1.1).
io::task<void> wait_to_continue(io::event& go_ahead, io::duration longest);

}  // namespace parlance::http
