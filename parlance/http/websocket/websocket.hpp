// WebSocket messages (RFC 6455) as bytes in and bytes out, for both ends, by wslay's framing.
//
//   http::websocket socket(http::websocket::role::server);   // after the handshake (upgrade.hpp)
//   while (!socket.done()) {
//     std::string_view bytes = co_await stream.recv();
//     if (bytes.empty()) break;                              // gone without a Close: code 1006
//     while (auto event = socket.next(bytes))
//       if (event->what == http::websocket_event::kind::text) socket.send_text(event->data);
//     if (socket.has_output()) co_await stream.send(socket.take_output());
//   }
//   co_await stream.close();
//
// Pings are answered and Closes are returned by themselves: the answers are in the output. A peer that breaks
// the rules is told so with a Close (1002 protocol error, 1007 no UTF-8, 1009 too big) and not read any more.
// Messages are compressed where both sides have agreed on it (websocket_deflate.hpp).
//
// A server's frames are not masked, so one that many are to get can be made once, by `append_frame`, and sent
// to each as it is. Such frames may stand before and after whatever `take_output` gave, which is always whole
// frames, but none may follow the Close: ask `can_send`.
//
// For one thread at a time. Nothing is thrown for what a peer sends.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/websocket/websocket_deflate.hpp>

struct wslay_frame_context;
struct wslay_frame_iocb;

namespace parlance::http {

/// Why a conversation ends (RFC 6455 7.4.1 and IANA's registry); 3000 to 4999 are for applications.
enum class close_code : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported = 1003,
  /// Never on the wire: the peer's Close had no code.
  no_status = 1005,
  /// Never on the wire: the connection ended without a Close.
  abnormal = 1006,
  invalid_data = 1007,
  policy = 1008,
  too_big = 1009,
  internal_error = 1011,
  service_restart = 1012,
  try_again_later = 1013,
};

/// What frame `append_frame` makes.
enum class opcode : std::uint8_t { text = 1, binary = 2, ping = 9 };

/// Appends one whole frame as a server sends it. The payload of `text` must be UTF-8, or browsers hang up;
/// that of `ping` has 125 bytes at most, or std::invalid_argument is thrown.
void append_frame(std::string& out, opcode what, std::string_view payload);

struct websocket_event {
  enum class kind : std::uint8_t { text, binary, close };
  kind what = kind::text;
  /// The message; UTF-8 if it is text. Of `close`, the reason. Valid until the next call of `next`.
  std::string_view data = {};
  /// Of `close` only.
  close_code code = close_code::no_status;
  /// Of `close` only: not the peer's wish, but ours, because of what it sent.
  bool failed = false;
};

class websocket {
 public:
  enum class role : std::uint8_t { server, client };

  /// A longer message than `max_message` bytes, in however many fragments, ends it with 1009. No more than
  /// that is ever held, whatever length a frame claims.
  /// With `deflate`, as it was agreed on, `max_message` counts what is taken out of a compressed one, too.
  explicit websocket(role mine, std::size_t max_message = 65536,
                     std::optional<deflate_agreement> deflate = {});
  ~websocket();
  websocket(const websocket&) = delete;
  websocket& operator=(const websocket&) = delete;

  /// Takes from `bytes` up to and with the next message or Close. Call it until nothing comes: then `bytes`
  /// is empty. After a Close whatever else comes is dropped.
  std::optional<websocket_event> next(std::string_view& bytes);

  /// What is to be sent now, whole frames; moved out. Of several pings only the last is answered (RFC 6455
  /// 5.5.3), so however many come, this stays small unless one sends much oneself.
  std::string take_output();
  bool has_output() const noexcept { return !out_.empty() || ponging_ || !close_frame_.empty(); }

  // Each says false, and sends nothing, when our Close is queued or sent.
  /// Throws std::invalid_argument when it is not UTF-8.
  bool send_text(std::string_view text);
  bool send_binary(std::string_view bytes);
  /// At most 125 bytes, or std::invalid_argument is thrown. The pong is no event: any bytes show that
  /// somebody is there.
  bool ping(std::string_view payload = {});
  /// Says Close after all that was sent. Messages go on coming until the peer has said it too (`done`), which
  /// it may never do: give it a deadline. `reason` is cut after 123 bytes, between characters. Throws
  /// std::invalid_argument for a code that may not be sent and for a reason that is not UTF-8.
  bool close(close_code code = close_code::normal, std::string_view reason = {});

  bool can_send() const noexcept { return !closing_; }
  /// Nothing more will be read: the peer said Close, or broke the rules. Send the output, then close the
  /// stream.
  bool done() const noexcept { return done_; }

 private:
  struct freed {
    void operator()(wslay_frame_context* frames) const noexcept;
  };
  static ssize_t give(std::uint8_t* room, std::size_t size, int flags, void* self) noexcept;

  std::optional<websocket_event> take(const wslay_frame_iocb& piece);
  std::optional<websocket_event> begin(const wslay_frame_iocb& frame);
  std::optional<websocket_event> end(const wslay_frame_iocb& frame);
  std::optional<websocket_event> end_control(std::uint8_t what);
  websocket_event peer_closes();
  websocket_event fail(close_code code, std::string_view reason);
  void queue_close(std::string_view payload);
  void write(std::string& out, std::uint8_t what, std::string_view payload) const;
  void write_message(std::uint8_t what, std::string_view payload);
  std::optional<websocket_event> take_out_compressed();

  const role role_;
  const std::size_t max_message_;
  const std::optional<deflate_agreement> deflate_;
  std::unique_ptr<wslay_frame_context, freed> frames_;
  std::string_view input_;       // of the call of `next` that is under way
  std::uint64_t left_ = 0;       // of the current frame's payload
  std::uint8_t message_is_ = 0;  // the opcode of the message that has begun; 0: none
  bool compressed_ = false;      // so is that message
  bool handed_out_ = false;      // the caller looks at message_ or control_
  bool closing_ = false;         // our Close is queued or sent
  bool done_ = false;
  bool ponging_ = false;
  std::string message_;
  std::string control_;      // payload of a control frame, which may come between a message's fragments
  std::string out_;          // frames
  std::string pong_;         // payload
  std::string close_frame_;  // the last to be sent
};

}  // namespace parlance::http
