// Coming into rooms and leaving them, who is there, and what they talk about: JOIN, PART, NAMES, TOPIC.
#include <fmt/core.h>

#include <algorithm>

#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/metadata.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::size_t most_names = 420;  // bytes of names in one line

/// The next of a list with commas.
std::string_view take_item(std::string_view& list) {
  const std::string_view item = list.substr(0, list.find(','));
  list.remove_prefix(std::min(item.size() + 1, list.size()));
  return item;
}

void tell_topic(irc_client& to, const room& r) {
  to.reply(numeric::RPL_TOPIC, {r.name(), r.topic.text});
  to.reply(numeric::RPL_TOPICWHOTIME, {r.name(), r.topic.set_by, std::to_string(r.topic.set_at)});
}

void tell_names(irc_client& to, const room& r) {
  const bool is_inside = to.who()->is_in(r);
  const std::string head = fmt::format(":{} 353 {} {} {} :", to.chat().configured().server.name, to.nick(),
                                       r.modes.has('s') ? '@' : '=', r.name());
  std::string lines, names;
  const auto flush = [&] {
    if (names.empty()) return;
    names.pop_back();
    lines += head;
    lines += names;
    lines += "\r\n";
    names.clear();
  };
  if (is_inside || !r.modes.has('s')) {
    for (const room::seat& s : r.seats()) {
      if (!is_inside && s.who->modes.has('i')) continue;
      if (s.ranks != no_rank) names += prefixes_of(s.ranks, to.has(capability::multi_prefix));
      names += to.has(capability::userhost_in_names) ? s.who->prefix() : s.who->nick();
      names += ' ';
      if (head.size() + names.size() > most_names) flush();
    }
    flush();
  }
  lines += fmt::format(":{} 366 {} {} :End of /NAMES list\r\n", to.chat().configured().server.name, to.nick(),
                       r.name());
  to.answer_lines(lines);
}

void show_room(irc_client& to, room& in) {
  if (!in.topic.text.empty()) tell_topic(to, in);
  if (!to.has(capability::no_implicit_names)) tell_names(to, in);
  tell_metadata_of(to, in);
}

void join_one(irc_client& by, std::string_view name, std::string_view key) {
  hub& chat = by.chat();
  const outcome how = chat.join(*by.who(), name, key, &by);
  if (how == outcome::already_so) return;
  if (how != outcome::done) return by.explain(how, name);
  show_room(by, *chat.find_room(name));
}

void leave_all(irc_client& by) {
  while (!by.who()->seats().empty()) by.chat().part(*by.who(), *by.who()->seats().back().in, {}, &by);
}

}  // namespace

void show_rooms(irc_client& to) {
  for (const person::seat& s : to.who()->seats()) {
    event came{event::kind::join, to.who()->as_source(), s.in->name()};
    came.time = to.chat().now() / 1000;
    to.chat().tell(to, came);
    show_room(to, *s.in);
  }
}

void join(irc_client& by, const message& m) {
  std::string_view rooms = m.param(0), keys = m.param(1);
  if (rooms == "0") return leave_all(by);
  if (rooms.empty()) return by.reply(numeric::ERR_NEEDMOREPARAMS, {"JOIN", "Not enough parameters"});
  while (!rooms.empty() && !by.is_ending()) {
    const std::string_view name = take_item(rooms), key = take_item(keys);
    if (!name.empty()) join_one(by, name, key);
  }
}

void part(irc_client& by, const message& m) {
  for (std::string_view rooms = m.param(0); !rooms.empty();) {
    const std::string_view name = take_item(rooms);
    if (name.empty()) continue;
    room* const from = by.chat().find_room(name);
    by.explain(from ? by.chat().part(*by.who(), *from, truncate_utf8(m.param(1), by.bounds().kick), &by)
                    : outcome::no_such_room,
               name);
  }
}

void names(irc_client& by, const message& m) {
  std::string_view rooms = m.param(0);
  if (rooms.empty()) return by.reply(numeric::RPL_ENDOFNAMES, {"*", "End of /NAMES list"});
  for (std::size_t n = 0; !rooms.empty() && n < by.bounds().targets; ++n) {
    const std::string_view name = take_item(rooms);
    if (const room* r = by.chat().find_room(name))
      tell_names(by, *r);
    else
      by.reply(numeric::RPL_ENDOFNAMES, {name, "End of /NAMES list"});
  }
}

void topic(irc_client& by, const message& m) {
  room* const of = by.chat().find_room(m.param(0));
  const bool is_inside = of && by.who()->is_in(*of);
  if (!of || (of->modes.has('s') && !is_inside)) return by.explain(outcome::no_such_room, m.param(0));
  if (m.param_count() < 2) {
    if (of->topic.text.empty()) return by.reply(numeric::RPL_NOTOPIC, {of->name(), "No topic is set"});
    return tell_topic(by, *of);
  }
  if (!is_inside) return by.explain(outcome::not_in_room, of->name());
  if (of->modes.has('t') && !of->has_at_least(*by.who(), half_operator))
    return by.explain(outcome::no_rights, of->name());
  by.chat().set_topic(by.who()->as_source(), *of, truncate_utf8(m.param(1), by.bounds().topic));
}

}  // namespace parlance::chat::irc
