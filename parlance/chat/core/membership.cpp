// The hub's people in rooms: how they come and go there, and what is set there.
#include <fmt/core.h>

#include <algorithm>
#include <bit>

#include <parlance/chat/core/filtering.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/invite_links.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/core/room_control.hpp>
#include <parlance/chat/core/room_rules.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat {
namespace {

std::optional<network> household_of(const person& who) {
  const std::optional<network> from = network::parse(who.address);
  return from ? std::optional(from->household()) : std::nullopt;
}

/// Whether a link opens it, as an invitation does, to one of whom that is said without; who is kept out stays out.
bool may_be_opened(outcome without) {
  switch (without) {
    case outcome::invite_only:
    case outcome::registered_only:
    case outcome::wrong_key:
    case outcome::room_is_full:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<network> hub::share_of(const person& who) const {
  const std::optional<network> from = household_of(who);
  return named_.exempt.contain(from) ? std::nullopt : from;
}

outcome hub::join(person& who, std::string_view room_name, std::string_view key, client* by) {
  if (!is_room_name(room_name, settings_.limits.room_name)) return outcome::bad_room_name;
  room* there = rooms_.find(room_name);
  if (there && who.is_in(*there)) {
    who.speaks_in = there;
    return outcome::already_so;
  }
  if (who.seats_.size() >= settings_.limits.rooms_per_member) return outcome::too_many_rooms;
  if (there && rooms_.is_over(*there)) rooms_.renew(*there);
  if (!there && !rooms_.has_space_for(share_of(who))) return outcome::full;
  if (!there && is_purged(store_, room_name)) return outcome::purged;
  if (!there && rooms_.looks_like_other(room_name, nullptr)) return outcome::looks_alike;
  bool is_by_link = false;
  if (there)
    if (const outcome how = try_key(who, *there, key, is_by_link); how != outcome::done) return how;

  room& in = rooms_.make(room_name);
  const bool is_deserted = in.seats().empty() && in.founder_account.empty() && !same_name(in.name(), lobby);
  // Where somebody is still expected, nobody gets a rank for being the first.
  const bool is_first = is_deserted && in.expected.empty();
  if (is_first) in.maker = household_of(who);
  const unsigned char lasting = ranks_on_coming(who, in);
  rooms_.sit(who, in, static_cast<unsigned char>(lasting | (is_first ? channel_operator : no_rank)));
  std::erase_if(in.invited, [&](const room::invitation& i) { return i.serial == who.serial; });
  if (is_by_link) use_invite_link(*this, in, who, key);

  event came{event::kind::join, who.as_source(), in.name()};
  came.in_crowd = in.seats().size() > settings_.limits.announced;
  clock_.stamp(came, in.key());
  keep(in.key(), came, done_by(came.who, who.realname));
  who.goes_unkept = false;
  who.seats_.back().since = came.id;
  if (settings_.history.enabled && !who.account.empty()) remember_first_join(store_, in, who);
  turn_.tell_of(in, who, came, by && by->shape().speaks() == dialect::plain ? by : nullptr);
  // Who comes is told by the names; nobody else is, and who is alone need not be.
  if (lasting != no_rank && in.seats().size() > 1) tell_ranks(in, who, lasting, by);
  if (!who.away.empty()) {
    event away{event::kind::away, who.as_source(), {}, who.away};
    away.time = came.time;
    turn_.tell_of(in, who, away, by);
  }
  return outcome::done;
}

outcome hub::part(person& who, room& from, std::string_view why, client* by) {
  if (!who.is_in(from)) return outcome::not_in_room;
  // Who may not speak there does not with its last words either.
  if (may_speak(who, from) != outcome::done) why = {};
  if (by && !why.empty()) why = weigh_reason(*this, *by, 'P', why);
  event left{event::kind::part, who.as_source(), from.name(), why};
  left.in_crowd = from.seats().size() > settings_.limits.announced;
  clock_.stamp(left, from.key());
  if (!who.goes_unkept) keep(from.key(), left);
  turn_.tell_of(from, who, left, by && by->shape().speaks() == dialect::plain ? by : nullptr);
  rooms_.rise(who, from);
  rooms_.expect_no_more(from, who);
  return outcome::done;
}

void hub::kick(const source& by, room& from, person& whom, std::string_view why) {
  rooms_.keep_without(from, whom);
  event kicked{event::kind::kick, by, from.name(), why, whom.nick_};
  clock_.stamp(kicked, from.key());
  keep(from.key(), kicked);
  turn_.tell_of(from, whom, kicked, nullptr);
  rooms_.rise(whom, from);
  rooms_.expect_no_more(from, whom);
}

void hub::set_topic(const source& by, room& of, std::string_view text) {
  of.topic.text = text;
  of.topic.set_by = by.prefix;
  of.topic.set_at = clock_.seconds();
  of.topic.its = author_of(by, clock_.next_id());
  rooms_.keep_now(of);
  event changed{event::kind::topic, by, of.name(), text};
  clock_.stamp(changed, of.key());
  keep(of.key(), changed);
  turn_.tell(of, changed);
}

void hub::announce_modes(const source& by, room& of, std::string_view text) {
  rooms_.keep_now(of);
  tell_modes(by, of, text);
}

void hub::tell_modes(const source& by, room& of, std::string_view text) {
  event changed{event::kind::mode, by, of.name(), text};
  clock_.stamp(changed, of.key());
  keep(of.key(), changed);
  turn_.tell(of, changed);
}

void hub::tell_ranks(room& in, const person& whom, unsigned char ranks, client* but) {
  std::string text = "+" + letters_of(ranks);
  for (int n = std::popcount(ranks); n > 0; --n) (text += ' ') += whom.nick_;
  event given{event::kind::mode, {.prefix = settings_.server.name}, in.name(), text};
  given.time = clock_.milliseconds();
  turn_.tell(in, given, but);
}

void hub::give_lasting_ranks(person& who) {
  for (const person::seat& s : who.seats_) {
    const unsigned char had = s.in->ranks_of(who);
    const auto more = static_cast<unsigned char>(ranks_on_coming(who, *s.in) & ~had);
    if (more == no_rank) continue;
    rooms_.set_ranks(*s.in, who, had | more);
    tell_ranks(*s.in, who, more, nullptr);
  }
}

/// Keys can be guessed like passwords, and links, so the same limits hold.
outcome hub::try_key(const person& who, const room& r, std::string_view key, bool& is_link) {
  const outcome how = may_join(who, r, key);
  const bool may_be_link = is_invite_link(key) && may_be_opened(how);
  // Else it does not matter.
  if (key.empty() || (!may_be_link && may_join(who, r, {}) != outcome::wrong_key)) return how;
  const std::optional<network> from = network::parse(who.address);
  const io::time_point at = io::loop::current().now();
  if (!key_guard_.may_try(from, r.key(), settings_.limits.failed_logins, named_.exempt, at))
    return outcome::too_many_keys;
  try {
    is_link = may_be_link && has_invite_link(*this, r, who, key);
  } catch (const store_error&) {
    key_guard_.not_tried(from, r.key(), at);
    throw;
  }
  const bool is_key = !r.password.empty() && r.password == key;
  if (is_link || is_key || (how != outcome::wrong_key && !may_be_link)) {
    key_guard_.succeeded(from, r.key(), at);
    return is_link ? outcome::done : how;
  }
  key_guard_.failed(from, r.key());
  if (on_wrong_key) on_wrong_key(who, r);
  return how;
}

/// Told once it is kept.
outcome hub::rename_room(const source& by, room& of, std::string_view to, std::string_view why) {
  if (!is_room_name(to, settings_.limits.room_name)) return outcome::bad_room_name;
  if (same_name(of.name(), lobby)) return outcome::no_rights;
  if (is_purged(store_, to)) return outcome::purged;
  const std::string before = of.name();
  if (const outcome how = rooms_.rename(of, to); how != outcome::done) return how;
  event renamed{event::kind::rename, by, before, why, of.name()};
  clock_.stamp(renamed, of.key());
  keep(of.key(), renamed, done_by(by, before + ' ' + of.name()));
  // Not by the room's run: another room may have had the name in this turn, or have it next.
  for (const room::seat& s : of.seats()) turn_.tell(*s.who, renamed);
  return outcome::done;
}

void hub::unregister_room(const source& by, room& r) {
  r.founder_account.clear();
  r.ranked_accounts.clear();
  r.offered_to = {};
  r.retention = 0;
  rooms_.keep_now(r);
  release_room(by, r);
}

void hub::release_room(const source& by, room& r) {
  rooms_.disown(r);
  for (const room::seat& s : r.seats()) {
    if (!(s.ranks & founder)) continue;
    rooms_.set_ranks(r, *s.who, static_cast<unsigned char>((s.ranks & ~founder) | channel_operator));
    tell_modes(by, r, fmt::format("+o-q {0} {0}", s.who->nick()));
  }
}

}  // namespace parlance::chat
