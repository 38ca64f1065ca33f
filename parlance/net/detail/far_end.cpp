#include <fmt/core.h>

#include <cerrno>
#include <new>
#include <utility>

#include <parlance/io/detail/fd_socket.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/detail/far_end.hpp>
#include <parlance/net/error.hpp>

namespace parlance::net {

void far_end::adopt(detached_stream come) {
  const std::lock_guard lock(guard);
  try {
    there.emplace(std::move(come).attach());
  } catch (const io::error& e) {
    failure = e.code();
    descriptor = -1;
  } catch (const std::bad_alloc&) {
    failure = io::from_errno(ENOMEM);
    descriptor = -1;
  } catch (...) {  // of a transport of somebody's own
    failure = io::from_errno(ECONNABORTED);
    descriptor = -1;
  }
}

stream& far_end::open() {
  if (!there) throw io::error(failure ? failure : make_error_code(errc::closed), "use a stream");
  return *there;
}

void far_end::know_descriptor() {
  const std::lock_guard lock(guard);
  descriptor = there->native_handle();
}

void far_end::forget_descriptor() noexcept {
  const std::lock_guard lock(guard);
  descriptor = -1;
}

void far_end::close_at_once() noexcept {
  forget_descriptor();
  gone = io::errc::cancelled;
  held_up.reset();
  if (!there) return;
  // A peer to whom bytes were promised that will not come must not take what it has for all.
  const int fd = there->native_handle();
  if ((cut || unheard != 0) && fd >= 0) io::reset_descriptor_on_close(fd);
  there->close_at_once();
}

void far_end::abort() noexcept {
  forget_descriptor();
  gone = io::from_errno(ECONNABORTED);
  held_up.reset();
  if (there) there->abort();
}

io::task<io::mutex::guard> far_end::turn_to_send() {
  io::mutex::guard alone = co_await sending.lock();
  if (gone) throw io::error(gone, "send");
  if (cut)
    throw io::error(io::from_errno(EPIPE), "send",
                    "an earlier send was destroyed when a part of it had gone");
  co_return alone;
}

io::task<std::shared_ptr<const std::string>> far_end::recv(std::uint64_t seen) {
  const io::mutex::guard alone = co_await receiving.lock();
  if (arrived == seen) {
    last = std::make_shared<const std::string>(co_await open().recv());
    ++arrived;
  }
  co_return last;
}

io::task<std::exception_ptr> promise::keep(std::shared_ptr<far_end> there,
                                           std::span<const std::string_view> pieces) {
  std::exception_ptr failure;
  std::size_t sent = 0;
  std::optional<io::mutex::guard> alone;
  const io::time_point came = io::loop::current().now();
  io::time_point began = came;
  try {
    alone.emplace(co_await there->turn_to_send());
    if (came < there->late) throw io::error(io::errc::timed_out, "send");
    state_ = state::begun;
    ++there->unheard;
    began = io::loop::current().now();
    co_await there->open().send(pieces);
  } catch (const io::error& e) {
    failure = std::current_exception();
    sent = e.bytes_sent();
    const bool is_late = e.code() == io::errc::timed_out && !io::context::current().cancelled();
    if (is_late && state_ == state::begun) there->late = began;
  } catch (...) {  // of a transport of somebody's own, which does not say
    failure = std::current_exception();
    sent = 1;
  }
  if (state_ != state::begun) co_return failure;
  state_ = failure && sent != 0 ? state::half_done : state::done;
  if (state_ == state::done)
    --there->unheard;
  else if (abandoned_)
    there->cut = true;
  else if (!there->gone)
    there->held_up.emplace(*std::move(alone));
  co_return failure;
}

void promise::heard() noexcept {
  const std::shared_ptr<far_end> there = of_.lock();
  if (!there || state_ != state::half_done) return;
  --there->unheard;
  there->held_up.reset();
}

void promise::abandon() noexcept {
  abandoned_ = true;
  const std::shared_ptr<far_end> there = of_.lock();
  if (there && state_ == state::half_done) {
    there->cut = true;
    there->held_up.reset();
  }
  wish::abandon();
}

}  // namespace parlance::net
