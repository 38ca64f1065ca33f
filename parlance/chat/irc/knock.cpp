// KNOCK: who may not come into a room asks those who can invite.
#include <algorithm>

#include <parlance/chat/core/filtering.hpp>
#include <parlance/chat/core/room_rules.hpp>
#include <parlance/chat/irc/channels.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat::irc {
namespace {

/// Those of the operators whose clients understand it.
void tell_operators(const room& in, const person& who, std::string_view why) {
  const std::string text =
      why.empty() ? "has asked for an invite" : "has asked for an invite: " + std::string(why);
  for (const room::seat& s : in.seats()) {
    if (s.ranks < half_operator) continue;
    for (client* c : s.who->clients())
      if (auto* const irc = dynamic_cast<irc_client*>(c))
        irc->reply(numeric::RPL_KNOCK, {in.name(), who.prefix(), text});
  }
}

}  // namespace

void knock(irc_client& by, const message& m) {
  room* const in = known_room(by, m.param(0));
  if (!in) return;
  person& who = *by.who();
  if (who.is_in(*in)) return by.reply(numeric::ERR_KNOCKONCHAN, {in->name(), "You are on that channel"});
  switch (may_join(who, *in, {})) {
    case outcome::done:
      return by.reply(numeric::ERR_CHANOPEN, {in->name(), "Channel is open"});
    case outcome::banned:
      return by.explain(outcome::banned, in->name());
    default:
      break;
  }
  if (in->modes.has('K'))
    return by.reply(numeric::ERR_CANNOTKNOCK, {in->name(), "Knocking is not allowed here (+K)"});
  const std::string_view why = truncate_utf8(m.param(1), by.bounds().kick);
  if (weigh(by.chat(), who, 'n', why, in->name()) != ruling::passes)
    return by.explain(outcome::filtered, in->name());
  const io::time_point now = io::loop::current().now();
  if (!who.own().knocks.take(1, now) || !in->knocks.take(1, now))
    return by.reply(numeric::ERR_TOOMANYKNOCK, {in->name(), "Too many KNOCKs; try again later"});
  tell_operators(*in, who, why);
  by.reply(numeric::RPL_KNOCKDLVR, {in->name(), "Your KNOCK has been delivered"});
}

}  // namespace parlance::chat::irc
