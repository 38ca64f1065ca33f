// The hub's people, from one run of the server to the next.
#include <utility>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/carried_person.hpp>
#include <parlance/chat/core/hub.hpp>

namespace parlance::chat {

carried_person hub::carry(const person& who) const {
  carried_person one{.as = {.nick = who.nick(),
                            .account = who.account,
                            .user = std::string(who.user()),
                            .host = std::string(who.host()),
                            .address = who.address,
                            .realname = who.realname,
                            .away = who.away,
                            .modes = who.modes,
                            .alone_since = who.alone_since,
                            .unshown_since = who.unshown_since,
                            .rooms = {}},
                     .speaks_in = who.speaks_in ? who.speaks_in->name() : std::string(),
                     .oper = who.is_operator() && who.own_ ? who.own_->oper : std::string(),
                     .metadata = who.metadata.values,
                     .accepts = who.own_ ? who.own_->accepts : std::vector<person::accepted>(),
                     .serial = who.serial,
                     .signed_on = who.signed_on,
                     .is_secure = who.is_secure,
                     .is_console = who.is_console};
  one.as.modes.set('o', false);
  for (const person::seat& s : who.seats())
    one.as.rooms.push_back({s.in->name(), s.in->seats()[s.index].ranks, s.since});
  return one;
}

void hub::set_down(const carried_person& one) {
  person* there = people_.holder_of(one.as.nick);
  // Who is always on is back already, as for whom nobody is connected.
  if (there && (!there->always_on || !same_name(there->account, one.as.account))) return;
  if (!there && people_.all().size() >= settings_.limits.members) return;
  person& who = there ? *there : people_.add(one.as.nick);
  who.is_secure = one.is_secure;
  who.away = one.as.away;
  who.metadata.values = one.metadata;
  if (!there) {
    who.address = one.as.address;
    who.set_names(one.as.nick, one.as.user, one.as.host);
    who.account = one.as.account;
    who.realname = one.as.realname;
    who.modes = one.as.modes;
    arrive(who);
  }
  if (one.is_console) {
    who.is_console = true;
    who.permitted = permissions::all();
  }
  who.serial = one.serial;
  who.signed_on = one.signed_on;
  who.unshown_since = one.as.unshown_since;
  if (!one.accepts.empty()) who.own().accepts = one.accepts;
  sit_again(who, one.as.rooms);
  if (room* const in = rooms_.find(one.speaks_in); in && who.is_in(*in)) who.speaks_in = in;
  // It is one still, where the configuration has it.
  if (const auto its = settings_.operators.find(one.oper); its != settings_.operators.end()) {
    who.own().oper = one.oper;
    who.permitted = permissions(its->second.permissions);
    people_.set_mode(who, 'o', true);
  }
}

void hub::go_on(client& of, person& whom) {
  presence_.end_alone(whom);
  if (std::exchange(whom.alone_since, 0) != 0) presence_.keep(whom);
  of.person_ = &whom;
  whom.clients_.push_back(&of);
  for (const person::seat& s : whom.seats_) turn_.begin_reading(of, *s.in);
}

void hub::end_carrying() {
  std::vector<person*> left;
  for (const auto& [nick, who] : people_.all())
    if (who->present_ && who->clients_.empty() && !who->always_on && !who->is_console)
      left.push_back(who.get());
  for (person* who : left) remove(*who, "Connection lost");
}

}  // namespace parlance::chat
