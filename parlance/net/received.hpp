// What has arrived of a peer's part of a handshake, as a whole; for those who then leave the stream to
// others.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <parlance/io/error.hpp>
#include <parlance/io/task.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::net {

/// Gathers bytes of a stream, which outlives it, and gives back what was not taken when it goes.
class received {
 public:
  explicit received(stream& from) noexcept : from_(from) {}
  received(const received&) = delete;
  received& operator=(const received&) = delete;
  ~received() {
    if (!bytes_.empty() && from_.is_open()) from_.unread(std::move(bytes_));
  }

  std::string_view bytes() const noexcept { return bytes_; }
  /// The first ones are done with.
  std::string take(std::size_t size) {
    std::string first = bytes_.substr(0, size);
    bytes_.erase(0, size);
    return first;
  }
  /// Waits for some more. Throws errc::proxy when the peer has ended.
  io::task<void> more() {
    const std::string_view arrived = co_await from_.recv();
    if (arrived.empty()) throw io::error(errc::proxy, "receive", "it ended the connection");
    bytes_ += arrived;
  }
  /// The next `size` bytes.
  io::task<std::string> next(std::size_t size) {
    while (bytes_.size() < size) co_await more();
    co_return take(size);
  }

 private:
  stream& from_;
  std::string bytes_;
};

}  // namespace parlance::net
