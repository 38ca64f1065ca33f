// What has arrived of a peer's part of a handshake, as a whole; for those who then leave the stream to
// others.
#pragma once

#include <cstddef>
#include <memory>
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
    if (!all_->bytes.empty() && is_there()) where().unread(std::move(all_));
  }

  std::string_view bytes() const noexcept { return all_->bytes; }
  /// The first ones are done with.
  std::string take(std::size_t size) {
    std::string first = all_->bytes.substr(0, size);
    all_->bytes.erase(0, size);
    return first;
  }
  /// Waits for some more.
  io::task<void> more() {
    const std::string_view arrived = co_await where().peek();
    if (arrived.empty()) throw io::error(at_end_, "receive", "it ended the connection");
    all_->bytes.reserve(all_->bytes.size() + arrived.size());  // or it has not been received
    all_->bytes += co_await where().recv();
  }
  /// The next `size` bytes.
  io::task<std::string> next(std::size_t size) {
    while (bytes().size() < size) co_await more();
    co_return take(size);
  }

 private:
  std::error_code at_end_;
  std::unique_ptr<unread_bytes> all_ = std::make_unique<unread_bytes>();
};

}  // namespace parlance::net
