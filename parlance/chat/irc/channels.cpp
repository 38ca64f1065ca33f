// Coming into rooms and leaving them, who is there, and what they talk about: JOIN, PART, NAMES, TOPIC.
#include <fmt/core.h>

#include <algorithm>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/filtering.hpp>
#include <parlance/chat/core/pins.hpp>
#include <parlance/chat/irc/channels.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/line_builder.hpp>
#include <parlance/chat/irc/metadata.hpp>
#include <parlance/chat/irc/services.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::size_t most_names = 420;    // bytes of names in one line
constexpr std::size_t most_refusals = 20;  // of one JOIN, which then gives up

bool keeps_out(outcome how) {
  return how == outcome::room_is_full || how == outcome::invite_only || how == outcome::banned ||
         how == outcome::wrong_key || how == outcome::too_many_keys || how == outcome::registered_only;
}

/// False: it was refused, and has been told why.
bool join_one(irc_client& by, std::string_view name, std::string_view key) {
  hub& chat = by.chat();
  outcome how = chat.join(*by.who(), name, key, &by);
  std::string other;
  if (const room* closed = keeps_out(how) ? chat.rooms().find(name) : nullptr;
      closed && !closed->forward.empty()) {
    other = closed->forward;
    by.reply(numeric::ERR_LINKCHANNEL, {closed->name(), other, "Forwarding to another channel"});
    // Once: rooms may send to each other. One that is gone since is not made again.
    name = other;
    how = chat.rooms().find(other) ? chat.join(*by.who(), other, {}, &by) : outcome::no_such_room;
  }
  if (how == outcome::already_so) return true;
  if (how != outcome::done) {
    by.explain(how, name);
    return false;
  }
  tell_contents(by, *chat.rooms().find(name));
  return true;
}

/// Paid for like PART of all of them.
void leave_all(irc_client& by) {
  const std::size_t count = by.who()->seats().size();
  if (count > 1) by.charge(static_cast<double>(count - 1));
  while (!by.who()->seats().empty()) by.chat().part(*by.who(), *by.who()->seats().back().in, {}, &by);
}

void end_names(irc_client& to, std::string_view of) {
  to.reply(numeric::RPL_ENDOFNAMES, {of, "End of /NAMES list"});
}

/// Those of all the rooms that it may know of.
void tell_all_names(irc_client& to) {
  std::vector<const room*> rooms;
  for (const auto& [key, r] : to.chat().rooms().all())
    if (r->is_known_to(*to.who())) rooms.push_back(r.get());
  std::ranges::sort(rooms, {}, &room::key);
  rooms.resize(std::min(rooms.size(), to.bounds().listed));
  for (const room* r : rooms) tell_names(to, *r);
}

}  // namespace

room* known_room(irc_client& by, std::string_view name) {
  room* const r = by.chat().rooms().find(name);
  if (r && r->is_known_to(*by.who())) return r;
  by.explain(outcome::no_such_room, name);
  return nullptr;
}

room* own_room(irc_client& by, std::string_view name) {
  room* const r = known_room(by, name);
  if (!r || by.who()->is_in(*r)) return r;
  by.explain(outcome::not_in_room, r->name());
  return nullptr;
}

std::size_t space_for(const irc_client& to) noexcept {
  return to.bounds().sendq / 2 - std::min(to.due(), to.bounds().sendq / 2);
}

void tell_topic(irc_client& to, const room& r) {
  if (r.topic.text.empty()) return;
  to.reply(numeric::RPL_TOPIC, {r.name(), r.topic.text});
  to.reply(numeric::RPL_TOPICWHOTIME, {r.name(), r.topic.set_by, std::to_string(r.topic.set_at)});
}

void tell_names(irc_client& to, const room& r) {
  const bool is_inside = to.who()->is_in(r);
  if (!r.is_known_to(*to.who())) return;
  const std::string head = fmt::format(":{} 353 {} {} {} :", to.chat().configured().server.name, to.nick(),
                                       r.modes.has('s') ? '@' : '=', r.name());
  const std::size_t space = space_for(to);
  std::string lines, names;
  const auto flush = [&] {
    if (names.empty()) return;
    names.pop_back();
    lines += head;
    lines += names;
    lines += "\r\n";
    names.clear();
  };
  const bool is_hidden = r.modes.has('u') && r.ranks_of(*to.who()) == no_rank;
  for (const room::seat& s : r.seats()) {
    // In an auditorium somebody without a rank is in no list, not even its own.
    if (is_hidden && s.who == to.who()) continue;
    if ((!is_inside && s.who->modes.has('i')) || !r.shows(*s.who, *to.who())) continue;
    if (lines.size() + max_line > space) break;
    if (s.ranks != no_rank) names += prefixes_of(s.ranks, to.has(capability::multi_prefix));
    names += to.has(capability::userhost_in_names) ? s.who->prefix() : s.who->nick();
    names += ' ';
    if (head.size() + names.size() > most_names) flush();
  }
  flush();
  to.answer_lines(lines);
}

/// Behind the topic, to who comes in.
void tell_pins(irc_client& to, room& r) {
  try {
    for (const pinned_message& one : pins_of(to.chat(), *to.who(), r))
      notice(to, chan_service, fmt::format("[{}] Pinned {}", r.name(), line_of(one)));
  } catch (const store_error&) {
    // Nobody has asked for it.
  }
}

void tell_contents(irc_client& to, room& r) {
  tell_topic(to, r);
  tell_pins(to, r);
  tell_read_marker(to, r);
  if (!to.has(capability::no_implicit_names)) {
    tell_names(to, r);
    end_names(to, r.name());
  }
  tell_metadata_of(to, r);
}

void show_rooms(irc_client& to) {
  for (const person::seat& s : to.who()->seats()) {
    event came{event::kind::join, to.who()->as_source(), s.in->name()};
    came.time = to.chat().clock().milliseconds();
    to.chat().turn().tell(to, came);
    tell_contents(to, *s.in);
  }
}

void join(irc_client& by, const message& m) {
  std::string_view rooms = m.param(0), keys = m.param(1);
  if (rooms == "0") return leave_all(by);
  if (rooms.empty()) return by.reply(numeric::ERR_NEEDMOREPARAMS, {"JOIN", "Not enough parameters"});
  for (std::size_t refusals = 0; !rooms.empty() && refusals < most_refusals && !by.is_ending();) {
    const std::string_view name = take_item(rooms, ','), key = take_item(keys, ',');
    if (!name.empty() && !join_one(by, name, key)) ++refusals;
  }
}

void part(irc_client& by, const message& m) {
  const std::string_view why = truncate_utf8(m.param(1), by.bounds().kick);
  for (std::string_view rooms = m.param(0); !rooms.empty();) {
    const std::string_view name = take_item(rooms, ',');
    if (name.empty()) continue;
    if (room* const from = own_room(by, name)) by.chat().part(*by.who(), *from, why, &by);
  }
}

void names(irc_client& by, const message& m) {
  std::string_view rooms = m.param(0);
  if (rooms.empty()) {
    tell_all_names(by);
    return end_names(by, "*");
  }
  for (std::size_t n = 0; !rooms.empty() && n < by.bounds().targets; ++n) {
    if (const room* r = by.chat().rooms().find(take_item(rooms, ','))) tell_names(by, *r);
  }
  end_names(by, m.param(0));
}

void topic(irc_client& by, const message& m) {
  room* const of = m.param_count() < 2 ? known_room(by, m.param(0)) : own_room(by, m.param(0));
  if (!of) return;
  if (m.param_count() < 2) {
    if (of->topic.text.empty()) return by.reply(numeric::RPL_NOTOPIC, {of->name(), "No topic is set"});
    return tell_topic(by, *of);
  }
  if (of->modes.has('t') && !of->has_at_least(*by.who(), half_operator))
    return by.explain(outcome::no_rights, of->name());
  const std::string_view text = truncate_utf8(m.param(1), by.bounds().topic);
  if (weigh(by.chat(), *by.who(), 't', text, of->name()) != ruling::passes)
    return by.explain(outcome::filtered, of->name());
  by.chat().set_topic(by.who()->as_source(), *of, text);
}

}  // namespace parlance::chat::irc
