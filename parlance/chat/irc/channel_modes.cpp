#include <parlance/chat/irc/commands.hpp>

namespace parlance::chat::irc {

void mode(irc_client& by, const message& m) {
  if (m.param(0).starts_with('#')) return by.explain(outcome::no_such_room, m.param(0));
  user_mode(by, m);
}

}  // namespace parlance::chat::irc
