#include <fmt/core.h>

#include <parlance/chat/irc/irc_handler.hpp>
#include <parlance/chat/irc/websocket_handler.hpp>

namespace parlance::chat::irc {
namespace {

/// A message up to this long that is no line is answered by IRC's own means; a longer one ends the
/// WebSocket.
constexpr std::size_t longest_message = std::size_t{64} * 1024;

}  // namespace

websocket_handler::websocket_handler(hub& chat, connection& by, caller from)
    : client_(chat, by, std::move(from)), socket_(http::websocket::role::server, longest_message) {}

bool websocket_handler::next() {
  if (client_.is_ending()) return false;
  const auto event = socket_.next(input_);
  if (!event) {
    answer_control_frames();
    return false;
  }
  if (event->what == http::websocket_event::kind::close)
    closed(*event);
  else
    obey(event->data);
  return !client_.is_ending();
}

void websocket_handler::obey(std::string_view message) {
  answer_control_frames();
  while (message.ends_with('\n') || message.ends_with('\r')) message.remove_suffix(1);
  cost_ = cost_of_message(message);
  const limits& bounds = client_.bounds();
  if (message.size() > bounds.irc_tags + bounds.irc_line)
    client_.line_too_long();
  else if (!message.empty())
    client_.obey(message);
  cost_ += client_.take_charge();
}

/// The peer has said Close, or broke the rules; our own Close is in the output, after which nothing follows.
void websocket_handler::closed(const http::websocket_event& close) {
  const std::string why = close.failed ? fmt::format("WebSocket error: {}", close.data) : "Connection closed";
  client_.gone(why);
  answer_control_frames();
  client_.chat().finish(client_, why);
}

void websocket_handler::answer_control_frames() {
  if (socket_.has_output()) client_.write(socket_.take_output());
}

std::string websocket_handler::last_bytes() {
  socket_.close();
  return socket_.take_output();
}

}  // namespace parlance::chat::irc
