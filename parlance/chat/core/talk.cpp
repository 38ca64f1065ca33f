// What people say: to whom it goes, and what of it is kept.
#include <fmt/core.h>

#include <algorithm>

#include <parlance/chat/accounts/suspension.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/filtering.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/mask.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/core/room_rules.hpp>
#include <parlance/chat/core/silence.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat {
namespace {

/// Somebody who is typing is no history.
bool is_passing(const event& what) {
  return what.what == event::kind::tags && what.tags.find("+typing") != std::string_view::npos;
}

/// Asks the clients of others for something (CTCP), and is not "/me".
bool is_ctcp(std::string_view text) {
  constexpr std::string_view action =
      "\x01"
      "ACTION";
  if (!text.starts_with('\x01')) return false;
  return !text.starts_with(action) ||
         (text.size() > action.size() && text[action.size()] != ' ' && text[action.size()] != '\x01');
}

bool has_ctcp(const utterance& what) {
  return is_ctcp(what.text) ||
         std::ranges::any_of(what.lines, [](const text_line& line) { return is_ctcp(line.text); });
}

/// A tag's value as its reader has it (IRCv3 message-tags).
std::string unescaped(std::string_view value) {
  constexpr std::string_view letters = ":sr\\n", meant = "; \r\\\n";
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\\') {
      text += value[i];
      continue;
    }
    if (++i == value.size()) break;
    const std::size_t at = letters.find(value[i]);
    text += at == letters.npos ? value[i] : meant[at];
  }
  return text;
}

/// The reaction that it is, or has with it (IRCv3 react).
std::string reaction_in(std::string_view tags) {
  constexpr std::string_view name = "+draft/react=";
  std::string last;  // of several the last counts
  for (std::size_t end = 0; end != tags.npos; tags.remove_prefix(end == tags.npos ? 0 : end + 1)) {
    end = tags.find(';');
    const std::string_view one = tags.substr(0, end);
    if (one.starts_with(name)) last = unescaped(one.substr(name.size()));
  }
  return last;
}

ruling weigh_said(hub& in, person& by, const utterance& what, std::string_view target) {
  if (in.filters().empty()) return ruling::passes;
  const char where = what.what == event::kind::notice ? 'n' : 'p';
  if (const std::string reaction = reaction_in(what.tags); !reaction.empty())
    if (const ruling its = weigh(in, by, where, reaction, target); its != ruling::passes) return its;
  return what.what == event::kind::tags ? ruling::passes : weigh(in, by, where, what.text, target);
}

event made_of(const person& by, const utterance& what, std::string_view target) {
  event e{what.what, by.as_source(), target, what.text};
  e.tags = what.tags;
  e.lines = what.lines;
  return e;
}

}  // namespace

outcome hub::say(client& from, std::string_view target, const utterance& what, entry_id* id) {
  rank least = no_rank;
  std::string_view room_name = target;
  for (; !room_name.empty() && rank_prefixes.find(room_name.front()) != std::string_view::npos;
       room_name.remove_prefix(1))
    least = std::max(least, rank_of(room_name.front()));
  if (room_name.starts_with('#')) {
    room* const in = rooms_.find(room_name);
    const bool is_known = in && in->is_known_to(*from.who());
    return is_known ? say_to_room(from, *in, target, least, what, id) : outcome::no_such_room;
  }
  if (person* const to = people_.find(target)) return say_to_person(from, *to, what, id);
  const std::optional<account> its = accounts_.find(target);
  return its ? say_to_absent(from, *its, what, id) : outcome::no_such_person;
}

/// To an account, of which nobody has the name just now. Only from others with an account, whom one can silence.
outcome hub::say_to_absent(client& from, const account& to, const utterance& what, entry_id* id) {
  // It may be there under another name.
  if (const auto there = people_.of_account(to.name); !there.empty())
    return say_to_person(from, *there.front(), what, id);
  person& by = *from.who();
  if (!settings_.history.enabled || what.what == event::kind::tags || has_ctcp(what) ||
      suspension_of(to, clock_.seconds()))
    return outcome::no_such_person;
  if (by.account.empty()) return outcome::registered_only;
  const ruling its = weigh_said(*this, by, what, to.name);
  if (its == ruling::refused) return outcome::filtered;
  by.spoke = io::loop::current().now();
  const std::string mine = identity_of(by), theirs = identity_of(to);
  event e = made_of(by, what, to.name);
  clock_.stamp(e, chat::conversation_of(mine, theirs));
  if (id) *id = e.id;
  count.messages_in.add();
  // Who is not heard is not told so.
  if (its == ruling::unheard || is_silenced(store_, theirs, by)) {
    as_if_said(from, e);
    return outcome::kept_for_later;
  }
  keep_private(by, theirs, to.name, e);
  turn_.was_said(from, e.what, to.name);
  if (to.waiting_since == 0) {
    account waited_for = to;
    waited_for.waiting_since = e.id - 1;
    accounts_.update(waited_for);
  }
  turn_.tell(by, e, &from);
  if (from.echoes) turn_.tell(from, e);
  return outcome::kept_for_later;
}

void hub::missed_is_shown(client& to) {
  person& who = *to.who();
  to.missed_since = 0;
  if (std::exchange(who.unshown_since, 0) != 0) presence_.keep(who);
  std::optional<account> its = who.account.empty() ? std::nullopt : accounts_.find(who.account);
  if (!its || std::exchange(its->waiting_since, 0) == 0) return;
  accounts_.update(*its);
  turn_.wake();
}

/// Its next client is shown what waits for the account.
void hub::collect(client& of) {
  person& who = *of.who();
  if (who.account.empty()) return;
  const std::optional<account> its = accounts_.find(who.account);
  if (!its || its->waiting_since == 0) return;
  of.missed_since =
      of.missed_since == 0 ? its->waiting_since : std::min<entry_id>(of.missed_since, its->waiting_since);
}

outcome hub::say_to_room(client& from, room& in, std::string_view target, rank least, const utterance& what,
                         entry_id* id) {
  person& by = *from.who();
  if (const outcome how = may_speak(by, in); how != outcome::done) return how;
  if (in.modes.has('C') && has_ctcp(what)) return outcome::cannot_speak;
  if (in.modes.has('U') && in.ranks_of(by) == no_rank) least = std::max(least, half_operator);
  if (what.what != event::kind::tags)
    if (const outcome how = may_speak_now(by, in, io::loop::current().now()); how != outcome::done)
      return how;
  const ruling its = weigh_said(*this, by, what, target);
  if (its == ruling::refused) return outcome::filtered;
  by.spoke = io::loop::current().now();
  const std::string name = std::string(target.substr(0, target.size() - in.name().size())) + in.name();
  event e = made_of(by, what, name);
  clock_.stamp(e, in.key());
  if (id) *id = e.id;
  if (its == ruling::unheard) return as_if_said(from, e);
  count.messages_in.add();
  count.deliveries.add(in.seats().size() - (by.is_in(in) ? 1 : 0));
  if (least != no_rank) {
    // Nobody who is not meant may read it later, so it is not kept.
    for (const room::seat& s : in.seats())
      if (s.ranks >= least || s.who == &by) turn_.tell(*s.who, e, &from);
  } else {
    if (!is_passing(e)) {
      keep(in.key(), e, said_by(by, {}));
      by.goes_unkept = false;
    }
    turn_.tell(in, e, &from);
    turn_.was_said(from, e.what, name);
    if (on_said) on_said(e, &in, nullptr);
  }
  if (from.echoes) turn_.tell(from, e);
  return outcome::done;
}

/// Its sayer is not to know that nobody hears it.
outcome hub::as_if_said(client& from, const event& what) {
  turn_.tell(*from.who(), what, &from);
  if (from.echoes) turn_.tell(from, what);
  return outcome::done;
}

outcome hub::relay(client& from, room& in, std::string_view nick, std::string_view text) {
  person& by = *from.who();
  const std::string prefix = fmt::format("{}!{}@{}", nick, by.user(), by.host());
  const auto keeps_out = [&](const list_entry& e) { return chat::matches(e.mask, prefix); };
  if (std::ranges::any_of(in.bans, keeps_out)) return outcome::banned;
  if (in.modes.has('C') && is_ctcp(text)) return outcome::cannot_speak;
  const ruling its = weigh(*this, by, 'p', text, in.name());
  if (its == ruling::refused) return outcome::filtered;
  by.spoke = io::loop::current().now();
  event e{event::kind::message, {.prefix = prefix, .nick = nick}, in.name(), text};
  e.relayed_by = by.nick();
  clock_.stamp(e, in.key());
  if (its == ruling::unheard) return as_if_said(from, e);
  count.messages_in.add();
  count.deliveries.add(in.seats().size() - (by.is_in(in) ? 1 : 0));
  keep(in.key(), e, said_by(by, {}));
  turn_.tell(in, e, &from);
  turn_.was_said(from, e.what, in.name());
  if (on_said) on_said(e, &in, nullptr);
  if (from.echoes) turn_.tell(from, e);
  return outcome::done;
}

std::string hub::prefix_of_hook(std::string_view nick) const {
  return fmt::format("{}!hook@{}", nick, settings_.server.name);
}

void hub::say_for_hook(room& in, std::string_view nick, std::string_view text) {
  const std::string prefix = prefix_of_hook(nick);
  const std::vector<text_line> lines = lines_of(text);
  event e{event::kind::message, {.prefix = prefix, .nick = nick, .is_bot = true}, in.name(), text};
  e.lines = lines;
  clock_.stamp(e, in.key());
  count.messages_in.add();
  count.deliveries.add(in.seats().size());
  keep(in.key(), e, said_by_hook);
  turn_.tell(in, e);
  if (on_said) on_said(e, &in, nullptr);
}

outcome hub::say_to_person(client& from, person& to, const utterance& what, entry_id* id) {
  person& by = *from.who();
  if (to.modes.has('R') && by.account.empty() && &by != &to && !to.is_accepted(by))
    return outcome::registered_only;
  if (to.modes.has('T') && &by != &to && has_ctcp(what)) return outcome::no_requests;
  const ruling its = weigh_said(*this, by, what, to.nick());
  if (its == ruling::refused) return outcome::filtered;
  // Who is written to may answer.
  if (by.modes.has('R') && to.account.empty() && !by.is_accepted(to)) {
    if (by.own().accepts.size() >= person::most_accepted) by.own().accepts.erase(by.own().accepts.begin());
    by.own().accepts.push_back({to.serial, to.nick()});
  }
  by.spoke = io::loop::current().now();
  event e = made_of(by, what, to.nick());
  clock_.stamp(e, conversation_of(by, to));
  if (id) *id = e.id;
  count.messages_in.add();
  if (its == ruling::unheard || is_silenced(store_, to, by)) return as_if_said(from, e);
  count.deliveries.add();
  if (!is_passing(e)) keep_private(by, identity_of(to), to.nick(), e);
  turn_.was_said(from, e.what, to.nick());
  if (on_said && &by != &to) on_said(e, nullptr, &to);
  // Who says something to itself hears it as its receiver, too, and that is no answer to the command.
  auto* const answers = std::exchange(from.captured_, nullptr);
  turn_.tell(to, e);
  from.captured_ = answers;
  // The other windows of who says it see the same conversation.
  if (&by != &to) turn_.tell(by, e, &from);
  if (from.echoes) turn_.tell(from, e);
  return outcome::done;
}

void hub::keep_private(const person& by, const std::string& at, std::string_view nick, const event& what) {
  const std::string from = identity_of(by);
  keep(chat::conversation_of(from, at), what, said_by(by, what.target));
  if (!settings_.history.enabled) return;
  remember_talk(store_, from, at, nick);
  if (from != at) remember_talk(store_, at, from, by.nick());
}

std::string hub::conversation_of(const person& a, const person& b) const {
  return chat::conversation_of(identity_of(a), identity_of(b));
}

void hub::keep(std::string_view conversation, const event& what) {
  keep(conversation, what, done_by(what.who, what.object));
}

void hub::keep(std::string_view conversation, const event& what, std::string_view extra) {
  turn_.wake();
  if (!settings_.history.enabled) return;
  store_.append(conversation, {.id = what.id,
                               .kind = static_cast<unsigned char>(what.what),
                               .source = what.who.prefix,
                               .account = what.who.account,
                               .text = what.text,
                               .tags = what.tags,
                               .extra = extra});
  if (what.is_said()) search_.said(conversation, what.id);
}

}  // namespace parlance::chat
