#include <fmt/core.h>
#include <sys/socket.h>

#include <cerrno>
#include <exception>
#include <mutex>
#include <utility>
#include <vector>

#include <parlance/io/combinators.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/net/detached_stream.hpp>
#include <parlance/net/remote_stream.hpp>
#include <parlance/net/socket_options.hpp>
#include <parlance/net/tls_session.hpp>

namespace parlance::net {
namespace {

/// What one recv over there has brought.
struct arrival {
  std::string bytes;
  std::exception_ptr failure;
};

/// The stream, on the thread that it lives on.
struct far_end {
  ~far_end() { forget_descriptor(); }

  /// Once it has been adopted.
  stream& open() {
    if (!there) throw io::error(failure ? failure : make_error_code(errc::closed), "use a stream");
    return *there;
  }
  void adopt(detached_stream come) {
    try {
      there.emplace(std::move(come).attach());
    } catch (const io::error& e) {
      failure = e.code();
      return;
    }
    know_descriptor();
  }
  void know_descriptor() {
    const std::lock_guard lock(guard);
    descriptor = there->native_handle();
  }
  /// Before it is closed, for the number will be another's then.
  void forget_descriptor() noexcept {
    const std::lock_guard lock(guard);
    descriptor = -1;
  }
  void close_at_once() noexcept {
    forget_descriptor();
    if (there) there->close_at_once();
  }

  /// `seen`: so many arrivals have come to who asks. One that has not, because nobody waited for it any more,
  /// is for the next who asks.
  io::task<std::shared_ptr<const arrival>> recv(std::uint64_t seen) {
    const io::mutex::guard alone = co_await receiving.lock();
    if (arrived == seen) {
      auto next = std::make_shared<arrival>();
      try {
        next->bytes = co_await open().recv();
      } catch (const io::error&) {
        next->failure = std::current_exception();
      }
      last = std::move(next);
      ++arrived;
    }
    co_return last;
  }

  std::optional<stream> there;
  std::error_code failure;
  io::mutex receiving;
  std::shared_ptr<const arrival> last;
  std::uint64_t arrived = 0;
  // For both threads:
  std::mutex guard;
  int descriptor = -1;
};

class remote_transport final : public transport {
 public:
  remote_transport(const endpoint& peer, detached_stream going, io::loop_thread& where)
      : where_(where), peer_(peer), there_(std::make_shared<far_end>()) {
    where_.post([there = there_, going = std::move(going)]() mutable { there->adopt(std::move(going)); });
  }
  ~remote_transport() override { close_at_once(); }

  io::task<std::string_view> recv() override;
  io::task<void> send(std::span<const std::string_view> pieces, std::shared_ptr<const void> owner) override;
  io::task<void> shutdown() override;
  io::task<void> peer_ended() override;
  io::task<void> close(close_limits limits) override;
  void close_at_once() noexcept override;
  void abort() noexcept override;

  endpoint local() const override;
  endpoint remote() const override { return peer_; }
  void set_timeout(io::side which, io::duration limit) override;
  std::optional<tcp_info> info() const override;
  io::task<std::optional<tls_info>> start_tls(std::shared_ptr<tls_context> context, std::string host,
                                              std::string unread) override;

 private:
  struct in_recv;

  io::loop_thread& where_;
  endpoint peer_;
  std::shared_ptr<far_end> there_;  // what is in it belongs to the other thread
  std::shared_ptr<const arrival> arrived_;
  std::uint64_t seen_ = 0;
  bool receiving_ = false;
};

struct remote_transport::in_recv {
  explicit in_recv(remote_transport& of) : of_(of) { of_.receiving_ = true; }
  ~in_recv() { of_.receiving_ = false; }
  in_recv(const in_recv&) = delete;
  in_recv& operator=(const in_recv&) = delete;

 private:
  remote_transport& of_;
};

io::task<std::string_view> remote_transport::recv() {
  if (receiving_)
    throw io::error(io::from_errno(EALREADY), fmt::format("receive from {}", peer_.to_string()));
  const in_recv only_one(*this);
  arrived_ = co_await io::run_on(where_, [there = there_, seen = seen_] { return there->recv(seen); });
  ++seen_;
  if (arrived_->failure) std::rethrow_exception(arrived_->failure);
  co_return arrived_->bytes;
}

io::task<void> remote_transport::send(std::span<const std::string_view> pieces,
                                      std::shared_ptr<const void> owner) {
  const std::string doing = fmt::format("send to {}", peer_.to_string());
  if (const std::error_code called_off = io::context::current().cancelled())
    throw io::error(called_off, doing);
  std::size_t size = 0;
  for (const std::string_view piece : pieces) size += piece.size();
  std::vector<std::string_view> all(pieces.begin(), pieces.end());
  if (!owner) {
    const auto copy = std::make_shared<std::string>();
    copy->reserve(size);
    for (const std::string_view piece : pieces) *copy += piece;
    all.assign(1, *copy);
    owner = copy;
  }
  try {
    co_await io::run_on(where_,
                        [there = there_, all = std::move(all), kept = std::move(owner)]() -> io::task<void> {
                          co_await there->open().send(all);
                        });
  } catch (const io::error& e) {
    // It is only the wait that was given up.
    if (const std::error_code why = io::context::current().cancelled(); why && e.code() == why)
      throw io::error(why, doing).sent(size);
    throw;
  }
}

io::task<void> remote_transport::shutdown() {
  co_await io::run_on(where_, [there = there_]() -> io::task<void> { co_await there->open().shutdown(); });
}

io::task<void> remote_transport::peer_ended() {
  // Who does not wait any more leaves nobody waiting over there.
  struct wait_over_there {
    explicit wait_over_there(io::loop_thread& thread) : where(thread) {}
    wait_over_there(const wait_over_there&) = delete;
    wait_over_there& operator=(const wait_over_there&) = delete;
    ~wait_over_there() {
      where.post([over = std::move(given_up)] { over->set(); });
    }
    io::loop_thread& where;
    std::shared_ptr<io::event> given_up = std::make_shared<io::event>();
  } const waiting(where_);
  co_await io::run_on(where_, [there = there_, given_up = waiting.given_up]() -> io::task<void> {
    co_await io::race(there->open().peer_ended(), *given_up);
  });
}

io::task<void> remote_transport::close(close_limits limits) {
  co_await io::run_on(where_, [there = there_, limits]() -> io::task<void> {
    there->forget_descriptor();
    co_await there->open().close(limits);
  });
}

// Tasks over there may wait for it, and are the last to hold it.
void remote_transport::close_at_once() noexcept {
  if (there_) where_.post([there = std::move(there_)] { there->close_at_once(); });
}

void remote_transport::abort() noexcept {
  if (!there_) return;
  where_.post([there = std::move(there_)] {
    there->forget_descriptor();
    if (there->there) there->there->abort();
  });
}

void remote_transport::set_timeout(io::side which, io::duration limit) {
  where_.post([there = there_, which, limit] {
    if (!there->there || !there->there->is_open()) return;
    if (which == io::side::read)
      there->there->set_recv_timeout(limit);
    else
      there->there->set_send_timeout(limit);
  });
}

io::task<std::optional<tls_info>> remote_transport::start_tls(std::shared_ptr<tls_context> context,
                                                              std::string host, std::string unread) {
  co_return co_await io::run_on(where_,
                                [there = there_, context = std::move(context), host = std::move(host),
                                 unread = std::move(unread)]() -> io::task<std::optional<tls_info>> {
                                  stream& s = there->open();
                                  if (!unread.empty()) s.unread(unread);
                                  there->forget_descriptor();  // it is closed when the handshake fails
                                  // Its limit is that of who asked, who closes the stream then.
                                  tls_info agreed = co_await s.start_tls(context, host, io::unlimited);
                                  there->know_descriptor();
                                  co_return agreed;
                                });
}

endpoint remote_transport::local() const {
  endpoint here;
  if (!there_) return here;
  const std::lock_guard lock(there_->guard);
  socklen_t size = endpoint::capacity;
  if (there_->descriptor < 0 || ::getsockname(there_->descriptor, here.data(), &size) != 0) return {};
  here.resize(size);
  return here;
}

std::optional<tcp_info> remote_transport::info() const {
  if (!there_) return {};
  const std::lock_guard lock(there_->guard);
  if (there_->descriptor < 0) return {};
  return tcp_info_of(there_->descriptor);
}

}  // namespace

remote_stream::remote_stream(stream given, io::loop_thread& where)
    : stream([&] {
        const endpoint peer = given.remote();
        return std::make_shared<remote_transport>(peer, given.detach(), where);
      }()) {}

}  // namespace parlance::net
