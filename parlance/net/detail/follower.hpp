// For what works on a stream while it waits, by the socket below: the stream may be moved meanwhile, closed or
// destroyed, and the number of its descriptor may be another's then.
#pragma once

#include <poll.h>

#include <memory>
#include <system_error>

#include <parlance/io/combinators.hpp>
#include <parlance/io/detail/backend.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::net {

/// Knows where its stream is, and whether it is there yet.
class follower : stream::awaiter {
 public:
  explicit follower(stream& of) : awaiter(of) {
    if (!of.departure_) of.departure_ = std::make_shared<stream::departure>();
    gone_ = of.departure_;
  }
  ~follower() = default;
  follower(const follower&) = delete;
  follower& operator=(const follower&) = delete;

  bool is_there() const noexcept { return !gone_->why; }
  /// Throws io::error: how whoever closed it had operations end.
  void expect_there() const {
    if (!is_there()) throw io::error(gone_->why, "wait");
  }
  /// Throws the same. It may be elsewhere after the next wait.
  stream& where() const {
    expect_there();
    return *stream_;
  }
  /// The plain socket below, or -1.
  int descriptor() const {
    const stream& at = where();
    return at.socket_ ? at.socket_->native_handle() : -1;
  }
  /// As the socket's own operations do, so that nobody takes it for an orderly end.
  [[noreturn]] void broke(std::error_code why, const char* doing) const {
    throw io::error(where().socket_->note_break(why), doing);
  }
  /// Waits until there is something at the socket below, or room, within its limit; or until that is taken away.
  /// Throws the same.
  io::task<void> ready(io::side which) const {
    gone_->limit_gone.reset();
    co_await io::timeout(
        where().socket_->timeout(which),
        io::race(io::poll_operation(descriptor(), which == io::side::read ? POLLIN : POLLOUT),
                 gone_->happened, gone_->limit_gone));
    expect_there();
  }
  /// Waits for these (poll(2)) of a descriptor. Throws the same.
  io::task<void> poll(int of, short events) const {
    co_await io::race(io::poll_operation(of, events), gone_->happened);
    expect_there();
  }

 private:
  std::shared_ptr<stream::departure> gone_;
};

}  // namespace parlance::net
