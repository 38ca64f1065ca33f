#include <fmt/core.h>

#include <parlance/io/error.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/tls.hpp>

namespace parlance::net {
namespace {

io::task<void> shake_hands(io::socket& socket, tls_session& session) {
  for (;;) {
    std::exception_ptr refused;
    tls_session::step step = tls_session::step::done;
    try {
      step = session.handshake();
    } catch (...) {
      refused = std::current_exception();
    }
    // Also when it failed: the peer is owed the alert that says why.
    if (session.has_output()) {
      const std::string records = session.take_output();
      io::send_operation send(socket, records);
      co_await send;
      if (send.error && !refused) throw io::error(send.error, "TLS");
    }
    if (refused) std::rethrow_exception(refused);
    if (step == tls_session::step::done) co_return;
    io::recv_operation receive(socket);
    const std::string_view records = co_await receive;
    if (receive.error) throw io::error(receive.error, "TLS");
    if (records.empty())
      throw io::error(errc::tls, "TLS", "the other end closed the connection in the handshake");
    session.feed(records);
  }
}

io::task<stream> secure(stream s, std::shared_ptr<tls_context> context, std::string host,
                        io::duration limit) {
  const std::string doing = fmt::format("TLS with {}", host.empty() ? s.remote().to_string() : host);
  std::exception_ptr failure;
  bool alerted = false;
  try {
    auto session = std::make_unique<tls_session>(std::move(context), host);
    tls_session& shaking = *session;
    // From here on what was peeked at belongs to the session.
    s.start_tls(std::move(session));
    co_await io::timeout(limit, shake_hands(s.socket(), shaking));
  } catch (const io::error& e) {
    failure = std::make_exception_ptr(io::error(e.code(), doing, why(e)));
    alerted = e.code() == errc::tls || e.code() == errc::certificate;
  }
  if (!failure) co_return s;
  // A moment for the alert to arrive before the connection is torn down.
  if (alerted) co_await s.close({.time = std::chrono::milliseconds(500)});
  std::rethrow_exception(failure);
}

}  // namespace

io::task<stream> tls_connect(stream s, std::shared_ptr<tls_context> context, std::string host,
                             io::duration limit) {
  return secure(std::move(s), std::move(context), std::move(host), limit);
}

io::task<stream> tls_accept(stream s, std::shared_ptr<tls_context> context, io::duration limit) {
  return secure(std::move(s), std::move(context), {}, limit);
}

}  // namespace parlance::net
