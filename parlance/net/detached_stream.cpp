#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <parlance/io/detail/backend.hpp>
#include <parlance/io/detail/fd_socket.hpp>
#include <parlance/io/detail/owned_fd.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/net/detached_stream.hpp>

namespace parlance::net {

void transport::detach() { throw io::error(io::from_errno(ENOTSUP), "detach a stream"); }
void transport::attach() {}

detached_stream stream::detach() {
  if (!is_open()) fail(this, errc::closed, "detach");
  bool is_waited_for = false;
  awaiters_.for_each([&](const awaiter& each) { is_waited_for |= each.has_begun_; });
  if (is_waited_for) fail(this, io::from_errno(EBUSY), "detach");
  expect_no_reading();
  take_from_readers(*this);
  detached_stream going;
  std::string unread(peeked_);  // before what it lies in goes
  going.is_half_closed_ = is_half_closed_;
  going.was_cut_ = was_cut_;
  if (over_) {
    over_->detach();
    going.over_ = std::move(over_);
    going.from_.unread = std::move(unread);
  } else {
    going.recv_timeout_ = socket_->timeout(io::side::read);
    going.send_timeout_ = socket_->timeout(io::side::write);
    going.from_ = socket_->release();
    try {
      going.from_.unread.insert(0, unread);
    } catch (...) {  // without memory it is nowhere any more
      close_at_once();
      throw;
    }
  }
  close_at_once();
  return going;
}

detached_stream::detached_stream(detached_stream&& other) noexcept
    : from_(std::exchange(other.from_, {})),
      over_(std::move(other.over_)),
      recv_timeout_(other.recv_timeout_),
      send_timeout_(other.send_timeout_),
      is_half_closed_(other.is_half_closed_),
      was_cut_(other.was_cut_) {}

detached_stream::~detached_stream() {
  if (from_.descriptor < 0) return;
  if (is_to_reset()) io::reset_descriptor_on_close(from_.descriptor);
  ::close(from_.descriptor);
}

/// A loop that cannot have it closes it, and knows nothing of it but its descriptor.
stream detached_stream::adopted() {
  io::owned_fd going(std::exchange(from_.descriptor, -1));
  const int fd = going.get();
  linger before{};
  socklen_t size = sizeof before;
  const bool has_before = is_to_reset() && ::getsockopt(fd, SOL_SOCKET, SO_LINGER, &before, &size) == 0;
  if (has_before) io::reset_descriptor_on_close(fd);
  io::backend& kernel = io::loop::current().kernel();
  stream here(kernel.adopt_stream(going.release()));
  if (has_before) ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &before, size);
  return here;
}

stream detached_stream::attach() && {
  if (from_.descriptor < 0 && !over_) throw io::error(errc::closed, "attach a stream");
  if (over_) over_->attach();
  stream here = over_ ? stream(std::move(over_)) : adopted();
  if (here.socket_) {
    here.socket_->set_timeout(io::side::read, recv_timeout_);
    here.socket_->set_timeout(io::side::write, send_timeout_);
    here.socket_->resume(from_);
  }
  here.is_half_closed_ = is_half_closed_;
  here.was_cut_ = was_cut_;
  if (!from_.unread.empty()) here.unread(std::move(from_.unread));
  return here;
}

detached_stream::parts detached_stream::release() && {
  if (over_) throw io::error(io::from_errno(ENOTSUP), "hand a stream to another program");
  if (from_.cut || was_cut_) throw io::error(io::from_errno(EPIPE), "hand a stream to another program");
  if (from_.descriptor < 0) throw io::error(errc::closed, "hand a stream to another program");
  return {std::exchange(from_.descriptor, -1), std::move(from_.unread)};
}

}  // namespace parlance::net
