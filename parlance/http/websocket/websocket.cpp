#include <sys/random.h>
#include <wslay/wslay.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <parlance/http/base/charset.hpp>
#include <parlance/http/websocket/websocket.hpp>

// On wslay's frames rather than its events: those take a Close of one byte, look at the UTF-8 of a Close only
// as far as it came at once, refuse the codes 1012 to 1014, and allocate what a frame's header claims.
namespace parlance::http {
namespace {

constexpr std::size_t longest_control = 125;  // RFC 6455 5.5
constexpr std::size_t longest_header = 14;
constexpr std::size_t kept_capacity = 4096;  // by a connection between messages

/// Where frames are written to. Its capacity is enough, so nothing is thrown through wslay.
ssize_t append(const std::uint8_t* data, std::size_t size, int, void* out) noexcept {
  static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(data), size);
  return static_cast<ssize_t>(size);
}

/// RFC 6455 10.3: masks come from a strong source, or a page could choose what proxies see.
int make_mask(std::uint8_t* mask, std::size_t size, void*) noexcept {
  return ::getrandom(mask, size, 0) == static_cast<ssize_t>(size) ? 0 : -1;
}

wslay_frame_context* new_context(const wslay_frame_callbacks& calls, void* argument) {
  wslay_frame_context* made = nullptr;
  if (wslay_frame_context_init(&made, &calls, argument) != 0) throw std::bad_alloc();
  return made;
}

void write_frame(std::string& out, std::uint8_t what, std::string_view payload, bool masked,
                 bool compressed = false) {
  out.reserve(out.size() + longest_header + payload.size());
  const wslay_frame_callbacks calls{
      .send_callback = append, .recv_callback = nullptr, .genmask_callback = make_mask};
  const std::unique_ptr<wslay_frame_context, decltype(&wslay_frame_context_free)> writer(
      new_context(calls, &out), wslay_frame_context_free);
  wslay_frame_iocb frame{};
  frame.fin = 1;
  if (compressed) frame.rsv = WSLAY_RSV1_BIT;
  frame.opcode = what;
  frame.mask = masked;
  frame.payload_length = payload.size();
  frame.data = reinterpret_cast<const std::uint8_t*>(payload.data());
  frame.data_length = payload.size();
  if (wslay_frame_send(writer.get(), &frame) < 0)
    throw std::system_error(errno, std::system_category(), "make a WebSocket frame");
}

void check_control(std::string_view payload) {
  if (payload.size() > longest_control)
    throw std::invalid_argument("a WebSocket ping has more than 125 bytes");
}

/// Whether a Close may carry it (RFC 6455 7.4; IANA has since given out 1012 to 1014).
bool is_code_for_the_wire(std::uint16_t code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

std::string close_payload(close_code code, std::string_view reason) {
  const auto number = static_cast<std::uint16_t>(code);
  std::string payload{static_cast<char>(number >> 8U), static_cast<char>(number & 0xffU)};
  std::size_t size = std::min(reason.size(), longest_control - payload.size());
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(reason[at]) & 0xc0U) == 0x80U;
  };
  while (size > 0 && size < reason.size() && continues(size)) --size;
  return payload.append(reason.substr(0, size));
}

/// Empties it, and lets go of memory that an unusually long one took.
void empty(std::string& text) {
  if (text.capacity() > kept_capacity) text = std::string();
  text.clear();
}

}  // namespace

void append_frame(std::string& out, opcode what, std::string_view payload) {
  if (what == opcode::ping) check_control(payload);
  write_frame(out, static_cast<std::uint8_t>(what), payload, false);
}

void websocket::freed::operator()(wslay_frame_context* frames) const noexcept {
  wslay_frame_context_free(frames);
}

websocket::websocket(role mine, std::size_t max_message, std::optional<deflate_agreement> deflate)
    : role_(mine),
      max_message_(max_message),
      deflate_(deflate),
      frames_(new_context({.send_callback = nullptr, .recv_callback = give, .genmask_callback = nullptr},
                          this)) {}

websocket::~websocket() = default;

/// Hands wslay its next bytes; 0 makes it ask for more.
ssize_t websocket::give(std::uint8_t* room, std::size_t size, int, void* self) noexcept {
  std::string_view& input = static_cast<websocket*>(self)->input_;
  const std::size_t taken = std::min(size, input.size());
  if (taken != 0) std::memcpy(room, input.data(), taken);
  input.remove_prefix(taken);
  return static_cast<ssize_t>(taken);
}

std::optional<websocket_event> websocket::next(std::string_view& bytes) {
  if (std::exchange(handed_out_, false)) empty(message_);
  input_ = bytes;
  std::optional<websocket_event> event;
  while (!done_ && !event) {
    wslay_frame_iocb piece{};
    const ssize_t got = wslay_frame_recv(frames_.get(), &piece);
    if (got == WSLAY_ERR_WANT_READ) break;
    // What wslay itself refuses: a length not in its shortest form, and a control frame that is too long or
    // in pieces.
    event = got < 0 ? fail(close_code::protocol_error, "a malformed frame header") : take(piece);
  }
  bytes = done_ ? std::string_view() : input_;
  input_ = {};
  return event;
}

/// Takes what has come of a frame's payload. The first piece, which may be empty, tells of the frame.
std::optional<websocket_event> websocket::take(const wslay_frame_iocb& piece) {
  if (left_ == 0) {
    if (auto refused = begin(piece)) return refused;
    left_ = piece.payload_length;
  }
  std::string& to = wslay_is_ctrl_frame(piece.opcode) ? control_ : message_;
  if (piece.data_length != 0) to.append(reinterpret_cast<const char*>(piece.data), piece.data_length);
  left_ -= piece.data_length;
  return left_ == 0 ? end(piece) : std::nullopt;
}

std::optional<websocket_event> websocket::begin(const wslay_frame_iocb& frame) {
  constexpr close_code broken = close_code::protocol_error;
  const bool begins_message = frame.opcode == WSLAY_TEXT_FRAME || frame.opcode == WSLAY_BINARY_FRAME;
  const bool compressed = deflate_ && begins_message && frame.rsv == WSLAY_RSV1_BIT;
  if (frame.rsv != 0 && !compressed) return fail(broken, "a reserved bit is set");
  if (role_ == role::server && !frame.mask) return fail(broken, "a client's frame is not masked");
  if (role_ == role::client && frame.mask) return fail(broken, "a server's frame is masked");
  switch (frame.opcode) {
    case WSLAY_CONNECTION_CLOSE:
    case WSLAY_PING:
    case WSLAY_PONG:
      control_.clear();
      return std::nullopt;
    case WSLAY_TEXT_FRAME:
    case WSLAY_BINARY_FRAME:
      if (message_is_ != 0) return fail(broken, "a message begins within another");
      message_is_ = frame.opcode;
      compressed_ = compressed;
      break;
    case WSLAY_CONTINUATION_FRAME:
      if (message_is_ == 0) return fail(broken, "a fragment continues no message");
      break;
    default:
      return fail(broken, "an unknown opcode");
  }
  if (frame.payload_length > max_message_ - message_.size())
    return fail(close_code::too_big, "the message is too long");
  return std::nullopt;
}

std::optional<websocket_event> websocket::end(const wslay_frame_iocb& frame) {
  if (wslay_is_ctrl_frame(frame.opcode)) return end_control(frame.opcode);
  if (!frame.fin) return std::nullopt;
  handed_out_ = true;
  if (compressed_)
    if (auto refused = take_out_compressed()) return refused;
  const bool text = std::exchange(message_is_, 0) == WSLAY_TEXT_FRAME;
  if (text && !is_utf8(message_)) return fail(close_code::invalid_data, "the text is not UTF-8");
  using kind = websocket_event::kind;
  return websocket_event{.what = text ? kind::text : kind::binary, .data = message_};
}

std::optional<websocket_event> websocket::take_out_compressed() {
  bool is_long = false;
  auto message = inflate_message(message_, max_message_, is_long);
  if (is_long) return fail(close_code::too_big, "the message is too long");
  if (!message) return fail(close_code::invalid_data, "the message is not what deflate makes");
  message_ = *std::move(message);
  return std::nullopt;
}

std::optional<websocket_event> websocket::end_control(std::uint8_t what) {
  if (what == WSLAY_CONNECTION_CLOSE) return peer_closes();
  if (what == WSLAY_PING && !closing_) {
    pong_ = control_;
    ponging_ = true;
  }
  return std::nullopt;
}

websocket_event websocket::peer_closes() {
  constexpr auto kind = websocket_event::kind::close;
  if (control_.size() == 1) return fail(close_code::protocol_error, "half a code for closing");
  if (control_.empty()) {
    done_ = true;
    queue_close({});
    return {.what = kind, .code = close_code::no_status};
  }
  const auto byte = [&](std::size_t at) {
    return static_cast<unsigned>(static_cast<unsigned char>(control_[at]));
  };
  const auto code = static_cast<std::uint16_t>((byte(0) << 8U) | byte(1));
  const std::string_view reason = std::string_view(control_).substr(2);
  if (!is_code_for_the_wire(code)) return fail(close_code::protocol_error, "a code that closes nothing");
  if (!is_utf8(reason)) return fail(close_code::invalid_data, "the reason is not UTF-8");
  done_ = true;
  queue_close(close_payload(close_code(code), {}));
  return {.what = kind, .data = reason, .code = close_code(code)};
}

/// RFC 6455 7.1.7: says why, and reads no more.
websocket_event websocket::fail(close_code code, std::string_view reason) {
  done_ = true;
  queue_close(close_payload(code, reason));
  return {.what = websocket_event::kind::close, .data = reason, .code = code, .failed = true};
}

void websocket::queue_close(std::string_view payload) {
  if (std::exchange(closing_, true)) return;
  write(close_frame_, WSLAY_CONNECTION_CLOSE, payload);
}

void websocket::write(std::string& out, std::uint8_t what, std::string_view payload) const {
  write_frame(out, what, payload, role_ == role::client);
}

/// Compressed, where that makes it shorter.
void websocket::write_message(std::uint8_t what, std::string_view payload) {
  constexpr std::size_t least = 128, most = std::size_t{1} << 30U;
  if (deflate_ && payload.size() >= least && payload.size() <= most) {
    const std::string deflated =
        role_ == role::server ? deflate_message(payload, deflate_->server_window) : deflate_message(payload);
    if (deflated.size() < payload.size())
      return write_frame(out_, what, deflated, role_ == role::client, true);
  }
  write(out_, what, payload);
}

std::string websocket::take_output() {
  std::string frames = std::exchange(out_, {});
  if (std::exchange(ponging_, false)) write(frames, WSLAY_PONG, pong_);
  frames += std::exchange(close_frame_, {});
  return frames;
}

bool websocket::send_text(std::string_view text) {
  if (!is_utf8(text)) throw std::invalid_argument("a WebSocket text message is not UTF-8");
  if (can_send()) write_message(WSLAY_TEXT_FRAME, text);
  return can_send();
}

bool websocket::send_binary(std::string_view bytes) {
  if (can_send()) write_message(WSLAY_BINARY_FRAME, bytes);
  return can_send();
}

bool websocket::ping(std::string_view payload) {
  check_control(payload);
  if (can_send()) write(out_, WSLAY_PING, payload);
  return can_send();
}

bool websocket::close(close_code code, std::string_view reason) {
  if (!is_code_for_the_wire(static_cast<std::uint16_t>(code)))
    throw std::invalid_argument("this code for closing a WebSocket may not be sent");
  if (!is_utf8(reason)) throw std::invalid_argument("the reason for closing a WebSocket is not UTF-8");
  const bool first = can_send();
  queue_close(close_payload(code, reason));
  return first;
}

}  // namespace parlance::http
