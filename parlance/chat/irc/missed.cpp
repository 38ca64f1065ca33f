// What an always-on person has missed, for clients that cannot ask for it by themselves.
#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>

#include <parlance/chat/core/missed.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/encode.hpp>

namespace parlance::chat::irc {

void tell_missed(irc_client& to) {
  const entry_id since = to.missed_since;
  // It asks by itself, if it wants to; the next that cannot is shown it.
  if (since == 0 || to.has(capability::chathistory) || to.has(capability::znc_playback)) return;
  try {
    std::string lines;
    std::size_t count = 0;
    for (const missed_talk& talk : read_missed(to.chat(), *to.who(), since))
      for (const stored_entry& e : talk.said) {
        if (lines.size() > to.bounds().sendq / 2) break;
        ++count;
        append_event(lines,
                     replayed(e, talk.from.in ? std::string_view(talk.from.name) : std::string_view()).what(),
                     to.shape());
      }
    to.chat().missed_is_shown(to);
    if (count == 0) return;
    const auto say = [&](std::string_view text) {
      return fmt::format(":{} NOTICE {} :{}\r\n", to.chat().configured().server.name, to.nick(), text);
    };
    to.answer_past(say("What was said while you were not connected:") + lines + say("That was it."), {});
  } catch (const store_error&) {
    // Nobody has asked for it.
  }
}

}  // namespace parlance::chat::irc
