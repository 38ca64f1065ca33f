#include <expected>
#include <string>
#include <utility>

#include <parlance/http/base/date.hpp>
#include <parlance/http/message/framing.hpp>
#include <parlance/http/message/response_writer.hpp>
#include <parlance/http/server/handling.hpp>
#include <parlance/http/server/http1_server.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::http {
namespace {

/// For a request that was sent before the client could know that the server stops.
constexpr io::duration last_request = std::chrono::milliseconds(50);

}  // namespace

http1_server::http1_server(net::caller& with, const server_handler& handler, const server_options& options)
    : caller_(with),
      handler_(handler),
      options_(options),
      limits_(options.limits),
      peers_{.remote = with.remote,
             .local = with.local,
             .secure = with.stream.tls() != nullptr,
             .stopping = with.stopping},
      wire_{.stream = std::move(with.stream), .limits = options.limits},
      parser_(options.limits.head) {
  wire_.stream.set_send_timeout(limits_.stall);
}

io::task<void> http1_server::run() {
  io::scope watching;
  watching.spawn(watch_for_the_end());
  for (std::size_t left = limits_.requests; left != 0; --left)
    if (!co_await receive_head() || !co_await serve_one(left == 1)) break;
  if (!wire_.stream.is_open()) co_return;
  if (wire_.broken)
    wire_.stream.close_at_once();
  else
    co_await wire_.stream.close();
}

io::task<void> http1_server::watch_for_the_end() {
  co_await caller_.stopping;
  idle_.cancel();
}

// --- the head

/// False: there is none to come, and whoever is to be told was.
io::task<bool> http1_server::receive_head() {
  head_due_ = io::never;
  for (;;) {
    if (!wire_.arrived.empty()) {
      const auto fed = parser_.feed(wire_.arrived);
      if (!fed) {
        co_await refuse(fed.error(), {});
        co_return false;
      }
      if (*fed) break;
    }
    if (!co_await receive_some()) co_return false;
  }
  head_ = parser_.take();
  asked_before_ = true;
  co_return true;
}

io::task<bool> http1_server::receive_some() {
  std::optional<protocol_error> wrong;
  const bool begun = parser_.started();
  try {
    if (begun) {
      if (head_due_ == io::never) head_due_ = io::after(io::loop::current().now(), limits_.head_time);
      wire_.limit_recv(io::unlimited);
      wire_.arrived = co_await io::timeout_at(head_due_, wire_.stream.recv());
    } else {
      co_await wait_for_request();
    }
    if (wire_.arrived.empty() && begun) wrong = parser_.cut_short();
  } catch (const io::error& e) {
    if (io::context::current().cancelled()) throw;
    if (begun && e.code() == io::errc::timed_out)
      wrong = {408, "the head of the request was not whole in time"};
    else
      wire_.broken = e.code() != io::errc::timed_out;
  }
  if (wrong) co_await refuse(*wrong, {});
  co_return !wrong && !wire_.arrived.empty();
}

/// Nothing has come by the end of it, when the connection is over.
io::task<void> http1_server::wait_for_request() {
  wire_.limit_recv(asked_before_ ? limits_.idle : limits_.head_time);
  try {
    wire_.arrived = co_await io::run_in(idle_, wire_.stream.recv());
    co_return;
  } catch (const io::error&) {
    if (io::context::current().cancelled() || !idle_.cancelled()) throw;
  }
  wire_.limit_recv(last_request);
  wire_.arrived = co_await wire_.stream.recv();
}

/// For a request that no handler sees; `method`: empty while it is not known.
io::task<void> http1_server::refuse(const protocol_error& why, std::string_view method) {
  const std::string body = why.text + "\n";
  page shown{.status = why.status, .body = body};
  shown.fields.append("Date", date_now());
  const std::string answer = write_response(shown, method, after::close);
  try {
    co_await wire_.stream.send(answer);
  } catch (const io::error&) {
    if (io::context::current().cancelled()) throw;
    wire_.broken = true;
  }
}

// --- the answer

/// Says whether another request may follow.
io::task<bool> http1_server::serve_one(bool last) {
  const auto target = take_apart(head_);
  const auto how = frame_request(head_);
  if (const std::optional<protocol_error> wrong = how ? fault_of(head_, target) : how.error()) {
    co_await refuse(*wrong, head_.method);
    co_return false;
  }
  const auto peers = peers_of_request(peers_, head_, options_);
  if (!peers) {
    co_await refuse(peers.error(), head_.method);
    co_return false;
  }
  http1_exchange on(wire_, head_, *how, last || caller_.stopping.is_set());
  server_request asked(head_, *target, *peers, on, limits_.body);
  server_response answer(on);
  const std::optional<refusal> refused =
      co_await call_handler(handler_, options_, asked, answer, wire_.broken);
  if (on.upgraded() || wire_.broken) co_return false;
  if (refused && on.begun() && !answer.finished()) {
    wire_.stream.abort();
    co_return false;
  }
  if (refused && !on.begun()) {
    // Of a body that is too long, or too slow, more is not waited for; and a handler that has failed may have left
    // anything undone.
    if (refused->status() == 413 || refused->status() == 408 || refused->status() == 500) on.make_last();
    try {
      co_await answer_with(on, *refused);
    } catch (const io::error&) {
      if (io::context::current().cancelled()) throw;
      co_return false;
    }
  }
  co_return co_await on.drain();
}

}  // namespace parlance::http
