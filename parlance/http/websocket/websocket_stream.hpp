// A WebSocket as messages over a stream, with its pings, limits and end; `websocket` is what it stands on.
//
//   io::task<> talk(http::server_request& asked, http::server_response& answer) {
//     http::websocket_stream socket(co_await http::accept_websocket(asked, answer));
//     while (auto message = co_await socket.receive()) co_await socket.send_text(message->data);
//   }
//
// A peer that says nothing is pinged, and given up when it goes on saying nothing. One that breaks the rules, or
// sends more than it may, is told so (1002, 1007, 1009). Errors of the connection are no exceptions here: it has
// ended then without a Close (1006), `receive` gives nothing, and what is sent goes nowhere.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/websocket/websocket.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::http {

/// A connection on which the handshake is done.
struct opened_websocket {
  net::stream stream;
  /// What was chosen; empty for none.
  std::string subprotocol = {};
  /// How messages are compressed; empty: they are not.
  std::optional<deflate_agreement> deflate = {};
  /// When it is set, the peer is told that this side goes away (1001). Null: never. It outlives the websocket_stream.
  io::event* stopping = nullptr;
};

struct websocket_limits {
  /// Bytes of a message, in however many fragments: 1009.
  std::size_t message = std::size_t{1} << 20U;
  /// A silence after which the peer is pinged, and a second one of that length after which it is given up.
  io::duration silence = std::chrono::seconds(30);
  /// The longest that it may not take anything.
  io::duration stall = std::chrono::seconds(30);
  /// How long `close` waits for the peer's Close.
  io::duration close = std::chrono::seconds(5);
};

struct websocket_message {
  /// UTF-8 if it is text. Valid until the next `receive`.
  std::string_view data;
  bool is_text = false;
};

/// One task receives; any may send beside it, in the order of the calls. On the loop of its stream.
class websocket_stream {
 public:
  explicit websocket_stream(opened_websocket over, websocket_limits limits = {},
                            websocket::role mine = websocket::role::server);
  websocket_stream(const websocket_stream&) = delete;
  websocket_stream& operator=(const websocket_stream&) = delete;
  /// Closes the connection at once.
  ~websocket_stream();

  /// The next message. Nothing: the WebSocket is closed, and `code` and `reason` tell why. Throws io::error when it
  /// is cancelled; it may be asked again then.
  io::task<std::optional<websocket_message>> receive();

  /// Waits until the message has gone, or cannot go. False: it cannot, for the WebSocket is closing or closed. Text
  /// that is not UTF-8 throws std::invalid_argument. Not to be left half done: see net::stream::send.
  io::task<bool> send_text(std::string_view text);
  io::task<bool> send_binary(std::string_view bytes);

  /// Says Close, waits for the peer's, within limits, dropping what it still sends, and closes the connection. Not
  /// while a `receive` waits. When it is closed already, does nothing.
  io::task<void> close(close_code code = close_code::normal, std::string_view reason = {});

  bool is_open() const noexcept { return over_.stream.is_open() && !code_; }
  const std::string& subprotocol() const noexcept { return over_.subprotocol; }
  /// Once it is closed: what the peer's Close said, or ours because of what it sent, or 1006 without one.
  close_code code() const noexcept { return code_.value_or(close_code::no_status); }
  const std::string& reason() const noexcept { return reason_; }

 private:
  io::task<void> watch_for_the_end();
  io::task<bool> receive_some();
  io::task<std::optional<std::string_view>> await_bytes();
  io::task<bool> send_output();
  void answer_pings();
  io::task<void> end(websocket_event why);
  void end_abnormally() noexcept;

  opened_websocket over_;
  const websocket_limits limits_;
  websocket socket_;
  std::string_view arrived_;
  std::optional<close_code> code_;
  std::string reason_;
  bool pinged_ = false;
  bool answering_ = false;
  io::context going_;                            // of the waits that end when this side goes away
  io::scope beside_{[](std::exception_ptr) {}};  // goes first
};

}  // namespace parlance::http
