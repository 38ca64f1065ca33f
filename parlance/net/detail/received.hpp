// What has arrived of a peer's part of a handshake, as a whole; for those who then leave the stream to
// others.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <parlance/net/detail/follower.hpp>
#include <parlance/net/error.hpp>

namespace parlance::net {

/// Gathers bytes of a stream, wherever that is moved to, and gives back what was not taken when it goes.
class received : public follower {
 public:
  /// `at_end` is thrown when the peer has ended.
  explicit received(stream& from, std::error_code at_end = errc::proxy) : follower(from), at_end_(at_end) {}
  received(const received&) = delete;
  received& operator=(const received&) = delete;
  ~received() {
    if (!bytes_.empty() && is_there()) where().unread(std::move(bytes_));
  }

  std::string_view bytes() const noexcept { return bytes_; }
  /// The first ones are done with.
  std::string take(std::size_t size) {
    std::string first = bytes_.substr(0, size);
    bytes_.erase(0, size);
    return first;
  }
  /// Waits for some more.
  io::task<void> more() {
    const std::string_view arrived = co_await where().recv();
    if (arrived.empty()) throw io::error(at_end_, "receive", "it ended the connection");
    bytes_ += arrived;
  }
  /// The next `size` bytes.
  io::task<std::string> next(std::size_t size) {
    while (bytes_.size() < size) co_await more();
    co_return take(size);
  }

 private:
  std::error_code at_end_;
  std::string bytes_;
};

}  // namespace parlance::net
