#include <algorithm>
#include <chrono>
#include <utility>

#include <parlance/http/base/error.hpp>
#include <parlance/http/server/handling.hpp>
#include <parlance/http/server/http2_server.hpp>
#include <parlance/http/server/server_response.hpp>
#include <parlance/http/server/target.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::http {
namespace {

using namespace std::chrono_literals;

io::time_point now() noexcept { return io::loop::current().now(); }

/// Requests that are taken back: so many at once, and so many a second. People who close a page are few.
constexpr double most_resets = 200, resets_a_second = 20;

/// For what the end of the connection says.
constexpr io::duration last_words = 1s;

http2_settings settings_of(const server_limits& limits) {
  return {.streams = limits.streams,
          .window = 65536,
          .head = static_cast<std::uint32_t>(std::min<std::size_t>(limits.head.bytes, UINT32_MAX))};
}

}  // namespace

http2_server::http2_server(net::caller& with, const server_handler& handler, const server_options& options)
    : http2_session(std::move(with.stream), role::server, settings_of(options.limits),
                    &io::context::current()),
      caller_(with),
      handler_(handler),
      options_(options),
      limits_(options.limits),
      peers_{.remote = with.remote,
             .local = with.local,
             .secure = below().tls() != nullptr,
             .stopping = with.stopping},
      idle_since_(now()),
      reset_(idle_since_) {
  below().set_send_timeout(limits_.stall);
}

http2_server::~http2_server() = default;

io::task<void> http2_server::run() {
  tasks_.spawn(watch_for_the_end());
  tasks_.spawn(keep_time());
  io::child<void> writing = tasks_.run(write());
  co_await read();  // each stream has been told that the connection is over
  std::erase_if(exchanges_, [](const http2_exchange& one) { return !one.head_ended(); });
  while (!exchanges_.empty()) {
    all_done_.reset();
    co_await all_done_;
  }
  try {
    co_await io::timeout(last_words, writing);
    co_await below().close();
  } catch (const io::error&) {
    if (io::context::current().cancelled()) throw;
  }
}

io::task<void> http2_server::watch_for_the_end() {
  co_await caller_.stopping;
  go_away();
}

void http2_server::go_away() noexcept {
  if (std::exchange(going_, true)) return;
  if (!exchanges_.empty())
    nghttp2_submit_goaway(frames(), NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(frames()),
                          NGHTTP2_NO_ERROR, nullptr, 0);
  end_when_done();
  wake();
}

void http2_server::end_when_done() noexcept {
  if (!exchanges_.empty()) return;
  all_done_.set();
  look_at_the_time();
  if (going_) nghttp2_session_terminate_session(frames(), NGHTTP2_NO_ERROR);
  wake();
}

// --- what comes

http2_stream* http2_server::open(std::int32_t id) {
  if (going_) return nullptr;
  head_due_ = io::after(now(), limits_.head_time);
  look_at_the_time();
  return &exchanges_.emplace_back(*this, id);
}

bool http2_server::has_request(http2_exchange& on) {
  head_due_ = io::never;
  to_serve_.push_back(&on);
  return true;
}

/// A client that asks for more than it wants to know.
void http2_server::stream_was_reset() noexcept {
  const std::chrono::duration<double> gap = now() - std::exchange(reset_, now());
  resets_ = std::max(0.0, resets_ - gap.count() * resets_a_second) + 1;
  if (resets_ > most_resets) nghttp2_session_terminate_session(frames(), NGHTTP2_ENHANCE_YOUR_CALM);
}

/// Only now, for what a handler does may not be done inside of nghttp2.
void http2_server::has_read() {
  if (std::erase_if(exchanges_,
                    [](const http2_exchange& one) { return !one.head_ended() && one.is_over(); }) != 0) {
    head_due_ = io::never;  // only the last that was opened can be without its head
    idle_since_ = now();
    end_when_done();
  }
  for (http2_exchange* const one : std::exchange(to_serve_, {})) tasks_.spawn(serve_one(*one));
  if (asked_ >= limits_.requests) go_away();
}

/// When the connection is over, unless something happens before: for a head, or for a request.
io::time_point http2_server::due() const {
  if (head_due_ != io::never) return head_due_;
  if (!exchanges_.empty()) return io::never;
  return io::after(idle_since_, asked_ == 0 ? limits_.head_time : limits_.idle);
}

void http2_server::look_at_the_time() noexcept {
  if (due() < waits_until_) due_earlier_.set();
}

io::task<void> http2_server::keep_time() {
  while (due() > now()) {
    waits_until_ = due();
    due_earlier_.reset();
    try {
      co_await io::timeout_at(waits_until_, due_earlier_);
    } catch (const io::error&) {
      if (io::context::current().cancelled()) throw;
    }
  }
  nghttp2_session_terminate_session(frames(), NGHTTP2_NO_ERROR);
  wake();
}

// --- what is answered

io::task<void> http2_server::serve_one(http2_exchange& on) {
  ++asked_;
  try {
    co_await io::run_in(on.work(), answer(on));
  } catch (...) {  // its stream is over, whatever a handler made of that
    if (io::context::current().cancelled()) throw;
  }
  on.end();
  exchanges_.remove_if([&](const http2_exchange& one) { return &one == &on; });
  idle_since_ = now();
  end_when_done();
}

io::task<void> http2_server::answer(http2_exchange& on) {
  const auto target = take_apart(on.head());
  std::optional<protocol_error> wrong = on.fault() ? on.fault() : fault_of(on.head(), target);
  const auto peers = peers_of_request(peers_, on.head(), options_);
  if (!wrong && !peers) wrong = peers.error();
  if (wrong) co_return co_await answer_with(on, refusal(wrong->status, wrong->text));
  server_request asked(on.head(), *target, *peers, on, limits_.body);
  server_response response(on);
  const auto refused = co_await call_handler(handler_, options_, asked, response, on.broken());
  if (refused && !on.begun()) co_await answer_with(on, *refused);
}

}  // namespace parlance::http
