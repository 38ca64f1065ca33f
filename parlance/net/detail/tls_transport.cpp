#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <new>
#include <utility>

#include <parlance/io/context.hpp>
#include <parlance/io/detail/buffer_pool.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/detail/in_recv.hpp>
#include <parlance/net/detail/tls_transport.hpp>
#include <parlance/net/error.hpp>

namespace parlance::net {
namespace {

/// Plain bytes that are encrypted before they are sent on: some records' worth.
constexpr std::size_t step_size = 64 * 1024;

/// What the protocol may answer by itself (RFC 8446, section 4.6.3: key updates) while a send is under way
/// that the peer does not take. A peer that has more answered is not heard until it does.
constexpr std::size_t most_answers = 64 * 1024;

/// So many records are decrypted before it is asked what they were: key updates are short and cost much.
constexpr std::size_t most_records = 32;

/// Takes the next piece, or those that fit into one record together.
std::string_view next_of(std::span<const std::string_view>& pieces, std::string& together) {
  constexpr std::size_t most = 16 * 1024;
  std::size_t count = 0, size = 0;
  while (count != pieces.size() && pieces[count].size() <= most - size) size += pieces[count++].size();
  const std::span<const std::string_view> first = pieces.first(std::max<std::size_t>(count, 1));
  pieces = pieces.subspan(first.size());
  if (first.size() == 1) return first.front();
  together.clear();
  for (const std::string_view piece : first) together += piece;
  return together;
}

}  // namespace

tls_transport::tls_transport(stream&& below, std::shared_ptr<tls_context> context, const std::string& host)
    : session_(std::move(context), host), below_(std::move(below)) {}

void tls_transport::expect_open(const char* doing) const {
  if (below_.is_open()) return;
  throw io::error(aborted_ ? io::from_errno(ECONNABORTED) : make_error_code(io::errc::cancelled),
                  fmt::format("{} a closed stream", doing));
}

void tls_transport::detach() {
  if (answering_ && answering_->under_way->size() != 0)
    throw io::error(io::from_errno(EBUSY), "detach a stream that answers its peer");
  answering_.reset();
  if (!received_.empty()) {
    auto left = std::make_unique<unread_bytes>(std::string(received_));
    received_ = {};
    below_.unread(std::move(left));
  }
  away_.emplace(below_.detach());
}

void tls_transport::attach() {
  below_ = std::move(*away_).attach();
  away_.reset();
}

io::task<void> tls_transport::shake_hands() {
  // A server that has heard nothing has nothing to say. OpenSSL would take 48 KiB to find that out, and keep
  // them for as long as the client is silent.
  if (session_.is_server()) co_await take_records_of_handshake();
  for (;;) {
    std::exception_ptr refused;
    tls_session::step step = tls_session::step::done;
    try {
      step = session_.handshake();
    } catch (...) {
      refused = std::current_exception();
    }
    // Also when it failed: the peer is owed the alert that says why.
    if (session_.has_output()) {
      const std::string records = session_.take_output();
      try {
        co_await below_.send(records);
      } catch (const io::error&) {
        if (!refused) throw;
      }
    }
    if (refused) std::rethrow_exception(refused);
    if (step == tls_session::step::done) co_return;
    co_await take_records_of_handshake();
  }
}

io::task<void> tls_transport::take_records_of_handshake() {
  if (!co_await take_records())
    throw io::error(errc::tls, "TLS", "the other end closed the connection in the handshake");
}

io::task<bool> tls_transport::take_records() {
  if (!below_.is_open()) received_ = {};  // it was in its buffer
  if (received_.empty()) received_ = co_await below_.recv();
  if (received_.empty()) co_return false;
  const std::size_t some = records_.up_to(received_, most_records);
  session_.feed(received_.substr(0, some));
  received_.remove_prefix(some);
  co_return true;
}

io::task<std::string_view> tls_transport::recv() {
  if (receiving_) throw io::error(io::from_errno(EALREADY), "receive from " + remote().to_string());
  const in_recv only_one(receiving_);
  for (;;) {
    try {
      co_await io::checkpoint("receive");
    } catch (const io::error& e) {
      throw io::error(e.code(), "receive from " + remote().to_string());
    }
    if (!plain_) plain_ = io::loop::current().buffers().take();
    std::size_t size = 0;
    tls_session::step step = tls_session::step::wants_input;
    std::exception_ptr failure;
    try {
      if (session_.may_be_read()) step = session_.read(plain_.get(), io::buffer_pool::block_size, size);
    } catch (const io::error& e) {
      failure = std::make_exception_ptr(io::error(e.code(), "receive from " + remote().to_string(), why(e)));
    }
    if (size != 0) co_return std::string_view(plain_.get(), size);
    // What the protocol answers by itself, or the alert that tells the peer what was wrong. A send that is
    // under way takes it along.
    const bool is_much = session_.output_size() > most_answers;
    if (session_.has_output() && (is_much || (!sending_.locked() && !cut_))) {
      try {
        co_await answer();
      } catch (const io::error&) {
        // What the peer has said can be received although nothing can be answered.
        if (!failure && (is_much || io::context::current().cancelled())) throw;
      }
    }
    if (failure) std::rethrow_exception(failure);
    if (step == tls_session::step::ended) co_return std::string_view();
    expect_open("receive from");
    if (received_.empty()) {
      session_.caught_up();
      // Nothing is handed out while it waits, so an idle stream holds no buffer.
      io::loop::current().buffers().give(std::move(plain_));
    }
    if (!co_await take_records()) throw io::error(errc::truncated, "receive from " + remote().to_string());
  }
}

io::task<void> tls_transport::answer() {
  if (!answering_) {
    answering_ = std::make_unique<answering>();
    const io::context::enter with_nobody(answering_->apart);
    answering_->under_way.emplace();
  }
  if (answering_->under_way->size() == 0) {
    answering_->sent.reset();
    answering_->under_way->spawn(flush_answers());
  }
  co_await answering_->sent;
  if (answering_->failure) std::rethrow_exception(std::exchange(answering_->failure, nullptr));
}

io::task<void> tls_transport::flush_answers() {
  try {
    const io::mutex::guard alone = co_await sending_.lock();
    co_await flush();
  } catch (const io::error&) {
    answering_->failure = std::current_exception();
  }
  answering_->sent.set();
}

io::task<void> tls_transport::send(std::span<const std::string_view> pieces, std::shared_ptr<const void>) {
  std::size_t taken = 0;
  const io::time_point came = io::loop::current().now();
  try {
    const io::mutex::guard alone = co_await sending_.lock();
    // The peer has taken nothing for as long, or longer, as the one in front was given.
    if (came < late_) throw io::error(io::errc::timed_out, "send");
    if (session_.has_shut_down()) {  // by a shutdown that was late
      co_await flush();
      throw io::error(io::from_errno(EPIPE), "send");
    }
    // First what an earlier one left: while that does not go, nothing more is encrypted, which could not be
    // taken back.
    if (cut_ || !unsent_.empty() || session_.has_output()) co_await flush();
    std::size_t encrypted = 0;
    std::string together;
    while (!pieces.empty()) {
      std::string_view piece = next_of(pieces, together);
      while (!piece.empty()) {
        expect_open("send to");
        // What is encrypted must be sent, so it does not begin what may not go on.
        if (const std::error_code called_off = io::context::current().cancelled())
          throw io::error(called_off, "send");
        const std::string_view step = piece.substr(0, step_size - encrypted);
        session_.write(step);
        taken += step.size();
        encrypted += step.size();
        piece.remove_prefix(step.size());
        if (encrypted == step_size) co_await flush(), encrypted = 0;
      }
    }
    if (session_.has_output()) co_await flush();
  } catch (const io::error& e) {
    try {
      const std::string peer = below_.is_open() ? remote().to_string() : "a closed stream";
      throw io::error(e.code(), "send to " + peer, why(e)).sent(taken);
    } catch (const std::bad_alloc&) {
      cut_ = cut_ || taken != 0;  // who sent it does not hear how much has gone
      throw;
    }
  } catch (const std::bad_alloc&) {
    cut_ = cut_ || taken != 0;
    throw;
  }
}

io::task<void> tls_transport::flush() {
  expect_open("send to");
  if (cut_) throw io::error(io::from_errno(EPIPE), "send to " + remote().to_string());
  if (unsent_.empty()) {
    unsent_ = session_.take_output();
  } else {
    unsent_.reserve(unsent_.size() + session_.output_size());  // or what was taken could be lost
    unsent_ += session_.take_output();
  }
  // Until it is known how much went: whoever destroys this wait leaves a record cut at an unknown place.
  cut_ = true;
  std::size_t sent = unsent_.size();
  std::exception_ptr failure;
  const io::time_point began = io::loop::current().now();
  try {
    co_await below_.send(unsent_);
  } catch (const io::error& e) {
    if (e.code() == io::errc::timed_out && !io::context::current().cancelled()) late_ = began;
    sent = e.bytes_sent();
    failure = std::current_exception();
  } catch (...) {  // it was not begun
    sent = 0;
    failure = std::current_exception();
  }
  cut_ = false;
  unsent_.erase(0, sent);
  if (unsent_.empty()) std::string().swap(unsent_);  // an idle stream holds no buffer
  if (failure) std::rethrow_exception(failure);
}

io::task<void> tls_transport::shutdown() {
  {
    const io::mutex::guard alone = co_await sending_.lock();
    expect_open("shut down");
    const bool is_done = session_.has_shut_down() && !session_.has_output() && unsent_.empty();
    if (!is_done) {
      // First what an earlier send left: while that does not go, nothing has ended.
      co_await flush();
      session_.shutdown();
      co_await flush();
    }
  }
  co_await below_.shutdown();
}

void tls_transport::abort() noexcept {
  aborted_ = true;
  below_.abort();
}

void tls_transport::set_timeout(io::side which, io::duration limit) {
  if (which == io::side::read)
    below_.set_recv_timeout(limit);
  else
    below_.set_send_timeout(limit);
}

}  // namespace parlance::net
