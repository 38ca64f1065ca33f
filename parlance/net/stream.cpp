#include <fmt/core.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <parlance/io/buffer_pool.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/socket_options.hpp>
#include <parlance/net/stream.hpp>
#include <parlance/net/tls.hpp>

namespace parlance::net {
namespace {

constexpr io::duration send_timeout = std::chrono::seconds(60);

/// Plain bytes that are encrypted before they are sent on: some records' worth.
constexpr std::size_t tls_step = 64 * 1024;

/// What the protocol may answer by itself (RFC 8446, section 4.6.3: key updates) while a send is under way
/// that the peer does not take. A peer that has more answered is not heard until it does.
constexpr std::size_t most_answers = 64 * 1024;

}  // namespace

stream::stream(std::unique_ptr<io::socket> connected) : socket_(std::move(connected)) {
  set_send_timeout(send_timeout);
}
stream::stream(stream&&) noexcept = default;
stream& stream::operator=(stream&&) noexcept = default;
stream::~stream() = default;

stream::recv_awaiter stream::recv() { return {*this, false}; }
stream::recv_awaiter stream::peek() { return {*this, true}; }
stream::send_awaiter stream::send(std::string_view bytes) { return {*this, bytes, {}}; }
stream::send_awaiter stream::send(std::span<const std::string_view> pieces) { return {*this, {}, pieces}; }

void stream::fail(std::error_code code, const char* doing, std::size_t sent) const {
  const std::string peer = socket_ ? socket_->remote().to_string() : std::string("a closed stream");
  throw io::error(code, fmt::format("{} {}", doing, peer)).sent(sent);
}

std::error_code stream::why_gone() const noexcept {
  return aborted_ ? io::from_errno(ECONNABORTED) : make_error_code(io::errc::cancelled);
}

void stream::expect_still(const session_ptr& session, const char* doing) const {
  if (!socket_ || tls_ != session) fail(why_gone(), doing);
}

// --- recv
// -------------------------------------------------------------------------------------------------------

stream::recv_awaiter::recv_awaiter(stream& from, bool peek) : from_(&from), peek_(peek) {
  if (!from.socket_) from.fail(errc::closed, "receive from");
  if (from.tls_)
    tls_.emplace(from.recv_tls(from.tls_));
  else
    plain_.emplace(*from.socket_);
}

bool stream::recv_awaiter::await_ready() {
  if (!from_->peeked_.empty()) return true;
  return plain_ && plain_->await_ready();
}

std::coroutine_handle<> stream::recv_awaiter::await_suspend(std::coroutine_handle<> waiter) {
  if (tls_) return std::move(*tls_).operator co_await().await_suspend(waiter);
  plain_->await_suspend(waiter);
  return std::noop_coroutine();
}

std::string_view stream::recv_awaiter::await_resume() {
  if (!from_->peeked_.empty()) return peek_ ? from_->peeked_ : std::exchange(from_->peeked_, {});
  // It is over now, however long the rest of the expression that it is part of lets it live.
  const std::string_view arrived =
      plain_ ? plain_->await_resume() : std::move(*tls_).operator co_await().await_resume();
  if (plain_ && plain_->error) from_->fail(plain_->error, "receive from");
  if (peek_) from_->peeked_ = arrived;
  return arrived;
}

io::task<std::string_view> stream::recv_tls(session_ptr session) {
  for (;;) {
    if (!session->plain) session->plain = std::make_unique_for_overwrite<char[]>(io::buffer_pool::block_size);
    std::size_t size = 0;
    tls_session::step step = tls_session::step::done;
    std::exception_ptr failure;
    try {
      step = session->read(session->plain.get(), io::buffer_pool::block_size, size);
    } catch (const io::error& e) {
      failure = std::make_exception_ptr(io::error(e.code(), "receive from " + remote().to_string(), why(e)));
    }
    if (size != 0) co_return std::string_view(session->plain.get(), size);
    // What the protocol answers by itself, or the alert that tells the peer what was wrong. A send that is
    // under way takes it along.
    if (session->has_output() && (!session->sending.locked() || session->output_size() > most_answers)) {
      try {
        const io::mutex::guard turn = co_await session->sending.lock();
        co_await flush_tls(session);
      } catch (const io::error&) {
        if (!failure) throw;
      }
    }
    if (failure) std::rethrow_exception(failure);
    if (step == tls_session::step::ended) co_return std::string_view();
    expect_still(session, "receive from");
    // Nothing is handed out while it waits, so an idle stream holds no buffer.
    session->plain.reset();
    io::recv_operation records(*socket_);
    const std::string_view arrived = co_await records;
    if (records.error) fail(records.error, "receive from");
    if (arrived.empty()) fail(errc::truncated, "receive from");
    session->feed(arrived);
  }
}

// --- send
// -------------------------------------------------------------------------------------------------------

stream::send_awaiter::send_awaiter(stream& to, std::string_view whole,
                                   std::span<const std::string_view> pieces)
    : to_(&to) {
  if (!to.socket_) to.fail(errc::closed, "send to");
  if (to.sending_ended_) to.fail(io::from_errno(EPIPE), "send to");
  if (whole.empty() && std::ranges::all_of(pieces, &std::string_view::empty)) return;
  if (to.tls_)
    tls_.emplace(to.send_tls(to.tls_, whole, pieces));
  else if (pieces.empty())
    plain_.emplace(*to.socket_, whole);
  else
    plain_.emplace(*to.socket_, pieces);
}

bool stream::send_awaiter::await_ready() { return plain_ ? plain_->await_ready() : !tls_; }

std::coroutine_handle<> stream::send_awaiter::await_suspend(std::coroutine_handle<> waiter) {
  if (tls_) return std::move(*tls_).operator co_await().await_suspend(waiter);
  plain_->await_suspend(waiter);
  return std::noop_coroutine();
}

void stream::send_awaiter::await_resume() {
  if (tls_) return std::move(*tls_).operator co_await().await_resume();
  if (plain_ && plain_->error) to_->fail(plain_->error, "send to", plain_->sent);
}

io::task<void> stream::send_tls(session_ptr session, std::string_view whole,
                                std::span<const std::string_view> pieces) {
  if (pieces.empty()) pieces = std::span(&whole, 1);
  std::size_t taken = 0;
  try {
    const io::mutex::guard turn = co_await session->sending.lock();
    std::size_t encrypted = 0;
    for (std::string_view piece : pieces) {
      while (!piece.empty()) {
        expect_still(session, "send to");
        // What is encrypted must be sent, so it does not begin what may not go on.
        if (const std::error_code called_off = io::context::current().cancelled())
          throw io::error(called_off, "send");
        const std::string_view step = piece.substr(0, tls_step - encrypted);
        session->write(step);
        taken += step.size();
        encrypted += step.size();
        piece.remove_prefix(step.size());
        if (encrypted == tls_step) co_await flush_tls(session), encrypted = 0;
      }
    }
    if (session->has_output()) co_await flush_tls(session);
  } catch (const io::error& e) {
    throw io::error(e.code(), "send to " + remote().to_string(), why(e)).sent(taken);
  }
}

io::task<void> stream::flush_tls(session_ptr session) {
  expect_still(session, "send to");
  if (session->cut) fail(io::from_errno(EPIPE), "send to");
  std::string& unsent = session->unsent;
  unsent += session->take_output();
  io::send_operation send(*socket_, unsent);
  // Until it is known how much went: whoever destroys this wait leaves a record cut at an unknown place.
  session->cut = true;
  co_await send;
  session->cut = false;
  unsent.erase(0, send.sent);
  if (unsent.empty()) std::string().swap(unsent);  // an idle stream holds no buffer
  if (send.error) fail(send.error, "send to");
}

// --- the end
// ----------------------------------------------------------------------------------------------------

io::task<void> stream::shutdown() {
  if (!socket_) fail(errc::closed, "shut down");
  if (std::exchange(sending_ended_, true)) co_return;
  const io::socket* const asked = socket_.get();
  try {
    co_await finish_sends(tls_);
    // Whoever sent before may have closed it as soon as that was done.
    if (socket_.get() != asked) fail(why_gone(), "shut down");
  } catch (...) {
    sending_ended_ = false;  // so that it can be asked for again
    throw;
  }
  socket_->shutdown(SHUT_WR);
}

io::task<void> stream::finish_sends(session_ptr session) {
  if (!session) {
    io::send_operation after_the_others(*socket_, std::string_view());
    co_await after_the_others;
    if (after_the_others.error) fail(after_the_others.error, "shut down");
  } else {
    const io::mutex::guard turn = co_await session->sending.lock();
    expect_still(session, "shut down");
    if (session->cut) co_return;
    session->shutdown();
    co_await flush_tls(session);
  }
}

io::task<void> stream::close(close_limits limits) {
  if (!socket_) co_return;
  const io::socket* const asked = socket_.get();
  std::exception_ptr cancelled;
  try {
    co_await io::timeout(limits.time, drain(limits));
  } catch (const io::error& e) {
    // The time was up, the peer is gone, or somebody else has closed it: nothing more can be done. Being
    // cancelled is the caller's affair.
    if (e.code() == io::errc::cancelled && io::context::current().cancelled())
      cancelled = std::current_exception();
  }
  if (socket_.get() == asked) close_at_once();
  if (cancelled) std::rethrow_exception(cancelled);
}

io::task<void> stream::drain(close_limits limits) {
  co_await shutdown();
  for (std::size_t heard = 0; heard <= limits.bytes;) {
    io::recv_operation rest(*socket_);
    const std::string_view arrived = co_await rest;
    if (rest.error) throw io::error(rest.error, "close");
    if (arrived.empty()) co_return;
    heard += arrived.size();
  }
}

void stream::abort() noexcept {
  if (socket_) {
    aborted_ = true;
    socket_->abort();
  }
  close_at_once();
}

void stream::close_at_once() noexcept {
  peeked_ = {};
  socket_.reset();
}

// --- what it is
// -------------------------------------------------------------------------------------------------

endpoint stream::local() const { return socket_ ? socket_->local() : endpoint(); }
endpoint stream::remote() const { return socket_ ? socket_->remote() : endpoint(); }

void stream::set_recv_timeout(io::duration limit) { socket_->set_timeout(io::side::read, limit); }
void stream::set_send_timeout(io::duration limit) { socket_->set_timeout(io::side::write, limit); }

std::optional<tcp_info> stream::info() const {
  return socket_ ? tcp_info_of(socket_->native_handle()) : std::nullopt;
}

std::optional<ucred> stream::peer_credentials() const {
  ucred filled{};
  socklen_t size = sizeof filled;
  if (!socket_ || socket_->native_handle() < 0 || socket_->local().family() != AF_UNIX ||
      ::getsockopt(socket_->native_handle(), SOL_SOCKET, SO_PEERCRED, &filled, &size) != 0)
    return {};
  return filled;
}

void stream::start_tls(std::unique_ptr<tls_session> session) noexcept {
  if (!peeked_.empty()) session->feed(std::exchange(peeked_, {}));
  tls_ = std::move(session);
}

}  // namespace parlance::net
