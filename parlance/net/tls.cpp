#include <fmt/core.h>

#include <cerrno>
#include <optional>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/tls.hpp>
#include <parlance/net/tls_transport.hpp>

namespace parlance::net {

io::task<tls_info> stream::start_tls(std::shared_ptr<tls_context> context, std::string host,
                                     io::duration limit) {
  if (!is_open()) fail(this, errc::closed, "start TLS on");
  expect_current();
  const std::string doing = fmt::format("TLS with {}", host.empty() ? remote().to_string() : host);
  std::exception_ptr failure;
  bool alerted = false;
  try {
    co_return co_await io::timeout(limit, shake_hands(std::move(context), std::move(host)));
  } catch (const io::error& e) {
    failure = std::make_exception_ptr(io::error(e.code(), doing, why(e)));
    alerted = e.code() == errc::tls || e.code() == errc::certificate;
  } catch (...) {
    failure = std::current_exception();
  }
  // A moment for the alert to arrive before the connection is torn down. Whoever aborts it meanwhile must not
  // take it from under that.
  const std::shared_ptr<transport> over = over_;
  if (alerted && over && over->below()) try {
      co_await over->below()->close({.time = std::chrono::milliseconds(500)});
    } catch (const io::error&) {
      // Cancelled meanwhile: the handshake has failed all the same.
    }
  close_at_once();
  std::rethrow_exception(failure);
}

io::task<tls_info> stream::shake_hands(std::shared_ptr<tls_context> context, std::string host) {
  if (!context) throw io::error(io::from_errno(EINVAL), "TLS", "there is no context for it");
  if (const std::shared_ptr<transport> there = over_) {
    const auto agreed = co_await there->start_tls(context, host, std::string(peeked_));
    if (agreed) {
      peeked_ = {};
      co_return *agreed;
    }
  }
  // From here on what was peeked at is for the stream below.
  const auto over = std::make_shared<tls_transport>(std::move(*this), std::move(context), host);
  over_ = over;
  co_await over->shake_hands();
  co_return over->tls()->info();
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
