#include <fmt/core.h>

#include <cerrno>
#include <optional>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/detail/tls_transport.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/tls.hpp>

namespace parlance::net {

/// That of a stream, which is closed unless it succeeds.
class stream::handshake : awaiter {
 public:
  explicit handshake(stream& of) noexcept : awaiter(of) { of.shaking_hands_ = true; }
  ~handshake() {
    if (stream_) stream_->shaking_hands_ = false;
    if (!succeeded_ && there()) there()->close_at_once();
  }
  handshake(const handshake&) = delete;
  handshake& operator=(const handshake&) = delete;

  io::task<tls_info> shake(std::shared_ptr<tls_context> context, std::string host) {
    if (!context) throw io::error(io::from_errno(EINVAL), "TLS", "there is no context for it");
    if (const std::shared_ptr<transport> over = stream_->over_) {
      std::optional<tls_info> agreed = co_await over->start_tls(context, host, std::string(stream_->peeked_));
      expect_there("start TLS on");
      if (agreed) {
        stream_->peeked_ = {};
        succeeded_ = true;
        co_return *std::move(agreed);
      }
    }
    lay_over(std::move(context), host);
    co_await over_->shake_hands();
    expect_there("start TLS on");
    succeeded_ = true;
    co_return over_->tls()->info();
  }

  /// However it was noticed, whoever has closed the stream meanwhile has ended it.
  std::error_code told(std::error_code why) const noexcept {
    if (there()) return why;
    return stream_ ? stream_->why_gone() : make_error_code(io::errc::cancelled);
  }

  /// A moment for the alert to arrive before the connection is torn down.
  io::task<void> last_words() {
    if (!over_) co_return;
    try {
      co_await over_->below()->close({.time = std::chrono::milliseconds(500)});
    } catch (const io::error&) {
      // Cancelled meanwhile: the handshake has failed all the same.
    }
  }

 private:
  /// From here on what was peeked at, and who waits, are for the stream below, but for this.
  void lay_over(std::shared_ptr<tls_context> context, const std::string& host) {
    stream& top = *stream_;
    over_ = std::make_shared<tls_transport>(std::move(top), std::move(context), host);
    stream& below = *over_->below();
    below.shaking_hands_ = false;
    unlink();
    stream_ = &top;
    top.over_ = over_;
    top.shaking_hands_ = true;
    top.awaiters_.push_back(*this);
    top.take_back_awaiters(below);
  }

  std::shared_ptr<tls_transport> over_;  // whoever closes the stream must not take it from under this
  bool succeeded_ = false;
};

io::task<tls_info> stream::start_tls(std::shared_ptr<tls_context> context, std::string host,
                                     io::duration limit) {
  if (!is_open()) fail(this, errc::closed, "start TLS on");
  expect_current();
  if (shaking_hands_ || sending_alone_ || shutdowns_ != 0 || is_receiving())
    fail(this, io::from_errno(EBUSY), "start TLS on");
  const std::string doing = fmt::format("TLS with {}", host.empty() ? remote().to_string() : host);
  expect_no_reading();
  take_from_readers(*this);
  handshake now(*this);
  std::exception_ptr failure;
  bool alerted = false;
  try {
    co_return co_await io::timeout(limit, now.shake(std::move(context), std::move(host)));
  } catch (const io::error& e) {
    const std::error_code code = now.told(e.code());
    failure = std::make_exception_ptr(
        io::error(code, doing, code == e.code() ? std::string(why(e)) : io::reason(code)));
    alerted = code == errc::tls || code == errc::certificate;
  } catch (...) {
    failure = std::current_exception();
  }
  if (alerted) co_await now.last_words();
  std::rethrow_exception(failure);
}

io::task<stream> tls_connect(stream s, std::shared_ptr<tls_context> context, std::string host,
                             io::duration limit) {
  co_await s.start_tls(std::move(context), std::move(host), limit);
  co_return s;
}

io::task<stream> tls_accept(stream s, std::shared_ptr<tls_context> context, io::duration limit) {
  co_await s.start_tls(std::move(context), {}, limit);
  co_return s;
}

}  // namespace parlance::net
