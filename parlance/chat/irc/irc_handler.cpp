#include <parlance/chat/base/words.hpp>
#include <parlance/chat/irc/irc_handler.hpp>

namespace parlance::chat::irc {

double cost_of_message(std::string_view line) noexcept {
  if (line.starts_with('@')) take_item(line, ' ');
  const std::string_view verb = take_item(line, ' ');
  return verb == "PING" || verb == "PONG" ? 0.1 : 1;
}

irc_handler::irc_handler(hub& chat, connection& by, caller from)
    : client_(chat, by, std::move(from)),
      framing_(chat.configured().limits.irc_tags + chat.configured().limits.irc_line) {}

bool irc_handler::next() {
  const std::optional<line_framing::line> line = framing_.next();
  if (!line) return false;
  cost_ = cost_of_message(line->text);
  switch (line->what) {
    case line_framing::line::kind::text:
      client_.obey(line->text);
      break;
    case line_framing::line::kind::too_long:
      client_.line_too_long();
      break;
    case line_framing::line::kind::endless:
      if (!client_.is_ending()) client_.close_link("A line does not end");
      break;
  }
  return true;
}

}  // namespace parlance::chat::irc
