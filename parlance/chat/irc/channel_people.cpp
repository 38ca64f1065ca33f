// Putting people out of rooms and asking them in: KICK and INVITE.
#include <algorithm>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/silence.hpp>
#include <parlance/chat/irc/channels.hpp>
#include <parlance/chat/irc/commands.hpp>

namespace parlance::chat::irc {
namespace {

/// Half-operators have a say over those without that rank only, and a founder is put out by founders alone.
bool may_kick(unsigned char by, unsigned char whom) {
  if (by >= founder) return true;
  if (by >= channel_operator) return whom < founder;
  return by >= half_operator && whom < half_operator;
}

void kick_one(irc_client& by, std::string_view room_name, std::string_view nick, std::string_view why) {
  room* const from = own_room(by, room_name);
  if (!from) return;
  const unsigned char ranks = from->ranks_of(*by.who());
  if (ranks < half_operator) return by.explain(outcome::no_rights, from->name());
  person* const whom = by.chat().people().find(nick);
  if (!whom) return by.explain(outcome::no_such_person, nick);
  if (!whom->is_in(*from))
    return by.reply(numeric::ERR_USERNOTINCHANNEL,
                    {whom->nick(), from->name(), "They aren't on that channel"});
  if (!may_kick(ranks, from->ranks_of(*whom))) return by.explain(outcome::no_rights, from->name());
  by.chat().kick(by.who()->as_source(), *from, *whom, why.empty() ? by.who()->nick() : why);
}

/// Those there who may invite hear of it (IRCv3 invite-notify).
void notify_of(const event& invited, const irc_client& by, const room& into) {
  for (const room::seat& s : into.seats()) {
    if (s.ranks < half_operator || s.who == by.who()) continue;
    for (client* c : s.who->clients())
      if (c->shape().has(capability::invite_notify)) by.chat().turn().tell(*c, invited);
  }
}

/// The invitation opens the door when who gives it has a say there.
void let_in(const irc_client& by, room& into, const person& whom) {
  if (!into.has_at_least(*by.who(), half_operator)) return;
  std::erase_if(into.invited, [&](const room::invitation& i) { return i.serial == whom.serial; });
  if (into.invited.size() >= by.bounds().list_modes) into.invited.erase(into.invited.begin());
  into.invited.push_back({whom.serial, by.chat().clock().next_id()});
}

void list_invitations(irc_client& to) {
  std::size_t listed = 0;
  for (const auto& [key, r] : to.chat().rooms().all()) {
    if (!r->find_invitation(*to.who())) continue;
    if (++listed > to.bounds().listed) break;
    to.reply(numeric::RPL_INVITELIST, {r->name()});
  }
  to.reply(numeric::RPL_ENDOFINVITELIST, {"End of /INVITE list"});
}

}  // namespace

void kick(irc_client& by, const message& m) {
  std::string_view rooms = m.param(0), nicks = m.param(1);
  const std::string_view why = truncate_utf8(m.param(2), by.bounds().kick);
  const bool in_pairs = rooms.find(',') != std::string_view::npos;
  for (std::size_t n = 0; !nicks.empty() && n < by.bounds().targets && !by.is_ending(); ++n) {
    const std::string_view from = in_pairs ? take_item(rooms, ',') : rooms, nick = take_item(nicks, ',');
    if (!nick.empty() && !from.empty()) kick_one(by, from, nick, why);
  }
}

void invite(irc_client& by, const message& m) {
  if (m.param_count() == 0) return list_invitations(by);
  if (m.param_count() < 2) return by.reply(numeric::ERR_NEEDMOREPARAMS, {"INVITE", "Not enough parameters"});
  room* const into = own_room(by, m.param(1));
  if (!into) return;
  if (into->modes.has('i') && !into->has_at_least(*by.who(), half_operator))
    return by.explain(outcome::no_rights, into->name());
  person* const whom = by.chat().people().find(m.param(0));
  if (!whom) return by.explain(outcome::no_such_person, m.param(0));
  if (whom->is_in(*into))
    return by.reply(numeric::ERR_USERONCHANNEL, {whom->nick(), into->name(), "is already on channel"});
  let_in(by, *into, *whom);
  by.reply(numeric::RPL_INVITING, {whom->nick(), into->name()});
  if (!whom->away.empty()) by.reply(numeric::RPL_AWAY, {whom->nick(), whom->away});
  event invited{event::kind::invite, by.who()->as_source(), into->name(), {}, whom->nick()};
  invited.time = by.chat().clock().milliseconds();
  if (!is_silenced(by.chat().kept(), *whom, *by.who())) by.chat().turn().tell(*whom, invited);
  notify_of(invited, by, *into);
}

}  // namespace parlance::chat::irc
