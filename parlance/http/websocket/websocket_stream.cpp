#include <utility>

#include <parlance/http/websocket/websocket_stream.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::http {

websocket_stream::websocket_stream(opened_websocket over, websocket_limits limits, websocket::role mine)
    : over_(std::move(over)), limits_(limits), socket_(mine, limits.message, over_.deflate) {
  over_.stream.set_send_timeout(limits_.stall);
  over_.stream.set_recv_timeout(limits_.silence);
  if (over_.stopping) beside_.spawn(watch_for_the_end());
}

websocket_stream::~websocket_stream() = default;

io::task<void> websocket_stream::watch_for_the_end() {
  co_await *over_.stopping;
  going_.cancel();
}

// --- what is sent

/// What is to be sent, in the order in which it came to be: nobody else runs between taking it and sending it.
io::task<bool> websocket_stream::send_output() {
  if (!over_.stream.is_open()) co_return false;
  const std::string frames = socket_.take_output();
  try {
    co_await over_.stream.send(frames);
    co_return true;
  } catch (const io::error&) {
    if (io::context::current().cancelled()) throw;
  }
  end_abnormally();
  co_return false;
}

/// Beside whoever receives, and may be called off.
void websocket_stream::answer_pings() {
  if (!socket_.has_output() || std::exchange(answering_, true)) return;
  beside_.spawn([this]() -> io::task<void> {
    while (socket_.has_output() && co_await send_output()) continue;
    answering_ = false;
  });
}

io::task<bool> websocket_stream::send_text(std::string_view text) {
  if (!is_open() || !socket_.send_text(text)) co_return false;
  co_return co_await send_output();
}

io::task<bool> websocket_stream::send_binary(std::string_view bytes) {
  if (!is_open() || !socket_.send_binary(bytes)) co_return false;
  co_return co_await send_output();
}

// --- what is received

io::task<std::optional<websocket_message>> websocket_stream::receive() {
  using kind = websocket_event::kind;
  while (is_open()) {
    const auto event = socket_.next(arrived_);
    if (!event) {
      answer_pings();
      if (!co_await receive_some()) break;
    } else if (event->what == kind::close) {
      co_await end(*event);
    } else {
      answer_pings();
      co_return websocket_message{.data = event->data, .is_text = event->what == kind::text};
    }
  }
  co_return std::nullopt;
}

/// False: the connection is over.
io::task<bool> websocket_stream::receive_some() {
  const auto bytes = co_await await_bytes();
  if (!bytes && going_.cancelled()) {
    co_await close(close_code::going_away);
    co_return false;
  }
  if (!bytes && !std::exchange(pinged_, true)) {  // it was silent
    socket_.ping();
    answer_pings();
    co_return true;
  }
  if (!bytes || bytes->empty()) {
    end_abnormally();
    co_return false;
  }
  pinged_ = false;
  arrived_ = *bytes;
  co_return true;
}

/// Nothing: it was silent, or this side goes away. Empty: the end.
io::task<std::optional<std::string_view>> websocket_stream::await_bytes() {
  try {
    co_return co_await io::run_in(going_, over_.stream.recv());
  } catch (const io::error& e) {
    if (io::context::current().cancelled()) throw;
    if (going_.cancelled() || e.code() == io::errc::timed_out) co_return std::nullopt;
  }
  co_return std::string_view();
}

// --- the end

/// The peer has said Close, or broken the rules.
io::task<void> websocket_stream::end(websocket_event why) {
  const std::string reason(why.data);
  const close_code code = why.code;
  co_await send_output();
  if (!code_) {
    code_ = code;
    reason_ = reason;
  }
  co_await over_.stream.close();
}

void websocket_stream::end_abnormally() noexcept {
  if (!code_) code_ = close_code::abnormal;
  arrived_ = {};
  over_.stream.close_at_once();
}

io::task<void> websocket_stream::close(close_code code, std::string_view reason) {
  if (!is_open()) co_return;
  const io::time_point late = io::after(io::loop::current().now(), limits_.close);
  socket_.close(code, reason);
  if (!co_await send_output()) co_return;
  bool over = false;
  try {
    while (!over && !socket_.done()) {
      if (const auto event = socket_.next(arrived_); event && event->what == websocket_event::kind::close)
        co_await end(*event);
      if (socket_.done() || !over_.stream.is_open()) break;
      if (!arrived_.empty()) continue;
      arrived_ = co_await io::timeout_at(late, over_.stream.recv());
      over = arrived_.empty();
    }
  } catch (const io::error&) {
    if (io::context::current().cancelled()) throw;
  }
  if (is_open()) end_abnormally();
}

}  // namespace parlance::http
