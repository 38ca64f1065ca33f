#include <fmt/core.h>
#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

#include <parlance/io/combinators.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/detail/backend.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/socket_options.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::net {
namespace {

constexpr io::duration send_timeout = std::chrono::seconds(60);
// However little time there is for the peer's last words, ours can be said in it, if he listens.
constexpr io::duration least_to_say_so = std::chrono::milliseconds(100);

}  // namespace

io::task<std::optional<tls_info>> transport::start_tls(std::shared_ptr<tls_context>, std::string,
                                                       std::string) {
  co_return std::nullopt;
}

io::task<void> transport::peer_ended() {
  throw io::error(io::from_errno(ENOTSUP), "wait for the peer's end");
  co_return;
}

stream::stream(std::unique_ptr<io::stream_socket> connected) : socket_(std::move(connected)) {
  set_send_timeout(send_timeout);
}
stream::stream(std::shared_ptr<transport> over) : over_(std::move(over)) {}
// Its operations hold the socket, or the transport; only who awaits them must learn where it is.
stream::stream(stream&& other) noexcept
    : socket_(std::move(other.socket_)),
      over_(std::move(other.over_)),
      peeked_(std::exchange(other.peeked_, {})),
      unread_(std::move(other.unread_)),
      departure_(std::move(other.departure_)),
      shutdowns_(std::exchange(other.shutdowns_, 0)),
      is_half_closed_(std::exchange(other.is_half_closed_, false)),
      was_cut_(std::exchange(other.was_cut_, false)),
      aborted_(std::exchange(other.aborted_, false)),
      sending_alone_(std::exchange(other.sending_alone_, false)),
      shaking_hands_(std::exchange(other.shaking_hands_, false)) {
  take_awaiters(other);
  take_from_readers(other);
}

stream& stream::operator=(stream&& other) noexcept {
  if (this == &other) return *this;
  if (is_open()) {  // what it stands on may be `other`, whose end waits for that of this function
    stream kept(std::move(other));
    close_at_once();
    return *this = std::move(kept);
  }
  leave_awaiters();
  take_awaiters(other);
  socket_ = std::move(other.socket_);
  over_ = std::move(other.over_);
  peeked_ = std::exchange(other.peeked_, {});
  unread_ = std::move(other.unread_);
  departure_ = std::move(other.departure_);
  shutdowns_ = std::exchange(other.shutdowns_, 0);
  is_half_closed_ = std::exchange(other.is_half_closed_, false);
  was_cut_ = std::exchange(other.was_cut_, false);
  aborted_ = std::exchange(other.aborted_, false);
  sending_alone_ = std::exchange(other.sending_alone_, false);
  shaking_hands_ = std::exchange(other.shaking_hands_, false);
  take_from_readers(other);
  return *this;
}

stream::~stream() {
  close_at_once();
  leave_awaiters();
}

void stream::take_awaiters(stream& other) noexcept {
  other.awaiters_.for_each([this](awaiter& each) { each.stream_ = this; });
  awaiters_.splice(other.awaiters_);
}

void stream::take_back_awaiters(stream& moved) noexcept {
  moved.awaiters_.for_each([this](awaiter& each) {
    if (each.has_begun_) return;
    each.unlink();
    each.stream_ = this;
    awaiters_.push_back(each);
  });
}

void stream::leave_awaiters() noexcept {
  awaiters_.for_each([](awaiter& each) {
    each.unlink();
    each.stream_ = nullptr;
  });
}

stream::recv_awaiter stream::recv() { return {*this, false}; }
stream::recv_awaiter stream::peek() { return {*this, true}; }
stream::send_awaiter stream::send(std::string_view bytes) { return {*this, io::send_buffers(bytes), {}}; }
stream::send_awaiter stream::send(std::span<const std::string_view> pieces) {
  return {*this, io::send_buffers(pieces), {}};
}
stream::send_awaiter stream::send(std::span<const std::string_view> pieces,
                                  std::shared_ptr<const void> owner) {
  return {*this, io::send_buffers(pieces), std::move(owner)};
}

stream::send_awaiter stream::send(std::initializer_list<std::string_view> pieces) {
  return send(std::span(pieces.begin(), pieces.size()));
}
stream::send_awaiter stream::send(std::initializer_list<std::string_view> pieces,
                                  std::shared_ptr<const void> owner) {
  return send(std::span(pieces.begin(), pieces.size()), std::move(owner));
}

void stream::fail(const stream* at, std::error_code code, const char* doing, std::size_t sent) {
  const auto peer = [&]() -> std::string {
    if (at && at->is_open()) return at->remote().to_string();
    return code == errc::closed ? "a stream" : "a closed stream";
  };
  throw io::error(code, fmt::format("{} {}", doing, peer())).sent(sent);
}

void stream::expect_current() const {
  if (socket_)
    socket_->expect_current();
  else if (const stream* under = over_ ? over_->below() : nullptr)
    under->expect_current();
}

void stream::expect_sendable(bool is_alone) const {
  if (!is_open()) fail(this, errc::closed, "send to");
  if (is_half_closed_ || shutdowns_ != 0 || is_cut()) fail(this, io::from_errno(EPIPE), "send to");
  if ((sending_alone_ && !is_alone) || shaking_hands_) fail(this, io::from_errno(EBUSY), "send to");
}

bool stream::is_cut() const noexcept { return was_cut_ || (socket_ && socket_->is_cut()); }

void stream::awaiter::expect_there(const char* doing) const {
  if (!there()) fail(nullptr, stream_ ? stream_->why_gone() : make_error_code(io::errc::cancelled), doing);
}

std::error_code stream::why_gone() const noexcept {
  return aborted_ ? io::from_errno(ECONNABORTED) : make_error_code(io::errc::cancelled);
}

// --- recv

bool stream::recv_awaiter::await_ready() {
  if (!there()) fail(nullptr, errc::closed, "receive from");
  if (stream_->shaking_hands_) fail(stream_, io::from_errno(EBUSY), "receive from");
  has_begun_ = false;
  by_.emplace<std::monostate>();
  const bool is_plain = !stream_->over_;
  if (!is_plain || !stream_->peeked_.empty())
    stream_->expect_current();  // a plain socket's recv looks itself
  if (stream_->unread_) stream_->unread_->handed_out.reset();
  if (!stream_->peeked_.empty()) {
    stream_->expect_no_recv();
    // As if it had waited for them.
    if (const std::error_code& why = io::context::current().cancelled()) fail(stream_, why, "receive from");
    return true;
  }
  if (is_plain) return by_.emplace<io::recv_operation>(*stream_->socket_).await_ready();
  by_.emplace<by_transport>(stream_->over_);
  return false;
}

std::coroutine_handle<> stream::recv_awaiter::await_suspend(std::coroutine_handle<> waiter) {
  has_begun_ = true;
  if (auto* const by = std::get_if<by_transport>(&by_))
    return std::move(by->task.emplace(by->over->recv())).operator co_await().await_suspend(waiter);
  std::get_if<io::recv_operation>(&by_)->await_suspend(waiter);
  return std::noop_coroutine();
}

std::string_view stream::recv_awaiter::await_resume() {
  has_begun_ = false;
  // It is over now, however long the rest of the expression that it is part of lets it live.
  std::string_view arrived;
  if (auto* const plain = std::get_if<io::recv_operation>(&by_)) {
    arrived = plain->await_resume();
    if (plain->error) fail(stream_, plain->error, "receive from");
  } else if (auto* const by = std::get_if<by_transport>(&by_)) {
    arrived = std::move(*by->task).operator co_await().await_resume();
    // Whoever has closed it meanwhile has taken away what the transport handed out. A plain socket says so
    // itself.
    if (!stream_ || stream_->over_ != by->over)
      fail(nullptr, stream_ ? stream_->why_gone() : make_error_code(io::errc::cancelled), "receive from");
  } else {
    return stream_->hand_out(peek_);
  }
  if (stream_ && !stream_->peeked_.empty()) {  // given back meanwhile, and there was no more to wait for
    try {
      auto both = std::make_unique<unread_bytes>(std::string(stream_->peeked_) += arrived);
      stream_->peeked_ = {};
      stream_->unread(std::move(both));
    } catch (const std::bad_alloc&) {
      stream_->lose_received();
      throw;
    }
    return stream_->hand_out(peek_);
  }
  if (peek_ && stream_) stream_->peeked_ = arrived;
  return arrived;
}

std::string_view stream::hand_out(bool peek) noexcept { return peek ? peeked_ : std::exchange(peeked_, {}); }

io::task<std::size_t> stream::recv_into(std::span<char> room) {
  if (room.empty()) co_return 0;
  recv_awaiter receiving = recv();
  const std::string_view arrived = co_await receiving;
  const std::size_t size = arrived.copy(room.data(), room.size());
  // Wherever it is by now.
  if (stream* const from = receiving.stream_; from && from->is_open()) from->peeked_ = arrived.substr(size);
  co_return size;
}

// It may be moved while it waits, so nothing of this is looked at afterwards.
io::task<void> stream::peer_ended() {
  constexpr const char* waiting = "wait for the end of";
  if (!is_open()) fail(this, errc::closed, waiting);
  expect_current();
  if (!departure_) departure_ = std::make_shared<departure>();
  const std::shared_ptr<departure> ours = departure_;
  const std::string doing = fmt::format("{} {}", waiting, remote().to_string());
  try {
    if (const std::shared_ptr<transport> over = over_)
      co_await io::race(over->peer_ended(), ours->happened);
    else if (io::event* told = socket_->peer_ended())
      co_await io::race(*told, ours->happened);
    else
      co_await io::race(io::poll_operation(socket_->native_handle(), POLLRDHUP), ours->happened);
  } catch (const io::error& e) {
    throw io::error(ours->why ? ours->why : e.code(), doing);
  }
  if (ours->why) throw io::error(ours->why, doing);
}

void stream::unread(std::string bytes) {
  bytes += peeked_;
  auto all = std::make_unique<unread_bytes>(std::move(bytes));
  peeked_ = {};
  unread(std::move(all));
}

void stream::unread(std::unique_ptr<unread_bytes> given) noexcept {
  try {
    given->bytes += peeked_;
  } catch (const std::bad_alloc&) {
    return lose_received();
  }
  if (unread_) given->handed_out = unread_->handed_out ? std::move(unread_->handed_out) : std::move(unread_);
  unread_ = std::move(given);
  peeked_ = unread_->bytes;
}

void stream::lose_received() noexcept {
  reset_when_closed();
  close_at_once();
}

bool stream::is_receiving() {
  bool does = false;
  awaiters_.for_each([&](const awaiter& each) { does |= each.receives_ && each.has_begun_; });
  return does;
}

void stream::expect_no_recv() {
  if (is_receiving()) fail(this, io::from_errno(EALREADY), "receive from");
}

// --- send

bool stream::send_awaiter::await_ready() {
  if (!stream_) fail(nullptr, errc::closed, "send to");
  stream_->expect_sendable(is_alone_);
  const io::send_buffers all = what();
  if (all.size() == 0) {
    by_ = all;
    return true;
  }
  if (!stream_->over_)
    return by_.emplace<io::send_operation>(*stream_->socket_, all, is_alone_).await_ready();
  stream_->expect_current();
  by_.emplace<by_transport>(all, std::string_view(), stream_->over_);
  return false;
}

io::send_buffers stream::send_awaiter::what() const noexcept {
  if (const auto* const plain = std::get_if<io::send_operation>(&by_)) return plain->what();
  if (const auto* const by = std::get_if<by_transport>(&by_)) return by->what;
  return *std::get_if<io::send_buffers>(&by_);
}

// It has come to the place where it stays, so the task may point to what is in it.
std::coroutine_handle<> stream::send_awaiter::await_suspend(std::coroutine_handle<> waiter) {
  has_begun_ = true;
  if (auto* const by = std::get_if<by_transport>(&by_))
    return std::move(by->task.emplace(by->over->send(by->what.pieces(by->whole), std::move(owner_))))
        .operator co_await()
        .await_suspend(waiter);
  std::get_if<io::send_operation>(&by_)->await_suspend(waiter);
  return std::noop_coroutine();
}

void stream::send_awaiter::await_resume() {
  has_begun_ = false;
  if (auto* const by = std::get_if<by_transport>(&by_))
    return std::move(*by->task).operator co_await().await_resume();
  auto* const plain = std::get_if<io::send_operation>(&by_);
  if (!plain) return;
  plain->await_resume();
  if (!plain->error) return;
  try {
    fail(stream_, plain->error, "send to", plain->sent);
  } catch (const std::bad_alloc&) {
    // Who sent it does not hear how much has gone.
    if (stream_ && plain->sent != 0) stream_->was_cut_ = true;
    throw;
  }
}

// --- the end

/// A shutdown that is under way. What is called off, fails or is destroyed can be asked for again, and until
/// then more can be sent.
class stream::ending : awaiter {
 public:
  explicit ending(stream& of) noexcept : awaiter(of) { ++of.shutdowns_; }
  ~ending() {
    if (stream_) --stream_->shutdowns_;
  }
  ending(const ending&) = delete;
  ending& operator=(const ending&) = delete;

  /// Who asks for the end while another has asked already waits behind him, and for the same.
  io::task<io::semaphore::guard> turn(transport& of) const {
    try {
      co_return co_await of.ending_.acquire();
    } catch (const io::error& e) {
      fail(stream_, e.code(), "shut down");
    }
  }
  /// Waits until it can be said at the socket.
  io::task<void> all_sent() const {
    io::send_operation after_the_others(*stream_->socket_, std::string_view());
    co_await after_the_others;
    if (after_the_others.error) fail(stream_, after_the_others.error, "shut down");
  }
  bool is_done() const {
    expect_whole();
    return stream_->is_half_closed_;
  }
  /// Whoever sent before may have closed it as soon as that was done.
  void is_over() {
    expect_whole();
    stream_->is_half_closed_ = true;
    if (stream_->socket_) stream_->socket_->shutdown(SHUT_WR);
  }

 private:
  void expect_whole() const {
    expect_there("shut down");
    if (stream_->is_cut()) fail(stream_, io::from_errno(EPIPE), "shut down");
  }
};

// It may be moved while it waits, so nothing of this is looked at afterwards.
io::task<void> stream::shutdown() {
  if (!is_open()) fail(this, errc::closed, "shut down");
  expect_current();
  if (sending_alone_ || shaking_hands_) fail(this, io::from_errno(EBUSY), "shut down");
  if (is_half_closed_) co_return;
  ending now(*this);
  if (const std::shared_ptr<transport> over = over_) {
    const io::semaphore::guard turn = co_await now.turn(*over);
    if (now.is_done()) co_return;
    co_await over->shutdown();
    now.is_over();
  } else {
    co_await now.all_sent();
    now.is_over();
  }
}

io::task<void> stream::close(close_limits limits) {
  if (!is_open()) co_return;
  expect_current();
  const void* const asked = identity();
  std::exception_ptr cancelled;
  const io::duration to_say_so = std::max<io::duration>(limits.time, least_to_say_so);
  try {
    const io::time_point late = io::after(io::loop::current().now(), limits.time);
    if (closing_) {
      if (!departure_) departure_ = std::make_shared<departure>();
      const std::shared_ptr<departure> by_another = departure_;
      co_await io::timeout(to_say_so, by_another->happened);
    } else {
      struct closing {
        explicit closing(stream& one) noexcept : of(one), asked(one.identity()) { of.closing_ = true; }
        closing(const closing&) = delete;
        closing& operator=(const closing&) = delete;
        /// Of one that is destroyed nobody can go on: what was listened to is lost.
        ~closing() {
          of.closing_ = false;
          if (of.identity() != asked) return;
          of.peeked_ = {};
          of.close_at_once();
        }
        stream& of;
        const void* const asked;
      } now(*this);
      co_await io::timeout(to_say_so, shutdown());
      // What was peeked at, and what readers have, lies where it is listened now.
      peeked_ = {};
      unread_.reset();
      end_readers();
      co_await io::timeout_at(late, listen_for_end(limits));
    }
  } catch (const io::error& e) {
    // Being cancelled is the caller's affair.
    if (e.code() == io::errc::cancelled && io::context::current().cancelled())
      cancelled = std::current_exception();
  } catch (...) {
    // As with other errors: the time was up, the peer is gone, or somebody else has closed it, and nothing
    // more can be done.
  }
  if (identity() == asked) close_at_once();
  if (cancelled) std::rethrow_exception(cancelled);
}

io::task<void> stream::listen_for_end(close_limits limits) {
  if (const std::shared_ptr<transport> over = over_) co_return co_await over->close(limits);
  for (std::size_t heard = 0; heard <= limits.bytes;) {
    io::recv_operation rest(*socket_);
    const std::string_view arrived = co_await rest;
    if (rest.error) throw io::error(rest.error, "close");
    if (arrived.empty()) co_return;
    heard += arrived.size();
  }
}

void stream::abort() noexcept {
  if (is_open()) aborted_ = true;
  if (socket_) socket_->abort();
  if (over_) over_->abort();
  over_.reset();
  close_at_once();
}

void stream::reset_when_closed() noexcept {
  if (socket_) socket_->reset_when_closed();
  if (over_) over_->reset_when_closed();
}

void stream::close_at_once() noexcept {
  // What was peeked at was not received, and of a file only a part may have gone.
  if (!peeked_.empty() || was_cut_ || sending_alone_) reset_when_closed();
  end_readers();
  peeked_ = {};
  unread_.reset();
  if (const std::shared_ptr<departure> ours = std::move(departure_)) {
    ours->why = why_gone();
    ours->happened.set();
  }
  socket_.reset();
  if (const std::shared_ptr<transport> over = std::move(over_)) over->close_at_once();
}

// --- what it is

endpoint stream::local() const {
  if (over_) return over_->local();
  return socket_ ? socket_->local() : endpoint();
}
endpoint stream::remote() const {
  if (over_) return over_->remote();
  return socket_ ? socket_->remote() : endpoint();
}

void stream::set_timeout(io::side which, io::duration limit) {
  if (over_) over_->set_timeout(which, limit);
  if (socket_) socket_->set_timeout(which, limit);
  if (departure_ && limit == io::unlimited) departure_->limit_gone.set();
}
void stream::set_recv_timeout(io::duration limit) { set_timeout(io::side::read, limit); }
void stream::set_send_timeout(io::duration limit) { set_timeout(io::side::write, limit); }

int stream::native_handle() const noexcept {
  if (over_) return over_->native_handle();
  return socket_ ? socket_->native_handle() : -1;
}

std::optional<tcp_info> stream::info() const {
  if (over_) return over_->info();
  return socket_ ? tcp_info_of(socket_->native_handle()) : std::nullopt;
}

std::optional<ucred> stream::peer_credentials() const {
  if (over_) return over_->peer_credentials();
  ucred filled{};
  socklen_t size = sizeof filled;
  if (!socket_ || socket_->native_handle() < 0 || socket_->local().family() != AF_UNIX ||
      ::getsockopt(socket_->native_handle(), SOL_SOCKET, SO_PEERCRED, &filled, &size) != 0)
    return {};
  return filled;
}

}  // namespace parlance::net
