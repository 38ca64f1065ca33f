#include <fmt/core.h>

#include <cerrno>
#include <mutex>
#include <utility>
#include <vector>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/detached_stream.hpp>
#include <parlance/net/in_recv.hpp>
#include <parlance/net/remote_stream.hpp>
#include <parlance/net/socket_options.hpp>
#include <parlance/net/tls_session.hpp>

namespace parlance::net {
namespace {

/// What somebody on another thread waits for, until he does not any more. Here, where it is waited for, is all
/// that is done with it.
class wish {
 public:
  /// While it lives, `its` is cancelled when the wish is given up.
  class granting {
   public:
    granting(wish& of, io::context& its) noexcept : of_(of) {
      of_.its_ = &its;
      if (of_.given_up_) its.cancel();
    }
    ~granting() { of_.its_ = nullptr; }
    granting(const granting&) = delete;
    granting& operator=(const granting&) = delete;

   private:
    wish& of_;
  };
  void give_up() noexcept {
    given_up_ = true;
    if (its_) its_->cancel();
  }

 private:
  io::context* its_ = nullptr;
  bool given_up_ = false;
};

/// The stream, on the thread that it lives on.
struct far_end {
  explicit far_end(int fd) : descriptor(fd) {}
  ~far_end() { forget_descriptor(); }

  /// Once it has been adopted.
  stream& open() {
    if (!there) throw io::error(failure ? failure : make_error_code(errc::closed), "use a stream");
    return *there;
  }
  void adopt(detached_stream come) {
    const std::lock_guard lock(guard);
    try {
      there.emplace(std::move(come).attach());
    } catch (const io::error& e) {
      failure = e.code();
      descriptor = -1;
    } catch (...) {  // of a transport of somebody's own
      failure = io::from_errno(ECONNABORTED);
      descriptor = -1;
    }
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

  /// What comes next; `seen`: so many arrivals have come to who asks. One that has not, because nobody waited
  /// for it any more, is for the next who asks.
  io::task<std::shared_ptr<const std::string>> recv(std::uint64_t seen, std::shared_ptr<wish> wanted) {
    const io::mutex::guard alone = co_await receiving.lock();
    if (arrived == seen) {
      io::context its;
      const wish::granting granted(*wanted, its);
      last = std::make_shared<const std::string>(co_await io::run_in(its, open().recv()));
      ++arrived;
    }
    co_return last;
  }
  /// The same arrival, for who takes it in another way.
  std::string take_unseen(std::uint64_t seen) { return arrived == seen ? std::string() : *last; }

  std::optional<stream> there;
  std::error_code failure;
  io::mutex receiving, ending;
  std::shared_ptr<const std::string> last;
  std::uint64_t arrived = 0;
  // For both threads:
  std::mutex guard;
  int descriptor;
};

/// A wait over there, which ends when this one does: who does not wait any more leaves nobody waiting, and
/// what is asked next comes after.
class wait_over_there {
 public:
  explicit wait_over_there(io::loop_thread& where) : where_(where) {}
  wait_over_there(const wait_over_there&) = delete;
  wait_over_there& operator=(const wait_over_there&) = delete;
  ~wait_over_there() {
    if (!over_) where_.post([wanted = std::move(wanted_)] { wanted->give_up(); });
  }
  const std::shared_ptr<wish>& wanted() const noexcept { return wanted_; }
  /// The answer has come.
  void is_over() noexcept { over_ = true; }

 private:
  io::loop_thread& where_;
  std::shared_ptr<wish> wanted_ = std::make_shared<wish>();
  bool over_ = false;
};

class remote_transport final : public transport {
 public:
  remote_transport(stream given, io::loop_thread& where)
      : where_(where),
        local_(given.local()),
        remote_(given.remote()),
        credentials_(given.peer_credentials()),
        there_(std::make_shared<far_end>(given.native_handle())) {
    where_.post([there = there_, going = given.detach()]() mutable { there->adopt(std::move(going)); });
  }
  ~remote_transport() override { close_at_once(); }

  io::task<std::string_view> recv() override;
  io::task<void> send(std::span<const std::string_view> pieces, std::shared_ptr<const void> owner) override;
  io::task<void> shutdown() override;
  io::task<void> peer_ended() override;
  io::task<void> close(close_limits limits) override;
  void close_at_once() noexcept override;
  void abort() noexcept override;

  endpoint local() const override { return local_; }
  endpoint remote() const override { return remote_; }
  void set_timeout(io::side which, io::duration limit) override;
  std::optional<tcp_info> info() const override;
  std::optional<ucred> peer_credentials() const override { return credentials_; }
  io::task<std::optional<tls_info>> start_tls(std::shared_ptr<tls_context> context, std::string host,
                                              std::string unread) override;

 private:
  void expect_no_recv(const char* doing) const;

  io::loop_thread& where_;
  const endpoint local_, remote_;
  const std::optional<ucred> credentials_;
  std::shared_ptr<far_end> there_;  // what is in it belongs to the other thread
  std::shared_ptr<const std::string> arrived_;
  std::uint64_t seen_ = 0;
  bool receiving_ = false;
};

void remote_transport::expect_no_recv(const char* doing) const {
  if (receiving_) throw io::error(io::from_errno(EALREADY), fmt::format("{} {}", doing, remote_.to_string()));
}

io::task<std::string_view> remote_transport::recv() {
  expect_no_recv("receive from");
  const in_recv only_one(receiving_);
  wait_over_there waiting(where_);
  arrived_ = co_await io::run_on(where_, [there = there_, seen = seen_, wanted = waiting.wanted()] {
    return there->recv(seen, wanted);
  });
  waiting.is_over();
  ++seen_;
  co_return *arrived_;
}

io::task<void> remote_transport::send(std::span<const std::string_view> pieces,
                                      std::shared_ptr<const void> owner) {
  const std::string doing = fmt::format("send to {}", remote_.to_string());
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
  co_await io::run_on(where_, [there = there_]() -> io::task<void> {
    const io::mutex::guard alone = co_await there->ending.lock();  // asked again, it waits for the first
    co_await there->open().shutdown();
  });
}

io::task<void> remote_transport::peer_ended() {
  wait_over_there waiting(where_);
  co_await io::run_on(where_, [there = there_, wanted = waiting.wanted()]() -> io::task<void> {
    io::context its;
    const wish::granting granted(*wanted, its);
    co_await io::run_in(its, there->open().peer_ended());
  });
  waiting.is_over();
}

io::task<void> remote_transport::close(close_limits limits) {
  expect_no_recv("close");
  co_await io::run_on(where_, [there = there_, limits]() -> io::task<void> {
    const io::mutex::guard alone = co_await there->receiving.lock();  // one that was given up is over then
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
  expect_no_recv("start TLS with");
  const auto agree = [there = there_, context = std::move(context), host = std::move(host),
                      unread = std::move(unread), seen = seen_]() -> io::task<std::optional<tls_info>> {
    const io::mutex::guard alone = co_await there->receiving.lock();
    stream& s = there->open();
    s.unread(unread + there->take_unseen(seen));
    there->forget_descriptor();  // it is closed when the handshake fails
    // Its limit is that of who asked, who closes the stream then.
    tls_info agreed = co_await s.start_tls(context, host, io::unlimited);
    there->know_descriptor();
    there->arrived = seen;
    co_return agreed;
  };
  co_return co_await io::run_on(where_, agree);
}

std::optional<tcp_info> remote_transport::info() const {
  if (!there_) return {};
  const std::lock_guard lock(there_->guard);
  if (there_->descriptor < 0) return {};
  return tcp_info_of(there_->descriptor);
}

}  // namespace

remote_stream::remote_stream(stream given, io::loop_thread& where)
    : stream(std::make_shared<remote_transport>(std::move(given), where)) {}

}  // namespace parlance::net
