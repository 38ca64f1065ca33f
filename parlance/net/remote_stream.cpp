#include <sys/socket.h>

#include <mutex>
#include <utility>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/remote_stream.hpp>
#include <parlance/net/socket_options.hpp>

namespace parlance::net {

struct remote_stream::far_end {
  ~far_end() { forget_descriptor(); }

  /// The stream, once it has been adopted.
  stream& open() {
    if (!there) throw io::error(failure ? failure : make_error_code(errc::closed), "use a stream");
    return *there;
  }
  void adopt(int fd) {
    try {
      there.emplace(io::loop::current().kernel().adopt(fd));
    } catch (const io::error& e) {
      failure = e.code();
      return;
    }
    const std::lock_guard lock(guard);
    descriptor = fd;
  }
  /// Before it is closed, for the number will be another's then.
  void forget_descriptor() noexcept {
    const std::lock_guard lock(guard);
    descriptor = -1;
  }

  /// Ends a handshake that is under way, which has the stream meanwhile and closes it then.
  void close_at_once() noexcept {
    forget_descriptor();
    if (shaking_hands) shaking_hands->cancel(make_error_code(errc::closed));
    if (there) there->close_at_once();
  }

  std::optional<stream> there;
  std::error_code failure;
  io::context* shaking_hands = nullptr;
  // For both threads:
  std::mutex guard;
  int descriptor = -1;
};

/// For as long as it lives, whoever closes the stream cancels this context.
struct remote_stream::shaking {
  shaking(far_end& of, io::context& with) noexcept : of_(of) { of_.shaking_hands = &with; }
  ~shaking() { of_.shaking_hands = nullptr; }
  shaking(const shaking&) = delete;
  shaking& operator=(const shaking&) = delete;

 private:
  far_end& of_;
};

remote_stream::remote_stream(stream given, io::loop_thread& where)
    : where_(&where), there_(std::make_shared<far_end>()) {
  where.post([there = there_, fd = given.socket().release()] { there->adopt(fd); });
}

remote_stream::~remote_stream() {
  // Tasks there may wait for it, and are the last to hold it.
  if (!there_) return;
  where_->post([there = std::move(there_)] { there->close_at_once(); });
}

const std::shared_ptr<remote_stream::far_end>& remote_stream::opened() const {
  if (!there_) throw io::error(errc::closed, "use a closed stream");
  return there_;
}

io::task<std::string_view> remote_stream::receive(bool peek) {
  arrived_ = co_await io::run_on(*where_, [there = opened(), peek]() -> io::task<std::string> {
    stream& s = there->open();
    co_return std::string(co_await (peek ? s.peek() : s.recv()));
  });
  co_return arrived_;
}

io::task<void> remote_stream::send(std::vector<std::string_view> pieces, std::shared_ptr<const void> owner) {
  co_await io::run_on(
      *where_, [there = opened(), all = std::move(pieces), kept = std::move(owner)]() -> io::task<void> {
        co_await there->open().send(all);
      });
}

io::task<std::string> remote_stream::start_tls(std::shared_ptr<tls_context> context) {
  co_return co_await io::run_on(
      *where_, [there = opened(), with = std::move(context)]() -> io::task<std::string> {
        there->forget_descriptor();  // it is closed when the handshake fails
        io::context meanwhile;
        const shaking hands(*there, meanwhile);
        stream secured = co_await io::run_in(meanwhile, tls_accept(std::move(there->open()), with));
        const int fd = secured.socket().native_handle();
        there->there.emplace(std::move(secured));
        const std::lock_guard lock(there->guard);
        there->descriptor = fd;
        co_return there->there->tls()->peer_fingerprint();
      });
}

io::task<void> remote_stream::shutdown() {
  co_await io::run_on(*where_, [there = opened()]() -> io::task<void> { co_await there->open().shutdown(); });
}

io::task<void> remote_stream::close() {
  if (!there_) co_return;
  co_await io::run_on(*where_, [there = std::exchange(there_, nullptr)]() -> io::task<void> {
    // A handshake has nobody yet to be polite to.
    if (there->shaking_hands) co_return there->close_at_once();
    there->forget_descriptor();
    co_await there->open().close();
  });
}

void remote_stream::abort() noexcept {
  if (!there_) return;
  where_->post([there = std::move(there_)] {
    if (there->there) there->there->abort();
    there->close_at_once();
  });
}

endpoint remote_stream::local() const {
  endpoint here;
  if (!there_) return here;
  const std::lock_guard lock(there_->guard);
  socklen_t size = endpoint::capacity;
  if (there_->descriptor < 0 || ::getsockname(there_->descriptor, here.data(), &size) != 0) return {};
  here.resize(size);
  return here;
}

std::optional<tcp_info> remote_stream::info() const {
  if (!there_) return {};
  const std::lock_guard lock(there_->guard);
  if (there_->descriptor < 0) return {};
  return tcp_info_of(there_->descriptor);
}

}  // namespace parlance::net
