// RELAYMSG (draft/relaymsg): a bot that joins rooms of two networks says here what people say there, under
// their names instead of its own.
#include <fmt/core.h>

#include <parlance/chat/irc/channels.hpp>
#include <parlance/chat/irc/commands.hpp>

namespace parlance::chat::irc {

void relaymsg(irc_client& by, const message& m) {
  const auto refuse = [&by](std::string_view code, std::string_view text) {
    by.fail("RELAYMSG", code, {}, text);
  };
  room* const in = known_room(by, m.param(0));
  if (!in) return;
  if (!in->has_at_least(*by.who(), channel_operator))
    return refuse("PRIVS_NEEDED", "You cannot relay messages to this channel");
  const std::string_view nick = m.param(1);
  if (!is_relayed_name(nick, by.bounds().room_name))
    return refuse("INVALID_NICK", "A relayed nickname has a / in it, and no characters that mean something");
  const std::string_view text = m.param(2);
  if (text.empty()) return refuse("BLANK_MSG", "The message must not be blank");
  switch (by.chat().relay(by, *in, nick, text)) {
    case outcome::done:
      return;
    case outcome::banned:
      return refuse("BANNED", "That nickname is banned here");
    case outcome::filtered:
      return refuse("INVALID_MSG", fmt::format("That has been blocked: {}", by.chat().filters().why));
    default:
      return refuse("INVALID_MSG", "That cannot be said here");
  }
}

}  // namespace parlance::chat::irc
