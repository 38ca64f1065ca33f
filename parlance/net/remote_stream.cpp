#include <fmt/core.h>

#include <cerrno>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/detail/far_end.hpp>
#include <parlance/net/detail/in_recv.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/remote_stream.hpp>
#include <parlance/net/socket_options.hpp>
#include <parlance/net/tls_session.hpp>

namespace parlance::net {
namespace {

/// That somebody here waits for what is done over there, which is told when he has gone: before anything that
/// is asked next.
template <class Asked> class wait_over_there {
 public:
  wait_over_there(io::loop_thread& where, std::shared_ptr<Asked> what)
      : where_(where), what_(std::move(what)), gone_(std::make_unique<posted>(abandoning{what_})) {}
  wait_over_there(const wait_over_there&) = delete;
  wait_over_there& operator=(const wait_over_there&) = delete;
  ~wait_over_there() {
    if (!over_) where_.post(std::move(gone_));
  }
  void call_off(std::error_code why) {
    where_.post([what = what_, why] { what->call_off(why); });
  }
  /// The answer has come.
  void is_over() noexcept { over_ = true; }

 private:
  struct abandoning {
    std::shared_ptr<Asked> what;
    void operator()() const noexcept { what->abandon(); }
  };
  using posted = io::loop_thread::posted<abandoning>;

  io::loop_thread& where_;
  std::shared_ptr<Asked> what_;
  std::unique_ptr<posted> gone_;
  bool over_ = false;
};

/// That who sent something knows how much of it has gone, or never will, which is told when he goes.
class hearing {
 public:
  hearing(io::loop_thread& where, std::shared_ptr<promise> of)
      : where_(where), told_(std::make_unique<io::loop_thread::posted<telling>>(telling{std::move(of)})) {}
  hearing(const hearing&) = delete;
  hearing& operator=(const hearing&) = delete;
  ~hearing() {
    if (failed_) where_.post(std::move(told_));
  }
  void has_failed() noexcept { failed_ = true; }
  void is_known() noexcept { told_->what.is_known = true; }

 private:
  struct telling {
    std::shared_ptr<promise> of;
    bool is_known = false;
    void operator()() const noexcept { is_known ? of->heard() : of->abandon(); }
  };
  io::loop_thread& where_;
  std::unique_ptr<io::loop_thread::posted<telling>> told_;
  bool failed_ = false;
};

class remote_transport final : public transport {
 public:
  remote_transport(stream given, io::loop_thread& where)
      : where_(where),
        local_(given.local()),
        remote_(given.remote()),
        credentials_(given.peer_credentials()),
        there_(std::make_shared<far_end>(given.native_handle())),
        end_(std::make_unique<io::loop_thread::posted<ending>>(ending{there_})) {
    where_.post([there = there_, going = given.detach()]() mutable { there->adopt(std::move(going)); });
  }
  ~remote_transport() override { close_at_once(); }

  io::task<std::string_view> recv() override;
  io::task<void> send(std::span<const std::string_view> pieces, std::shared_ptr<const void> owner) override;
  io::task<void> shutdown() override;
  io::task<void> peer_ended() override;
  io::task<void> close(close_limits limits) override;
  void reset_when_closed() noexcept override;
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
  struct ending {
    std::shared_ptr<far_end> there;
    bool is_cut = false, aborts = false;
    void operator()() const noexcept {
      there->cut = there->cut || is_cut;
      aborts ? there->abort() : there->close_at_once();
    }
  };

  void expect_no_recv(const char* doing) const;
  template <class Asked, class Call>
  auto carry_out(std::shared_ptr<Asked> what, Call call) -> io::task<io::await_result_t<decltype(call())>>;

  io::loop_thread& where_;
  const endpoint local_, remote_;
  const std::optional<ucred> credentials_;
  std::shared_ptr<far_end> there_;  // what is in it belongs to the other thread
  std::unique_ptr<io::loop_thread::posted<ending>> end_;
  std::shared_ptr<const std::string> arrived_;
  std::uint64_t seen_ = 0;
  bool receiving_ = false;
};

void remote_transport::expect_no_recv(const char* doing) const {
  if (receiving_) throw io::error(io::from_errno(EALREADY), fmt::format("{} {}", doing, remote_.to_string()));
}

/// Has it done over there, and hears how it ended: also when it is called off here, which calls it off there.
template <class Asked, class Call>
auto remote_transport::carry_out(std::shared_ptr<Asked> what, Call call)
    -> io::task<io::await_result_t<decltype(call())>> {
  std::error_code called_off = io::context::current().cancelled();
  if (called_off) throw io::error(called_off, "wait for another loop");
  wait_over_there waiting(where_, what);
  io::scope asking;
  auto answer = asking.run(
      io::shield(io::run_on(where_, [what, call = std::move(call)] { return wish::grant(what, call()); })));
  try {
    co_await asking.join();
  } catch (const io::error& e) {
    called_off = e.code();
  }
  if (called_off) {
    waiting.call_off(called_off);
    co_await io::shield(asking.join());
  }
  // Until its waiter has the answer it may still go, and nobody has heard then.
  if constexpr (std::is_void_v<io::await_result_t<decltype(call())>>) {
    co_await io::shield(answer);
    waiting.is_over();
  } else {
    auto heard = co_await io::shield(answer);
    waiting.is_over();
    co_return heard;
  }
}

io::task<std::string_view> remote_transport::recv() {
  expect_no_recv("receive from");
  const in_recv only_one(receiving_);
  const auto wanted = std::make_shared<wish>();
  wait_over_there waiting(where_, wanted);
  try {
    arrived_ = co_await io::run_on(
        where_, [there = there_, seen = seen_, wanted] { return wish::grant(wanted, there->recv(seen)); });
  } catch (const io::error& e) {
    throw io::error(e.code(), fmt::format("receive from {}", remote_.to_string()), why(e));
  }
  waiting.is_over();
  ++seen_;
  co_return *arrived_;
}

io::task<void> remote_transport::send(std::span<const std::string_view> pieces,
                                      std::shared_ptr<const void> owner) {
  const std::string doing = fmt::format("send to {}", remote_.to_string());
  std::vector<std::string_view> all(pieces.begin(), pieces.end());
  if (!owner) {
    std::size_t size = 0;
    for (const std::string_view piece : pieces) size += piece.size();
    const auto copy = std::make_shared<std::string>();
    copy->reserve(size);
    for (const std::string_view piece : pieces) *copy += piece;
    all.assign(1, *copy);
    owner = copy;
  }
  const auto sending = std::make_shared<promise>(there_);
  hearing hears(where_, sending);
  try {
    const std::exception_ptr failure =
        co_await carry_out(sending, [sending, there = there_, all = std::move(all), kept = std::move(owner)] {
          return sending->keep(there, all);
        });
    if (!failure) co_return;
    hears.has_failed();
    std::rethrow_exception(failure);
  } catch (const io::error& e) {
    io::error told(e.code(), doing, why(e));
    hears.is_known();
    throw told.sent(e.bytes_sent());
  } catch (const std::bad_alloc&) {
    throw;
  } catch (...) {
    hears.is_known();
    throw;
  }
}

io::task<void> remote_transport::shutdown() {
  try {
    co_await carry_out(std::make_shared<wish>(), [there = there_]() -> io::task<void> {
      const io::mutex::guard behind_the_sends = co_await there->turn_to_send();
      co_await there->open().shutdown();
    });
  } catch (const io::error& e) {
    throw io::error(e.code(), fmt::format("shut down {}", remote_.to_string()), why(e));
  }
}

io::task<void> remote_transport::peer_ended() {
  const auto wanted = std::make_shared<wish>();
  wait_over_there waiting(where_, wanted);
  co_await io::run_on(where_,
                      [there = there_, wanted] { return wish::grant(wanted, there->open().peer_ended()); });
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

void remote_transport::reset_when_closed() noexcept {
  if (end_) end_->what.is_cut = true;
}

// Tasks over there may wait for it, and are the last to hold it.
void remote_transport::close_at_once() noexcept {
  there_.reset();
  if (end_) where_.post(std::move(end_));
}

void remote_transport::abort() noexcept {
  if (end_) end_->what.aborts = true;
  close_at_once();
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
    const io::mutex::guard behind_the_sends = co_await there->turn_to_send();
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
